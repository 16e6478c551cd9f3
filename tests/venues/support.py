"""A clock that does not wait, a venue that answers from a table, and settings for both."""

import asyncio
import json
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any, TypeVar

import httpx

from reconciler.diagnostics import Span
from reconciler.model.config import VenueSettings
from reconciler.secret import Secret
from reconciler.venues.hyperliquid.adapter import HyperliquidVenue

T = TypeVar("T")

DATA = Path(__file__).resolve().parent.parent / "data"
KEY = "0x" + "0123456789" * 6 + "0123"
SIGNER = "0x14791697260e4c9a71f18484c9f997b308e59325"
ACCOUNT = "0x" + "aB" * 20
NOW_MS = 1_760_000_000_000

Answer = httpx.Response | Exception | Callable[[dict[str, Any]], Any] | Any


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end."""
    return asyncio.run(coroutine)


def recorded(name: str) -> Any:
    """Return a recorded reply of the mainnet."""
    return json.loads((DATA / "hyperliquid" / f"{name}.json").read_text(encoding="utf-8"))


class FakeClock:
    """Time that passes when somebody waits."""

    def __init__(self, now_ms: int = NOW_MS) -> None:
        self.time_ms = now_ms
        self.slept: list[int] = []

    def now_ms(self) -> int:
        """Return the time."""
        return self.time_ms

    async def sleep_ms(self, duration_ms: int) -> None:
        """Let the time pass."""
        self.slept.append(duration_ms)
        self.time_ms += duration_ms
        await asyncio.sleep(0)


class Table(httpx.AsyncBaseTransport):
    """Answers by the kind of question; an action's kind is ``exchange``.

    A value is sent as JSON, a response or exception as it is, a function is asked with the request.
    """

    def __init__(self, answers: Mapping[str, Answer]) -> None:
        self.answers = dict(answers)
        self.requests: list[httpx.Request] = []
        self.asked: list[dict[str, Any]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        content = b"".join([chunk async for chunk in request.stream])  # type: ignore[union-attr]
        question = json.loads(content)
        self.requests.append(request)
        self.asked.append(question)
        kind = "exchange" if request.url.path == "/exchange" else question["type"]
        answer = self.answers[kind]
        if isinstance(answer, list) and answer and isinstance(answer[0], Turn):
            answer = (answer.pop(0) if len(answer) > 1 else answer[0]).value
        if callable(answer):
            answer = answer(question)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)

    def kinds(self) -> list[str]:
        """Return what was asked, in order."""
        return [asked.get("type", "exchange") for asked in self.asked]


class Turn:
    """One answer of several; the last one is repeated."""

    def __init__(self, value: Answer) -> None:
        self.value = value


def settings(**changes: Any) -> VenueSettings:
    """Return the settings of a venue entry."""
    values: dict[str, Any] = {
        "name": "hl",
        "kind": "hyperliquid",
        "network": "testnet",
        "account": ACCOUNT,
        "source": Span(path="reconciler.yaml", line=5, column=3),
    }
    return VenueSettings(**{**values, **changes})


def venue(
    answers: Mapping[str, Answer] | httpx.AsyncBaseTransport,
    *,
    key: str | None = KEY,
    clock: FakeClock | None = None,
    **changes: Any,
) -> HyperliquidVenue:
    """Return an adapter that talks to a table."""
    transport = Table(answers) if isinstance(answers, Mapping) else answers
    return HyperliquidVenue(
        settings(**changes),
        secrets={} if key is None else {"signer": Secret(key)},
        clock=clock or FakeClock(),
        transport=transport,
    )
