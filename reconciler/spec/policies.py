"""What orders and ladders have in common: what a fill, a cancel, an expiry, a change mean."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, TypedDict

from reconciler.model.order import FillPolicy, GoneByUser, GoneByVenue, Replenish
from reconciler.spec.context import BookContext, amount
from reconciler.spec.places import Path
from reconciler.spec.times import parse_time_ms

__all__ = ["Policies", "options_of", "policies_of"]


class Policies(TypedDict):
    """Arguments of a `Holder`."""

    generation: int
    on_fill: FillPolicy
    replenish: Replenish | None
    on_user_cancel: GoneByUser
    on_venue_cancel: GoneByVenue
    expires_at_ms: int | None
    may_modify: bool
    prevent_cancel: bool
    note: str


_ON_FILL = {policy.value: policy for policy in FillPolicy}
_ON_USER = {policy.value: policy for policy in GoneByUser}
_ON_VENUE = {policy.value: policy for policy in GoneByVenue}


def policies_of(
    context: BookContext, entry: Mapping[str, Any], path: Path, quantity: Decimal
) -> Policies:
    """Return the settings of a holder, defaults applied."""
    settings = context.settings(entry)
    get = settings.get
    on_fill = _ON_FILL[get("on_fill", "done")]
    return Policies(
        generation=int(get("generation", "0")),
        on_fill=on_fill,
        replenish=_replenish(context, entry, path, quantity)
        if "replenish" in settings or on_fill is FillPolicy.REPLENISH
        else None,
        on_user_cancel=_ON_USER[get("on_user_cancel", "hold")],
        on_venue_cancel=_ON_VENUE[get("on_venue_cancel", "hold")],
        expires_at_ms=_expiry(context, entry, path) if "expires_at" in settings else None,
        may_modify=get("change", "modify") == "modify",
        prevent_cancel=get("prevent_cancel", "false") == "true",
        note=str(get("note", "")),
    )


def options_of(settings: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return the venue's own options flattened, as ``builder.address``, sorted by name."""
    options = settings.get("options")
    if not options:
        return ()
    pairs = []
    for name, value in options.items():
        if isinstance(value, dict):
            pairs += [(f"{name}.{inner}", text.lower()) for inner, text in value.items()]
        else:
            pairs.append((name, str(value)))
    return tuple(sorted(pairs))


def _expiry(context: BookContext, entry: Mapping[str, Any], path: Path) -> int | None:
    text = context.settings(entry)["expires_at"]
    expires_at_ms = parse_time_ms(text)
    if expires_at_ms is None:
        context.problem(
            "no-such-time",
            "There is no such time.",
            context.place_of(path, entry, "expires_at"),
            why="It is a day, a time of that day and Z or an offset, after 1970.",
            do="Write it as 2026-12-31T23:59:59Z.",
        )
    return expires_at_ms


def _replenish(
    context: BookContext, entry: Mapping[str, Any], path: Path, quantity: Decimal
) -> Replenish | None:
    settings = context.settings(entry)
    if settings.get("on_fill", "done") == "done":
        if "replenish" in entry:
            context.problem(
                "replenish-without-on-fill",
                "These settings have no effect.",
                (*path, "replenish"),
                why="They are for holders with `on_fill: replenish`.",
                do="Add `on_fill: replenish`, or remove `replenish`.",
            )
        return None
    if "replenish" not in settings:
        context.problem(
            "replenish-without-total",
            "Nothing says how much may be refilled in total.",
            context.place_of(path, entry, "on_fill"),
            why="Without an end a holder that refills could spend without limit.",
            do="Add `replenish: {max_total: ...}`.",
        )
        return None
    return _refill(
        context, settings["replenish"], context.place_of(path, entry, "replenish"), quantity
    )


def _refill(
    context: BookContext, written: Mapping[str, str], path: Path, quantity: Decimal
) -> Replenish:
    total_max = amount(written["max_total"])
    below = amount(written["refill_below"]) if "refill_below" in written else None
    if total_max < quantity:
        context.problem(
            "replenish-total-too-small",
            "The most in total is less than the quantity itself.",
            (*path, "max_total"),
            label=f"the quantity is {quantity:f}",
            do="Raise `max_total`, or lower `quantity`.",
        )
    if below is not None and below > quantity:
        context.problem(
            "refill-below-too-large",
            "It would be refilled even while all of it rests.",
            (*path, "refill_below"),
            label=f"the quantity is {quantity:f}",
            do="Lower `refill_below`.",
        )
    return Replenish(
        refill_below=below, total_max=total_max, cooldown_s=int(written.get("cooldown", "0"))
    )
