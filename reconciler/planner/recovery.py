"""A state made anew from what the venue shows: what rests, what filled, how the others ended.

Pure. What the venue shows is a lower bound of what happened, and is never read as more: a holder of
which anything may be missing is marked, and nothing is sent for it until a person says how much
filled. Orders that rest are bound with what they filled; fills of all others go to their holder's
record by limit price, and the end of the last one to its address.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from decimal import Decimal

from reconciler.model.event import Adopted, HistoryRead, InstrumentsRead
from reconciler.model.identity import INCARNATION_EPOCH_S, IdLayout, unnamed_holder
from reconciler.model.instrument import Instrument, order_value
from reconciler.model.numbers import ZERO
from reconciler.model.order import ClientOrderId, DesiredOrder, Fill, RestingOrder, VenueOrderId
from reconciler.model.snapshot import (
    FillHistory,
    Found,
    Missing,
    NoAnswer,
    OrderHistory,
    OrderStatus,
    VenueSnapshot,
)
from reconciler.model.state import Ending, HolderKey, HolderRecord, State, rung_slot
from reconciler.model.transitions import preview, utc_day
from reconciler.planner.endings import Endings, newest_of_each
from reconciler.planner.labels import labels_of
from reconciler.planner.owners import Owner, Owners, id_parts

__all__ = ["SKIPPED_INCARNATIONS", "Evidence", "Recovery", "filled_orders", "recover"]

# A run that sends many orders runs ahead of the clock, and ids of orders that neither rest nor
# filled are not seen: none of them may be used a second time.
SKIPPED_INCARNATIONS = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the venue was asked.

    Attributes:
        snapshot: complete, and read before `history`: what ended in between is in both or neither.
        orders: read after `history`.
        statuses: answers about orders that filled and did not rest, by venue order id.
        now_ms: our clock, for the last nonce.
    """

    snapshot: VenueSnapshot
    history: FillHistory
    orders: OrderHistory
    statuses: Mapping[VenueOrderId, OrderStatus]
    instruments: Mapping[str, Instrument]
    now_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """What is known again.

    Attributes:
        events: for the journal, right behind its first.
        bound: open orders that were bound.
        filled: what filled by (holder, generation), open orders included.
        held: budgets of which more may have filled.
        unnamed: client order ids of ours whose holder no spec declares.
        endings: how orders that are declared and do not rest ended.
        is_complete: the history of fills reaches back to the birth of the state.
        are_endings_complete: so does the history of orders.
    """

    events: tuple[InstrumentsRead | HistoryRead | Adopted, ...]
    bound: tuple[Adopted, ...]
    filled: Mapping[HolderKey, Decimal]
    held: tuple[HolderKey, ...]
    unnamed: tuple[ClientOrderId, ...]
    endings: tuple[Ending, ...]
    is_complete: bool
    are_endings_complete: bool


def filled_orders(
    history: FillHistory, state: State, layout: IdLayout
) -> dict[VenueOrderId, list[Fill]]:
    """Return the fills of orders of ours by venue order id."""
    found: dict[VenueOrderId, list[Fill]] = {}
    for fill in history.fills:
        if id_parts(fill.client_order_id, state, layout) is not None:
            found.setdefault(fill.venue_order_id, []).append(fill)
    return found


def recover(evidence: Evidence, owners: Owners, state: State, layout: IdLayout) -> Recovery:
    """Decide what the venue's answers prove; see the module."""
    draft = _Draft(evidence=evidence, owners=owners, state=state, layout=layout)
    draft.take_open_orders(evidence.snapshot.resting)
    draft.take_order_history(evidence.orders.orders)
    draft.take_fills(filled_orders(evidence.history, state, layout))
    draft.mark_gaps()
    return draft.finished()


