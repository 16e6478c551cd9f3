"""What a test, a demo or a person does to this venue behind the clients' backs.

The verbs of `reconciler.simulator.control` which say `"venue": "htx"`. An instrument is a contract
code, a quantity is a number of contracts, an account is the name it was seeded with. An order is
named by `oid`, or by `account` and `cloid`, its client order id (then the newest live one); both
are numbers or texts of digits. `place_as_human` takes a `leverage` and a `source` (`web`), too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from reconciler.simulator.arguments import (
    Arguments,
    ControlError,
    decimal,
    positive,
    text,
    whole,
)
from reconciler.simulator.htx import engine
from reconciler.simulator.htx.accounts import Account, HtxAccountSeed, Key
from reconciler.simulator.htx.contracts import Contract, ContractState
from reconciler.simulator.htx.errors import Refusal
from reconciler.simulator.htx.orders import PRICED, Order, Terms
from reconciler.simulator.htx.setup import add_account, add_key
from reconciler.simulator.htx.truth import account_record
from reconciler.simulator.htx.venue import Htx
from reconciler.simulator.numbers import canonical

ID_MAX = 2**63 - 1
SOURCES = ("web", "api", "ios", "android")


def carry_out(venue: Htx, verb: str, arguments: Arguments) -> Any:
    """Carry out a verb at the venue's present time and return its result.

    Raises:
        ControlError: the verb or an argument is wrong; nothing was done.
    """
    action = VERBS.get(verb)
    if action is None:
        raise ControlError(f"unknown verb {verb!r} of htx; known are {', '.join(sorted(VERBS))}")
    try:
        return action(venue, arguments)
    except ValueError as error:
        raise ControlError(str(error)) from error


def _state(venue: Htx, arguments: Arguments) -> Any:
    accounts = list(venue.world.accounts.values())
    if "account" in arguments:
        accounts = [_account(venue, arguments)]
    records = [account_record(venue.world, account) for account in accounts]
    return {"at_ms": venue.now_ms, "accounts": records}


def _markets(venue: Htx, arguments: Arguments) -> Any:
    contract = _contract(venue, arguments)
    world = venue.world
    book = world.book(contract)
    high, low = book.limits(world.switches.price_band_percent)
    return {
        "instrument": contract.code,
        "contract_size": canonical(contract.size),
        "mid": canonical(book.mid),
        "mark": canonical(book.index),
        "last": canonical(book.last),
        "bid": canonical(book.best(is_buy=True, with_quotes=world.has_quotes)),
        "ask": canonical(book.best(is_buy=False, with_quotes=world.has_quotes)),
        "high_limit": canonical(high),
        "low_limit": canonical(low),
        "status": world.state(contract).status,
    }


def _set_mid(venue: Htx, arguments: Arguments) -> Any:
    contract, world = _contract(venue, arguments), venue.world
    mid = positive(arguments, "mid")
    mark = positive(arguments, "mark") if "mark" in arguments else None
    live = [o for account in world.accounts.values() for o in account.live.values()]
    before = {order.oid: order.filled for order in live}
    engine.set_mid(world, contract, mid, mark)
    return [
        {"oid": oid, "quantity": str(world.orders[oid].filled - filled)}
        for oid, filled in before.items()
        if world.orders[oid].filled != filled
    ]


def _trade(venue: Htx, arguments: Arguments) -> Any:
    if "oid" in arguments or "cloid" in arguments:
        order = _live_order(venue, arguments)
        volume = _volume(arguments) if "quantity" in arguments else order.remaining
        return {"quantity": str(engine.trade_against(venue.world, order, volume))}
    contract, is_buy = _contract(venue, arguments), _is_buy(arguments)
    price, volume = positive(arguments, "price"), _volume(arguments)
    taken = engine.take_at(venue.world, contract, price, volume, is_buy=is_buy)
    return {"quantity": str(taken)}


def _cancel_as_user(venue: Htx, arguments: Arguments) -> Any:
    order = _live_order(venue, arguments)
    engine.end(venue.world, order)
    return {"oid": order.oid}


def _cancel_as_venue(venue: Htx, arguments: Arguments) -> Any:
    order = _live_order(venue, arguments)
    engine.end(venue.world, order, source=text(arguments, "status", "") or None)
    return {"oid": order.oid}


def _place_as_human(venue: Htx, arguments: Arguments) -> Any:
    contract, account = _contract(venue, arguments), _account(venue, arguments)
    price_type = text(arguments, "time_in_force", "limit")
    if price_type not in PRICED:
        raise ControlError(f"time_in_force is one of {', '.join(PRICED)}")
    terms = Terms(
        contract=contract,
        is_buy=_is_buy(arguments),
        is_open=not arguments.get("reduce_only"),
        price=positive(arguments, "price"),
        volume=_volume(arguments),
        leverage=whole(arguments, "leverage", _leverage(venue, account, contract)),
        price_type=price_type,
        client_id=_id(arguments, "cloid") if "cloid" in arguments else None,
        source=_source(arguments),
    )
    placed = engine.place(venue.world, account, terms)
    if isinstance(placed, Refusal):
        raise ControlError(f"{placed.code}: {placed.text}")
    return {"oid": placed.oid, "status": placed.status, "filled": str(placed.filled)}


def _deposit(venue: Htx, arguments: Arguments) -> Any:
    account, contract = _account(venue, arguments), _contract(venue, arguments)
    wallet = venue.world.wallet(account, contract)
    balance = wallet.value.static + decimal(arguments, "amount")
    wallet.change(replace(wallet.value, static=balance), venue.now_ms)
    return {"balance": canonical(balance)}


def _add_account(venue: Htx, arguments: Arguments) -> Any:
    deposit = decimal(arguments, "deposit") if "deposit" in arguments else None
    seed = HtxAccountSeed(uid=_name(arguments, "account"), deposit=deposit)
    return {"account": add_account(venue.world, seed).uid}


def _add_key(venue: Htx, arguments: Arguments) -> Any:
    key = Key(
        access=_name(arguments, "access_key"),
        secret=_name(arguments, "secret_key"),
        may_trade=bool(arguments.get("may_trade", True)),
    )
    add_key(venue.world, _account(venue, arguments), key)
    return {"access_key": key.access}


def _set_contract(venue: Htx, arguments: Arguments) -> Any:
    contract = _contract(venue, arguments)
    old = venue.world.states.get(contract.code, ContractState())
    state = ContractState(
        whole(arguments, "status", old.status),
        bool(arguments.get("open", old.open)),
        bool(arguments.get("close", old.close)),
        bool(arguments.get("cancel", old.cancel)),
    )
    venue.world.states[contract.code] = state
    return {"status": state.status}


def _ban(venue: Htx, arguments: Arguments) -> Any:
    account = _account(venue, arguments)
    account.banned_until_ms = venue.now_ms + whole(arguments, "for_ms", 0)
    return {"until_ms": account.banned_until_ms}


def _switches(venue: Htx, arguments: Arguments) -> Any:
    changes = {name: value for name, value in arguments.items() if name != "venue"}
    venue.world.switches = venue.world.switches.changed(changes)
    return venue.world.switches.record()


def _account(venue: Htx, arguments: Arguments) -> Account:
    name = arguments.get("account")
    account = venue.world.accounts.get(name) if isinstance(name, str) else None
    if account is None:
        raise ControlError(f"account {name!r} does not exist")
    return account


def _contract(venue: Htx, arguments: Arguments) -> Contract:
    name = arguments.get("instrument")
    contract = venue.world.contracts.get(name.upper()) if isinstance(name, str) else None
    if contract is None:
        raise ControlError(f"unknown instrument {name!r}")
    return contract


def _live_order(venue: Htx, arguments: Arguments) -> Order:
    order: Order | None
    if "oid" in arguments:
        order = venue.world.orders.get(_id(arguments, "oid"))
    else:
        account = _account(venue, arguments)
        found = account.by_client_id.get(_id(arguments, "cloid"), [])
        order = next((each for each in reversed(found) if each.is_live), None)
    if order is None or not order.is_live:
        raise ControlError("no such live order")
    return order


def _id(arguments: Arguments, name: str) -> int:
    value = arguments.get(name)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        value = int(value)
    if type(value) is not int or not 0 <= value <= ID_MAX:
        raise ControlError(f"{name} is a whole number of 63 bits at most")
    return value


def _is_buy(arguments: Arguments) -> bool:
    side = arguments.get("side")
    if side not in ("buy", "sell"):
        raise ControlError("side is buy or sell")
    return bool(side == "buy")


def _source(arguments: Arguments) -> str:
    source = text(arguments, "source", SOURCES[0])
    if source not in SOURCES:
        raise ControlError(f"source is one of {', '.join(SOURCES)}")
    return source


def _volume(arguments: Arguments) -> int:
    quantity = positive(arguments, "quantity")
    if quantity != quantity.to_integral_value():
        raise ControlError("quantity is a whole number of contracts")
    return int(quantity)


def _leverage(venue: Htx, account: Account, contract: Contract) -> int:
    return venue.world.wallet(account, contract).value.leverage


def _name(arguments: Arguments, name: str) -> str:
    value = text(arguments, name, "")
    if not value:
        raise ControlError(f"{name} is a text which is not empty")
    return value


VERBS: Mapping[str, Callable[[Htx, Arguments], Any]] = {
    "add_account": _add_account,
    "add_key": _add_key,
    "ban": _ban,
    "cancel_as_user": _cancel_as_user,
    "cancel_as_venue": _cancel_as_venue,
    "deposit": _deposit,
    "markets": _markets,
    "place_as_human": _place_as_human,
    "set_contract": _set_contract,
    "set_mid": _set_mid,
    "state": _state,
    "switches": _switches,
    "trade": _trade,
}
