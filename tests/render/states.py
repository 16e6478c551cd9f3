"""States and runs to show."""

from dataclasses import replace
from decimal import Decimal

from reconciler.model.order import OrderAddress, Side, VenueOrderId
from reconciler.model.outcome import Accepted, Rejected, RejectReason, Unknown
from reconciler.model.state import (
    Approval,
    Ending,
    EndReason,
    Halt,
    HolderRecord,
    Intent,
    IntentItem,
    IntentOperation,
    ItemStatus,
    Leg,
    Placement,
    PlacementPhase,
    Refusal,
    State,
)
from reconciler.render.outcome_text import Done, LeftOver, VenueOutcome
from tests.render.plans import AT_MS, BUY, SELL, terms
from tests.statefile.samples import empty_state

EVIL = "\x1b[2Jgone\n\u202e"


def bare() -> State:
    return replace(empty_state(), serial=1, born_at_ms=AT_MS, synced_at_ms=AT_MS)


def address(text: str) -> OrderAddress:
    return OrderAddress(text)


def placement(name: str, side: Side, price: str, *, filled: str = "0", **more: object) -> Placement:
    own = terms(side, price, "0.15")
    leg = Leg(
        venue_order_id=VenueOrderId(str(int(own.price) * 7)),
        price=own.price,
        quantity=own.quantity,
        filled=Decimal(filled),
    )
    facts: dict[str, object] = {
        "client_order_id": f"0x{int(own.price):032x}",
        "address": name,
        "holder": name.partition("[")[0],
        "generation": 0,
        "incarnation": int(own.price),
        "terms": own,
        "phase": PlacementPhase.LIVE,
        "legs": (leg,),
        **more,
    }
    return Placement(**facts)  # type: ignore[arg-type]


def busy() -> State:
    """A state with something in each of its parts."""
    placements = (
        placement("btc.bids[0]", BUY, "91050", filled="0.02"),
        placement("btc.bids[1]", BUY, "90000", is_cancel_requested=True),
        placement("btc.target", SELL, "105000.5", phase=PlacementPhase.SENT, legs=()),
    )
    record = HolderRecord(
        holder=address("btc.bids"),
        generation=0,
        instrument="BTC",
        side=BUY,
        quantity=Decimal("0.8"),
        filled_at={Decimal(91000): Decimal("0.05")},
        last_fill_at_ms=AT_MS,
    )
    item = IntentItem(
        operation=IntentOperation.PLACE,
        address=address("btc.target"),
        holder=address("btc.target"),
        generation=0,
        client_order_id=placements[2].client_order_id,
        incarnation=105_000,
        terms=placements[2].terms,
        budget=Decimal("0.15"),
        status=ItemStatus.UNKNOWN,
    )
    intent = Intent(
        nonce=AT_MS, expires_at_ms=AT_MS + 15_000, kind="place", items=(item,), body="{}"
    )
    ending = Ending(
        address=address("btc.dip"),
        holder=address("btc.dip"),
        generation=0,
        reason=EndReason.BY_VENUE,
        word=EVIL,
        terms=terms(BUY, "88000", "0.05"),
        at_ms=AT_MS,
    )
    refusal = Refusal(
        address=address("btc.dip"),
        generation=0,
        count=3,
        reason="post-only-crossed",
        text=EVIL,
        is_transient=True,
        terms=terms(BUY, "88000", "0.05"),
    )
    return replace(
        bare(),
        serial=41,
        placements={p.client_order_id: p for p in placements},
        records={(record.holder, 0): record},
        intents={intent.nonce: intent},
        endings={ending.address: ending},
        refusals={refusal.address: refusal},
        approvals={"btc": Approval(book="btc", intent_id="c0ffee" * 5, by="ann", at_ms=AT_MS)},
        halt=Halt(by="ann", why="a storm", at_ms=AT_MS),
    )


def mixed_run() -> tuple[VenueOutcome, ...]:
    """A run with one of every end."""
    done = (
        done_as("btc.bids[0]", "modify", Accepted(venue_order_id=VenueOrderId("637350"))),
        done_as("btc.bids[1]", "cancel", Accepted()),
        done_as(
            "btc.target",
            "place",
            Accepted(venue_order_id=VenueOrderId("735003"), filled=Decimal("0.01")),
        ),
        done_as(
            "btc.dip",
            "place",
            Rejected(reason=RejectReason.POST_ONLY_CROSSED, text=f"would match {EVIL}"),
        ),
        done_as("btc.swing", "place", Unknown(cause="timeout")),
        done_as("btc.low", "place", Unknown(cause="http 502")),
    )
    left = (
        LeftOver(
            address=address("btc.stop"), kind="replace", why="Its order has filled meanwhile."
        ),
    )
    hl = VenueOutcome(
        venue="hl",
        done=done,
        left=left,
        unknown=(address("btc.swing"),),
        stopped="An outcome is unknown, so later requests of this account were not sent.",
        requests=3,
    )
    return (hl, VenueOutcome(venue="htx"))


def good_run(count: int = 100) -> tuple[VenueOutcome, ...]:
    accepted = tuple(
        done_as(f"btc.bids[{i}]", "place", Accepted(venue_order_id=VenueOrderId(str(7000 + i))))
        for i in range(count)
    )
    return (VenueOutcome(venue="hl", done=accepted, requests=3),)


def done_as(name: str, kind: str, outcome: Accepted | Rejected | Unknown) -> Done:
    return Done(address=address(name), kind=kind, outcome=outcome)
