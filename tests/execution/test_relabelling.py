"""When new labels are written: with whatever else a run writes, and never alone."""

from typing import Any

from reconciler.model.event import Approved, IntentWritten, Relabelled
from reconciler.model.outcome import Rejected, RejectReason, Unknown
from tests.execution.runs import Run
from tests.support.build import book, holder, ladder, placement, state, terms

APPROVED = Approved(book="btc", intent_id="c0ffee", by="someone")
FOUR = tuple(placement(f"btc.bids[{n}]", terms(str(90 - n)), incarnation=n + 1) for n in range(4))


def run(*prices: str, **options: Any) -> Run:
    return Run([book(ladder(prices))], state(*FOUR), **options)


def shifted(**options: Any) -> Run:
    return run("91", "90", "89", "88", **options)


def turned(**options: Any) -> Run:
    """The same rungs from the other end: nothing to send, and every label is another."""
    return run("87", "88", "89", "90", **options)


def labels(run: Run) -> dict[str, str]:
    """Return what each live order is called, by its price."""
    return {str(p.legs[-1].price): p.address for p in run.store.state.placements.values()}


def test_new_labels_are_no_reason_to_write() -> None:
    idle = turned()
    idle.go()

    assert ([], 0) == (idle.store.events, idle.store.checkpoints)


def test_a_run_that_records_something_records_the_new_labels() -> None:
    noting = turned()
    noting.go(noted=[APPROVED])

    assert {"87": "btc.bids[0]", "88": "btc.bids[1]", "89": "btc.bids[2]", "90": "btc.bids[3]"} == (
        labels(noting)
    )


def test_a_run_that_sends_records_the_new_labels() -> None:
    sending = shifted()
    sending.go()

    assert {"91": "btc.bids[0]", "90": "btc.bids[1]", "89": "btc.bids[2]", "88": "btc.bids[3]"} == (
        labels(sending)
    )


def test_the_new_labels_are_on_record_before_anything_is_sent() -> None:
    sending = shifted()
    sending.go()
    kinds = sending.store.kinds()

    assert kinds.index("Relabelled") < kinds.index("IntentWritten")


def test_a_run_that_changes_no_label_writes_no_labels() -> None:
    low = Run([book(ladder(["90", "89", "88", "87"]), holder("btc.low"))], state(*FOUR))
    low.go()

    assert (True, False) == (
        any(isinstance(e, IntentWritten) for e in low.store.events),
        any(isinstance(e, Relabelled) for e in low.store.events),
    )


def test_an_order_whose_modify_is_refused_is_not_called_like_the_rung_it_did_not_become() -> None:
    refused = shifted()
    refused.venue.is_lost = True
    refused.venue.outcomes = [(Rejected(reason=RejectReason.POST_ONLY_CROSSED, text="crossed"),)]
    refused.go()

    assert "btc.bids[@87]" == labels(refused)["87"]


def test_an_order_whose_modify_is_unknown_is_called_like_the_rung_it_may_be() -> None:
    lost = shifted()
    lost.venue.is_lost = True
    lost.venue.outcomes = [(Unknown(cause="timeout"),)]

    assert ("btc.bids[0]",) == lost.go().unknown
    assert "btc.bids[0]" == labels(lost)["87"]
