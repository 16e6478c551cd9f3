"""Questions to Hyperliquid's `/info`: each one method, answered by a value or a problem.

Reads need no key: anyone may read an account by its address. It must be the account's, not the
agent's: an agent's address gives empty lists without an error (for-developers/api/info-endpoint,
checked 2026-08-22). Weights: for-developers/api/rate-limits-and-user-limits, checked 2026-08-22.
"""

import json
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final, TypeVar

from reconciler.errors import VenueProblem
from reconciler.model.order import Fill, RestingOrder
from reconciler.model.snapshot import Quote, RequestBudget
from reconciler.venues.asking import Answers, Problem, unreadable
from reconciler.venues.http import HttpClient, HttpRequest, Reply
from reconciler.venues.hyperliquid.replies import account as accounts
from reconciler.venues.hyperliquid.replies import markets, orders
from reconciler.venues.shape import Malformed, Record, parsed, record

__all__ = ["SCOPE", "Info"]

T = TypeVar("T")

SCOPE: Final = "ip"
LIGHT_WEIGHT: Final = 2
WEIGHT: Final = 20
ROLE_WEIGHT: Final = 60
ITEMS_PER_WEIGHT: Final = 20


class Info:
    """Asks about one account.

    Attributes:
        venue: name of the venue entry, for messages.
        account: address in lower case.

    `answers` are shared with other entries of the process at the same host.
    """

    def __init__(
        self, http: HttpClient, *, venue: str, account: str, answers: Answers | None = None
    ) -> None:
        self._http = http
        self._answers = answers or Answers()
        self.venue = venue
        self.account = account

    def unreadable(self, problems: Sequence[Problem]) -> VenueProblem:
        """Return the error that says why the venue could not be read."""
        return unreadable(f"{self.venue} {self.account}", problems)

    async def open_orders(self, dex: str) -> tuple[RestingOrder, ...] | Problem:
        """Ask for every open order on one dex; spot orders come with the first one."""
        return await self._of_user("frontendOpenOrders", WEIGHT, orders.open_orders, dex=dex)

    async def clearinghouse(self, dex: str = "") -> accounts.Clearinghouse | Problem:
        """Ask for the positions on one dex, and the venue's time."""
        return await self._of_user(
            "clearinghouseState", LIGHT_WEIGHT, accounts.clearinghouse, dex=dex
        )

    async def account_value(self, dex: str = "") -> Decimal | Problem:
        """Ask what everything on one dex is worth, in its collateral; may be negative."""
        return await self._of_user(
            "clearinghouseState", LIGHT_WEIGHT, accounts.account_value, dex=dex
        )

    async def all_mids(self, dex: str) -> Record | Problem:
        """Ask for all middle prices of one dex; spot prices come with the first one."""
        return await self._ask(
            "allMids", LIGHT_WEIGHT, lambda reply: record(reply, "allMids"), dex=dex
        )

    async def spot_balances(self) -> dict[str, accounts.Balance] | Problem:
        """Ask for the balance of each token."""
        return await self._of_user("spotClearinghouseState", LIGHT_WEIGHT, accounts.spot_balances)

    async def order_status(self, order_id: int | str) -> orders.Status | Problem | None:
        """Ask for one order by its venue order id or client order id; None when it is not known."""
        return await self._of_user("orderStatus", LIGHT_WEIGHT, orders.order_status, oid=order_id)

    async def fills(self, start_ms: int, end_ms: int) -> tuple[Fill, ...] | Problem:
        """Ask for executions between two venue times, both included; at most 2000 come back."""
        found = await self._of_user(
            "userFillsByTime", WEIGHT, orders.fills, startTime=start_ms, endTime=end_ms
        )
        if not isinstance(found, Problem):
            self._http.note_weight(SCOPE, len(found) // ITEMS_PER_WEIGHT)
        return found

    async def order_history(self) -> tuple[orders.Status, ...] | Problem:
        """Ask for the newest orders, at most 2000, with what became of them."""
        found = await self._of_user("historicalOrders", WEIGHT, orders.order_history)
        if not isinstance(found, Problem):
            self._http.note_weight(SCOPE, len(found) // ITEMS_PER_WEIGHT)
        return found

    async def perp_meta(self, dex: str) -> markets.PerpMeta | Problem:
        """Ask for the perps of one dex."""
        return await self._ask("meta", WEIGHT, markets.perp_meta, dex=dex)

    async def spot_meta(self) -> markets.SpotMeta | Problem:
        """Ask for the spot pairs and tokens."""
        return await self._ask("spotMeta", WEIGHT, markets.spot_meta)

    async def perp_dexs(self) -> dict[str, int] | Problem:
        """Ask for the indexes of the builder dexes."""
        return await self._ask("perpDexs", WEIGHT, markets.perp_dexs)

    async def best_prices(self, instrument: str) -> Quote | Problem | None:
        """Ask for the best bid and ask; None when the venue does not know the instrument."""
        return await self._ask(
            "l2Book",
            LIGHT_WEIGHT,
            lambda reply: markets.best_prices(reply, instrument),
            coin=instrument,
        )

    async def budget(self) -> RequestBudget | Problem:
        """Ask how many actions the account may still send."""
        return await self._of_user("userRateLimit", WEIGHT, accounts.request_budget)

    async def builder_fee_max(self, builder: str, approver: str) -> int | Problem:
        """Ask for the highest fee of a builder a wallet approved, tenths of a basis point."""
        return await self._ask(
            "maxBuilderFee", WEIGHT, accounts.builder_fee_max, user=approver, builder=builder
        )

    async def role(self, address: str) -> accounts.Role | Problem:
        """Ask what an address is, once a run: it weighs the most, and one key signs for many."""
        return await self._answers.once(
            f"userRole {address}",
            lambda: self._ask("userRole", ROLE_WEIGHT, accounts.user_role, user=address),
        )

    async def agents(self, account: str) -> tuple[accounts.Agent, ...] | Problem:
        """Ask for the named agents of an account, once a run."""
        return await self._answers.once(
            f"extraAgents {account}",
            lambda: self._ask("extraAgents", WEIGHT, accounts.extra_agents, user=account),
        )

    async def _of_user(
        self, kind: str, weight: int, read: Callable[[object], T], **more: object
    ) -> T | Problem:
        return await self._ask(kind, weight, read, user=self.account, **more)

    async def _ask(
        self, kind: str, weight: int, read: Callable[[object], T], **more: object
    ) -> T | Problem:
        dex = more.get("dex")
        what = f"{kind} ({dex})" if dex else kind
        question = {"type": kind, **{key: value for key, value in more.items() if value != ""}}
        request = HttpRequest(
            path="/info",
            content=json.dumps(question, separators=(",", ":")).encode(),
            weight=weight,
            scope=SCOPE,
        )
        answer = await self._http.read(request)
        if not isinstance(answer, Reply):
            return Problem(what=what, cause=answer.cause)
        if answer.status != 200:
            return Problem(what=what, cause=f"http {answer.status}")
        try:
            return read(parsed(answer.body))
        except Malformed as problem:
            return Problem(what=what, cause=f"unreadable reply: {problem}")
        except RecursionError:
            return Problem(what=what, cause="unreadable reply: nested too deep")
