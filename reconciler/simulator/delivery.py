"""What passes between the gateway and a venue: requests decoded, what happens to them, answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from reconciler.simulator.faults import Fault, VenueName
from reconciler.simulator.http import Request, Response


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """A request of a venue, parsed as far as its JSON.

    Attributes:
        body: parsed; None when the request has none.
        kind: which action or read it is, by the venue's word; None when that cannot be told.
        is_read: it changes nothing, and may show the past.
    """

    request: Request
    body: Any
    kind: str | None
    is_read: bool

    @property
    def path(self) -> str:
        """Where it was sent."""
        return self.request.path

    @property
    def client_ip(self) -> str:
        """Who sent it, as the network says."""
        return self.request.client_ip


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """How a request arrives.

    Attributes:
        as_of_ms: the moment a read looks at; None for the present.
        batch_limit: carry out this many items of a batch at most.
        fault: what else was asked to go wrong with it.
    """

    as_of_ms: int | None = None
    batch_limit: int | None = None
    fault: Fault | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Performed:
    """What became of one request which changes something.

    Attributes:
        reply: parsed; None when it is an error below the protocol.
        signer: who signed; None when that could not be told.
        account: acted for; None when the action was not admitted.
        is_executed: the action reached the engine, whatever it answered.
    """

    reply: Any = None
    signer: str | None = None
    account: str | None = None
    is_executed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A response, and what was done for it."""

    response: Response
    performed: Performed | None = None


class Venue(Protocol):
    """One venue behind a gateway."""

    name: VenueName

    @property
    def now_ms(self) -> int:
        """The venue's time."""
        ...

    @property
    def read_lag_ms_max(self) -> int:
        """How far every read may trail, by switch."""
        ...

    def run_until(self, until_ms: int) -> None:
        """Move the time forward and do what becomes due on the way."""
        ...

    def decode(self, request: Request) -> Decoded | Response:
        """Parse a request as far as its JSON, or return the error below the protocol."""
        ...

    def answer(self, decoded: Decoded, delivery: Delivery) -> Answer:
        """Answer a request at the venue's present time."""
        ...

    def asked(self, decoded: Decoded) -> tuple[Any, Any]:
        """Return for the log what was asked, and the number or time it was asked under."""
        ...

    def failure(self, fault: Fault) -> Response:
        """Return the error which a fault has the client see."""
        ...

    def batch_length(self, decoded: Decoded) -> int:
        """Return how many items a request carries; 0 when it is no batch."""
        ...

    def with_length(self, response: Response, count: int | None) -> Response:
        """Cut or stretch the results of a batch, by default by one; others stay as they are."""
        ...
