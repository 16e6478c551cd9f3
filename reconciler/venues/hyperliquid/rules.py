"""What Hyperliquid is: its networks, asset ids, grids and what it refuses.

Pure. Pages are those of hyperliquid.gitbook.io/hyperliquid-docs, checked 2026-08-22 unless a line
says otherwise. The network is a named value; nothing is ever guessed from a URL.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from reconciler.diagnostics import Diagnostic
from reconciler.errors import InvalidInput
from reconciler.model.config import VenueSettings
from reconciler.model.identity import WIDE
from reconciler.model.instrument import Instrument, InstrumentKind, SignificantFigures
from reconciler.model.numbers import decimal_places
from reconciler.model.order import Execution, Side, Terms, TimeInForce
from reconciler.model.snapshot import Capabilities

__all__ = [
    "ADDRESS",
    "BUILDER_ADDRESS",
    "BUILDER_FEE",
    "CAPABILITIES",
    "DECIMALS_MAX",
    "IP_WEIGHT_PER_MINUTE",
    "RULES",
    "Network",
    "PerpMarket",
    "Rule",
    "SpotPair",
    "account_of",
    "dex_of",
    "is_spot",
    "network_of",
    "other_network",
    "perp_instrument",
    "refusals",
    "spot_instrument",
]

ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
BUILDER_ADDRESS = "builder.address"
BUILDER_FEE = "builder.fee_tenth_bps"
DECIMALS_MAX = 8  # for-developers/api/signing
SIGNIFICANT_FIGURES = 5  # for-developers/api/tick-and-lot-size
PERP_DECIMALS_MAX = 6  # for-developers/api/tick-and-lot-size
SPOT_DECIMALS_MAX = 8  # for-developers/api/tick-and-lot-size
MINIMUM_NOTIONAL = Decimal(10)  # for-developers/api/error-responses, MinTradeNtl
SPOT_ASSETS_FROM = 10_000  # for-developers/api/asset-ids
DEX_ASSETS_FROM = 100_000  # for-developers/api/asset-ids
DEX_ASSETS_STRIDE = 10_000  # for-developers/api/asset-ids
IP_WEIGHT_PER_MINUTE = 1200  # for-developers/api/rate-limits-and-user-limits
PERP_BUILDER_FEE_MAX = 100  # trading/builder-codes: 0.1 % in tenths of a basis point
SPOT_BUILDER_FEE_MAX = 1000  # trading/builder-codes: 1 %

CAPABILITIES = Capabilities(
    id_layout=WIDE,
    can_modify=True,
    # A request of n items weighs 1 + n // 40 (rate-limits-and-user-limits): 39 still weigh 1.
    batch_items_max=39,
    weight_divisor=40,
    # A modify does not deduct what filled (for-developers/api/exchange-endpoint).
    overfill_on_modify=True,
    # Measured: a status may lag about 1 s behind the acknowledgement.
    close_window_ms=2000,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """One network.

    Attributes:
        is_mainnet: what signatures are bound to; a loopback server is signed for as the testnet.
    """

    name: str
    base_url: str
    is_mainnet: bool


MAINNET = Network(name="mainnet", base_url="https://api.hyperliquid.xyz", is_mainnet=True)
TESTNET = Network(name="testnet", base_url="https://api.hyperliquid-testnet.xyz", is_mainnet=False)
_REMOTE = {network.name: network for network in (MAINNET, TESTNET)}


def network_of(settings: VenueSettings) -> Network:
    """Return the network a venue entry names; raises `InvalidInput` for any other name."""
    if settings.network in _REMOTE:
        return _REMOTE[settings.network]
    port = settings.port
    if settings.network == "local" and port is not None and 0 < port < 65_536:
        return Network(name="local", base_url=f"http://127.0.0.1:{port}", is_mainnet=False)
    raise _invalid(
        settings,
        code="unknown-network",
        summary="The network of a venue entry is not known.",
        why="Hyperliquid has `mainnet`, `testnet`, and `local` with a `port` on this machine.",
    )


def other_network(network: Network) -> Network | None:
    """Return the network that an address may be one of by mistake; a local one has none."""
    return {MAINNET.name: TESTNET, TESTNET.name: MAINNET}.get(network.name)


def account_of(settings: VenueSettings) -> str:
    """Return the account's address in lower case; raises `InvalidInput` when it is none."""
    if ADDRESS.fullmatch(settings.account):
        return settings.account.lower()
    raise _invalid(
        settings,
        code="account-not-an-address",
        summary="The account of a venue entry is not an address.",
        why="A Hyperliquid account is `0x` and 40 hex digits.",
    )


