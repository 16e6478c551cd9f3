"""Small builders for tests of planning: every argument has a value that does not matter.

Numbers are written as text. Times are milliseconds; `NOW` is when a snapshot is taken.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from reconciler.diagnostics import Span
from reconciler.model.capabilities import AbsenceProof, Capabilities
from reconciler.model.config import Limits
from reconciler.model.identity import NARROW, WIDE, holder_digest, project_tag
from reconciler.model.instrument import Instrument, InstrumentKind, TickSize
from reconciler.model.order import (
    ClientOrderId,
    DesiredBook,
    DesiredOrder,
    Execution,
    Fill,
    FillPolicy,
    Holder,
    Ladder,
    OrderAddress,
    Replenish,
    RestingOrder,
    Side,
    Spacing,
    Terms,
    Trigger,
    TriggerKind,
    VenueOrderId,
)
from reconciler.model.plan import VenuePlan, action_kind
from reconciler.model.snapshot import VenueSnapshot
from reconciler.model.state import (
    Ending,
    EndReason,
    HolderRecord,
    Leg,
    Placement,
    PlacementPhase,
    State,
    slot_of,
)
from reconciler.planner.context import PlanPolicy
from reconciler.planner.planner import Planned, plan_venue

NOW = 1_760_000_000_000
SPAN = Span(path="specs/btc.yaml", line=1, column=1)
MID = Decimal(100)

IN_PLACE = Capabilities(
    id_layout=WIDE,
    can_modify=True,
    batch_items_max=39,
    weight_divisor=40,
    overfill_on_modify=True,
    close_window_ms=2_000,
)
REPLACING = Capabilities(
    id_layout=NARROW,
    can_modify=False,
    batch_items_max=10,
    weight_divisor=0,
    overfill_on_modify=False,
    close_window_ms=10_000,
)
FORGETFUL = replace(
    REPLACING,
    close_window_ms=0,
    absence=AbsenceProof(
        rounds=3,
        over_ms=10_000,
        reads_lists=True,
        ids_answer_ms=8 * 60 * 60 * 1000,
        missing_ends_cancel=False,
    ),
)
WIDE_LIMITS = Limits(
    max_order_notional=Decimal(10**9),
    max_open_notional=Decimal(10**12),
    max_new_notional_per_run=Decimal(10**12),
    max_new_notional_per_day=Decimal(10**12),
    price_band_pct=Decimal(100),
    max_cancel_fraction=Decimal(1),
    max_actions=10**6,
)


def instrument(name: str = "BTC", *, minimum: str = "10", lot: str = "0.1") -> Instrument:
    return Instrument(
        name=name,
        venue_id=f"id-of-{name}",
        kind=InstrumentKind.PERP,
        price_rule=TickSize(step=Decimal("0.1")),
        lot_size=Decimal(lot),
        minimum_notional=Decimal(minimum),
        quote="USD",
    )


def terms(
    price: str | Decimal = "90",
    quantity: str | Decimal = "1",
    *,
    side: str = "buy",
    name: str = "BTC",
    **others: object,
) -> Terms:
    made = Terms(instrument=name, side=Side(side), price=Decimal(price), quantity=Decimal(quantity))
    return replace(made, **others)  # type: ignore[arg-type]


def trigger(
    price: str = "80", *, kind: TriggerKind = TriggerKind.STOP_LOSS, market: bool = True
) -> Trigger:
    execution = Execution.MARKET if market else Execution.LIMIT
    return Trigger(kind=kind, price=Decimal(price), execution=execution)


def holder(
    address: str = "btc.dip", wanted: Terms | None = None, *, generation: int = 1, **others: object
) -> Holder:
    """Return a single order as a holder."""
    wanted = wanted or terms()
    made = Holder(
        address=OrderAddress(address),
        generation=generation,
        instrument=wanted.instrument,
        side=wanted.side,
        quantity=wanted.quantity,
        source=SPAN,
        orders=(DesiredOrder(address=OrderAddress(address), terms=wanted, source=SPAN),),
    )
    return replace(made, **others)  # type: ignore[arg-type]


def replenishing(
    address: str = "btc.dip",
    wanted: Terms | None = None,
    *,
    refill_below: str | None = None,
    total_max: str = "100",
    cooldown_s: int = 0,
) -> Holder:
    return holder(
        address,
        wanted,
        on_fill=FillPolicy.REPLENISH,
        replenish=Replenish(
            refill_below=Decimal(refill_below) if refill_below is not None else None,
            total_max=Decimal(total_max),
            cooldown_s=cooldown_s,
        ),
    )


def ladder(
    prices: Sequence[str | Decimal],
    quantity: str | Decimal | None = None,
    *,
    address: str = "btc.bids",
    each: str | Decimal = "1",
    **others: object,
) -> Holder:
    """Return a ladder of equal rungs; `prices` from the first rung to the last."""
    rungs = tuple(
        DesiredOrder(
            address=OrderAddress(f"{address}[{index}]"),
            terms=terms(price, each),
            source=SPAN,
        )
        for index, price in enumerate(prices)
    )
    whole = Decimal(each) * len(prices) if quantity is None else Decimal(quantity)
    made = Holder(
        address=OrderAddress(address),
        generation=1,
        instrument="BTC",
        side=Side.BUY,
        quantity=whole,
        source=SPAN,
        orders=rungs,
        ladder=Ladder(
            start=Decimal(prices[0]),
            end=Decimal(prices[-1]),
            levels=len(prices),
            spacing=Spacing.LINEAR,
            weights=(Decimal(1),) * len(prices),
            template=terms("1", each),
        ),
    )
    return replace(made, **others)  # type: ignore[arg-type]


def book(
    *holders: Holder, name: str = "btc", moved: Mapping[str, str] | None = None
) -> DesiredBook:
    return DesiredBook(
        name=name,
        venue="hl",
        path=f"specs/{name}.yaml",
        holders=tuple(sorted(holders, key=lambda h: h.address)),
        moved={OrderAddress(k): OrderAddress(v) for k, v in (moved or {}).items()},
    )


def our_id(
    address: str, incarnation: int, *, generation: int = 1, can: Capabilities = IN_PLACE
) -> ClientOrderId:
    return can.id_layout.encode(
        tag=project_tag(project="treasury", lineage="line"),
        digest=holder_digest(OrderAddress(address), generation),
        incarnation=incarnation,
    )


def resting(
    wanted: Terms | None = None,
    *,
    oid: str = "1",
    cloid: str | None = None,
    filled: str | Decimal = "0",
) -> RestingOrder:
    """Return an order as a venue shows it; without an id of ours it is foreign."""
    wanted = wanted or terms()
    return RestingOrder(
        venue_order_id=VenueOrderId(oid),
        client_order_id=ClientOrderId(cloid) if cloid is not None else None,
        instrument=wanted.instrument,
        side=wanted.side,
        price=wanted.price,
        quantity=wanted.quantity,
        remaining=wanted.quantity - Decimal(filled),
        reduce_only=wanted.reduce_only,
        trigger=wanted.trigger,
        placed_at_ms=NOW - 60_000,
    )


def fill(oid: str, *, cloid: str | None = None, quantity: str = "1", price: str = "90") -> Fill:
    return Fill(
        fill_id=f"fill of {oid}",
        venue_order_id=VenueOrderId(oid),
        client_order_id=ClientOrderId(cloid) if cloid is not None else None,
        instrument="BTC",
        side=Side.BUY,
        price=Decimal(price),
        quantity=Decimal(quantity),
        at_ms=NOW,
    )


def placement(
    address: str = "btc.dip",
    wanted: Terms | None = None,
    *,
    incarnation: int = 1,
    owner: str | None = None,
    generation: int = 1,
    oid: str | None = None,
    filled: str | Decimal = "0",
    **others: object,
) -> Placement:
    """Return a live placement with one venue order, `oid` by default the incarnation."""
    wanted = wanted or terms()
    owner = owner or address.split("[", 1)[0]
    made = Placement(
        client_order_id=our_id(owner, incarnation, generation=generation),
        address=OrderAddress(address),
        holder=OrderAddress(owner),
        generation=generation,
        incarnation=incarnation,
        terms=wanted,
        phase=PlacementPhase.LIVE,
        legs=(
            Leg(
                venue_order_id=VenueOrderId(oid or str(incarnation)),
                price=wanted.price,
                quantity=wanted.quantity,
                filled=Decimal(filled),
            ),
        ),
        sent_at_ms=NOW - 60_000,
    )
    return replace(made, **others)  # type: ignore[arg-type]


def shown(placed: Placement) -> RestingOrder:
    """Return the newest venue order of a placement as it rests."""
    leg = placed.legs[-1]
    wanted = replace(placed.terms, price=leg.price, quantity=leg.quantity)
    return resting(wanted, oid=leg.venue_order_id, cloid=placed.client_order_id, filled=leg.filled)


def record(
    address: str = "btc.dip",
    filled_at: Mapping[str, str] | None = None,
    *,
    generation: int = 1,
    quantity: str | Decimal = "1",
    side: Side = Side.BUY,
    name: str = "BTC",
    last_fill_at_ms: int = 0,
) -> HolderRecord:
    return HolderRecord(
        holder=OrderAddress(address),
        generation=generation,
        instrument=name,
        side=side,
        quantity=Decimal(quantity),
        filled_at={Decimal(k): Decimal(v) for k, v in (filled_at or {}).items()},
        last_fill_at_ms=last_fill_at_ms,
    )


def ending(
    reason: EndReason,
    address: str = "btc.dip",
    wanted: Terms | None = None,
    *,
    generation: int = 1,
    word: str = "canceled",
) -> Ending:
    return Ending(
        address=OrderAddress(address),
        holder=OrderAddress(address.split("[", 1)[0]),
        generation=generation,
        reason=reason,
        word=word,
        terms=wanted or terms(),
        at_ms=NOW - 60_000,
    )


def state(
    *placements: Placement,
    records: Iterable[HolderRecord] = (),
    endings: Iterable[Ending] = (),
    **others: object,
) -> State:
    """Return a state; records of the placements' holders are made up where none is given."""
    known = {(r.holder, r.generation): r for r in records}
    for placed in placements:
        made = record(
            placed.holder,
            generation=placed.generation,
            quantity=placed.terms.quantity,
            side=placed.terms.side,
            name=placed.terms.instrument,
        )
        known.setdefault(placed.key, made)
    made_state = State(
        project="treasury",
        venue="hl",
        kind="hyperliquid",
        network="local",
        account="0xabc",
        lineage="line",
        serial=7,
        digest="d" * 64,
        last_incarnation=max((p.incarnation for p in placements), default=0),
        placements={p.client_order_id: p for p in placements},
        records=known,
        endings={slot_of(e): e for e in endings},
    )
    return replace(made_state, **others)  # type: ignore[arg-type]


