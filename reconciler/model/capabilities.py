"""What a venue can do, as far as planning, sending and proving depend on it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.model.identity import IdLayout
from reconciler.model.rule import Rule

__all__ = ["AbsenceProof", "Capabilities", "TriggerSupport"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsenceProof:
    """What it takes to say that a request of unknown fate was never executed.

    Attributes:
        rounds: how many rounds of reads must show nothing of it, each past its life.
        over_ms: venue time that lies between the first of them and the last, at least.
        reads_lists: whether a round reads open orders and fills too, and all must agree; where
            unfilled orders are shown for a while only, ended orders as well.
        ids_answer_ms: how long after sending the venue finds an order by our id; past that, absence
            proves nothing any more. None where it always does.
        unfilled_shown_ms: how long after sending, at least, the venue shows an order that ended
            without a fill; past that one cannot tell whether a place was ever carried out. None
            where it shows all.
        missing_ends_cancel: whether a cancel is over when the venue does not know the order; else
            only a final status ends it.
    """

    rounds: int = 2
    over_ms: int = 0
    reads_lists: bool = False
    ids_answer_ms: int | None = None
    unfilled_shown_ms: int | None = None
    missing_ends_cancel: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerSupport:
    """What a venue does not take of trigger orders: why not, a sentence; empty where it does.

    Attributes:
        alone: a trigger order that is attached to no other.
        market: a trigger that executes at market, at a worst price.
        have_ids: whether attached orders carry our ids from the start; else the venue knows them by
            their parent alone, and they end with it.
    """

    alone: str = ""
    market: str = ""
    have_ids: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a venue can do.

    Attributes:
        can_modify: whether an order can be changed in one action.
        batch_items_max: most items in one request, of any kind.
        weight_divisor: a request of n items weighs 1 + n // this; 0 means 1 always.
        weight_per_minute: what may be spent of the rate limit in a minute; 0 where it has none.
        overfill_on_modify: whether a fill in flight during a modify adds to the new order.
        close_window_ms: how long after its expiry a lost request is watched before it counts as
            dead.
        request_life_ms: how long after it was signed a request may be executed.
        settle_ms: how long what was accepted may take to show; so long a run waits for it.
        places_mix: whether any orders may be placed in one request; else post-only ones, others,
            those of other options and groups stand apart.
        cancels_one_instrument: whether a request cancels orders of one instrument and kind only.
        cancels_by_listing: whether a cancel names an instrument by what only its listing says.
        counts_contracts: whether what a quantity is worth only the instrument says.
        lists_by_instrument: whether orders of an instrument that nobody names are not seen.
        account_is_key: whether whose account it is only the key says.
        ends_with_position: status words of orders that ended because their position did.
        rules: what it refuses beyond grid and minimum.
        meanings: its status words for people, each a clause.
    """

    id_layout: IdLayout
    can_modify: bool
    batch_items_max: int
    weight_divisor: int
    overfill_on_modify: bool
    close_window_ms: int
    weight_per_minute: int = 0
    request_life_ms: int = 15_000
    settle_ms: int = 1_500
    places_mix: bool = False
    cancels_one_instrument: bool = False
    cancels_by_listing: bool = True
    counts_contracts: bool = False
    lists_by_instrument: bool = False
    account_is_key: bool = False
    absence: AbsenceProof = field(default_factory=AbsenceProof)
    triggers: TriggerSupport = field(default_factory=TriggerSupport)
    ends_with_position: frozenset[str] = frozenset()
    rules: tuple[Rule, ...] = ()
    meanings: Mapping[str, str] = field(default_factory=dict)

    def weight(self, items: int) -> int:
        """Return the rate-limit weight of one request with so many items."""
        return 1 + (items // self.weight_divisor if self.weight_divisor else 0)
