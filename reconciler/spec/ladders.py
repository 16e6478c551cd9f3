"""Ladders of a book as declared; the venue's grid is applied later, by `reconciler.spec.expand`."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from reconciler.diagnostics import Span
from reconciler.model.numbers import CONTEXT, ZERO
from reconciler.model.order import Holder, Ladder, Side, Spacing, Terms, TimeInForce
from reconciler.spec.context import BookContext, amount
from reconciler.spec.orders import is_post_only
from reconciler.spec.places import Path
from reconciler.spec.policies import options_of, policies_of

__all__ = ["WEIGHT_RATIO_MAX", "compile_ladder"]

WEIGHT_RATIO_MAX = Decimal(10) ** 12  # of the largest rung to the smallest
ONE = Decimal(1)


def compile_ladder(
    context: BookContext, name: str, entry: Mapping[str, Any], source: Span
) -> Holder:
    """Return the holder of one ladder of the book, its rungs still to come."""
    path: Path = ("ladders", name)
    quantity = amount(entry["quantity"])
    template = _template(context, entry, path)
    levels = int(entry["levels"])
    ladder = Ladder(
        start=amount(entry["from"]),
        end=amount(entry["to"]),
        levels=levels,
        spacing=Spacing(entry.get("spacing", "linear")),
        weights=_weights(context, entry.get("weights", "equal"), levels, (*path, "weights")),
        template=template,
    )
    if (ladder.start == ladder.end) != (levels == 1):
        _flat(context, (*path, "to"), levels)
    return Holder(
        address=context.address(name),
        instrument=template.instrument,
        side=template.side,
        quantity=quantity,
        source=source,
        ladder=ladder,
        **policies_of(context, entry, path, quantity),
    )


def _template(context: BookContext, entry: Mapping[str, Any], path: Path) -> Terms:
    settings = context.settings(entry)
    if settings.get("time_in_force") == "ioc":
        context.problem(
            "ladder-of-ioc",
            "A ladder cannot be ioc.",
            context.place_of(path, entry, "time_in_force"),
            why="Its rungs rest; an ioc order never does.",
            do="Write `time_in_force: gtc`, or single orders.",
        )
    return Terms(
        instrument=context.instrument_of(entry, path),
        side=Side(entry["side"]),
        price=ZERO,
        quantity=ZERO,
        post_only=is_post_only(context, entry, path, TimeInForce.GTC),
        reduce_only=settings.get("reduce_only") == "true",
        options=options_of(settings),
    )


def _flat(context: BookContext, path: Path, levels: int) -> None:
    context.problem(
        "ladder-without-height",
        "The ends of the ladder do not fit its levels.",
        path,
        label="`from` and `to` are the same" if levels > 1 else "one level has one price",
        why="A ladder of one level has `from` and `to` equal, any other has them different.",
        do="Correct `levels`, `from` or `to`.",
    )


def _weights(context: BookContext, written: Any, levels: int, path: Path) -> tuple[Decimal, ...]:
    """Return the relative sizes of the rungs, from `from` to `to`."""
    match written:
        case list():
            return _listed_weights(context, written, levels, path)
        case {"linear": ratio}:
            return _ratio_weights(context, amount(ratio), levels, (*path, "linear"))
        case {"geometric": ratio}:
            return _geometric_weights(context, amount(ratio), levels, (*path, "geometric"))
    return (ONE,) * levels


def _listed_weights(
    context: BookContext, written: list[str], levels: int, path: Path
) -> tuple[Decimal, ...]:
    if len(written) != levels:
        context.problem(
            "weights-do-not-fit",
            "There is not one weight for each level.",
            path,
            label=f"{len(written)} weights for {levels} levels",
            do="Add or remove weights, or correct `levels`.",
        )
    return tuple(amount(weight) for weight in written)


def _ratio_weights(
    context: BookContext, ratio: Decimal, levels: int, path: Path
) -> tuple[Decimal, ...]:
    """Return weights from 1 to `ratio` in equal steps, times levels - 1: so they are exact."""
    if levels == 1:
        return (ONE,)
    _check_ratio(context, ratio, path)
    steps = levels - 1
    return tuple(
        CONTEXT.add(Decimal(steps), CONTEXT.multiply(ratio - 1, Decimal(rung)))
        for rung in range(levels)
    )


def _geometric_weights(
    context: BookContext, ratio: Decimal, levels: int, path: Path
) -> tuple[Decimal, ...]:
    """Return 1, r, r^2 ...; exact while 50 digits hold them, then rounded half-even."""
    weights = [ONE]
    for _ in range(levels - 1):
        weights.append(CONTEXT.multiply(weights[-1], ratio))
        if not _check_ratio(context, weights[-1], path):
            break
    return tuple(weights)


def _check_ratio(context: BookContext, ratio: Decimal, path: Path) -> bool:
    """Return whether last over first is within what can be meant; a problem when not."""
    if 1 / WEIGHT_RATIO_MAX <= ratio <= WEIGHT_RATIO_MAX:
        return True
    context.problem(
        "weights-too-steep",
        "The rungs differ too much.",
        path,
        why=f"The largest rung may have {WEIGHT_RATIO_MAX:,f} times the quantity of the smallest.",
        do="Choose a ratio nearer to 1, or fewer levels.",
    )
    return False
