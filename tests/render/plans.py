"""Plans to show: a small treasury's day, and plans which are large, empty, held or hostile."""

from collections.abc import Sequence
from decimal import Decimal

from reconciler.diagnostics import Span
from reconciler.model.command import BatchKind
from reconciler.model.order import (
    ClientOrderId,
    DesiredOrder,
    Execution,
    OrderAddress,
    RestingOrder,
    Side,
    Terms,
    Trigger,
    TriggerKind,
    VenueOrderId,
)
from reconciler.model.plan import (
    Action,
    Adopt,
    Cancel,
    Exposure,
    Forget,
    Hold,
    Keep,
    Modify,
    Place,
    Plan,
    PlannedRequest,
    Reason,
    Replace,
    VenuePlan,
)

AT_MS = 1_736_251_203_000  # 2025-01-07 12:00:03 UTC
BUY, SELL = Side.BUY, Side.SELL


def d(text: str) -> Decimal:
    return Decimal(text)


def resting(
    side: Side,
    price: str,
    quantity: str,
    *,
    left: str = "",
    instrument: str = "BTC",
    **more: object,
) -> RestingOrder:
    return RestingOrder(
        venue_order_id=VenueOrderId(str(int(d(price) * 10))),
        client_order_id=ClientOrderId(f"0x{int(d(price) * 10):032x}"),
        instrument=instrument,
        side=side,
        price=d(price),
        quantity=d(quantity),
        remaining=d(left or quantity),
        venue_time_in_force="Alo",
        placed_at_ms=AT_MS - 86_400_000,
        **more,  # type: ignore[arg-type]
    )


def terms(
    side: Side, price: str, quantity: str, *, instrument: str = "BTC", **more: object
) -> Terms:
    return Terms(
        instrument=instrument,
        side=side,
        price=d(price),
        quantity=d(quantity),
        **more,  # type: ignore[arg-type]
    )


def stop(price: str, *, worst: str) -> dict[str, object]:
    trigger = Trigger(kind=TriggerKind.STOP_LOSS, price=d(price), execution=Execution.MARKET)
    return {"price": worst, "trigger": trigger, "post_only": False, "reduce_only": True}


def at(line: int, path: str = "specs/btc.yaml") -> Span:
    return Span(path=path, line=line, column=3, length=6)


def owned(address: str, budget: str, *, holder: str = "") -> dict[str, object]:
    return {
        "address": OrderAddress(address),
        "holder": OrderAddress(holder or address),
        "generation": 0,
        "budget": d(budget),
    }


def place(address: str, after: Terms, line: int, **more: object) -> Place:
    reason = more.pop("reason", Reason.NEW)
    budget = more.pop("budget", str(after.quantity))
    return Place(
        **owned(address, str(budget)),  # type: ignore[arg-type]
        reason=reason,  # type: ignore[arg-type]
        after=after,
        source=at(line),
        **more,  # type: ignore[arg-type]
    )


def modify(address: str, before: RestingOrder, after: Terms, line: int, **more: object) -> Modify:
    own = owned(address, "0.8", holder="btc.bids")
    return Modify(
        **own,  # type: ignore[arg-type]
        reason=more.pop("reason", Reason.PRICE_CHANGED),  # type: ignore[arg-type]
        before=before,
        after=after,
        origin=more.pop("origin", own["address"]),  # type: ignore[arg-type]
        origin_holder=OrderAddress("btc.bids"),
        origin_generation=0,
        overfill_bound=before.remaining,
        source=at(line),
    )


def child(address: str, after: Terms, line: int = 24) -> DesiredOrder:
    return DesiredOrder(address=OrderAddress(address), terms=after, source=at(line))


def keep(address: str, before: RestingOrder | None, line: int = 40) -> Keep:
    return Keep(
        address=OrderAddress(address), reason=Reason.MATCHES, before=before, source=at(line)
    )


def venue(actions: Sequence[Action], **more: object) -> VenuePlan:
    facts: dict[str, object] = {
        "venue": "hl",
        "kind": "hyperliquid",
        "network": "mainnet",
        "account": "0x14791697260e4c9a71f18484c9f997b308e59325",
        "lineage": "5f" * 16,
        "serial": 12,
        "state_digest": "ab" * 32,
        "taken_at_ms": AT_MS,
        "intents": {"btc": "c0ffee" * 5 + "00"},
        "requests": (),
        "mids": {"BTC": d("91204.5")},
        "instruments": {"BTC": "0"},
        "budget_left": 9_995,
        **more,
    }
    ordered = tuple(sorted(actions, key=lambda action: action.address))
    return VenuePlan(actions=ordered, **facts)  # type: ignore[arg-type]


def plan(*venues: VenuePlan) -> Plan:
    return Plan(
        project="treasury",
        tool_version="0.1.0",
        commit="4be1c9a0d2",
        created_at_ms=AT_MS,
        expires_at_ms=AT_MS + 900_000,
        venues=venues,
    )


def request(kind: BatchKind, *addresses: str) -> PlannedRequest:
    names = tuple(OrderAddress(address) for address in addresses)
    return PlannedRequest(kind=kind, addresses=names, weight=1)