def _invalid(settings: VenueSettings, *, code: str, summary: str, why: str) -> InvalidInput:
    return InvalidInput(Diagnostic(code=code, summary=summary, why=why, span=settings.source))


def is_spot(name: str) -> bool:
    """Say whether a name is a spot pair's: ``PURR/USDC`` or ``@107``."""
    return name.startswith("@") or "/" in name


def dex_of(name: str) -> str:
    """Return the builder dex a name belongs to: ``xyz`` of ``xyz:TSLA``, else the first, ``""``."""
    return name.partition(":")[0] if ":" in name else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PerpMarket:
    """One perp as `meta` shows it.

    Attributes:
        index: its place in the universe; delisted ones keep theirs.
    """

    name: str
    index: int
    size_decimals: int
    leverage_max: int
    is_delisted: bool
    is_isolated_only: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SpotPair:
    """One spot pair as `spotMeta` shows it.

    Attributes:
        index: the pair's own number, not its place in the list.
        base, quote: names of the tokens.
        size_decimals: of the base token.
    """

    name: str
    index: int
    base: str
    quote: str
    size_decimals: int

    @property
    def title(self) -> str:
        """Its tokens; several pairs may have the same, so that no spec can name one by it."""
        return f"{self.base}/{self.quote}"


def perp_instrument(market: PerpMarket, *, dex_index: int, quote: str) -> Instrument:
    """Return the instrument of a perp; `dex_index` is 0 for the first dex."""
    first = DEX_ASSETS_FROM + dex_index * DEX_ASSETS_STRIDE if dex_index else 0
    return Instrument(
        name=market.name,
        venue_id=str(first + market.index),
        kind=InstrumentKind.PERP,
        price_rule=_price_rule(PERP_DECIMALS_MAX, market.size_decimals),
        lot_size=Decimal(1).scaleb(-market.size_decimals),
        minimum_notional=MINIMUM_NOTIONAL,
        quote=quote,
        is_open=not market.is_delisted,
        is_isolated_only=market.is_isolated_only,
        leverage_max=market.leverage_max,
    )


def spot_instrument(pair: SpotPair) -> Instrument:
    """Return the instrument of a spot pair."""
    return Instrument(
        name=pair.name,
        venue_id=str(SPOT_ASSETS_FROM + pair.index),
        kind=InstrumentKind.SPOT,
        price_rule=_price_rule(SPOT_DECIMALS_MAX, pair.size_decimals),
        lot_size=Decimal(1).scaleb(-pair.size_decimals),
        minimum_notional=MINIMUM_NOTIONAL,
        quote=pair.quote,
        title="" if pair.title == pair.name else pair.title,
    )


