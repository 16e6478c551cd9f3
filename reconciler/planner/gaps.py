"""Holds what would spend a budget of which nobody knows how much is spent, or how it ended.

After a state was lost, history may not reach back to its birth. Then a record may say less than
what filled, the venue may have cancelled an order that is to stay away, and a holder without any
record may have had one.
"""

from collections.abc import Sequence

from reconciler.model.order import Holder
from reconciler.model.plan import Action, Hold, Modify, Place, Reason, Replace
from reconciler.model.state import HolderKey
from reconciler.planner.context import Context

__all__ = ["hold_gaps"]


def hold_gaps(holder: Holder, actions: Sequence[Action], context: Context) -> list[Action]:
    """Return the actions of a holder with those held that could buy or sell once more."""
    return [_held(action, holder, context) for action in actions]


def _held(action: Action, holder: Holder, context: Context) -> Action:
    if not isinstance(action, Place | Modify | Replace):
        return action
    found = _gap((holder.address, holder.generation), context) or _gap(
        (action.holder, action.generation), context, is_child=True
    )
    if found is None:
        return action
    why, lifted_by = found
    return Hold(
        address=action.address,
        reason=Reason.HISTORY_GAP,
        why=why,
        lifted_by=lifted_by,
        before=None if isinstance(action, Place) else action.before,
        after=action.after,
        source=action.source,
    )


def _gap(key: HolderKey, context: Context, *, is_child: bool = False) -> tuple[str, str] | None:
    """Return why a budget may be spent further than recorded, and what lifts that; or None."""
    record = context.state.records.get(key)
    if record is not None and record.has_history_gap:
        why = (
            f"The venue's history does not show all that became of {key[0]}: more may have filled, "
            "or the venue may have cancelled it."
        )
        command = f"`reconciler resolve {key[0]} --filled Q`"
        return why, f"{command} with all it filled at generation {key[1]}, or a new generation."
    is_whole = not context.state.unknown_before_ms
    if is_whole or record is not None or is_child or "history-gap" in context.policy.allow:
        return None
    ending = context.state.endings.get(key[0])
    if ending is not None and ending.generation == key[1]:
        return None  # how its last order ended is known
    known = [generation for holder, generation in context.state.records if holder == key[0]]
    if known and key[1] > max(known):
        return None  # armed anew since
    return (
        f"The state was recovered, and {key[0]} may have had an order before history begins.",
        "Pass `--allow history-gap` if it is new, or give it a new generation.",
    )
