"""The control API: what a test, a demo or a person does to the venue behind the clients' backs.

`POST /control/<verb>` with a JSON object, on the same loopback socket; the same verbs work in
process through `Simulator.control`. A reply is `{"ok": true, "result": R}`
or, with HTTP 400, `{"ok": false, "error": "..."}`. Decimals are texts, times are milliseconds since
the epoch, sides are `buy` and `sell`. An instrument is named as in replies (`BTC`, `@107`,
`xyz:TSLA`), a spot pair also as `HYPE/USDC`. An order is named by `oid`, or by `account` and
`cloid` (then the newest live one).

Verbs are about Hyperliquid unless they say `"venue": "htx"`; `faults`, `log` and `time` are about
both venues. What differs there is written in `htx.control`.

| verb | arguments | result |
|---|---|---|
| `state` | `account`? | `{at_ms, accounts: [{address, role, master, agents, cash, tokens, positions, orders, fills}]}`; every order ever, with `oid, cloid, account, instrument, side, price, quantity, filled, remaining, status, is_live, time_in_force, reduce_only, trigger, placed_at_ms, status_at_ms` |
| `markets` | `instrument` | `{instrument, asset, mid, mark, bid, ask, background_bid, background_ask}` |
| `set_mid` | `instrument, mid, mark`? | fills: the resting orders the move passed, `[{oid, quantity}]` |
| `trade` | order, `quantity`? (all) | `{quantity}` taken from this order, whatever the queue |
| `trade` | `instrument, side, price, quantity, account`? | `{quantity}` taken up to a price: by the market from real orders, or by an account from everybody |
| `cancel_as_user` | order | `{oid}` |
| `cancel_as_venue` | order, `status` | `{oid}`; status is a word like `marginCanceled` |
| `say_status` | order, live or ended, or `account` alone for all it has and will have; `status`, `is_listed`? (true) | `{}`; reads say this word whatever became of the order, an empty one lets them tell the truth again; a live order that is not listed shows only when it is asked about |
| `place_as_human` | `account, instrument, side, price, quantity, time_in_force`? (`Gtc`), `reduce_only`?, `cloid`? , `trigger`? `{price, is_market, kind}` | `{oid, status, filled}` |
| `deposit` | `account, amount, dex`? or `token`? | `{balance}`; negative amounts take away |
| `add_account` | `address, role`? , `master`?, `agents`?, `deposit`?, `spot`? `{token: amount}` | `{address}` |
| `approve_agent` | `account, agent, name`?, `valid_until_ms`? | `{agent}` |
| `approve_builder` | `account, builder, fee` in tenths of a basis point | `{builder, fee}` |
| `delist` | `instrument` | `{}` |
| `faults` | `add` (a fault rule, see `faults.Fault`), `clear: true`, or nothing | `{id}`, `{}`, or the rules with `seen` and `hit` |
| `add_key` (HTX) | `account, access_key, secret_key, may_trade`? | `{access_key}` |
| `set_contract` (HTX) | `instrument, status`?, `open`?, `close`?, `cancel`? | `{status}` |
| `ban` (HTX) | `account, for_ms` | `{until_ms}`; placing is barred until then |
| `spend_requests` | `account, count` | `{requests}`: as if the account had sent so many more |
| `weight` | `client_ip`? (this machine's) | `{weight}` that it used at Hyperliquid within the last minute, counted while `limit_ips` is on |
| `switches` | fields of `switches.Switches` or `htx.HtxSwitches` to change, or nothing | every switch |
| `time` | `advance_ms`? | `{at_ms}`; the venue's time moves forward for good |
| `log` | `since`? | deliveries of what may change something, see `log.LogEntry` |
"""  # noqa: E501 - a table row is one line

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, get_args

from reconciler.simulator import engine
from reconciler.simulator.accounts import DEPOSIT_DEFAULT, Account, AccountSeed
from reconciler.simulator.arguments import (
    Arguments,
    ControlError,
    account_named,
    any_order,
    decimal,
    instrument_named,
    live_order,
    positive,
    terms_from,
    text,
    whole,
)
from reconciler.simulator.checks import shape_refusal
from reconciler.simulator.faults import VenueName, fault_from
from reconciler.simulator.hl_wire import Malformed, parse_address
from reconciler.simulator.http import Request, Response, json_response
from reconciler.simulator.htx import control as htx_control
from reconciler.simulator.hyperliquid import parsed_json
from reconciler.simulator.markets import Instrument
from reconciler.simulator.matching import has_quotes
from reconciler.simulator.numbers import ZERO, canonical
from reconciler.simulator.orders import (
    CANCELED,
    CANCELS_BY_VENUE,
    Order,
    Refused,
    Terms,
    TimeInForce,
)
from reconciler.simulator.truth import account_record

if TYPE_CHECKING:
    from reconciler.simulator.simulator import Simulator

PREFIX = "/control/"
LOOPBACK = "127.0.0.1"


