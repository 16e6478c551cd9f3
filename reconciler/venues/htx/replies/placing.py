"""The answer to a request as outcomes: taken, refused, or no proof either way.

Pure. A failing item hides behind `status: ok`: orders are joined by `index`, which counts from 1,
cancels by either kind of id. "Taken" means received: what became of it is for a status to say.
Source: pages swap_order 5d519ef5, swap_batchorder 5d51a040 and swap_cancel 5d51a18b, checked
2025-11-26.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from reconciler.model.command import Batch, BatchKind, CancelOrder, Command, PlaceOrder
from reconciler.model.order import VenueOrderId
from reconciler.model.outcome import Accepted, Outcome, Rejected, Unknown
from reconciler.venues.htx.replies.attached import attached_id
from reconciler.venues.htx.replies.envelope import Refusal, envelope
from reconciler.venues.htx.replies.errors import of_cancel, of_order
from reconciler.venues.htx.replies.moments import in_words
from reconciler.venues.shape import (
    Malformed,
    Record,
    digits,
    each,
    identifier,
    integer,
    items,
    record,
    words,
)

__all__ = ["outcomes"]

SERVER_ERRORS_FROM = 500
Redact = Callable[[str], str]


def outcomes(
    status: int,
    body: bytes,
    batch: Batch,
    *,
    own_ids: Mapping[VenueOrderId, str],
    redact: Redact,
    barred_until_ms: int | None = None,
) -> tuple[Outcome, ...]:
    """Return one outcome for each item of a batch, children right after their parent.

    Args:
        own_ids: what the venue calls attached orders that are cancelled.
        redact: takes the keys out of what the venue says.
        barred_until_ms: until when the venue takes no orders, where its headers say so.
    """
    if status >= SERVER_ERRORS_FROM:
        found = _all(batch, Unknown(cause=f"http {status}"))
    else:
        try:
            said = envelope(body)
            if isinstance(said, Refusal):
                found = _refused(said.code, words(said.text, redact), batch, barred_until_ms)
            else:
                found = _read(record(said.data, "data"), batch, own_ids, redact)
        except (Malformed, RecursionError) as problem:
            why = f": {problem}" if isinstance(problem, Malformed) else ""
            cause = f"unreadable reply{why}" if status == 200 else f"http {status}"
            found = _all(batch, Unknown(cause=cause))
    pairs = zip(batch.commands, found, strict=True)
    return tuple(outcome for command, own in pairs for outcome in _with_children(command, own))


def _refused(code: int, text: str, batch: Batch, until_ms: int | None) -> Sequence[Outcome]:
    """Return what an error of the whole request says of each."""
    is_cancel = batch.kind is BatchKind.CANCEL
    outcome = (of_cancel if is_cancel else of_order)(code, text)
    until = in_words(until_ms, "%Y-%m-%d %H:%M:%S")
    if isinstance(outcome, Rejected) and until is not None:
        outcome = Rejected(reason=outcome.reason, text=f"{outcome.text}, until {until}")
    # One number cannot tell for several cancels which of them are gone already.
    is_of_one = is_cancel and len(batch.commands) > 1 and _is_gone(code)
    return _all(batch, Unknown(cause=f"error {code} for all") if is_of_one else outcome)


def _read(
    data: Record, batch: Batch, own_ids: Mapping[VenueOrderId, str], redact: Redact
) -> Sequence[Outcome]:
    if batch.kind is BatchKind.CANCEL:
        return _cancels(data, batch, own_ids, redact)
    if len(batch.commands) == 1:
        return [_taken(data, batch.commands[0])]
    return _orders(data, batch, redact)


def _is_gone(code: int) -> bool:
    outcome = of_cancel(code, "")
    return isinstance(outcome, Rejected) and outcome.reason == "order-gone"


def _orders(data: Record, batch: Batch, redact: Redact) -> Sequence[Outcome]:
    found: dict[int, Outcome] = {}
    for index, outcome in _indexed(data, batch.commands, redact):
        if index in found:
            raise Malformed("an order of the batch is answered twice")
        found[index] = outcome
    missing = Unknown(cause="unreadable reply: an order of the batch has no answer")
    return [found.get(index, missing) for index in range(1, len(batch.commands) + 1)]


def _indexed(
    data: Record, commands: Sequence[Command], redact: Redact
) -> Iterator[tuple[int, Outcome]]:
    for row in each(data.get("success") or [], "success", lambda row: row):
        index = _index(row, commands)
        yield index, _taken(row, commands[index - 1])
    for row in each(data.get("errors") or [], "errors", lambda row: row):
        text = words(row.get("err_msg"), redact)
        yield _index(row, commands), of_order(integer(row, "err_code"), text)


def _index(row: Record, commands: Sequence[Command]) -> int:
    index = integer(row, "index")
    if not 1 <= index <= len(commands):
        raise Malformed("an index is outside of the batch")
    return index


def _taken(row: Record, command: Command) -> Outcome:
    # The venue names the id of every order that was sent with one, as ours are.
    said = row.get("client_order_id")
    assert isinstance(command, PlaceOrder), "only orders are taken"
    if str(said) != command.client_order_id:
        raise Malformed("a client order id is not the one that was sent")
    if row.get("order_id_str") is not None:
        return Accepted(venue_order_id=VenueOrderId(digits(row, "order_id_str")))
    return Accepted(venue_order_id=VenueOrderId(identifier(row, "order_id")))


def _cancels(
    data: Record, batch: Batch, own_ids: Mapping[VenueOrderId, str], redact: Redact
) -> Sequence[Outcome]:
    done = _successes(data)
    refused = {
        str(row.get("order_id")): _uncancelled(row, redact)
        for row in each(data.get("errors") or [], "errors", lambda row: row)
    }
    return [_cancel(_names_of(command, own_ids), done, refused) for command in batch.commands]


def _uncancelled(row: Record, redact: Redact) -> Outcome:
    return of_cancel(integer(row, "err_code"), words(row.get("err_msg"), redact))


def _successes(data: Record) -> set[str]:
    """Return the ids of `successes`: one text with commas, also where it is a list."""
    said = data.get("successes")
    if said is None or said == "":
        return set()
    parts = said.split(",") if isinstance(said, str) else items(said, "successes")
    return {str(part).strip() for part in parts}


def _cancel(names: set[str], done: set[str], refused: Mapping[str, Outcome]) -> Outcome:
    if names & done:
        # Also among the errors: a cancel under way already (seen with 1062).
        return Accepted()
    for name in sorted(names & refused.keys()):
        return refused[name]
    return Unknown(cause="unreadable reply: a cancel has no answer")


def _names_of(command: Command, own_ids: Mapping[VenueOrderId, str]) -> set[str]:
    assert isinstance(command, CancelOrder), "a batch has commands of one kind"
    if command.target is not None:
        return {own_ids.get(command.target, command.target)}
    return {str(command.client_order_id)}


def _with_children(command: Command, outcome: Outcome) -> Iterator[Outcome]:
    """Yield the outcome of a command and of what is attached to it: taken or refused together."""
    yield outcome
    if not isinstance(command, PlaceOrder):
        return
    for child in command.children:
        trigger = child.terms.trigger
        assert trigger is not None, "only triggers are attached"
        if isinstance(outcome, Accepted) and outcome.venue_order_id is not None:
            yield Accepted(venue_order_id=attached_id(outcome.venue_order_id, trigger.kind))
        else:
            yield outcome


def _all(batch: Batch, outcome: Outcome) -> Sequence[Outcome]:
    return [outcome] * len(batch.commands)
