"""A state while events are folded into it: the same fields, mutable, for the length of one fold."""

from dataclasses import dataclass, replace
from decimal import Decimal

from reconciler.model.instrument import Instrument
from reconciler.model.numbers import ZERO
from reconciler.model.order import ClientOrderId, OrderAddress, Side, TriggerKind, VenueOrderId
from reconciler.model.state import (
    Approval,
    Ending,
    EndReason,
    Halt,
    HolderKey,
    HolderRecord,
    Intent,
    IntentItem,
    Placement,
    Refusal,
    State,
    slot_of,
)

__all__ = ["Draft"]

# Longer than any list was seen to be behind.
LATELY_MS = 60_000


@dataclass(slots=True, kw_only=True)
class Draft:
    """The changing parts of a `State`.

    Attributes:
        slots: client order ids of placements by slot, made when first asked for; changed only
            together with `placements`.
    """

    serial: int
    digest: str
    last_incarnation: int
    last_nonce: int
    placements: dict[ClientOrderId, Placement]
    records: dict[HolderKey, HolderRecord]
    endings: dict[OrderAddress, Ending]
    refusals: dict[OrderAddress, Refusal]
    intents: dict[int, Intent]
    approvals: dict[str, Approval]
    new_notional_by_day: dict[str, Decimal]
    instruments: dict[str, Instrument]
    halt: Halt | None
    synced_at_ms: int
    ended_fills: dict[VenueOrderId, Decimal]
    unknown_before_ms: int
    signer: str
    lately_ended: dict[VenueOrderId, int]
    slots: dict[OrderAddress, set[ClientOrderId]] | None = None

    @classmethod
    def of(cls, state: State) -> "Draft":
        """Copy the changing parts of a state."""
        return cls(
            serial=state.serial,
            digest=state.digest,
            last_incarnation=state.last_incarnation,
            last_nonce=state.last_nonce,
            placements=dict(state.placements),
            records=dict(state.records),
            endings=dict(state.endings),
            refusals=dict(state.refusals),
            intents=dict(state.intents),
            approvals=dict(state.approvals),
            new_notional_by_day=dict(state.new_notional_by_day),
            instruments=dict(state.instruments),
            halt=state.halt,
            synced_at_ms=state.synced_at_ms,
            ended_fills=dict(state.ended_fills),
            unknown_before_ms=state.unknown_before_ms,
            signer=state.signer,
            lately_ended=dict(state.lately_ended),
        )

    def freeze(self, origin: State) -> State:
        """Return the state; what never changes comes from `origin`."""
        return replace(
            origin,
            serial=self.serial,
            digest=self.digest,
            last_incarnation=self.last_incarnation,
            last_nonce=self.last_nonce,
            placements=self.placements,
            records=self.records,
            endings=self.endings,
            refusals=self.refusals,
            intents=self.intents,
            approvals=self.approvals,
            new_notional_by_day=self.new_notional_by_day,
            instruments=self.instruments,
            halt=self.halt,
            synced_at_ms=self.synced_at_ms,
            ended_fills=self.ended_fills,
            unknown_before_ms=self.unknown_before_ms,
            signer=self.signer,
            lately_ended=_lately(self.lately_ended),
        )

    def put_placement(self, placement: Placement) -> None:
        """Take a placement, new or changed."""
        before = self.placements.get(placement.client_order_id)
        if self.slots is not None:
            if before is not None:
                self.slots[slot_of(before)].discard(placement.client_order_id)
            self.slots.setdefault(slot_of(placement), set()).add(placement.client_order_id)
        self.placements[placement.client_order_id] = placement

    def drop_placement(self, placement: Placement) -> None:
        """Take a placement off the live ones, if it is among them."""
        before = self.placements.pop(placement.client_order_id, None)
        if before is not None and self.slots is not None:
            self.slots[slot_of(before)].discard(placement.client_order_id)

    def attached_to(self, parent: Placement) -> list[Placement]:
        """Return the take profit and stop loss that were sent with an order: they end with it."""
        slots = [f"{parent.address}.{kind}" for kind in TriggerKind]
        ids = [i for slot in slots for i in self._by_slot().get(OrderAddress(slot), ())]
        found = [self.placements[client_order_id] for client_order_id in ids]
        return [child for child in found if child.sent_at_ms == parent.sent_at_ms]

    def ensure_record(
        self, key: HolderKey, *, instrument: str, side: Side, budget: Decimal
    ) -> HolderRecord:
        """Return the holder's record, made or raised to `budget` when that is larger."""
        record = self.records.get(key)
        if record is None:
            record = HolderRecord(
                holder=key[0],
                generation=key[1],
                instrument=instrument,
                side=side,
                quantity=budget,
            )
        elif budget > record.quantity:
            record = replace(record, quantity=budget)
        self.records[key] = record
        return record

    def end_placement(
        self, placement: Placement, reason: EndReason, *, word: str, at_ms: int
    ) -> None:
        """Take a placement off the live ones: fills go to the record, the end to the address."""
        self.drop_placement(placement)
        self.book_fills(placement, at_ms)
        # What the venue showed to have ended; nobody's word counts for that.
        settled = [leg.venue_order_id for leg in placement.legs if leg.is_settled]
        self.lately_ended |= dict.fromkeys(settled, at_ms)
        if self._is_superseded(placement):
            return
        slot = slot_of(placement)
        if reason is EndReason.OWN_CANCEL and slot != placement.address:
            # A ladder that moves often would leave one at every price it ever had.
            self.endings.pop(slot, None)
            return
        self.endings[slot] = Ending(
            address=placement.address,
            holder=placement.holder,
            generation=placement.generation,
            reason=reason,
            word=word,
            terms=placement.terms,
            at_ms=at_ms,
        )
        if reason is EndReason.FILLED:
            self.refusals.pop(placement.address, None)

    def count_refusal(
        self,
        item: Placement | IntentItem,
        *,
        reason: str,
        text: str,
        is_transient: bool,
        earlier: int = 0,
    ) -> None:
        """Count one more refusal of an address; other terms or generation start at one.

        Args:
            earlier: refusals of the same order that are on record elsewhere.
        """
        assert item.terms is not None, "what is refused has terms"
        before = self.refusals.get(item.address)
        is_same = (
            before is not None
            and before.generation == item.generation
            and before.terms == item.terms
        )
        self.refusals[item.address] = Refusal(
            address=item.address,
            generation=item.generation,
            count=(before.count if before is not None and is_same else earlier) + 1,
            reason=reason,
            text=text,
            is_transient=is_transient,
            terms=item.terms,
        )

    def book_fills(self, placement: Placement, at_ms: int) -> None:
        """Add what a placement executed to the record of its holder, by limit price."""
        self.ended_fills |= {leg.venue_order_id: leg.filled for leg in placement.legs}
        if not placement.filled:
            return
        record = self.ensure_record(
            placement.key,
            instrument=placement.terms.instrument,
            side=placement.terms.side,
            budget=ZERO,
        )
        filled_at = dict(record.filled_at)
        for leg in placement.legs:
            if leg.filled:
                filled_at[leg.price] = filled_at.get(leg.price, ZERO) + leg.filled
        self.records[placement.key] = replace(
            record, filled_at=filled_at, last_fill_at_ms=max(record.last_fill_at_ms, at_ms)
        )

    def _is_superseded(self, placement: Placement) -> bool:
        """Say whether a later order has the slot, or had it and ended first."""
        ended = self.endings.get(slot_of(placement))
        is_older = (
            ended is not None
            and ended.holder == placement.holder
            and ended.generation > placement.generation
        )
        return is_older or any(
            self.placements[other].incarnation > placement.incarnation
            for other in self._by_slot().get(slot_of(placement), ())
        )

    def _by_slot(self) -> dict[OrderAddress, set[ClientOrderId]]:
        if self.slots is None:
            # Most folds end nothing: then nobody asks.
            self.slots = {}
            for placement in self.placements.values():
                ids = self.slots.setdefault(slot_of(placement), set())
                ids.add(placement.client_order_id)
        return self.slots


def _lately(ended: dict[VenueOrderId, int]) -> dict[VenueOrderId, int]:
    """Return what ended within a while of the newest: the same however events are folded."""
    since_ms = max(ended.values(), default=0) - LATELY_MS
    return {x: ended_ms for x, ended_ms in ended.items() if ended_ms >= since_ms}