def carry_out(simulator: Simulator, verb: str, arguments: Arguments, at_ms: int) -> Any:
    """Carry out a verb at a time of the caller's clock and return its result.

    Raises:
        ControlError: the verb or an argument is wrong; nothing was done.
    """
    venue = arguments.get("venue", "hyperliquid")
    if venue not in get_args(VenueName):
        raise ControlError(f"venue is one of {', '.join(get_args(VenueName))}")
    if venue == "htx" and verb not in _SHARED:
        simulator.wake(at_ms)
        return htx_control.carry_out(simulator.htx, verb, arguments)
    action = _VERBS.get(verb)
    if action is None:
        raise ControlError(f"unknown verb {verb!r}; known are {', '.join(sorted(_VERBS))}")
    simulator.wake(at_ms)
    try:
        return action(simulator, arguments)
    except (ValueError, Malformed) as error:
        raise ControlError(str(error)) from error


def handle_control(simulator: Simulator, request: Request, at_ms: int) -> Response:
    """Answer a request below `/control/`."""
    body = parsed_json(request)
    if isinstance(body, Response):
        return body
    if not isinstance(body, dict):
        return _failed("the body is a JSON object")
    try:
        result = carry_out(simulator, request.path.removeprefix(PREFIX), body, at_ms)
    except ControlError as error:
        return _failed(str(error))
    return json_response({"ok": True, "result": result})


def _failed(text: str) -> Response:
    return json_response({"ok": False, "error": text}, status=400)


def _state(simulator: Simulator, arguments: Arguments) -> Any:
    world = simulator.world
    accounts = list(world.accounts.values())
    if "account" in arguments:
        accounts = [account_named(simulator, arguments)]
    records = [account_record(world, account) for account in accounts]
    return {"at_ms": world.now_ms, "accounts": records}


def _markets(simulator: Simulator, arguments: Arguments) -> Any:
    instrument = instrument_named(simulator, arguments)
    book = simulator.world.book(instrument)
    quotes = has_quotes(simulator.world)
    return {
        "instrument": instrument.name,
        "asset": instrument.asset,
        "mid": None if book.mid is None else canonical(book.mid),
        "mark": canonical(book.mark),
        "bid": canonical(book.best(is_buy=True, with_quotes=quotes)),
        "ask": canonical(book.best(is_buy=False, with_quotes=quotes)),
        "background_bid": canonical(book.quote(is_buy=True)) if quotes else None,
        "background_ask": canonical(book.quote(is_buy=False)) if quotes else None,
    }


def _set_mid(simulator: Simulator, arguments: Arguments) -> Any:
    instrument = instrument_named(simulator, arguments)
    mid = positive(arguments, "mid")
    mark = positive(arguments, "mark") if "mark" in arguments else None
    before = {order.oid: order.filled for order in _resting(simulator, instrument)}
    engine.set_mid(simulator.world, instrument, mid, mark)
    orders = simulator.world.orders
    return [
        {"oid": oid, "quantity": canonical(orders[oid].filled - filled)}
        for oid, filled in before.items()
        if orders[oid].filled != filled
    ]


def _trade(simulator: Simulator, arguments: Arguments) -> Any:
    if "oid" in arguments or "cloid" in arguments:
        order = live_order(simulator, arguments)
        if not order.is_resting:
            raise ControlError(f"order {order.oid} does not rest in a book")
        quantity = order.remaining
        if "quantity" in arguments:
            quantity = positive(arguments, "quantity")
        taken = engine.trade_against(simulator.world, order, quantity)
        return {"quantity": canonical(taken)}
    terms = terms_from(simulator, arguments, TimeInForce.IOC)
    if "account" not in arguments:
        return {"quantity": canonical(engine.take_at(simulator.world, terms))}
    return {"quantity": _place(simulator, account_named(simulator, arguments), terms)["filled"]}


def _cancel_as_user(simulator: Simulator, arguments: Arguments) -> Any:
    order = live_order(simulator, arguments)
    engine.cancel(simulator.world, order, CANCELED)
    return {"oid": order.oid}


def _cancel_as_venue(simulator: Simulator, arguments: Arguments) -> Any:
    status = arguments.get("status")
    if not isinstance(status, str) or status not in CANCELS_BY_VENUE:
        raise ControlError(f"status is one of {', '.join(sorted(CANCELS_BY_VENUE))}")
    order = live_order(simulator, arguments)
    engine.cancel(simulator.world, order, status)
    return {"oid": order.oid}


def _say_status(simulator: Simulator, arguments: Arguments) -> Any:
    word = text(arguments, "status", "")
    if "oid" not in arguments and "cloid" not in arguments:
        account_named(simulator, arguments).told_status = word
        return {}
    order = any_order(simulator, arguments)
    order.told_status = word
    order.is_unlisted = not arguments.get("is_listed", True)
    return {}


def _place_as_human(simulator: Simulator, arguments: Arguments) -> Any:
    word = arguments.get("time_in_force", TimeInForce.GTC)
    terms = terms_from(simulator, arguments, TimeInForce(word))
    return _place(simulator, account_named(simulator, arguments), terms)


