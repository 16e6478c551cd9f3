"""The log of every request to `/exchange`: what arrived, whether it was executed, what it answered.

It is the truth which a client under test cannot see.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from reconciler.simulator.hl_exchange import Performed
from reconciler.simulator.hyperliquid import Answer, Decoded


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """One delivery of a request.

    Attributes:
        at_ms: venue time of the delivery.
        signer: lower-case address; None when it was not recovered.
        account: whose behalf; None when the action was not admitted.
        action, nonce: as sent.
        status: HTTP status the venue answered; None when the request never arrived.
        reply: parsed reply; None when there was none, or an error below the protocol.
        executed: the action reached the engine, whatever it answered.
        faults: kinds of the faults which hit the request.
    """

    index: int
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
        self, decoded: Decoded, answer: Answer | None, *, at_ms: int, faults: list[str]
    ) -> None:
        """Append a delivery; without an answer it never arrived."""
        performed = (answer.performed if answer else None) or Performed(reply={})
        body = decoded.body if isinstance(decoded.body, dict) else {}
        self.entries.append(
            LogEntry(
                index=len(self.entries),
                at_ms=at_ms,
                signer=performed.signer,
                account=performed.account,
                nonce=body.get("nonce"),
                action=body.get("action"),
                status=answer.response.status if answer else None,
                reply=performed.reply or None,
                executed=performed.is_executed,
                faults=tuple(faults),
            )
        )

    def since(self, index: int) -> list[dict[str, Any]]:
        """Return the entries from an index on, as JSON."""
        return [asdict(entry) for entry in self.entries[index:]]
