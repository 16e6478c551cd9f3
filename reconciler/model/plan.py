"""The difference between desired and observed as data: actions, reasons and costs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from reconciler.diagnostics import Span
from reconciler.model.command import BatchKind
from reconciler.model.late import LATE
from reconciler.model.numbers import ZERO
from reconciler.model.order import DesiredOrder, OrderAddress, RestingOrder, Terms

__all__ = [
    "Action",
    "Adopt",
    "Cancel",
    "Exposure",
    "Forget",
    "Hold",
    "Keep",
    "Modify",
    "Place",
    "Plan",
    "PlannedRequest",
    "Reason",
    "Replace",
    "VenuePlan",
    "action_kind",
]


class Reason(StrEnum):
    """Why an action is in the plan: a closed list, documented in docs/reasons.md."""

    # place, modify, replace
    NEW = "new"
    PRICE_CHANGED = "price-changed"
    QUANTITY_CHANGED = "quantity-changed"
    QUANTITY_RAISED = "quantity-raised"
    TERMS_CHANGED = "terms-changed"
    GENERATION_CHANGED = "generation-changed"
    LADDER_MOVED = "ladder-moved"
    TAKES_OVER = "takes-over"
    CANCELLED_BY_USER = "cancelled-by-user"
    CANCELLED_BY_VENUE = "cancelled-by-venue"
    REFUSED_BEFORE = "refused-before"
    REPLENISH = "replenish"
    REMAINDER = "remainder"
    CHILD_ALONE = "child-alone"
    PROTECTS_POSITION = "protects-position"
    PROTECTS_FIRST = "protects-first"
    VOIDED_BEFORE = "voided-before"
    # cancel
    REMOVED = "removed"
    EXPIRED = "expired"
    BUDGET_SPENT = "budget-spent"
    SUPERSEDED = "superseded"
    SIBLING_FILLED = "sibling-filled"
    ORPHAN_ALLOWED = "orphan-allowed"
    HALTED_CANCEL = "panic"
    # keep
    MATCHES = "matches"
    PARTLY_FILLED = "partly-filled"
    FILLED = "filled"
    DUST = "dust"
    COOLING_DOWN = "cooling-down"
    TRIGGER_FIRED = "trigger-fired"
    ENDED_WITH_PARENT = "ended-with-parent"
    NO_POSITION = "no-position"
    # adopt, forget
    STATE_LOST_IT = "state-lost-it"
    GONE = "gone"
    MOVED = "moved"
    # hold
    UNKNOWN_OUTCOME = "unknown-outcome"
    STATUS_UNKNOWN = "status-unknown"
    WOULD_CROSS = "would-cross"
    TRIGGER_CROSSED = "trigger-crossed"
    OFF_GRID = "off-grid"
    BELOW_MINIMUM = "below-minimum"
    INSTRUMENT_CLOSED = "instrument-closed"
    REDUCE_ONLY_EXCESS = "reduce-only-excess"
    REFUSED_TOO_OFTEN = "refused-too-often"
    REFUSED_SHAPE = "refused-shape"
    NEEDS_GENERATION = "needs-generation"
    LOOKS_RENAMED = "looks-renamed"
    FOREIGN_TWIN = "foreign-twin"
    ORPHAN = "orphan"
    AMBIGUOUS = "ambiguous"
    PREVENT_CANCEL = "prevent-cancel"
    LIMIT = "limit"
    HALT = "halt"
    NOT_APPROVED = "not-approved"
    EXPIRES_SOON = "expires-soon"
    GROUP_HAS_FILLS = "group-has-fills"
    UNPROTECTED = "unprotected"
    VENUE_RULE = "venue-rule"
    HISTORY_GAP = "history-gap"
    UNSUPPORTED = "unsupported"
    OPTION_CONFLICT = "option-conflict"
    ABOVE_MAXIMUM = "above-maximum"
    PRICE_LIMIT = "price-limit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Send a new order.

    Attributes:
        after: the quantity is what is still to be bought or sold, fills deducted.
        waits_for: addresses whose orders must be confirmed gone first.
    """

    address: OrderAddress
    holder: OrderAddress
    generation: int
    budget: Decimal
    reason: Reason
    after: Terms
    source: Span | None
    children: tuple[DesiredOrder, ...] = ()
    waits_for: tuple[OrderAddress, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Modify:
    """Turn a resting order into another in one action; its place in the queue is lost.

    Attributes:
        origin: address whose order is taken; the same address, a sibling rung, or another holder's.
        overfill_bound: most that a fill in flight may add beyond the budget.
        waits_for: addresses whose other orders must be confirmed gone first.
    """

    address: OrderAddress
    holder: OrderAddress
    generation: int
    budget: Decimal
    reason: Reason
    before: RestingOrder
    after: Terms
    origin: OrderAddress
    origin_holder: OrderAddress
    origin_generation: int
    overfill_bound: Decimal
    source: Span | None
    waits_for: tuple[OrderAddress, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Replace:
    """Cancel, confirm the final fill, then place what remains.

    Attributes:
        waits_for: addresses whose other orders must be confirmed gone before the place.
    """

    address: OrderAddress
    holder: OrderAddress
    generation: int
    budget: Decimal
    reason: Reason
    before: RestingOrder
    after: Terms
    source: Span | None
    children: tuple[DesiredOrder, ...] = ()
    waits_for: tuple[OrderAddress, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel:
    """Take an order of ours off the venue.

    Attributes:
        waits_for: addresses whose order must rest first: it is sent after the places.
    """

    address: OrderAddress
    reason: Reason
    before: RestingOrder
    source: Span | None = None
    waits_for: tuple[OrderAddress, ...] = field(default=(), metadata=LATE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """Nothing to do; `before` is None for an order that has done its work."""

    address: OrderAddress
    reason: Reason
    before: RestingOrder | None
    source: Span | None = None
    filled: Decimal = ZERO
    budget: Decimal = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopt:
    """Bind an order of ours that the state does not know, or rename an address. State only.

    Attributes:
        before: the order, None for a rename.
        origin: the old address of a rename.
    """

    address: OrderAddress
    holder: OrderAddress
    generation: int
    budget: Decimal
    reason: Reason
    before: RestingOrder | None
    source: Span | None = None
    origin: OrderAddress | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Forget:
    """Drop the binding of an address that left the specs. State only; the record stays."""

    address: OrderAddress
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Something stands in the way.

    Attributes:
        why: what it is, a sentence.
        lifted_by: what lifts it, a sentence or a command.
    """

    address: OrderAddress
    reason: Reason
    why: str
    lifted_by: str
    before: RestingOrder | None = None
    after: Terms | None = None
    source: Span | None = None


Action = Place | Modify | Replace | Cancel | Keep | Adopt | Forget | Hold

_KINDS: dict[type, str] = {
    Place: "place",
    Modify: "modify",
    Replace: "replace",
    Cancel: "cancel",
    Keep: "keep",
    Adopt: "adopt",
    Forget: "forget",
    Hold: "hold",
}


def action_kind(action: Action) -> str:
    """Return the action's word, such as ``place`` or ``hold``."""
    return _KINDS[type(action)]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRequest:
    """One request to the venue, as forecast.

    Attributes:
        addresses: of each order it touches, attached ones too, in sending order.
        weight: of the venue's rate limit.
    """

    kind: BatchKind
    addresses: tuple[OrderAddress, ...]
    weight: int

    @property
    def items(self) -> int:
        """How many orders it touches."""
        return len(self.addresses)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """Money at stake in open orders of the account, in quote currency, foreign ones included.

    Attributes:
        open_worst: the most at any moment of the run, whatever is acknowledged.
        new_notional: value of all that is newly placed.
    """

    open_before: Decimal = ZERO
    open_after: Decimal = ZERO
    open_worst: Decimal = ZERO
    new_notional: Decimal = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class VenuePlan:
    """What is to be done at one venue entry, and what it was decided from.

    Attributes:
        serial, state_digest: of the state it was made from; serial -1 means there is no state.
        intents: intent id by book.
        actions: sorted by address.
        requests: in sending order.
        contract_values: what one contract is worth in quote currency, by instrument, where
            quantities are contracts.
        foreign_count: open orders that are not ours.
        titles: what instruments are in people's words, where their names do not say it.
        allowed: rules a person set aside.
    """

    venue: str
    kind: str
    network: str
    account: str
    lineage: str
    serial: int
    state_digest: str
    taken_at_ms: int
    intents: Mapping[str, str]
    actions: tuple[Action, ...]
    requests: tuple[PlannedRequest, ...]
    exposure: Exposure = field(default_factory=Exposure)
    warnings: tuple[str, ...] = ()
    foreign_count: int = 0
    budget_left: int | None = None
    mids: Mapping[str, Decimal] = field(default_factory=dict)
    instruments: Mapping[str, str] = field(default_factory=dict)
    titles: Mapping[str, str] = field(default_factory=dict, metadata=LATE)
    allowed: tuple[str, ...] = ()
    contract_values: Mapping[str, Decimal] = field(default_factory=dict, metadata=LATE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One plan over all venue entries of a project.

    Attributes:
        commit: of the specs, or empty when they are not in a repository.
        created_at_ms, expires_at_ms: after which `apply` refuses it.
    """

    project: str
    tool_version: str
    commit: str
    created_at_ms: int
    expires_at_ms: int
    venues: tuple[VenuePlan, ...]

    def counts(self) -> dict[str, int]:
        """Return how many actions there are of each kind, all eight words present."""
        counts = dict.fromkeys(_KINDS.values(), 0)
        for venue in self.venues:
            for action in venue.actions:
                counts[_KINDS[type(action)]] += 1
        return counts

    def sends(self) -> bool:
        """Say whether anything would be sent to a venue."""
        return any(venue.requests for venue in self.venues)

    def has_changes(self) -> bool:
        """Say whether anything is pending: something to send, to record, or held."""
        return any(
            not isinstance(action, Keep) for venue in self.venues for action in venue.actions
        )
