"""Questions to HTX: each one method, answered by a value or a problem.

Public ones are plain GETs; those about an account are signed POSTs with a JSON body. Source: HTX
open platform, pages named in `replies`, checked 2025-11-26.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Final, TypeVar

from reconciler.diagnostics import display
from reconciler.model.order import VenueOrderId
from reconciler.model.snapshot import Quote
from reconciler.secret import Redactor
from reconciler.venues.asking import Problem
from reconciler.venues.http import HttpClient, HttpRequest, Reply
from reconciler.venues.htx.replies import attached, fills, markets, orders, past
from reconciler.venues.htx.replies.envelope import Said, envelope
from reconciler.venues.htx.replies.errors import TOO_MANY, is_closed
from reconciler.venues.htx.rules import PAGE_SIZE, Contract, Network
from reconciler.venues.htx.signing import KeyPair, signed_path, timestamp
from reconciler.venues.htx.times import VenueClock
from reconciler.venues.shape import Malformed, record, words

__all__ = ["ATTACHED", "PUBLIC", "READ", "TRADE", "Info", "header", "note_limits"]

T = TypeVar("T")

TRADE: Final = "trade"
READ: Final = "read"
PUBLIC: Final = "public"
ATTACHED: Final = "attached"
API: Final = "/swap-api/v1"
NEWER_API: Final = "/swap-api/v3"
MARKET: Final = "/swap-ex/market"
# Reads that were refused for asking too often are asked again so many times, each later.
PATIENCE: Final = 4
ID_KINDS: Final = (orders.BY_VENUE, orders.BY_US)


class Info:
    """Asks HTX about markets and one account.

    Attributes:
        redact: takes the keys, and signatures, out of a text of the venue's.
        clock: the venue's, set by every answer.
        has_keys: whether it can ask about the account.
    """

    def __init__(
        self, http: HttpClient, network: Network, keys: KeyPair | None, clock: VenueClock
    ) -> None:
        self._http = http
        self._host = network.host
        self._keys = keys
        # The venue's words are recorded, and it might repeat what it was sent.
        self.redact = Redactor([keys.access, keys.secret] if keys is not None else []).redact
        self.clock = clock

    @property
    def has_keys(self) -> bool:
        """Whether it can ask about the account."""
        return self._keys is not None

    async def time(self) -> int | Problem:
        """Ask for the venue's time."""
        found = await self._public("timestamp", "/api/v1/timestamp", lambda said: said.at_ms)
        if isinstance(found, int) and not found:
            return Problem(what="timestamp", cause="unreadable reply: no time")
        return found

    async def statuses(self) -> Mapping[str, int | None] | Problem:
        """Ask which contracts there are, and the status of each."""
        return await self._public(
            "swap_contract_info",
            f"{API}/swap_contract_info",
            lambda said: markets.statuses(said.data),
        )

    async def contracts(self, codes: frozenset[str]) -> Mapping[str, Contract] | Problem:
        """Ask for some contracts; as below, one that is not there is left out."""
        return await self._public(
            "swap_contract_info",
            f"{API}/swap_contract_info",
            lambda said: markets.contracts(said.data, codes),
        )

    async def api_state(self, codes: frozenset[str]) -> Mapping[str, bool] | Problem:
        """Ask which contracts take orders and cancels through the API."""
        return await self._public(
            "swap_api_state",
            f"{API}/swap_api_state",
            lambda said: markets.api_state(said.data, codes),
        )

    async def bands(self, codes: frozenset[str]) -> Mapping[str, markets.Band] | Problem:
        """Ask for price limits."""
        return await self._public(
            "swap_price_limit",
            f"{API}/swap_price_limit",
            lambda said: markets.bands(said.data, codes),
        )

    async def indexes(self, codes: frozenset[str]) -> Mapping[str, Decimal] | Problem:
        """Ask for index prices."""
        return await self._public(
            "swap_index", f"{API}/swap_index", lambda said: markets.indexes(said.data, codes)
        )

    async def best_prices(self, codes: frozenset[str]) -> Mapping[str, Quote] | Problem:
        """Ask for the best bid and ask."""
        return await self._public(
            "bbo",
            f"{MARKET}/bbo",
            lambda said: markets.best_prices(said.whole.get("ticks"), codes),
        )

    async def order_limits(self, codes: frozenset[str]) -> Mapping[str, Decimal] | Problem:
        """Ask for the largest order of each contract."""
        return await self._private(
            f"{API}/swap_order_limit",
            {"order_price_type": "limit"},
            lambda said: markets.order_limits(said.data, codes),
        )

    async def position(self, code: str) -> markets.Position | Problem:
        """Ask for the position in a contract."""
        return await self._private(
            f"{API}/swap_position_info",
            {"contract_code": code},
            lambda said: markets.position(said.data, code),
        )

    async def open_page(self, code: str, page: int) -> orders.OrderPage | Problem:
        """Ask for one page of open orders."""
        return await self._private(
            f"{API}/swap_openorders",
            {"contract_code": code, "page_index": page, "page_size": PAGE_SIZE},
            lambda said: orders.order_page(said.data),
        )

    async def order_info(
        self, code: str, kind: str, ids: Sequence[str]
    ) -> Mapping[str, orders.Seen] | Problem:
        """Ask for single orders by their ids, of one of `ID_KINDS`; one not shown is left out."""
        assert kind in ID_KINDS, "an order is asked for by one kind of id"
        return await self._private(
            f"{API}/swap_order_info",
            {"contract_code": code, kind: ",".join(ids)},
            lambda said: orders.found_orders(said.data, code, kind, ids),
        )

    async def order_detail(
        self, code: str, venue_order_id: VenueOrderId, created_ms: int
    ) -> orders.Seen | Problem:
        """Ask the venue's database for an order that `order_info` has let go."""
        return await self._private(
            f"{API}/swap_order_detail",
            {
                "contract_code": code,
                "order_id": int(venue_order_id),
                "created_at": created_ms,
                "order_type": 1,
            },
            lambda said: orders.found_order(said.data, code, venue_order_id),
        )

    async def hanging(
        self, code: str, parent: VenueOrderId
    ) -> Mapping[VenueOrderId, attached.Hanging] | Problem:
        """Ask what hangs on an order."""
        return await self._private(
            f"{API}/swap_relation_tpsl_order",
            {"contract_code": code, "order_id": int(parent)},
            lambda said: attached.hanging(said.data, code, parent),
            scope=ATTACHED,
        )

    async def matches(
        self, code: str, start_ms: int, end_ms: int, from_id: int | None
    ) -> Sequence[fills.Match] | Problem:
        """Ask for one page of executions in a time of 48 hours at most, oldest first."""
        return await self._private(
            f"{NEWER_API}/swap_matchresults",
            _window(code, start_ms, end_ms, from_id),
            lambda said: fills.matches(said.data),
        )

    async def past_orders(
        self, code: str, start_ms: int, end_ms: int, from_id: int | None
    ) -> Sequence[past.PastOrder] | Problem:
        """Ask for one page of orders, whatever became of them, in 48 hours, oldest first."""
        window = _window(code, start_ms, end_ms, from_id)
        return await self._private(
            f"{NEWER_API}/swap_hisorders",
            window | {"type": 1, "status": "0"},
            lambda said: past.past_orders(said.data),
        )

    async def recovery_ms(self) -> int | None:
        """Ask when the venue expects to be open again; None when it does not say."""
        answer = await self._public(
            "heartbeat",
            "/heartbeat/",
            lambda said: record(said.data, "data").get("swap_estimated_recovery_time"),
        )
        return answer if isinstance(answer, int) and not isinstance(answer, bool) else None

    async def _public(self, what: str, path: str, read: Callable[[Said], T]) -> T | Problem:
        request = HttpRequest(path=path, method="GET", scope=PUBLIC)
        return await self._ask(what, lambda: request, read)

    async def _private(
        self,
        path: str,
        body: Mapping[str, object],
        read: Callable[[Said], T],
        *,
        scope: str = READ,
    ) -> T | Problem:
        what, keys = path.rpartition("/")[2], self._keys
        if keys is None:
            return Problem(what=what, cause="there is no key to read the account with")
        if not self.clock.is_set:
            told = await self.time()
            if isinstance(told, Problem):
                return told
        content = json.dumps(body, separators=(",", ":")).encode()

        def signed() -> HttpRequest:
            stamp = timestamp(self.clock.now_ms())
            return HttpRequest(
                path=signed_path(keys, "POST", self._host, path, stamp=stamp),
                content=content,
                scope=scope,
                # What is limited for itself is limited with all other reads too.
                also=() if scope == READ else (READ,),
            )

        return await self._ask(what, signed, read)

    async def _ask(
        self, what: str, make: Callable[[], HttpRequest], read: Callable[[Said], T]
    ) -> T | Problem:
        for tries_left in reversed(range(PATIENCE + 1)):
            request = make()
            answer = await self._http.read(request)
            if not isinstance(answer, Reply):
                return Problem(what=what, cause=answer.cause)
            note_limits(self._http, request.scope, answer, self.clock)
            try:
                said = envelope(answer.body)
                if isinstance(said, Said):
                    self.clock.note(said.at_ms)
                    return read(said)
            except Malformed as problem:
                cause = f"unreadable reply: {problem}" if answer.status == 200 else ""
                return Problem(what=what, cause=cause or f"http {answer.status}")
            except RecursionError:
                return Problem(what=what, cause="unreadable reply: nested too deep")
            if said.code != TOO_MANY or not tries_left:
                return _refused(what, said.code, words(said.text, self.redact))
            self._http.note_refused(request.scope)
        raise AssertionError("the last try returns")