def _place(simulator: Simulator, account: Account, terms: Terms) -> dict[str, Any]:
    refusal = shape_refusal(simulator.world, terms)
    if refusal is not None:
        raise ControlError(refusal.text)
    outcome = engine.place(simulator.world, account, terms)
    if isinstance(outcome, Refused):
        raise ControlError(outcome.refusal.text)
    order = outcome.order
    return {"oid": order.oid, "status": order.status, "filled": canonical(order.filled)}


def _deposit(simulator: Simulator, arguments: Arguments) -> Any:
    account = account_named(simulator, arguments)
    amount = decimal(arguments, "amount")
    world = simulator.world
    if "token" in arguments:
        purse, key, known = account.tokens, text(arguments, "token", ""), [*world.markets.tokens]
    else:
        purse, key, known = account.cash, text(arguments, "dex", ""), [*world.markets.perps]
    if key not in known:
        raise ControlError(f"unknown token or dex {key!r}")
    world.remember_money(account)
    purse[key] = purse.get(key, ZERO) + amount
    return {"balance": canonical(purse[key])}


def _add_account(simulator: Simulator, arguments: Arguments) -> Any:
    role = arguments.get("role", "user")
    if role not in ("user", "vault", "subAccount"):
        raise ControlError("role is user, vault or subAccount")
    spot, agents = arguments.get("spot"), arguments.get("agents", [])
    if not isinstance(agents, list) or not isinstance(spot, dict | None):
        raise ControlError("agents is a list of addresses, spot an object of amounts by token")
    seed = AccountSeed(
        address=parse_address(arguments.get("address")),
        agents=tuple(parse_address(each) for each in agents),
        role=role,
        master=parse_address(arguments["master"]) if "master" in arguments else None,
        deposit=decimal(arguments, "deposit") if "deposit" in arguments else DEPOSIT_DEFAULT,
        spot=None if spot is None else {token: decimal(spot, token) for token in spot},
    )
    return {"address": simulator.add_account(seed).address}


def _approve_agent(simulator: Simulator, arguments: Arguments) -> Any:
    agent = parse_address(arguments.get("agent"))
    simulator.approve_agent(
        parse_address(arguments.get("account")),
        agent,
        name=text(arguments, "name", ""),
        valid_until_ms=whole(arguments, "valid_until_ms", 0) or None,
    )
    return {"agent": agent}


def _approve_builder(simulator: Simulator, arguments: Arguments) -> Any:
    builder = parse_address(arguments.get("builder"))
    fee = whole(arguments, "fee", 0)
    account_named(simulator, arguments).builder_fees[builder] = fee
    return {"builder": builder, "fee": fee}


def _delist(simulator: Simulator, arguments: Arguments) -> Any:
    engine.delist(simulator.world, instrument_named(simulator, arguments))
    return {}


def _faults(simulator: Simulator, arguments: Arguments) -> Any:
    if "add" in arguments:
        return {"id": simulator.faults.add(fault_from(arguments["add"]))}
    if arguments.get("clear"):
        simulator.faults.clear()
        return {}
    return simulator.faults.list()


def _spend_requests(simulator: Simulator, arguments: Arguments) -> Any:
    account = account_named(simulator, arguments)
    account.requests += whole(arguments, "count", 0)
    return {"requests": account.requests}


def _weight(simulator: Simulator, arguments: Arguments) -> Any:
    client_ip = text(arguments, "client_ip", LOOPBACK)
    limiter = simulator.hyperliquid.limiter
    return {"weight": limiter.spent(client_ip, simulator.world.now_ms)}


def _switches(simulator: Simulator, arguments: Arguments) -> Any:
    changes = {name: value for name, value in arguments.items() if name != "venue"}
    simulator.world.switches = simulator.world.switches.changed(changes)
    return simulator.world.switches.record()


def _time(simulator: Simulator, arguments: Arguments) -> Any:
    simulator.advance(whole(arguments, "advance_ms", 0))
    is_htx = arguments.get("venue") == "htx"
    return {"at_ms": simulator.htx.now_ms if is_htx else simulator.world.now_ms}


def _log(simulator: Simulator, arguments: Arguments) -> Any:
    entries = simulator.log.since(whole(arguments, "since", 0))
    return [e for e in entries if arguments.get("venue") in (None, e["venue"])]


def _resting(simulator: Simulator, instrument: Instrument) -> list[Order]:
    book = simulator.world.book(instrument)
    sides = (book.bids, book.asks)
    return [order for each in sides for _, orders in each.levels() for order in orders]


_VERBS: Mapping[str, Callable[[Simulator, Arguments], Any]] = {
    "add_account": _add_account,
    "approve_agent": _approve_agent,
    "approve_builder": _approve_builder,
    "cancel_as_user": _cancel_as_user,
    "cancel_as_venue": _cancel_as_venue,
    "delist": _delist,
    "deposit": _deposit,
    "faults": _faults,
    "log": _log,
    "markets": _markets,
    "place_as_human": _place_as_human,
    "say_status": _say_status,
    "set_mid": _set_mid,
    "spend_requests": _spend_requests,
    "state": _state,
    "switches": _switches,
    "time": _time,
    "trade": _trade,
    "weight": _weight,
}
_SHARED = frozenset({"faults", "log", "time"})
"""Verbs which are about both venues at once."""
