"""The two examples of the design compile, and the book they mean is written down."""

from collections.abc import Callable
from pathlib import Path

from reconciler.model.config import Limits, SecretSource
from reconciler.model.numbers import format_decimal
from reconciler.model.order import DesiredOrder
from reconciler.spec.expand import expand_book
from reconciler.spec.load import load_project
from tests.spec.grids import GOLDEN, INSTRUMENTS

EXAMPLE = GOLDEN / "design-example"


def described(order: DesiredOrder, depth: int = 0) -> list[str]:
    """Describe an order and its children, a line each."""
    terms = order.terms
    words = [
        order.address,
        str(terms.side),
        format_decimal(terms.quantity),
        f"at {format_decimal(terms.price)}",
        str(terms.time_in_force),
        *(["post-only"] if terms.post_only else []),
        *(["reduce-only"] if terms.reduce_only else []),
    ]
    if terms.trigger is not None:
        trigger = terms.trigger
        words.append(f"{trigger.kind} at {format_decimal(trigger.price)}, then {trigger.execution}")
    lines = [f"{'  ' * depth}{' '.join(words)}  # {order.source}"]
    return lines + [line for child in order.children for line in described(child, depth + 1)]


def test_the_compiled_book_is_the_golden_one(golden: Callable[[Path, str], None]) -> None:
    loaded = load_project(EXAMPLE)
    (book,) = loaded.books
    expanded, problems = expand_book(book, INSTRUMENTS, sources=loaded.sources)
    lines = [f"book {expanded.name} at {expanded.venue}"]
    for holder in expanded.holders:
        budget = format_decimal(holder.quantity)
        lines.append(
            f"{holder.address}: {budget} {holder.instrument}, generation {holder.generation}"
        )
        lines += [line for order in holder.orders for line in described(order, 1)]

    assert () == problems
    golden(EXAMPLE / "book.txt", "\n".join(lines) + "\n")


def test_the_rungs_sum_to_the_ladder() -> None:
    (book,) = load_project(EXAMPLE).books
    expanded, _ = expand_book(book, INSTRUMENTS)
    (bids,) = (holder for holder in expanded.holders if holder.address == "btc.bids")

    assert bids.quantity == sum(order.terms.quantity for order in bids.orders)


def test_the_project_file_is_read_whole() -> None:
    project = load_project(EXAMPLE).project
    hl, htx = project.venues["hl"], project.venues["htx"]

    assert "treasury" == project.name
    assert ("hyperliquid", "mainnet", 15) == (hl.kind, hl.network, hl.expires_after_s)
    assert "0x14791697260e4c9a71f18484c9f997b308e59325" == hl.account
    assert {"signer": SecretSource(kind="env", name="HL_AGENT_KEY")} == hl.secrets
    assert ["access_key", "secret_key"] == sorted(htx.secrets)
    assert 360 == htx.signature_window_s
    assert Limits(price_band_exceptions=project.limits.price_band_exceptions) == project.limits
    assert ("local", ".reconciler") == (project.state.backend, project.state.path)
