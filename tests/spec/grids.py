"""Instruments and small builders for the tests of specs."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from reconciler.model.instrument import Instrument, InstrumentKind, SignificantFigures, TickSize
from reconciler.model.order import DesiredBook
from reconciler.spec.compile import compile_book
from reconciler.spec.source import parse

GOLDEN = Path(__file__).resolve().parent.parent / "golden"
HEAD = "version: 1\nbook: btc\nvenue: hl\ninstrument: BTC\n"
PROJECT = """\
version: 1
project: golden
venues:
  hl:
    kind: hyperliquid
    network: mainnet
    account: "0x14791697260e4c9a71f18484c9f997b308e59325"
  htx:
    kind: htx-coin-swap
    network: mainnet
"""


def perpetual(name: str, quantity_decimals: int, *, decimals_max: int = 6) -> Instrument:
    """Return an instrument on the grid of five significant figures."""
    return Instrument(
        name=name,
        venue_id=name,
        kind=InstrumentKind.PERP,
        price_rule=SignificantFigures(figures=5, decimals=decimals_max - quantity_decimals),
        lot_size=Decimal(1).scaleb(-quantity_decimals),
        minimum_notional=Decimal(10),
        quote="USDC",
    )


INVERSE = Instrument(
    name="BTC-USD",
    venue_id="BTC-USD",
    kind=InstrumentKind.INVERSE_SWAP,
    price_rule=TickSize(step=Decimal("0.1")),
    lot_size=Decimal(1),
    minimum_notional=Decimal(0),
    quote="USD",
    contract_value=Decimal(100),
)
ETHER = replace(
    INVERSE,
    name="ETH-USD",
    venue_id="ETH-USD",
    price_rule=TickSize(step=Decimal("0.01")),
    contract_value=Decimal(10),
)
INSTRUMENTS = {
    instrument.name: instrument
    for instrument in (
        perpetual("BTC", 5),
        perpetual("ETH", 4),
        perpetual("SOL", 2),
        perpetual("kPEPE", 0),
        perpetual("LINK", 1),
        perpetual("PURR/USDC", 0, decimals_max=8),
        perpetual("@107", 2, decimals_max=8),
        INVERSE,
        ETHER,
    )
}


def write_project(root: Path, specs: dict[str, str], project: str = PROJECT) -> Path:
    """Write a project with these files under `specs/`."""
    (root / "reconciler.yaml").write_text(project, encoding="utf-8")
    for name, text in specs.items():
        path = root / "specs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def book_of(text: str) -> DesiredBook:
    """Compile one spec that has no problem."""
    book, problems = compile_book(parse(text.encode(), "specs/btc.yaml"))

    assert [] == problems
    assert book is not None
    return book


def codes_of(text: str) -> list[str]:
    """Return the codes of what is wrong with one spec."""
    return sorted(problem.code for problem in compile_book(parse(text.encode(), "s.yaml"))[1])
