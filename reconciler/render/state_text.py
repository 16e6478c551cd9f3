"""A state as text: what is recorded, as a list, and all of one address."""

from collections.abc import Iterator
from dataclasses import dataclass

from reconciler.diagnostics import display
from reconciler.model.order import OrderAddress, Terms
from reconciler.model.state import HolderRecord, Intent, Placement, State
from reconciler.model.transitions import fills_by_holder
from reconciler.render.figures import grouped, moment
from reconciler.render.page import Cell, Column, Line, columns, paragraph, plain, shown

__all__ = ["recorded_addresses", "render_address", "render_state"]

RIGHT = Column(is_right=True)
_PLACEMENTS = (Column(), Column(), Column(), RIGHT, RIGHT, RIGHT, Column(), Column(sacrifice=1))
_PLACEMENT_TITLES = ("order", "instrument", "side", "price", "quantity", "filled", "phase", "id")
_RECORDS = (Column(), RIGHT, Column(), Column(), RIGHT, RIGHT)
_RECORD_TITLES = ("holder", "generation", "instrument", "side", "budget", "filled")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    width: int
    is_coloured: bool


def render_state(state: State, *, width: int = 100, is_coloured: bool = False) -> str:
    """Return everything a state records, in a few tables."""
    lines = [*_heading(state, width)]
    placements = sorted(state.placements.values(), key=lambda p: (p.address, p.incarnation))
    rows = [_placement(placement) for placement in placements]
    lines += _table("Live, or possibly live", rows, (_PLACEMENT_TITLES, _PLACEMENTS), width)
    rows = list(_records(state))
    lines += _table("Budgets", rows, (_RECORD_TITLES, _RECORDS), width)
    rows = [_intent(intent) for _, intent in sorted(state.intents.items())]
    titles = ("nonce", "kind", "orders", "expires", "unsettled")
    layout = (Column(), Column(), RIGHT, Column(), Column())
    lines += _table("Requests without a known end", rows, (titles, layout), width)
    if not (placements or state.records or state.intents):
        lines += [plain(), plain("Nothing is recorded yet.")]
    return shown(lines, is_coloured=is_coloured)


def recorded_addresses(state: State) -> frozenset[OrderAddress]:
    """Return every address of which `render_address` has something to say."""
    placed = {placement.address for placement in state.placements.values()}
    holders = {record.holder for record in state.records.values()}
    asked = {item.address for intent in state.intents.values() for item in intent.items}
    return frozenset(placed | holders | asked | state.endings.keys() | state.refusals.keys())


def render_address(
    state: State, address: OrderAddress, *, width: int = 100, is_coloured: bool = False
) -> str:
    """Return what is recorded of one address; a sentence when that is nothing."""
    facts = list(_facts(state, address))
    if not facts:
        facts = [f"Nothing is recorded of {display(address)}."]
    lines = [plain(display(address), "heading")]
    for fact in facts:
        lines += paragraph(fact, indent=2, width=width)
    return shown(lines, is_coloured=is_coloured)


def _heading(state: State, width: int) -> Iterator[Line]:
    name = f"{display(state.venue)}   {display(state.kind)}, {display(state.network)}, account "
    yield plain(name + display(state.account), "heading")
    born = f"lineage {display(state.lineage)}, serial {state.serial:,}, since "
    yield plain(born + moment(state.born_at_ms), "dim")
    compared = f"up to {moment(state.synced_at_ms)}" if state.synced_at_ms else "never yet"
    yield plain(f"fills compared {compared}", "dim")
    if state.halt is not None:
        text = f"Halted by {state.halt.by} at {moment(state.halt.at_ms)}: {state.halt.why}"
        yield from paragraph(text, indent=0, width=width, style="warning")
    for approval in sorted(state.approvals.values(), key=lambda a: a.book):
        text = (
            f"book {approval.book}: {approval.intent_id[:12]} approved by {approval.by} "
            f"at {moment(approval.at_ms)}"
        )
        yield from paragraph(text, indent=0, width=width, style="dim")


def _table(
    title: str,
    rows: list[tuple[Cell, ...]],
    form: tuple[tuple[str, ...], tuple[Column, ...]],
    width: int,
) -> list[Line]:
    if not rows:
        return []
    titles, layout = form
    head = tuple((name, "dim") for name in titles)
    drawn = columns([head, *rows], layout, indent=2, width=width)
    return [plain(), plain(f"{title}: {len(rows):,}", "heading"), *drawn]


def _cells(*texts: str) -> tuple[Cell, ...]:
    return tuple((text, "") for text in texts)


def _placement(placement: Placement) -> tuple[Cell, ...]:
    terms, leg = placement.terms, placement.current_leg
    going = ", cancel asked" if placement.is_cancel_requested else ""
    return _cells(
        display(placement.address),
        display(terms.instrument),
        terms.side.value,
        grouped(terms.price),
        grouped(terms.quantity),
        grouped(placement.filled),
        placement.phase.value + going,
        display(leg.venue_order_id if leg else placement.client_order_id),
    )


def _records(state: State) -> Iterator[tuple[Cell, ...]]:
    totals = fills_by_holder(state)
    for key, record in sorted(state.records.items()):
        yield _cells(
            display(record.holder),
            str(record.generation),
            display(record.instrument),
            record.side.value,
            grouped(record.quantity),
            grouped(totals[key]),
        )


def _intent(intent: Intent) -> tuple[Cell, ...]:
    open_items = [
        item for item in intent.items if item.status.value not in ("accepted", "rejected")
    ]
    names = ", ".join(item.address for item in open_items[:3])
    more = f" and {len(open_items) - 3:,} more" if len(open_items) > 3 else ""
    return _cells(
        str(intent.nonce),
        display(intent.kind),
        f"{len(intent.items):,}",
        moment(intent.expires_at_ms),
        display(names) + more,
    )


def _facts(state: State, address: OrderAddress) -> Iterator[str]:
    for placement in state.placements.values():
        if placement.address == address:
            yield (
                f"Placed: {_said(placement.terms)}; {placement.phase.value}, of {placement.holder} "
                f"generation {placement.generation}, id {placement.client_order_id}."
            )
            for leg in placement.legs:
                final = ", final" if leg.is_settled else ""
                yield (
                    f"Venue order {leg.venue_order_id}: {grouped(leg.filled)} of "
                    f"{grouped(leg.quantity)} filled at {grouped(leg.price)}{final}."
                )
    for _, record in sorted(state.records.items()):
        if record.holder == address:
            yield _budget(record)
    ending = state.endings.get(address)
    if ending is not None:
        word = f" ({ending.word})" if ending.word else ""
        yield f"Ended {moment(ending.at_ms)}: {ending.reason.value}{word}."
        yield f"It was: {_said(ending.terms)}."
    refusal = state.refusals.get(address)
    if refusal is not None:
        yield f"Refused {refusal.count} times: {refusal.reason}: {refusal.text}."
    for intent in state.intents.values():
        for item in intent.items:
            if item.address == address:
                yield f"Request {intent.nonce}: {item.operation.value}, {item.status.value}."


def _budget(record: HolderRecord) -> str:
    return (
        f"Budget of generation {record.generation}: {grouped(record.quantity)}, "
        f"{grouped(record.filled)} filled by orders that have ended."
    )


def _said(terms: Terms) -> str:
    return (
        f"{terms.side.value} {grouped(terms.quantity)} {terms.instrument} at {grouped(terms.price)}"
    )