@dataclass(slots=True, kw_only=True)
class _Draft:
    """A recovery while it is put together."""

    evidence: Evidence
    owners: Owners
    state: State
    layout: IdLayout
    bound: list[Adopted] = field(default_factory=list)
    records: dict[HolderKey, HolderRecord] = field(default_factory=dict)
    unnamed: dict[ClientOrderId, None] = field(default_factory=dict)
    open_ids: set[VenueOrderId] = field(default_factory=set)
    endings: Endings = field(default_factory=Endings)
    last_incarnation: int = 0
    last_fill_at_ms: int = 0
    new_today: Decimal = ZERO

    def take_open_orders(self, orders: Sequence[RestingOrder]) -> None:
        """Bind what rests; what nobody can name is marked, since it may fill unseen."""
        for order in orders:
            parts = id_parts(order.client_order_id, self.state, self.layout)
            if parts is None:
                continue
            assert order.client_order_id is not None, "an order of ours has an id"
            self.last_incarnation = max(self.last_incarnation, parts.incarnation)
            self.open_ids.add(order.venue_order_id)
            self._count_today(order.instrument, order.price, order.remaining, order.placed_at_ms)
            owner = self.owners.of(parts.digest)
            if owner is not None:
                self.bound.append(self._adopted(order, owner, parts.incarnation))
                continue
            self.unnamed[order.client_order_id] = None
            key = (unnamed_holder(parts.digest), 0)
            self._book(key, order, filled=order.filled, at_ms=0, has_gap=True)

    def take_fills(self, filled: Mapping[VenueOrderId, Sequence[Fill]]) -> None:
        """Book what filled of orders that do not rest."""
        for venue_order_id, fills in filled.items():
            if venue_order_id in self.open_ids:
                continue
            status = self.evidence.statuses.get(venue_order_id, NoAnswer(cause="not asked"))
            if isinstance(status, Found) and not status.phase.is_terminal:
                # Not listed, and not over: it may rest where nobody looked.
                self.take_open_orders([status.order])
                continue
            self._take_ended(fills, status)

    def take_order_history(self, orders: Sequence[Found]) -> None:
        """Take how orders of ours ended; what has not, though it is not listed, may rest."""
        bound = {adopted.client_order_id for adopted in self.bound}
        for found in newest_of_each(orders):
            order = found.order
            parts = id_parts(order.client_order_id, self.state, self.layout)
            if parts is None or order.client_order_id in bound:
                continue
            self.last_incarnation = max(self.last_incarnation, parts.incarnation)
            if not found.phase.is_terminal:
                self.take_open_orders([order])
                continue
            self._count_today(order.instrument, order.price, order.remaining, order.placed_at_ms)
            owner = self.owners.of(parts.digest)
            if owner is not None:
                self.endings.take(owner, found, parts.incarnation)

    def mark_gaps(self) -> None:
        """Mark every declared budget of which fills, or the end of an order, may be missing."""
        evidence = self.evidence
        bound = {(a.holder, a.generation, a.address) for a in self.bound}
        for owner in self.owners.declared():
            is_in_doubt = not evidence.orders.is_complete and any(
                self._is_unheard_of(order, owner, bound) for order in owner.declared.orders
            )
            if not evidence.history.is_complete or is_in_doubt:
                self._mark(owner)

    def _is_unheard_of(
        self, order: DesiredOrder, owner: Owner, bound: AbstractSet[tuple[str, int, str]]
    ) -> bool:
        """Say whether it may have been placed and have ended, before history begins."""
        price = order.terms.price
        slot = rung_slot(owner.address, price) if owner.is_ladder else owner.address
        if slot in self.endings.by_slot or (*owner.key, slot) in bound:
            return False
        record = self.records.get(owner.key)
        if record is None:
            return True
        filled = record.filled_at.get(price, ZERO) if owner.is_ladder else record.filled
        return filled < order.terms.quantity

    def finished(self) -> Recovery:
        """Return the whole."""
        snapshot, history, orders = (
            self.evidence.snapshot,
            self.evidence.history,
            self.evidence.orders,
        )
        gaps = [h.reaches_ms for h in (history, orders) if not h.is_complete]
        by_clock = snapshot.taken_at_ms // 1000 - INCARNATION_EPOCH_S
        day = utc_day(snapshot.taken_at_ms)
        read = HistoryRead(
            records=tuple(self.records[key] for key in sorted(self.records)),
            reaches_ms=history.reaches_ms,
            until_ms=max(snapshot.taken_at_ms, self.last_fill_at_ms),
            unknown_before_ms=max(gaps, default=0),
            last_incarnation=max(self.last_incarnation, by_clock) + SKIPPED_INCARNATIONS,
            last_nonce=max(self.evidence.now_ms, snapshot.taken_at_ms),
            new_notional_by_day={day: self.new_today} if self.new_today else {},
            endings=self.endings.found(),
        )
        bound = self._labelled(sorted(self.bound, key=lambda adopted: adopted.incarnation))
        grids = tuple(i for _, i in sorted(self.evidence.instruments.items()))
        known = (InstrumentsRead(instruments=grids),) if grids else ()
        return Recovery(
            events=(*known, read, *bound),
            bound=bound,
            filled=self._filled(),
            held=tuple(key for key, record in sorted(self.records.items()) if _is_held(record)),
            unnamed=tuple(self.unnamed),
            endings=read.endings,
            is_complete=history.is_complete,
            are_endings_complete=orders.is_complete,
        )

    def _labelled(self, bound: Sequence[Adopted]) -> tuple[Adopted, ...]:
        """Return what was bound under the addresses the specs have for it."""
        known = preview(self.state, bound, at_ms=self.evidence.snapshot.taken_at_ms)
        labels = labels_of([owner.declared for owner in self.owners.declared()], known)
        return tuple(replace(a, address=labels.get(a.client_order_id, a.address)) for a in bound)

    def _take_ended(self, fills: Sequence[Fill], status: OrderStatus) -> None:
        newest = fills[-1]
        parts = id_parts(newest.client_order_id, self.state, self.layout)
        assert parts is not None, "only fills of ours"
        assert newest.client_order_id is not None, "only fills of ours"
        self.last_incarnation = max(self.last_incarnation, parts.incarnation)
        self.last_fill_at_ms = max(self.last_fill_at_ms, newest.at_ms)
        executed = sum((fill.quantity for fill in fills), ZERO)
        for fill in fills:
            self._count_today(fill.instrument, fill.price, fill.quantity, fill.at_ms)
        order = _order_of(newest, executed, status)
        owner = self.owners.of(parts.digest)
        key = owner.key if owner is not None else (unnamed_holder(parts.digest), 0)
        if owner is None:
            self.unnamed[newest.client_order_id] = None
        is_ladder = owner is None or owner.is_ladder
        has_gap = isinstance(status, NoAnswer) or (is_ladder and isinstance(status, Missing))
        self._book(
            key, order, filled=max(executed, order.filled), at_ms=newest.at_ms, has_gap=has_gap
        )

    def _book(
        self, key: HolderKey, order: RestingOrder, *, filled: Decimal, at_ms: int, has_gap: bool
    ) -> None:
        known = self.records.get(key) or HolderRecord(
            holder=key[0],
            generation=key[1],
            instrument=order.instrument,
            side=order.side,
            quantity=order.quantity,
        )
        is_alike = (known.instrument, known.side) == (order.instrument, order.side)
        filled_at = dict(known.filled_at)
        if filled:
            filled_at[order.price] = filled_at.get(order.price, ZERO) + filled
        self.records[key] = HolderRecord(
            holder=known.holder,
            generation=known.generation,
            instrument=known.instrument,
            side=known.side,
            quantity=max(known.quantity, order.quantity),
            filled_at=filled_at,
            last_fill_at_ms=max(known.last_fill_at_ms, at_ms),
            has_history_gap=known.has_history_gap or has_gap or not is_alike,
        )

    def _mark(self, owner: Owner) -> None:
        known = self.records.get(owner.key)
        self.records[owner.key] = HolderRecord(
            holder=owner.address,
            generation=owner.generation,
            instrument=known.instrument if known else owner.declared.instrument,
            side=known.side if known else owner.declared.side,
            quantity=known.quantity if known else ZERO,
            filled_at=known.filled_at if known else {},
            last_fill_at_ms=known.last_fill_at_ms if known else 0,
            has_history_gap=True,
        )

    def _adopted(self, order: RestingOrder, owner: Owner, incarnation: int) -> Adopted:
        assert order.client_order_id is not None, "an order of ours has an id"
        return Adopted(
            client_order_id=order.client_order_id,
            address=owner.address_of(order),
            holder=owner.address,
            generation=owner.generation,
            incarnation=incarnation,
            order=order,
            budget=owner.budget,
        )

    def _count_today(self, name: str, price: Decimal, quantity: Decimal, at_ms: int) -> None:
        """Count value against today's limit: what rests or filled, a lower bound of what went."""
        if utc_day(at_ms) != utc_day(self.evidence.snapshot.taken_at_ms):
            return
        instrument = self.evidence.instruments.get(name)
        self.new_today += order_value(instrument, price=price, quantity=quantity)

    def _filled(self) -> dict[HolderKey, Decimal]:
        filled = {key: record.filled for key, record in self.records.items() if record.filled}
        for adopted in self.bound:
            key = (adopted.holder, adopted.generation)
            if adopted.order.filled:
                filled[key] = filled.get(key, ZERO) + adopted.order.filled
        return filled


def _order_of(fill: Fill, executed: Decimal, status: OrderStatus) -> RestingOrder:
    """Return the order a fill was of: as the venue tells it, else as the fill does."""
    if isinstance(status, Found):
        return status.order
    return RestingOrder(
        venue_order_id=fill.venue_order_id,
        client_order_id=fill.client_order_id,
        instrument=fill.instrument,
        side=fill.side,
        price=fill.price,
        quantity=executed,
        remaining=ZERO,
    )


def _is_held(record: HolderRecord) -> bool:
    return record.has_history_gap and not record.holder.startswith("?")