def treasury() -> Plan:
    """One of everything at two venues."""
    swing = place(
        "btc.swing",
        terms(BUY, "90000", "0.015"),
        19,
        budget="0.02",
        reason=Reason.REMAINDER,
        children=(
            DesiredOrder(
                address=OrderAddress("btc.swing.stop_loss"),
                terms=terms(SELL, quantity="0.02", **stop("84000", worst="75600")),  # type: ignore[arg-type]
                source=at(24),
            ),
        ),
    )
    actions: list[Action] = [
        Cancel(
            address=OrderAddress("btc.old"),
            reason=Reason.REMOVED,
            before=resting(SELL, "92500", "0.1", left="0.04"),
        ),
        place("btc.target", terms(SELL, "91800", "0.05", reduce_only=True), 14),
        swing,
        modify("btc.bids[0]", resting(BUY, "91000", "0.15"), terms(BUY, "91050", "0.15"), 26),
        modify(
            "btc.bids[7]",
            resting(BUY, "87000", "0.05"),
            terms(BUY, "80000", "0.03"),
            26,
            reason=Reason.LADDER_MOVED,
            origin=OrderAddress("btc.bids[@87000]"),
        ),
        *(
            keep(f"btc.bids[{i}]", resting(BUY, str(90000 - 1250 * i), f"0.{12 - i:02}"))
            for i in range(2, 7)
        ),
        Replace(
            **owned("btc.stop", "0.1"),  # type: ignore[arg-type]
            reason=Reason.PRICE_CHANGED,
            before=resting(
                SELL,
                "76500",
                "0.1",
                reduce_only=True,
                trigger=stop("85000", worst="76500")["trigger"],
            ),
            after=terms(SELL, quantity="0.1", **stop("84000", worst="75600")),  # type: ignore[arg-type]
            source=at(31),
        ),
        Hold(
            address=OrderAddress("btc.dip"),
            reason=Reason.WOULD_CROSS,
            why="A buy at 91,300 would meet the best ask 91,205 at once, and it is post-only.",
            lifted_by="Write a price below 91,205, or `post_only: false`.",
            after=terms(BUY, "91300", "0.05"),
            source=at(9),
        ),
        Adopt(
            **owned("btc.low", "0.01"),  # type: ignore[arg-type]
            reason=Reason.STATE_LOST_IT,
            before=resting(BUY, "79000", "0.01"),
            source=at(11),
        ),
        Forget(address=OrderAddress("btc.gone"), reason=Reason.GONE),
    ]
    hl = venue(
        actions,
        requests=(
            request(BatchKind.CANCEL, "btc.old", "btc.stop"),
            request(BatchKind.MODIFY, "btc.bids[0]", "btc.bids[7]"),
            request(BatchKind.PLACE, "btc.stop", "btc.target", "btc.swing"),
        ),
        exposure=Exposure(
            open_before=d("96120.5"),
            open_after=d("110377.25"),
            open_worst=d("128027.25"),
            new_notional=d("22090"),
        ),
        warnings=("`btc.dip` expires only when a run happens: it is enforced by `apply`.",),
        foreign_count=2,
    )
    htx = venue(
        [
            place("swap.bid", terms(BUY, "90100.5", "12", instrument="BTC-USD"), 5),
            keep("swap.ask", resting(SELL, "95000", "10", instrument="BTC-USD")),
        ],
        venue="htx",
        kind="htx-coin-swap",
        account="123456",
        serial=-1,
        state_digest="",
        intents={"swap": "ab" * 16},
        mids={"BTC-USD": d("91190.05")},
        budget_left=None,
        requests=(request(BatchKind.PLACE, "swap.bid"),),
        exposure=Exposure(
            open_before=d("1000"),
            open_after=d("2200"),
            open_worst=d("2200"),
            new_notional=d("1200"),
        ),
        allowed=("empty",),
    )
    return plan(hl, htx)


def quiet() -> Plan:
    return plan(venue([keep("btc.a", resting(BUY, "90000", "1")), keep("btc.b", None)]))


def held() -> Plan:
    holds = [
        Hold(
            address=OrderAddress(f"btc.bids[{i}]"),
            reason=Reason.UNKNOWN_OUTCOME,
            why="A request for this address has no known outcome yet.",
            lifted_by="The next run asks the venue again.",
            source=at(26),
        )
        for i in range(3)
    ]
    return plan(venue(holds))


def large(count: int = 10_000) -> Plan:
    """A ladder of many rungs, all to be placed, over two instruments."""
    actions = [
        place(f"btc.bids[{i}]", terms(BUY, str(90_000 - i), "0.01"), 26) for i in range(count - 1)
    ]
    other = place("btc.eth", terms(SELL, "3100.5", "2", instrument="ETH"), 40)
    return plan(venue([*actions, other]))


def hostile() -> Plan:
    """Names and words with escape sequences, line breaks and bidirectional marks."""
    evil = "\x1b[31mred\x07\u202etxt.exe\n::error::\u200b"
    order = resting(BUY, "90000", "1", instrument=evil)
    return plan(
        venue(
            [
                Hold(
                    address=OrderAddress(evil),
                    reason=Reason.ORPHAN,
                    why=evil,
                    lifted_by=evil,
                    before=order,
                    source=at(1, path=evil),
                ),
                Cancel(address=OrderAddress("a" * 300), reason=Reason.REMOVED, before=order),
            ],
            venue=evil,
            kind=evil,
            account=evil,
            warnings=(evil,),
            mids={},
            allowed=(evil,),
        )
    )
