"""What an action would do, read from its text alone: the last gate before signing.

Pure, and written apart from `encode`, so that a mistake there is seen here. Everything that the
venue hashes is checked: which keys, in which order, each number in its one canonical spelling. What
does not fit exactly is refused, and nothing is sent.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, TypeVar

from reconciler.model.command import Batch, BatchKind, CancelOrder, ModifyOrder, PlaceOrder
from reconciler.model.order import (
    ClientOrderId,
    Execution,
    Side,
    Terms,
    TimeInForce,
    Trigger,
    TriggerKind,
    VenueOrderId,
)
from reconciler.venues.strictly import Unfit, items, pairs, read_back, values

__all__ = ["Request", "decode"]

T = TypeVar("T")
Options = tuple[tuple[str, str], ...]

_NUMBER = re.compile(r"(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{0,7}[1-9])?", re.ASCII)
_CLOID = re.compile(r"0x[0-9a-f]{32}")
_ADDRESS = re.compile(r"0x[0-9a-f]{40}")
_TRIGGERS: Final = {"tp": TriggerKind.TAKE_PROFIT, "sl": TriggerKind.STOP_LOSS}
_LIMITS: Final = {
    "Alo": (TimeInForce.GTC, True),
    "Gtc": (TimeInForce.GTC, False),
    "Ioc": (TimeInForce.IOC, False),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a request says.

    Attributes:
        vault_address: the vault or sub-account it acts for.
    """

    batch: Batch
    nonce: int
    expires_at_ms: int
    vault_address: str | None


def decode(body: str, names: Mapping[int, str]) -> Request:
    """Read a request back; `names` maps asset ids to instruments. Raises `Refused`."""
    return read_back(lambda: _request(json.loads(body, object_pairs_hook=list), names))


def _request(value: object, names: Mapping[int, str]) -> Request:
    action, nonce, expires, vault = values(
        value, ("action", "nonce", "expiresAfter", "vaultAddress")
    )
    return Request(
        batch=_batch(action, names),
        nonce=_integer(nonce),
        expires_at_ms=_integer(expires),
        vault_address=None if vault is None else _text(vault, _ADDRESS),
    )


def _batch(value: object, names: Mapping[int, str]) -> Batch:
    kind = dict(pairs(value)).get("type")
    if kind == "order":
        return _places(value, names)
    if kind == "batchModify":
        _, modifies = values(value, ("type", "modifies"))
        commands = tuple(_each(modifies, lambda item: _modify(item, names)))
        return Batch(kind=BatchKind.MODIFY, commands=commands)
    readers = {"cancel": _cancel, "cancelByCloid": _cancel_by_cloid}
    if kind not in ("cancel", "cancelByCloid"):
        raise Unfit("its type is not one of ours")
    _, cancels = values(value, ("type", "cancels"))
    read = readers[kind]
    return Batch(
        kind=BatchKind.CANCEL,
        commands=tuple(_each(cancels, lambda item: read(item, names))),
    )


def _places(value: object, names: Mapping[int, str]) -> Batch:
    options: Options = ()
    keys = ("type", "orders", "grouping")
    if len(pairs(value)) > len(keys):
        _, orders, grouping, builder = values(value, (*keys, "builder"))
        options = _builder(builder)
    else:
        _, orders, grouping = values(value, keys)
    sized = grouping == "positionTpsl"
    places = _each(orders, lambda item: _place(item, names, options))
    if any(sized != (place.terms.quantity == 0) for place in places):
        raise Unfit("a quantity of zero protects a position, and nothing else does")
    if grouping == "normalTpsl":
        parent, *children = places
        if not children or parent.terms.trigger or not all(c.terms.trigger for c in children):
            raise Unfit("a group is one plain order and its triggers")
        places = [
            PlaceOrder(
                client_order_id=parent.client_order_id,
                terms=parent.terms,
                children=tuple(children),
            )
        ]
    elif grouping not in ("na", "positionTpsl"):
        raise Unfit("its grouping is not one of ours")
    return Batch(kind=BatchKind.PLACE, commands=tuple(places))


