"""What a person should know of a plan before it is carried out, and what holds nothing."""

from collections.abc import Iterator, Sequence

from reconciler.diagnostics import display
from reconciler.model.capabilities import Capabilities
from reconciler.model.plan import Action, Modify, Place, PlannedRequest, Replace
from reconciler.planner.context import Context
from reconciler.planner.funding import funding_warnings
from reconciler.planner.open_orders import open_order_warnings

__all__ = ["warnings_of"]


def warnings_of(
    actions: Sequence[Action], requests: Sequence[PlannedRequest], context: Context
) -> tuple[str, ...]:
    """Return the warnings of a plan, a sentence each."""
    return (
        *funding_warnings(actions, context),
        *_isolated(actions, context),
        *open_order_warnings(actions, context),
        *_pace(requests, context.capabilities),
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
