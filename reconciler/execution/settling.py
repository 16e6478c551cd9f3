"""What a person may settle about an address, and between which bounds. Pure.

Only what no venue says any more: an order with no known outcome that can no longer be executed and
does not rest, or a budget whose history is lost. Anything else is answered by looking again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from reconciler.diagnostics import Diagnostic
from reconciler.errors import Refused
from reconciler.model.numbers import ZERO, format_decimal
from reconciler.model.order import ClientOrderId, OrderAddress
from reconciler.model.snapshot import NoAnswer, VenueSnapshot
from reconciler.model.state import HolderKey, IntentOperation, Placement, State
from reconciler.observe import UNSETTLED, sight_of

__all__ = ["Question", "concerns", "question_of", "refuse_answer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a person is asked: how much of this was filled.

    Attributes:
        key: whose budget the answer is counted under.
        least: already proven filled.
        most: the quantity at stake, None where nobody knows it.
        what: what the answer speaks of, a noun phrase.
        is_unanswered: the venue did not answer when it was asked; it may still be able to say.
    """

    address: OrderAddress
    key: HolderKey
    least: Decimal
    most: Decimal | None
    what: str
    is_unanswered: bool = False


def concerns(state: State, address: OrderAddress) -> bool:
    """Say whether anything is recorded under an address that could need a person."""
    return (
        any(placement.address == address for placement in state.placements.values())
        or any(_open_intents(state, address))
        or _gap(state, address) is not None
    )


def question_of(
    address: OrderAddress, state: State, snapshot: VenueSnapshot, *, close_window_ms: int
) -> Question:
    """Return what a person may settle. Raises `Refused` when there is nothing, or not yet.

    Args:
        state: with everything the snapshot shows folded in.
        close_window_ms: how long after its expiry a request may still turn up.
    """
    gap = _gap(state, address)
    if gap is not None:
        return _question_of_gap(address, gap, state)
    doubtful = _doubtful(state, address)
    expiries = [intent_expiry for intent_expiry, _ in _open_intents(state, address)]
    _refuse_known(address, doubtful, state, snapshot, has_open_item=bool(expiries))
    if expiries and snapshot.taken_at_ms <= max(expiries) + close_window_ms:
        left_s = (max(expiries) + close_window_ms - snapshot.taken_at_ms) // 1000 + 1
        raise _refused(address, f"Its request may still be executed for {left_s} s.", "Wait.")
    newest = max(doubtful, key=lambda placement: placement.incarnation, default=None)
    modified = {
        item_id
        for _, items in _open_intents(state, address)
        for operation, item_id in items
        if operation is IntentOperation.MODIFY
    }
    return Question(
        address=address,
        key=newest.key if newest is not None else (address, 0),
        least=sum((placement.filled for placement in doubtful), ZERO),
        most=sum((_most(p, is_modified=p.client_order_id in modified) for p in doubtful), ZERO),
        what=_said(newest),
        is_unanswered=_is_unanswered(doubtful, snapshot),
    )


def refuse_answer(question: Question, filled: Decimal) -> None:
    """Raise `Refused` when an answer cannot be true."""
    if filled < question.least:
        least = format_decimal(question.least)
        why = f"{least} is already proven filled; evidence is never taken back."
        raise _refused(question.address, why, f"Say {least} or more.")
    if question.most is not None and filled > question.most:
        most = format_decimal(question.most)
        raise _refused(question.address, f"Only {most} was ever sent for.", f"Say {most} at most.")


def _said(newest: Placement | None) -> str:
    """Name the order, so that nobody speaks of another one by mistake."""
    if newest is None:
        return "this order"
    terms = newest.terms
    return (
        f"this order, a {terms.side} of {format_decimal(terms.quantity)} {terms.instrument} at "
        f"{format_decimal(terms.price)}"
    )


def _is_unanswered(doubtful: Sequence[Placement], snapshot: VenueSnapshot) -> bool:
    ours = {placement.client_order_id for placement in doubtful}
    theirs = {leg.venue_order_id for placement in doubtful for leg in placement.legs}
    return any(
        isinstance(status, NoAnswer)
        and (query.client_order_id in ours or query.venue_order_id in theirs)
        for query, status in snapshot.statuses.items()
    )


def _question_of_gap(address: OrderAddress, key: HolderKey, state: State) -> Question:
    live = sum((p.filled for p in state.placements.values() if p.key == key), ZERO)
    return Question(
        address=address,
        key=key,
        least=state.records[key].filled + live,
        most=None,
        what=f"everything under generation {key[1]}",
    )


def _gap(state: State, address: OrderAddress) -> HolderKey | None:
    keys = [
        key for key, record in state.records.items() if key[0] == address and record.has_history_gap
    ]
    return max(keys, default=None)


def _open_intents(
    state: State, address: OrderAddress
) -> list[tuple[int, tuple[tuple[IntentOperation, ClientOrderId], ...]]]:
    """Return (expiry, its open items of this address) for each request without outcome."""
    found = []
    for intent in state.intents.values():
        items = tuple(
            (item.operation, item.client_order_id)
            for item in intent.items
            if item.address == address and item.status in UNSETTLED
        )
        if items:
            found.append((intent.expires_at_ms, items))
    return found


def _doubtful(state: State, address: OrderAddress) -> list[Placement]:
    """Return what the answer will be about: as `fold_settled` chooses."""
    placed = [p for p in state.placements.values() if p.address == address]
    open_ids = {item_id for _, items in _open_intents(state, address) for _, item_id in items}
    return [p for p in placed if p.client_order_id in open_ids] or placed


def _refuse_known(
    address: OrderAddress,
    doubtful: Sequence[Placement],
    state: State,
    snapshot: VenueSnapshot,
    *,
    has_open_item: bool,
) -> None:
    sight = sight_of(state, snapshot)
    ids = {placement.client_order_id for placement in doubtful}
    resting = sorted(sight.resting[i].venue_order_id for i in ids & sight.resting.keys())
    if not has_open_item and not ids & sight.blocked.keys():
        said = f"Venue order {resting[0]} rests as recorded." if resting else "Nothing is open."
        raise _refused(address, said, "reconciler plan")
    if resting:
        why = f"Venue order {resting[0]} of it rests at the venue."
        raise _refused(address, why, "Cancel that order at the venue first.")
    if not has_open_item:
        _refuse_taken_over(address, ids, state)


def _refuse_taken_over(address: OrderAddress, ids: set[ClientOrderId], state: State) -> None:
    """Refuse while a modify of another address takes the order: that one is the question."""
    for intent in state.intents.values():
        for item in intent.items:
            if item.status in UNSETTLED and item.source_client_order_id in ids:
                why = f"Its order is being taken over by {item.address}, which is unknown."
                raise _refused(address, why, f"reconciler resolve {item.address} --filled Q")


def _most(placement: Placement, *, is_modified: bool) -> Decimal:
    """Return the most that can have filled: all its orders' fills and the rest of the newest."""
    leg = placement.current_leg
    if is_modified or leg is None:
        return placement.filled + placement.terms.quantity
    return placement.filled - leg.filled + max(leg.quantity, leg.filled)


def _refused(address: OrderAddress, why: str, next_step: str) -> Refused:
    return Refused(
        Diagnostic(
            code="nothing-to-settle",
            summary="There is nothing here that a person has to settle in this way.",
            where=address,
            why=why,
            next_step=next_step,
        )
    )