def _place(value: object, names: Mapping[int, str], options: Options) -> PlaceOrder:
    cloid, terms = _order(value, names, options)
    return PlaceOrder(client_order_id=cloid, terms=terms)


def _modify(value: object, names: Mapping[int, str]) -> ModifyOrder:
    target, order = values(value, ("oid", "order"))
    cloid, terms = _order(order, names, ())
    if terms.trigger is not None or terms.quantity == 0:
        raise Unfit("a trigger order is never modified")
    oid = _text(target, _CLOID) if isinstance(target, str) else str(_integer(target))
    return ModifyOrder(target=VenueOrderId(oid), client_order_id=cloid, terms=terms)


def _cancel(value: object, names: Mapping[int, str]) -> CancelOrder:
    asset, oid = values(value, ("a", "o"))
    target = VenueOrderId(str(_integer(oid)))
    return CancelOrder(instrument=_name(asset, names), target=target, client_order_id=None)


def _cancel_by_cloid(value: object, names: Mapping[int, str]) -> CancelOrder:
    asset, cloid = values(value, ("asset", "cloid"))
    client_order_id = ClientOrderId(_text(cloid, _CLOID))
    return CancelOrder(instrument=_name(asset, names), target=None, client_order_id=client_order_id)


def _order(
    value: object, names: Mapping[int, str], options: Options
) -> tuple[ClientOrderId, Terms]:
    asset, is_buy, price, size, reduce_only, kind, cloid = values(
        value, ("a", "b", "p", "s", "r", "t", "c")
    )
    time_in_force, post_only, trigger = _type(kind)
    quantity = _number(size)
    if quantity == 0 and (trigger is None or reduce_only is not True):
        raise Unfit("only a reduce-only trigger has no quantity")
    terms = Terms(
        instrument=_name(asset, names),
        side=Side.BUY if _boolean(is_buy) else Side.SELL,
        price=_positive(price),
        quantity=quantity,
        time_in_force=time_in_force,
        post_only=post_only,
        reduce_only=_boolean(reduce_only),
        trigger=trigger,
        options=options,
    )
    return ClientOrderId(_text(cloid, _CLOID)), terms


def _type(value: object) -> tuple[TimeInForce, bool, Trigger | None]:
    found = pairs(value)
    if len(found) != 1:
        raise Unfit("an object with one key was expected")
    [(key, inner)] = found
    if key == "limit":
        (tif,) = values(inner, ("tif",))
        if tif not in ("Alo", "Gtc", "Ioc"):
            raise Unfit("its time in force is not one of ours")
        return (*_LIMITS[tif], None)
    if key != "trigger":
        raise Unfit("an order is a limit or a trigger")
    is_market, price, tpsl = values(inner, ("isMarket", "triggerPx", "tpsl"))
    if tpsl not in ("tp", "sl"):
        raise Unfit("a trigger takes profit or stops a loss")
    execution = Execution.MARKET if _boolean(is_market) else Execution.LIMIT
    trigger = Trigger(kind=_TRIGGERS[tpsl], price=_positive(price), execution=execution)
    return (TimeInForce.GTC, False, trigger)


def _builder(value: object) -> Options:
    address, fee = values(value, ("b", "f"))
    return (
        ("builder.address", _text(address, _ADDRESS)),
        ("builder.fee_tenth_bps", str(_integer(fee))),
    )


def _each(value: object, read: Callable[[object], T]) -> list[T]:
    return [read(item) for item in items(value)]


def _name(value: object, names: Mapping[int, str]) -> str:
    name = names.get(_integer(value))
    if name is None:
        raise Unfit("it names an asset that was not read")
    return name


def _integer(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise Unfit("a whole number was expected")
    return value


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise Unfit("true or false was expected")
    return value


def _text(value: object, pattern: re.Pattern[str]) -> str:
    if not isinstance(value, str) or pattern.fullmatch(value) is None:
        raise Unfit("an id or address was not in its canonical form")
    return value


def _number(value: object) -> Decimal:
    return Decimal(_text(value, _NUMBER))


def _positive(value: object) -> Decimal:
    number = _number(value)
    if number == 0:
        raise Unfit("a price was zero")
    return number