def snapshot(*orders: RestingOrder, **others: object) -> VenueSnapshot:
    made = VenueSnapshot(
        venue="hl",
        account="0xabc",
        taken_at_ms=NOW,
        resting=orders,
        mids={"BTC": MID, "ETH": MID},
        instruments={"BTC": instrument("BTC"), "ETH": instrument("ETH")},
    )
    return replace(made, **others)  # type: ignore[arg-type]


def policy(**others: object) -> PlanPolicy:
    return replace(PlanPolicy(limits=WIDE_LIMITS), **others)  # type: ignore[arg-type]


def limited(**limits: object) -> PlanPolicy:
    return PlanPolicy(limits=replace(WIDE_LIMITS, **limits))  # type: ignore[arg-type]


def planned(
    books: DesiredBook | Holder | Sequence[DesiredBook] | None,
    known: State | None = None,
    seen: VenueSnapshot | None = None,
    *,
    can: Capabilities = IN_PLACE,
    under: PlanPolicy | None = None,
) -> Planned:
    if books is None:
        books = ()
    elif isinstance(books, Holder):
        books = (book(books),)
    elif isinstance(books, DesiredBook):
        books = (books,)
    if known is None:
        known = state()
    if seen is None:
        seen = snapshot(*(shown(p) for p in known.placements.values()))
    return plan_venue(books, known, seen, can, under or policy())


def plan(*args: object, **keywords: object) -> VenuePlan:
    return planned(*args, **keywords).plan  # type: ignore[arg-type]


def actions(*args: object, **keywords: object) -> tuple[Any, ...]:
    """Return the actions; a test knows which kinds it expects."""
    return plan(*args, **keywords).actions


def only(*args: object, **keywords: object) -> Any:
    """Return the single action of a plan."""
    (action,) = actions(*args, **keywords)
    return action


def words(*args: object, **keywords: object) -> list[str]:
    """Return `kind address reason` of each action, in the plan's order."""
    found = actions(*args, **keywords)
    return [f"{action_kind(a)} {a.address} {a.reason}" for a in found]