def _window(code: str, start_ms: int, end_ms: int, from_id: int | None) -> dict[str, object]:
    """Return what a list of the past is asked with."""
    body: dict[str, object] = {
        "contract": code,
        "trade_type": 0,
        "start_time": start_ms,
        "end_time": end_ms,
        "direct": "next",
    }
    return body if from_id is None else {**body, "from_id": from_id}


def note_limits(http: HttpClient, scope: str, reply: Reply, clock: VenueClock) -> None:
    """Send nothing more of a scope until the venue has room again, when its headers say so.

    `ratelimit-reset` is a time of the venue in milliseconds (rate limit chapter, 2025-11-26).
    """
    left = header(reply, "ratelimit-remaining")
    reset_ms = header(reply, "ratelimit-reset")
    if left == 0 and reset_ms is not None:
        http.pause(scope, clock.local_ms(reset_ms))


def header(reply: Reply, name: str) -> int | None:
    """Return a header that is a whole number, else None."""
    value = reply.headers.get(name, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 16 else None


def _refused(what: str, code: int, said: str) -> Problem:
    text = display(said)
    if is_closed(code):
        number = f" ({code})" if code > 0 else ""
        return Problem(
            what=what, cause=f"the venue is closed for the moment: {text}{number}", code=code
        )
    return Problem(what=what, cause=f"refused: {text or 'no text'} ({code})", code=code)