def _price_rule(decimals_max: int, size_decimals: int) -> SignificantFigures:
    decimals = max(0, decimals_max - size_decimals)
    return SignificantFigures(figures=SIGNIFICANT_FIGURES, decimals=decimals)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Something the venue refuses.

    Attributes:
        is_broken: whether these terms on this instrument break it.
        source: page of the venue's docs, or who measured it, and the date it was checked.
    """

    code: str
    text: str
    source: str
    is_broken: Callable[[Terms, Instrument], bool]


def refusals(terms: Terms, instrument: Instrument) -> tuple[Rule, ...]:
    """Return the rules which an order would break, so that it does not void a whole batch."""
    return tuple(rule for rule in RULES if rule.is_broken(terms, instrument))


def _is_beyond_trigger(terms: Terms, instrument: Instrument) -> bool:
    trigger = terms.trigger
    if trigger is None or trigger.execution is not Execution.MARKET:
        return False
    return (terms.price - trigger.price) * terms.side.sign < 0


def _has_fine_numbers(terms: Terms, instrument: Instrument) -> bool:
    numbers = [terms.price, terms.quantity]
    numbers += [terms.trigger.price] if terms.trigger is not None else []
    return any(decimal_places(number) > DECIMALS_MAX for number in numbers)


def _is_position_sized(terms: Terms) -> bool:
    return terms.trigger is not None and terms.quantity == 0


def _is_small(terms: Terms, instrument: Instrument) -> bool:
    notional = instrument.notional(price=terms.price, quantity=terms.quantity)
    return not terms.reduce_only and notional < instrument.minimum_notional


def _has_bad_options(terms: Terms, instrument: Instrument) -> bool:
    options = dict(terms.options)
    address, fee = options.pop(BUILDER_ADDRESS, None), options.pop(BUILDER_FEE, None)
    if address is None and fee is None:
        return bool(options)
    return (
        bool(options)
        or ADDRESS.fullmatch(address or "") is None
        or re.fullmatch(r"[0-9]{1,4}", fee or "", re.ASCII) is None
    )


def _has_costly_builder(terms: Terms, instrument: Instrument) -> bool:
    fee = dict(terms.options).get(BUILDER_FEE, "")
    if re.fullmatch(r"[0-9]{1,4}", fee, re.ASCII) is None:
        return False
    limit = SPOT_BUILDER_FEE_MAX if _is_on_spot(terms, instrument) else PERP_BUILDER_FEE_MAX
    return int(fee) > limit


def _is_on_spot(terms: Terms, instrument: Instrument) -> bool:
    return instrument.kind is InstrumentKind.SPOT


# fmt: off
RULES = (
    Rule(code="instrument-closed", text="the instrument is delisted",
         source="trading/delisting, 2026-08-22",
         is_broken=lambda terms, instrument: not instrument.is_open),
    Rule(code="price-off-tick", text="the price is not on the venue's grid",
         source="for-developers/api/tick-and-lot-size, 2026-08-22",
         is_broken=lambda terms, instrument: not instrument.is_legal_price(terms.price)),
    Rule(code="quantity-off-lot", text="the quantity is not a whole number of lots",
         source="for-developers/api/tick-and-lot-size, 2026-08-22",
         is_broken=lambda terms, instrument: not _is_position_sized(terms)
         and not instrument.is_legal_quantity(terms.quantity)),
    Rule(code="below-minimum", text="the order is worth less than 10 of the quote currency",
         source="for-developers/api/error-responses, MinTradeNtl, 2026-08-22",
         is_broken=_is_small),
    Rule(code="too-many-decimals", text="a number has more than 8 decimals",
         source="for-developers/api/signing, 2026-08-22",
         is_broken=_has_fine_numbers),
    Rule(code="ioc-post-only", text="an immediate-or-cancel order cannot be post-only",
         source="for-developers/api/exchange-endpoint, 2026-08-22",
         is_broken=lambda terms, instrument: terms.trigger is None and terms.post_only
         and terms.time_in_force is TimeInForce.IOC),
    Rule(code="worst-price-inside-trigger",
         text="the worst price of a market trigger is better than the trigger itself",
         source="nautilus_trader issue 3611, 2026-08-22",
         is_broken=_is_beyond_trigger),
    Rule(code="spot-reduce-only", text="a spot order cannot be reduce-only",
         source="measured on the testnet, 2026-09",
         is_broken=lambda terms, instrument: terms.reduce_only and _is_on_spot(terms, instrument)),
    Rule(code="spot-trigger", text="spot has no trigger orders",
         source="measured on the testnet, 2025-08",
         is_broken=lambda terms, instrument: terms.trigger is not None
         and _is_on_spot(terms, instrument)),
    Rule(code="unknown-option", text="the options are builder.address with builder.fee_tenth_bps",
         source="for-developers/api/exchange-endpoint, 2026-08-22",
         is_broken=_has_bad_options),
    Rule(code="builder-fee-too-high", text="a builder's fee is at most 0.1 % on perps, 1 % on spot",
         source="trading/builder-codes, 2026-08-22",
         is_broken=_has_costly_builder),
    Rule(code="builder-on-spot-buy", text="a builder takes no fee on a spot buy",
         source="trading/builder-codes, 2026-08-22",
         is_broken=lambda terms, instrument: bool(terms.options) and terms.side is Side.BUY
         and _is_on_spot(terms, instrument)),
)
# fmt: on
