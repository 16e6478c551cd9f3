"""What differs by venue in a history: the simulated venue, the way to it, and the truth there."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from reconciler.errors import ReconcilerError
from reconciler.model.event import Initialised
from reconciler.model.order import Options, OrderAddress
from reconciler.model.plan import Action
from reconciler.model.state import Intent, IntentItem
from reconciler.ports import Clock, Venue
from reconciler.simulator import Fault, Request, Simulator
from reconciler.simulator.log import LogEntry
from reconciler.venues.http import Exchange, HttpRequest
from tests.simulation.swarm import Swarm

__all__ = ["MID", "Asked", "Bench", "Market"]

MID = "66371.5"
"""The usual middle price."""


@dataclass(frozen=True, slots=True)
class Market:
    """What is traded.

    Attributes:
        lot: the smallest quantity.
        least: worth below which the venue takes nothing.
        options: of every order.
        cancel_words: what the venue may say when it cancels.
        takes_closing: whether sells may be declared that only close.
        has_market_stops: whether what is attached may execute at market.
    """

    instrument: str
    lot: Decimal
    least: Decimal
    cancel_words: tuple[str, ...]
    options: Options = ()
    has_market_stops: bool = True
    takes_closing: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """One order or cancel of a request as the venue got it.

    Attributes:
        index: of its item in the intent.
        is_done: whether the venue took it.
        target: what is cancelled.
        trigger: the price that wakes it.
        is_post_only: None where the venue's words do not say.
    """

    index: int
    item: IntentItem
    is_done: bool
    target: str = ""
    price: Decimal = Decimal(0)
    quantity: Decimal = Decimal(0)
    is_buy: bool = False
    reduce_only: bool = False
    trigger: Decimal | None = None
    is_post_only: bool | None = None


class Bench(Protocol):
    """One simulated venue with one account, for one history.

    Attributes:
        entry: what the state is of.
        fail: told of what only the bench can see is wrong.
        account: the venue's own; its `live`, `history` and `fills` are the truth.
        verbs: what every verb of the control API is told besides.
        acting: the fates of requests that act; the first that happens is it.
        reading: the fates of reads.
        life_ms: how long after it was sent a request may be executed.
        closing_wait_ms: how long a run waits for what has no outcome.
        still_ms: longer than anything lost can still arrive, and than a note of a dead run stands.
        under_way: cancels, by nonce and index, of what was being cancelled already.
        restored_after_ms: how long a copy of the state takes to be put back, at least.
        crossed_within_ms: what ends an order this soon after it came counts as the venue's refusal.
        long_gaps_ms: how long it may be between two rounds; one of them is drawn.
    """

    swarm: Swarm
    entry: Initialised
    market: Market
    simulator: Simulator
    account: Any
    fail: Callable[[str], None]
    verbs: Mapping[str, str]
    acting: Sequence[str]
    reading: Sequence[str]
    life_ms: int
    closing_wait_ms: int
    still_ms: int
    under_way: AbstractSet[tuple[int, int]]
    restored_after_ms: int
    long_gaps_ms: Sequence[int]
    crossed_within_ms: int

    def venue(self, clock: Clock, exchange: Exchange) -> Venue:
        """Return the real adapter, with nothing but the signature stubbed."""

    # The way there

    def acts(self, request: HttpRequest) -> bool:
        """Say whether a request may change something."""

    def is_empty(self, request: HttpRequest) -> bool:
        """Say whether it does nothing but burn its nonce."""

    def left_ms(self, request: HttpRequest, now_ms: int) -> int:
        """Return how much longer the venue would execute it."""

    def received(self, request: HttpRequest) -> Request:
        """Return a request as the simulator takes it."""

    def may_repeat(self, request: HttpRequest) -> bool:
        """Say whether a copy of an answered request may arrive."""

    def fault(self, kind: str, request: HttpRequest) -> Fault | None:
        """Return the simulator's own fault of this fate, if it is one."""

    def brief(self, request: HttpRequest) -> str:
        """Return what a request is, in a line of a trace."""

    # The truth there

    def written(self, intent: Intent) -> None:
        """Remember an intent that became durable."""

    def nonce_of(self, request: HttpRequest, entry: LogEntry) -> int:
        """Return whose nonce a request carries; 0 when it is of no intent."""

    def has_acted(self, entry: LogEntry) -> bool:
        """Say whether an executed request did anything at all."""

    def asked(self, entry: LogEntry, intent: Intent) -> Sequence[Asked]:
        """Return what was asked, what was intended and whether it was done, order by order."""

    def own_id(self, order: Any) -> str | None:
        """Return the client order id of an order of ours; None for a foreign one."""

    def foreign_id(self, digest: str, number: int) -> Mapping[str, str]:
        """Return what names an order as another project of ours would, where it can have a name."""

    def fills(self, since: int) -> Iterable[tuple[str | None, Decimal]]:
        """Return the client order id, where it is ours, and the quantity of each later fill."""

    def left_nothing(self, intent: Intent, index: int) -> bool:
        """Say whether what an item made is gone without a fill, so that nothing shows it."""

    def name_of(self, order: Any) -> str:
        """Return the venue order id that the program knows an order of ours by."""

    def attached(self) -> Mapping[str, str]:
        """Return what rests of ours and is not among live orders, as `name_of` and `own_id`."""

    def digest_of(self, own_id: str) -> str:
        """Return whose budget an id speaks of: a key of `Specs.by_digest`."""

    def named(self, stand_in: str, digests: Iterable[str]) -> str:
        """Return which digest a holder nobody could name stands for."""

    def opens(self, order: Any) -> bool:
        """Say whether an order counts as open: one that only closes never does."""

    def worth(self, price: Decimal, quantity: Decimal) -> Decimal:
        """Return what an order is worth."""

    def shows_rollback(self, last_sent_ms: int, now_ms: int) -> bool:
        """Say whether the venue still shows that the newest orders are ours."""

    def is_bare(self, filled: Decimal) -> bool:
        """Say whether no stop rests for what filled, as far as it is still held."""

    def disturbances(self, world: Any) -> Sequence[tuple[float, Callable[[], None]]]:
        """Return what else may happen in a round of a history, each with its probability."""

    def has_forgotten(self, action: Action, world: Any) -> bool:
        """Say whether only a person knows any more what an action is held for."""

    def lifts(self, problem: ReconcilerError | None, world: Any) -> frozenset[str]:
        """Return the rules a person lifts who knows better than what a run ended with."""

    def settle(self, world: Any, addresses: Sequence[OrderAddress]) -> None:
        """Be the person who says so."""

    def calm_down(self, control: Callable[..., None]) -> None:
        """End whatever the venue was made to do or to say."""
