"""The text about one instrument of a plan: a table in ladder order, and a picture."""

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from reconciler.diagnostics import display
from reconciler.model.numbers import ZERO
from reconciler.model.plan import Action, Keep, Reason, action_kind
from reconciler.render.figures import amount, distance, grouped, places_of
from reconciler.render.ladder import is_over, middle_line, picture
from reconciler.render.page import Cell, Column, Line, columns, fitting, paragraph, plain
from reconciler.render.rows import (
    SIGNS,
    Order,
    Row,
    after_of,
    before_of,
    instrument_of,
    row_of,
    wake_price,
)

__all__ = ["ROWS_MAX", "Market", "by_instrument", "counted", "remarkable", "section"]

ROWS_MAX = 40
INDENT = 2
DETAIL_INDENT = 14
PICTURE_INDENT = 4
WORDS = ("place", "modify", "replace", "cancel", "adopt", "forget", "hold", "keep")
_LAYOUT = (
    Column(),  # sign and word
    Column(),  # address
    Column(),  # side
    Column(is_right=True),  # price
    Column(is_right=True),  # quantity
    Column(is_right=True, sacrifice=2),  # notional
    Column(is_right=True, sacrifice=3),  # from the middle
    Column(sacrifice=4),  # reason
    Column(sacrifice=1),  # source
)
SOURCE_COLUMN = len(_LAYOUT) - 1
REASON_COLUMN = SOURCE_COLUMN - 1
_TITLES = ("", "order", "side", "price", "quantity", "notional", "from mid", "why", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """What is known of an instrument besides its orders.

    Attributes:
        contract_value: what one contract is worth, where quantities are contracts.
        title: what it is in people's words, empty where the name says it.
        has_notional: whether the value of an order can be told.
        rows_max: most actions to show one by one, None for all.
    """

    name: str
    mid: Decimal | None
    contract_value: Decimal | None
    has_notional: bool
    rows_max: int | None
    title: str = ""


def by_instrument(actions: Iterable[Action]) -> dict[str, list[Action]]:
    """Return the actions by instrument, sorted by name; those that name none come last."""
    found: dict[str, list[Action]] = {}
    for action in actions:
        found.setdefault(instrument_of(action), []).append(action)
    return dict(sorted(found.items(), key=lambda item: (not item[0], item[0])))


def counted(actions: Iterable[Action]) -> str:
    """Return how many there are of each kind, ``2 to place, 1 held``; empty for none."""
    counts = Counter(action_kind(action) for action in actions)
    said = {"hold": "held", "keep": "kept"}
    return ", ".join(
        f"{counts[word]:,} {said.get(word, f'to {word}')}" for word in WORDS if counts[word]
    )


def remarkable(kept: Iterable[Action]) -> str:
    """Return why orders are kept that do not simply match, `` (1 filled)``; empty for none."""
    counts = Counter(a.reason for a in kept if a.reason is not Reason.MATCHES)
    said = ", ".join(f"{counts[reason]:,} {reason.value}" for reason in sorted(counts))
    return f" ({said})" if said else ""


def section(actions: Sequence[Action], market: Market, *, width: int) -> list[Line]:
    """Return the lines about one instrument; kept orders are folded into a count."""
    is_whole = market.rows_max is None
    changes = [action for action in actions if is_whole or not isinstance(action, Keep)]
    listed = _nearest(changes, market)
    lines = [_heading(market), plain()]
    lines += _table([row_of(action) for action in listed], market, width)
    lines += _rest(actions, changes, listed)
    drawn = picture(actions, market.mid, indent=PICTURE_INDENT, width=width)
    return [*lines, plain(), *drawn] if drawn else lines


def _heading(market: Market) -> Line:
    mid = f"   mid {grouped(market.mid)}" if market.mid else ""
    title = f"   {display(market.title)}" if market.title else ""
    name = display(market.name) or "without an order at the venue"
    return ((f"  {name}", "heading"), (title + mid, ""))


def _nearest(actions: list[Action], market: Market) -> list[Action]:
    """Return the actions to show, down the price axis: all, or those nearest the middle."""
    keyed = [(_position(action), action) for action in actions]
    if market.rows_max is not None and len(keyed) > market.rows_max:
        mid = market.mid or ZERO
        keyed.sort(key=lambda item: (item[0] is None, abs((item[0] or ZERO) - mid)))
        keyed = keyed[: market.rows_max]
    keyed.sort(key=lambda item: item[1].address)
    keyed.sort(key=lambda item: (item[0] is None, -(item[0] or ZERO)))
    return [action for _, action in keyed]


def _position(action: Action) -> Decimal | None:
    order = after_of(action) or before_of(action)
    return wake_price(order) if order else None


def _table(rows: Sequence[Row], market: Market, width: int) -> list[Line]:
    is_headed = any(row.order for row in rows)
    head = [tuple((title, "dim") for title in _TITLES)] if is_headed else []
    cells = [*head, *_cells(rows, market)]
    drawn = columns(cells, _LAYOUT, indent=INDENT, width=width)
    taken = fitting(cells, _LAYOUT, indent=INDENT, width=width)
    lines = drawn[: len(head)]
    was_over = False
    for row, line in zip(rows, drawn[len(head) :], strict=True):
        order = row.order
        is_over_mid = order is not None and is_over(order.side, order.price, market.mid)
        if was_over and not is_over_mid:
            lines.append(middle_line(market.mid, indent=INDENT))
        was_over = is_over_mid
        lines.append(line)
        lines += _details(row, width, taken)
    return lines


def _details(row: Row, width: int, taken: Container[int]) -> list[Line]:
    """Return what stands below a row: what had no room in it, and what explains it."""
    reason = [] if REASON_COLUMN in taken or not row.reason else [row.reason]
    source = [] if SOURCE_COLUMN in taken or not row.source else [row.source]
    if row.kind == "hold":
        texts = [*reason, *row.details, *source]
    else:
        texts = ["; ".join((*reason, *source, *row.details))]
    return [
        line
        for text in texts
        for line in paragraph(text, indent=DETAIL_INDENT, width=width, style="dim")
    ]


def _cells(rows: Sequence[Row], market: Market) -> Iterator[tuple[Cell, ...]]:
    orders = [row.order for row in rows if row.order]
    price_places = places_of(order.price for order in orders)
    quantity_places = places_of(order.quantity for order in orders)
    for row in rows:
        numbers = ("", "", "", "", "")
        if row.order:
            numbers = _numbers(row.order, market, price_places, quantity_places)
        yield (
            (f"{SIGNS[row.kind]} {row.kind}", row.kind),
            (row.address, ""),
            *((text, "") for text in numbers),
            (row.reason, ""),
            (row.source, "dim"),
        )


def _numbers(
    order: Order, market: Market, price_places: int, quantity_places: int
) -> tuple[str, str, str, str, str]:
    is_whole_position = order.quantity == ZERO
    return (
        order.side.value,
        grouped(order.price, places=price_places),
        "position" if is_whole_position else grouped(order.quantity, places=quantity_places),
        amount(_worth(order, market)) if market.has_notional else "",
        distance(order.price, market.mid),
    )


def _worth(order: Order, market: Market) -> Decimal:
    unit = order.price if market.contract_value is None else market.contract_value
    return unit * order.quantity


def _rest(
    actions: Sequence[Action], changes: Sequence[Action], listed: Sequence[Action]
) -> list[Line]:
    lines = []
    hidden = len(changes) - len(listed)
    if hidden:
        shown = {id(action) for action in listed}
        said = counted(action for action in changes if id(action) not in shown)
        lines.append(plain(f"  … and {hidden:,} more: {said}; --format json has them all", "dim"))
    shown_ids = {id(action) for action in changes}
    kept = [action for action in actions if id(action) not in shown_ids]
    if kept:
        noun = "order" if len(kept) == 1 else "orders"
        lines.append(plain(f"    keep      {len(kept):,} {noun}{remarkable(kept)}", "keep"))
    return lines
