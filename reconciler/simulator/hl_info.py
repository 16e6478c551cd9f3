"""Hyperliquid's `/info`: reads, by the account's address, without a signature.

Source: pages `info-endpoint`, `perpetuals`, `spot` (checked 2026-08-22). An agent's address is
nobody's account: it reads as empty, without an error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from reconciler.simulator import hl_replies as replies
from reconciler.simulator.accounts import Account
from reconciler.simulator.hl_actions import Json
from reconciler.simulator.hl_wire import Malformed, parse_address, parse_cloid, text, whole
from reconciler.simulator.limits import budget_of
from reconciler.simulator.markets import FIRST_DEX, Instrument
from reconciler.simulator.numbers import padded
from reconciler.simulator.orders import Fill, Order
from reconciler.simulator.views import AccountView, past, present
from reconciler.simulator.world import World

LIST_MAX = 2000
FILLS_REACHABLE = 10_000
LEVELS_MAX = 20
FIGURES = (2, 3, 4, 5)
MANTISSAS = (1, 2, 5)


class BadArgument(Exception):
    """A well-formed argument without meaning: HTTP 500 with the body `null`."""


@dataclass(frozen=True, slots=True)
class Reader:
    """The world as one read sees it.

    Attributes:
        as_of_ms: None for the present.
    """

    world: World
    as_of_ms: int | None

    def view(self, body: Json) -> AccountView:
        """Return the account a body names; an unknown one is empty."""
        address = parse_address(body.get("user"))
        account = self.world.accounts.get(address) or Account(address=address)
        if self.as_of_ms is None:
            return present(account)
        return past(self.world, account, self.as_of_ms)

    def dex(self, body: Json) -> str:
        """Return the dex a body names, by default the first."""
        dex = text(body, "dex", default=FIRST_DEX)
        if dex not in self.world.markets.perps:
            raise BadArgument("unknown dex")
        return dex


def read(reader: Reader, body: Any) -> Any:
    """Answer a read: a JSON value, or bytes for a reply which never changes.

    Raises:
        Malformed: the type is unknown or a field is missing.
        BadArgument: an argument is out of range.
    """
    kind = body.get("type") if isinstance(body, dict) else None
    answer = _READS.get(kind) if isinstance(kind, str) else None
    if answer is None:
        raise Malformed("unknown request")
    return answer(reader, body)


def _meta(reader: Reader, body: Json) -> Any:
    dex = reader.dex(body)
    if reader.world.delisted:
        return _meta_now(reader.world, dex)
    return reader.world.markets.encoded[f"meta:{dex}"]


def _meta_now(world: World, dex: str) -> Json:
    """Return the recorded `meta`, with what was delisted since marked as such."""
    meta = world.markets.metas[dex]
    rows = zip(meta["universe"], world.markets.perps[dex], strict=True)
    universe = [
        {**record, "isDelisted": True} if each.asset in world.delisted else record
        for record, each in rows
    ]
    return {**meta, "universe": universe}


def _spot_meta(reader: Reader, body: Json) -> bytes:
    assert body, "found by its type"
    return reader.world.markets.encoded["spotMeta"]


def _perp_dexs(reader: Reader, body: Json) -> bytes:
    assert body, "found by its type"
    return reader.world.markets.encoded["perpDexs"]


def _meta_and_contexts(reader: Reader, body: Json) -> Any:
    dex = reader.dex(body)
    perps = reader.world.markets.perps[dex]
    contexts = [replies.perp_context(reader.world, each) for each in perps]
    return [_meta_now(reader.world, dex), contexts]


def _spot_meta_and_contexts(reader: Reader, body: Json) -> Any:
    assert body, "found by its type"
    markets = reader.world.markets
    contexts = [replies.spot_context(reader.world, each) for each in markets.spots]
    return [markets.spot_meta, contexts]


def _all_mids(reader: Reader, body: Json) -> Any:
    dex = reader.dex(body)
    world = reader.world
    mids = dict(world.markets.mids[dex])
    for book in world.books.values():
        if book.instrument.dex == dex:
            middle = replies.middle(world, book.instrument)
            mids[book.instrument.name] = padded(middle or book.mark)
    return mids


def _l2_book(reader: Reader, body: Json) -> Any:
    instrument = reader.world.markets.by_name.get(text(body, "coin"))
    if instrument is None:
        return None
    figures = _figures(body)
    levels = [
        _levels(reader.world, instrument, is_buy=is_buy, figures=figures)
        for is_buy in (True, False)
    ]
    return {"coin": instrument.name, "time": reader.world.now_ms, "levels": levels}


def _figures(body: Json) -> tuple[int, int] | None:
    """Return significant figures and mantissa to which prices are grouped, if any."""
    figures, mantissa = body.get("nSigFigs"), body.get("mantissa")
    if figures is None:
        return None
    if figures not in FIGURES or (mantissa is not None and mantissa not in MANTISSAS):
        raise BadArgument("nSigFigs is 2 to 5, mantissa 1, 2 or 5")
    return figures, mantissa or 1


def _levels(
    world: World, instrument: Instrument, *, is_buy: bool, figures: tuple[int, int] | None
) -> list[Json]:
    """Return up to twenty levels of one side, best first, the synthetic quote among them."""
    book = world.book(instrument)
    found: dict[Decimal, list[Decimal]] = {}
    quote = book.quote(is_buy=is_buy)
    depth = world.background_depth(quote, instrument)
    entries = [
        (price, [o.remaining for o in orders]) for price, orders in _side(world, instrument, is_buy)
    ]
    if depth and not world.is_delisted(instrument):
        entries.append((quote, [depth]))
        entries.sort(key=lambda entry: -entry[0] if is_buy else entry[0])
    for price, quantities in entries:
        found.setdefault(_grouped(price, figures, is_buy=is_buy), []).extend(quantities)
    return [replies.level(*each) for each in list(found.items())[:LEVELS_MAX]]


def _side(
    world: World, instrument: Instrument, is_buy: bool
) -> list[tuple[Decimal, tuple[Order, ...]]]:
    return list(world.book(instrument).side(is_buy=is_buy).levels())


def _grouped(price: Decimal, figures: tuple[int, int] | None, *, is_buy: bool) -> Decimal:
    """Round a price away from the middle to some figures."""
    if figures is None:
        return price
    step = Decimal(1).scaleb(price.adjusted() + 1 - figures[0]) * figures[1]
    steps = (price / step).to_integral_value(ROUND_FLOOR if is_buy else ROUND_CEILING)
    return steps * step


def _is_listed(order: Order, dex: str) -> bool:
    """Tell whether a live order shows under a dex; spot orders show with the first."""
    return order.terms.instrument.dex == dex and not order.is_unlisted


def _open_orders(reader: Reader, body: Json) -> Any:
    dex = reader.dex(body)
    live = reversed(reader.view(body).live)
    return [replies.open_order(order) for order in live if _is_listed(order, dex)]


def _frontend_open_orders(reader: Reader, body: Json) -> Any:
    dex = reader.dex(body)
    live = {order.oid: order for order in reversed(reader.view(body).live)}
    return [
        replies.frontend_order(order, live) for order in live.values() if _is_listed(order, dex)
    ]


def _order_status(reader: Reader, body: Json) -> Any:
    view = reader.view(body)
    target = body.get("oid")
    if isinstance(target, str):
        order = view.find_cloid(parse_cloid(target))
    else:
        order = view.find(whole(body, "oid"))
    if order is None:
        return {"status": "unknownOid"}
    live = {each.oid: each for each in view.live}
    return {"status": "order", "order": replies.order_record(order, live)}


def _historical_orders(reader: Reader, body: Json) -> Any:
    view = reader.view(body)
    live = {order.oid: order for order in view.live}
    newest = sorted(view.history, key=lambda order: order.status_at_ms)[-LIST_MAX:]
    return [replies.order_record(order, live) for order in reversed(newest)]


def _user_fills(reader: Reader, body: Json) -> Any:
    fills = reversed(reader.view(body).fills[-LIST_MAX:])
    return [replies.fill(each) for each in fills]


def _user_fills_by_time(reader: Reader, body: Json) -> Any:
    start_ms = whole(body, "startTime")
    end_ms = whole(body, "endTime") if body.get("endTime") is not None else None
    reachable = reader.view(body).fills[-FILLS_REACHABLE:]
    found: list[Fill] = [
        each
        for each in reachable
        if start_ms <= each.at_ms and (end_ms is None or each.at_ms <= end_ms)
    ]
    if not reader.world.switches.fills_oldest_first:
        found.reverse()
    return [replies.fill(each) for each in found[:LIST_MAX]]


def _clearinghouse(reader: Reader, body: Json) -> Any:
    return replies.clearinghouse(reader.world, reader.view(body), reader.dex(body))


def _spot_clearinghouse(reader: Reader, body: Json) -> Any:
    return replies.spot_clearinghouse(reader.world, reader.view(body))


def _user_rate_limit(reader: Reader, body: Json) -> Any:
    account = reader.view(body).account
    return {
        "cumVlm": padded(account.volume),
        "nRequestsUsed": max(0, account.requests - account.reserved_requests),
        "nRequestsCap": budget_of(account),
        "nRequestsSurplus": max(0, account.reserved_requests - account.requests),
    }


def _user_role(reader: Reader, body: Json) -> Any:
    address = parse_address(body.get("user"))
    agent = reader.world.agents.get(address)
    account = reader.world.accounts.get(address)
    if agent is not None:
        return {"role": "agent", "data": {"user": agent.master}}
    if account is None:
        return {"role": "missing"}
    if account.role == "subAccount":
        return {"role": "subAccount", "data": {"master": account.master}}
    return {"role": account.role}


def _extra_agents(reader: Reader, body: Json) -> Any:
    address = parse_address(body.get("user"))
    return [
        {"name": agent.name, "address": agent.address, "validUntil": agent.valid_until_ms}
        for agent in reader.world.agents.values()
        if agent.master == address and agent.name
    ]


def _max_builder_fee(reader: Reader, body: Json) -> Any:
    builder = parse_address(body.get("builder"))
    return reader.view(body).account.builder_fees.get(builder, 0)


def _sub_accounts(reader: Reader, body: Json) -> Any:
    master = parse_address(body.get("user"))
    found = [
        account
        for account in reader.world.accounts.values()
        if account.role == "subAccount" and account.master == master
    ]
    if not found:
        return None
    return [_sub_account(reader, account) for account in found]


def _sub_account(reader: Reader, account: Account) -> Json:
    view = present(account)
    return {
        "subAccountUser": account.address,
        "master": account.master,
        "name": account.name,
        "clearinghouseState": replies.clearinghouse(reader.world, view, FIRST_DEX),
        "spotState": replies.spot_clearinghouse(reader.world, view),
    }


def _exchange_status(reader: Reader, body: Json) -> Any:
    assert body, "found by its type"
    return {"time": reader.world.now_ms, "specialStatuses": None}


_READS: Mapping[str, Callable[[Reader, Json], Any]] = {
    "allMids": _all_mids,
    "clearinghouseState": _clearinghouse,
    "exchangeStatus": _exchange_status,
    "extraAgents": _extra_agents,
    "frontendOpenOrders": _frontend_open_orders,
    "historicalOrders": _historical_orders,
    "l2Book": _l2_book,
    "maxBuilderFee": _max_builder_fee,
    "meta": _meta,
    "metaAndAssetCtxs": _meta_and_contexts,
    "openOrders": _open_orders,
    "orderStatus": _order_status,
    "perpDexs": _perp_dexs,
    "spotClearinghouseState": _spot_clearinghouse,
    "spotMeta": _spot_meta,
    "spotMetaAndAssetCtxs": _spot_meta_and_contexts,
    "subAccounts": _sub_accounts,
    "userFills": _user_fills,
    "userFillsByTime": _user_fills_by_time,
    "userRateLimit": _user_rate_limit,
    "userRole": _user_role,
}
