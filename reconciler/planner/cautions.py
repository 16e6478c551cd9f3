"""What a person should know of a plan before it is carried out, and what holds nothing."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from reconciler.diagnostics import display
from reconciler.model.capabilities import Capabilities
from reconciler.model.order import Holder
from reconciler.model.plan import Action, Keep, Modify, Place, PlannedRequest, Replace
from reconciler.planner.context import Context
from reconciler.planner.funding import funding_warnings
from reconciler.planner.open_orders import open_order_warnings

__all__ = ["warnings_of"]


def warnings_of(
    actions: Sequence[Action],
    requests: Sequence[PlannedRequest],
    context: Context,
    holders: Iterable[Holder],
) -> tuple[str, ...]:
    """Return the warnings of a plan, a sentence each."""
    return (
        *_other_options(actions, context, holders),
        *funding_warnings(actions, context),
        *_isolated(actions, context),
        *open_order_warnings(actions, context),
        *_pace(requests, context.capabilities),
    )


def _other_options(
    actions: Sequence[Action], context: Context, holders: Iterable[Holder]
) -> Iterator[str]:
    """Say which orders keep options of the venue that their specs no longer say.

    No venue changes them in an order that rests, and replacing it would cost its place.
    """
    wanted = {order.address: order.terms for holder in holders for order in holder.orders}
    counts: Counter[tuple[str, str, str]] = Counter()
    for action in actions:
        terms = wanted.get(action.address)
        if not isinstance(action, Keep) or action.before is None or terms is None:
            continue
        client_order_id = action.before.client_order_id
        placed = context.state.placements.get(client_order_id) if client_order_id else None
        said = dict(terms.options)
        for name, value in placed.terms.options if placed is not None else ():
            if said.get(name, "") != value:
                counts[name, value, said.get(name, "")] += 1
    for (name, value, new), count in sorted(counts.items()):
        orders = "1 order rests" if count == 1 else f"{count} orders rest"
        now = f"{name} {new}" if new else f"no {name}"
        yield (
            f"{orders} with {name} {value}, and the specs say {now} now: that is for orders which "
            "are placed from now on."
        )


def _isolated(actions: Sequence[Action], context: Context) -> Iterator[str]:
    """Say which orders would open positions that share no margin."""
    names = {
        action.after.instrument
        for action in actions
        if isinstance(action, Place | Modify | Replace) and not action.after.reduce_only
    }
    for name in sorted(names):
        instrument = context.instrument(name)
        if instrument is not None and instrument.is_isolated_only:
            yield (
                f"{display(name)} has only isolated margin: a position there is liquidated on its "
                "own, whatever else the account holds."
            )


def _pace(requests: Sequence[PlannedRequest], capabilities: Capabilities) -> Iterator[str]:
    """Say how long sending takes at least when it does not fit into one minute."""
    weight, most = sum(request.weight for request in requests), capabilities.weight_per_minute
    if not most or weight <= most:
        return
    minutes = (weight - 1) // most
    yield (
        f"Its requests weigh {weight:,}, and {most:,} may be spent in a minute: sending them takes "
        f"about {minutes:,} {'minute' if minutes == 1 else 'minutes'}."
    )
