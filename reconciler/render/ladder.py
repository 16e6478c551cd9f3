"""A picture of one instrument's orders: asks above the middle above bids, a bar for each price."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, Decimal

from reconciler.model.numbers import ZERO, divide
from reconciler.model.order import RestingOrder, Side, Terms
from reconciler.model.plan import Action, Adopt, Cancel, Hold, Keep, Modify, Replace
from reconciler.render.figures import grouped, places_of
from reconciler.render.page import Cell, Column, Line, columns, plain
from reconciler.render.rows import after_of, before_of, wake_price

__all__ = ["is_over", "middle_line", "picture"]

LEVELS_A_SIDE_MAX = 12
LEVELS_MIN = 2
BAR_WIDTH = 24
SOLID, GOING, WAITING = "█", "░", "▒"
_LAYOUT = (Column(is_right=True), Column(), Column(), Column(is_right=True), Column())
# What is drawn when several orders share one price: the most telling of them.
_RANK = ("hold", "place", "modify", "replace", "cancel", "adopt", "keep")
_SIGNS = {"hold": "!", "place": "+", "modify": "~", "replace": "±", "cancel": "-", "adopt": "<"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Some quantity at a price, and what becomes of it.

    Attributes:
        label: what kind of trigger it is, empty for an order in the book.
    """

    side: Side
    price: Decimal
    quantity: Decimal
    kind: str
    label: str


def picture(
    actions: Iterable[Action], mid: Decimal | None, *, indent: int, width: int
) -> list[Line]:
    """Return the ladder as lines; none when there is too little to draw."""
    levels = _levels(mark for action in actions for mark in _marks(action))
    if len(levels) < LEVELS_MIN:
        return []
    levels.sort(key=lambda level: (level.price, level.side, level.label))
    over = [level for level in levels if is_over(level.side, level.price, mid)]
    under = [level for level in levels if not is_over(level.side, level.price, mid)][::-1]
    near_over, near_under = over[:LEVELS_A_SIDE_MAX], under[:LEVELS_A_SIDE_MAX]
    shown = [*reversed(near_over), *near_under]
    drawn = columns(_cells(shown), _LAYOUT, indent=indent, width=width)
    return [
        *_more(over, near_over, indent),
        *drawn[: len(near_over)],
        middle_line(mid, indent=indent),
        *drawn[len(near_over) :],
        *_more(under, near_under, indent),
    ]


def is_over(side: Side, price: Decimal, mid: Decimal | None) -> bool:
    """Say whether an order lies above the middle; without one, sells do."""
    return side is Side.SELL if mid is None else price > mid


def middle_line(mid: Decimal | None, *, indent: int) -> Line:
    """Return the line between what lies above the middle and what lies below."""
    return plain(" " * indent + "─" * 10 + (f" mid {grouped(mid)}" if mid else ""), "dim")


def _marks(action: Action) -> Iterable[Mark]:
    before, after = before_of(action), after_of(action)
    match action:
        case Cancel():
            kinds = ("cancel", "")
        case Keep() | Adopt():
            kinds = ("keep" if isinstance(action, Keep) else "adopt", "")
        case Modify() | Replace():
            kinds = ("cancel", "modify" if isinstance(action, Modify) else "replace")
        case Hold():
            kinds = ("keep", "") if before is not None else ("", "hold")
        case _:
            kinds = ("", "place")
    if before is not None and kinds[0]:
        yield _mark(before, before.remaining, kinds[0])
    if after is not None and kinds[1]:
        yield _mark(after, after.quantity, kinds[1])


def _mark(order: Terms | RestingOrder, quantity: Decimal, kind: str) -> Mark:
    label = order.trigger.kind.replace("_", "-") if order.trigger else ""
    price = wake_price(order)
    return Mark(side=order.side, price=price, quantity=quantity, kind=kind, label=label)


def _levels(marks: Iterable[Mark]) -> list[Mark]:
    """Put together what lies at one price; what goes away counts only where nothing stays."""
    found: dict[tuple[Side, Decimal, str], list[Mark]] = {}
    for mark in marks:
        found.setdefault((mark.side, mark.price, mark.label), []).append(mark)
    return [_level(group) for group in found.values()]


def _level(group: Sequence[Mark]) -> Mark:
    stays = [mark for mark in group if mark.kind != "cancel"] or group
    first = min(stays, key=lambda mark: _RANK.index(mark.kind))
    quantity = sum((mark.quantity for mark in stays), ZERO)
    return replace(first, quantity=quantity)


def _cells(levels: Sequence[Mark]) -> list[tuple[Cell, ...]]:
    price_places = places_of(level.price for level in levels)
    quantity_places = places_of(level.quantity for level in levels)
    most = max((level.price * level.quantity for level in levels), default=ZERO)
    return [
        (
            (grouped(level.price, places=price_places), _style(level)),
            (_bar(level, most), _style(level)),
            (_SIGNS.get(level.kind, ""), _style(level)),
            (grouped(level.quantity, places=quantity_places), _style(level)),
            (level.label, "dim"),
        )
        for level in levels
    ]


def _style(level: Mark) -> str:
    return "" if level.kind == "keep" else level.kind


def _bar(level: Mark, most: Decimal) -> str:
    if most <= ZERO:
        return ""
    share = divide(level.price * level.quantity * BAR_WIDTH, most)
    block = {"cancel": GOING, "hold": WAITING}.get(level.kind, SOLID)
    return block * int(share.to_integral_value(ROUND_CEILING))


def _more(all_levels: Sequence[Mark], near: Sequence[Mark], indent: int) -> list[Line]:
    count = len(all_levels) - len(near)
    if not count:
        return []
    last = grouped(all_levels[-1].price)
    return [((f"{' ' * indent}… {count:,} more, the last at {last}", "dim"),)]
