"""What the shell is handed: time, a store, a venue, a listener. The only seams.

Everything that waits is a coroutine, so that a scheduler with a virtual clock can interleave runs,
drop one at any await, and replay all of it from a seed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from reconciler.diagnostics import Diagnostic
from reconciler.model.capabilities import Capabilities
from reconciler.model.command import Batch, BatchKind, Prepared
from reconciler.model.event import Event
from reconciler.model.examination import Examination, Finding
from reconciler.model.instrument import Instrument
from reconciler.model.order import Options
from reconciler.model.outcome import Outcome
from reconciler.model.snapshot import (
    FillHistory,
    OrderHistory,
    OrderQuery,
    OrderStatus,
    Quote,
    RequestBudget,
    VenueSnapshot,
    Wallet,
)
from reconciler.model.state import State

__all__ = ["Clock", "Examinable", "LockInfo", "Markets", "Progress", "Store", "Venue"]


class Clock(Protocol):
    """Time."""

    def now_ms(self) -> int:
        """Return the local time in milliseconds since 1970, never going backwards in one run."""

    async def sleep_ms(self, duration_ms: int) -> None:
        """Wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LockInfo:
    """Who holds the courtesy lock.

    Attributes:
        lease_until_ms: after this the lock may be taken over.
    """

    owner: str
    host: str
    operation: str
    created_at_ms: int
    lease_until_ms: int
    token: str


class Store(Protocol):
    """One venue entry's journal and checkpoint; safety rests on `append`."""

    async def load(self) -> State | None:
        """Return the state, or None when there has never been one.

        Raises `StateProblem` for anything torn, foreign, short or empty that cannot be explained.
        """

    async def append(self, state: State, events: Sequence[Event], at_ms: int) -> State:
        """Write events durably, a line each, if the journal still ends where `state` ends.

        Returns the state after them. Raises `LostRace` when another run wrote first, `StateProblem`
        when the write failed or may have failed.
        """

    async def checkpoint(self, state: State) -> None:
        """Write the fold of the journal; losing it loses nothing."""

    async def lock(self, operation: str, *, wait_ms: int) -> LockInfo:
        """Take the courtesy lock, waiting at most so long. Raises `LostRace`."""

    async def unlock(self, info: LockInfo) -> None:
        """Give the lock back if it is still ours."""

    async def close(self) -> None:
        """Let go of files and connections."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Markets:
    """What is read only to explain a difference or before sending.

    Attributes:
        unplaceable: instruments of which it could not be read what they take now, and why; nothing
            is placed there.
        problems: why the budget or the wallets are not among it: who cancels needs neither.
    """

    instruments: Mapping[str, Instrument] = field(default_factory=dict)
    unplaceable: Mapping[str, str] = field(default_factory=dict)
    quotes: Mapping[str, Quote] = field(default_factory=dict)
    wallets: Mapping[str, Wallet] = field(default_factory=dict)
    budget: RequestBudget | None = None
    refused_options: tuple[tuple[Options, str], ...] = ()
    problems: tuple[str, ...] = ()


class Venue(Protocol):
    """A venue adapter: narrow, and nothing else of the venue leaves its folder."""

    @property
    def capabilities(self) -> Capabilities:
        """What this venue can do."""

    async def snapshot(self, instruments: frozenset[str]) -> VenueSnapshot:
        """Read open orders, positions and middle prices; cheap enough for every run.

        `instruments` are those the specs name; the venue may need them to know where to look. A
        failed or unreadable read is in `problems`, never an empty list; a name that the venue does
        not have is in `unlisted`. Raises `VenueProblem` when
        nothing could be read.
        """

    async def everywhere(self) -> frozenset[str]:
        """Return names with which `snapshot` looks at every place where an order may rest.

        For when nothing else says where to look. Raises `VenueProblem`.
        """

    async def markets(
        self,
        instruments: frozenset[str],
        *,
        quotes_of: frozenset[str] = frozenset(),
        options: frozenset[Options] = frozenset(),
    ) -> Markets:
        """Read grids of `instruments`, what pays for them, best prices of `quotes_of`, the budget.

        Of `options` those come back that the account may not send, each with the reason.
        """

    async def lookup(self, queries: Sequence[OrderQuery]) -> Mapping[OrderQuery, OrderStatus]:
        """Ask for single orders; every query has an answer."""

    async def fills(self, since_ms: int) -> FillHistory:
        """Read the account's executions from a venue time until now.

        Raises `VenueProblem` when the venue did not answer; what it no longer shows is no problem,
        but the history is then not complete.
        """

    async def order_history(self, since_ms: int) -> OrderHistory:
        """Read what became of the account's orders that were placed from a venue time on.

        Raises `VenueProblem` when the venue did not answer; what it no longer shows is no problem,
        but the history is then not complete.
        """

    def prepare(self, batch: Batch, *, nonce: int, expires_at_ms: int) -> Prepared:
        """Return the unsigned request for a batch; pure, needs `markets` to have been read."""

    def decode(self, prepared: Prepared) -> Batch:
        """Read back from the body alone what it would do; pure. The last gate compares it."""

    def wait_ms(self, kind: BatchKind, items: int) -> int:
        """Return how long the venue's rate limit has no room for a request of so many orders.

        0 when it may go now. It is waited for before a request gets its expiry.
        """

    async def submit(self, prepared: Prepared) -> tuple[Outcome, ...]:
        """Sign and send once, never again; one outcome an order, in the batch's order.

        The outcomes of attached orders follow their parent's. Never raises for anything the
        network or the venue does: that is an `Unknown`.
        """

    async def burn(self, nonce: int) -> str:
        """Try to make the nonce of a lost request unusable.

        Returns ``burned`` (proof: it never was and never will be executed), ``used`` or
        ``no-answer``; ``unsupported`` where the venue has no such thing.
        """

    async def check_account(self) -> tuple[Diagnostic, ...]:
        """Return what is wrong with the account, and with the key that is to sign for it."""

    async def warm_up(self) -> None:
        """Load what signing needs, while something else is waited for."""

    def signer_address(self) -> str:
        """Return the public name of the key that signs; raises `CredentialsProblem`."""

    async def venue_time_ms(self) -> int | None:
        """Return the venue's own time, or None when it could not be read."""

    async def close(self) -> None:
        """Close connections."""


@runtime_checkable
class Examinable(Protocol):
    """A venue that can say what is right and wrong with an entry."""

    async def examine(self, wanted: Examination) -> tuple[Finding, ...]:
        """Return what was found, in the order in which things depend on one another.

        It only reads; a key is used to sign for nobody, never to send. Never raises for what the
        venue does.
        """


class Progress(Protocol):
    """Someone who wants to know how it goes. Talk, never the product."""

    def note(self, text: str) -> None:
        """Take one line; already free of secrets and control characters."""
