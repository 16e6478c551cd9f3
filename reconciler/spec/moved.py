"""Renames: from an address that is gone to one that is declared."""

from collections.abc import Collection, Mapping, Sequence

from reconciler.model.order import OrderAddress
from reconciler.spec.context import BookContext
from reconciler.spec.near import did_you_mean

__all__ = ["compile_moved"]


def compile_moved(
    context: BookContext, written: Sequence[Mapping[str, str]], declared: Collection[OrderAddress]
) -> dict[OrderAddress, OrderAddress]:
    """Return every origin with its final destination; a chain of renames is followed to its end."""
    steps: dict[str, str] = {}
    for index, move in enumerate(written):
        origin = move["from"]
        if origin in steps:
            _refuse(context, index, "from", "moved-twice", "This address is moved twice.")
        elif origin in declared:
            _refuse(
                context, index, "from", "moved-but-declared", "The old address is still declared."
            )
        else:
            steps[origin] = move["to"]
    return {
        OrderAddress(str(move["from"])): destination
        for index, move in enumerate(written)
        if steps.get(move["from"]) == move["to"]
        and (destination := _destination(context, index, steps, declared)) is not None
    }


def _destination(
    context: BookContext, index: int, steps: Mapping[str, str], declared: Collection[OrderAddress]
) -> OrderAddress | None:
    address = context.places.data["moved"][index]["from"]
    seen = set()
    while address in steps:
        if address in seen:
            _refuse(context, index, "from", "moved-in-a-circle", "These renames go in a circle.")
            return None
        seen.add(address)
        address = steps[address]
    if address in declared:
        return OrderAddress(str(address))
    label = did_you_mean(address, declared) or "not declared in this book"
    summary = "The new address is not declared."
    _refuse(context, index, "to", "moved-to-nowhere", summary, label=label)
    return None


def _refuse(
    context: BookContext, index: int, key: str, code: str, summary: str, *, label: str = ""
) -> None:
    context.problem(
        code,
        summary,
        ("moved", index, key),
        label=label,
        why="A rename leads from an address that is no longer declared to one that is.",
        do="Correct the address, or remove the entry.",
    )
