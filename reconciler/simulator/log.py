"""The log of every request which may change something: what arrived, was executed, was answered.

It is the truth which a client under test cannot see.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from reconciler.simulator.delivery import Answer, Performed
from reconciler.simulator.faults import VenueName


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """One delivery of a request.

    Attributes:
        at_ms: venue time of the delivery.
        signer: lower-case address, or access key; None when it was not recognised.
        account: whose behalf; None when the action was not admitted.
        action, nonce: as sent; of HTX the body with its `type`, and the timestamp.
        status: HTTP status the venue answered; None when the request never arrived.
        reply: parsed reply; None when there was none, or an error below the protocol.
        executed: the action reached the engine, whatever it answered.
        faults: kinds of the faults which hit the request.
    """

    index: int
    venue: VenueName
    at_ms: int
    signer: str | None
    account: str | None
    nonce: Any
    action: Any
    status: int | None
    reply: Any
    executed: bool
    faults: tuple[str, ...]


class Log:
    """Entries in the order of delivery."""

    __slots__ = ("entries",)

    def __init__(self) -> None:
        self.entries: list[LogEntry] = []

    def record(
        self,
        answer: Answer | None,
        *,
        venue: VenueName,
        asked: tuple[Any, Any],
        at_ms: int,
        faults: list[str],
    ) -> None:
        """Append a delivery; without an answer it never arrived."""
        performed = (answer.performed if answer else None) or Performed()
        action, nonce = asked
        self.entries.append(
            LogEntry(
                index=len(self.entries),
                venue=venue,
                at_ms=at_ms,
                signer=performed.signer,
                account=performed.account,
                nonce=nonce,
                action=action,
                status=answer.response.status if answer else None,
                reply=performed.reply,
                executed=performed.is_executed,
                faults=tuple(faults),
            )
        )

    def since(self, index: int) -> list[dict[str, Any]]:
        """Return the entries from an index on, as JSON."""
        return [asdict(entry) for entry in self.entries[index:]]
