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

from reconciler.diagnostics import Diagnostic
from reconciler.errors import Refused
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

__all__ = ["Request", "decode"]

T = TypeVar("T")
Pairs = list[tuple[str, object]]
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


class _Unfit(Exception):
    """The text is not one of our actions."""


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
    try:
        return _request(json.loads(body, object_pairs_hook=list), names)
    except (ValueError, RecursionError, _Unfit) as problem:
        reason = str(problem) if isinstance(problem, _Unfit) else "it is not JSON"
        raise Refused(
            Diagnostic(
                code="unreadable-action",
                summary="The action about to be sent could not be read back.",
                why=f"Nothing was sent: {reason}.",
                next_step="This is a fault of the program; please report it.",
            )
        ) from None


def _request(value: object, names: Mapping[int, str]) -> Request:
    action, nonce, expires, vault = _values(
        value, ("action", "nonce", "expiresAfter", "vaultAddress")
    )
    return Request(
        batch=_batch(action, names),
        nonce=_integer(nonce),
        expires_at_ms=_integer(expires),
        vault_address=None if vault is None else _text(vault, _ADDRESS),
    )


def _batch(value: object, names: Mapping[int, str]) -> Batch:
    kind = dict(_pairs(value)).get("type")
    if kind == "order":
        return _places(value, names)
    if kind == "batchModify":
        _, modifies = _values(value, ("type", "modifies"))
        commands = tuple(_each(modifies, lambda item: _modify(item, names)))
        return Batch(kind=BatchKind.MODIFY, commands=commands)
    readers = {"cancel": _cancel, "cancelByCloid": _cancel_by_cloid}
    if kind not in ("cancel", "cancelByCloid"):
        raise _Unfit("its type is not one of ours")
    _, cancels = _values(value, ("type", "cancels"))
    read = readers[kind]
    return Batch(
        kind=BatchKind.CANCEL,
        commands=tuple(_each(cancels, lambda item: read(item, names))),
    )


def _places(value: object, names: Mapping[int, str]) -> Batch:
    options: Options = ()
    keys = ("type", "orders", "grouping")
    if len(_pairs(value)) > len(keys):
        _, orders, grouping, builder = _values(value, (*keys, "builder"))
        options = _builder(builder)
    else:
        _, orders, grouping = _values(value, keys)
    sized = grouping == "positionTpsl"
    places = _each(orders, lambda item: _place(item, names, options))
    if any(sized != (place.terms.quantity == 0) for place in places):
        raise _Unfit("a quantity of zero protects a position, and nothing else does")
    if grouping == "normalTpsl":
        parent, *children = places
        if not children or parent.terms.trigger or not all(c.terms.trigger for c in children):
            raise _Unfit("a group is one plain order and its triggers")
        places = [
            PlaceOrder(
                client_order_id=parent.client_order_id,
                terms=parent.terms,
                children=tuple(children),
            )
        ]
    elif grouping not in ("na", "positionTpsl"):
        raise _Unfit("its grouping is not one of ours")
    return Batch(kind=BatchKind.PLACE, commands=tuple(places))


def _place(value: object, names: Mapping[int, str], options: Options) -> PlaceOrder:
    cloid, terms = _order(value, names, options)
    return PlaceOrder(client_order_id=cloid, terms=terms)


def _modify(value: object, names: Mapping[int, str]) -> ModifyOrder:
    target, order = _values(value, ("oid", "order"))
    cloid, terms = _order(order, names, ())
    if terms.trigger is not None or terms.quantity == 0:
        raise _Unfit("a trigger order is never modified")
    oid = _text(target, _CLOID) if isinstance(target, str) else str(_integer(target))
    return ModifyOrder(target=VenueOrderId(oid), client_order_id=cloid, terms=terms)


def _cancel(value: object, names: Mapping[int, str]) -> CancelOrder:
    asset, oid = _values(value, ("a", "o"))
    target = VenueOrderId(str(_integer(oid)))
    return CancelOrder(instrument=_name(asset, names), target=target, client_order_id=None)


def _cancel_by_cloid(value: object, names: Mapping[int, str]) -> CancelOrder:
    asset, cloid = _values(value, ("asset", "cloid"))
    client_order_id = ClientOrderId(_text(cloid, _CLOID))
    return CancelOrder(instrument=_name(asset, names), target=None, client_order_id=client_order_id)


def _order(
    value: object, names: Mapping[int, str], options: Options
) -> tuple[ClientOrderId, Terms]:
    asset, is_buy, price, size, reduce_only, kind, cloid = _values(
        value, ("a", "b", "p", "s", "r", "t", "c")
    )
    time_in_force, post_only, trigger = _type(kind)
    quantity = _number(size)
    if quantity == 0 and (trigger is None or reduce_only is not True):
        raise _Unfit("only a reduce-only trigger has no quantity")
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
    [(key, inner)] = _pairs(value, count=1)
    if key == "limit":
        (tif,) = _values(inner, ("tif",))
        if tif not in ("Alo", "Gtc", "Ioc"):
            raise _Unfit("its time in force is not one of ours")
        return (*_LIMITS[tif], None)
    if key != "trigger":
        raise _Unfit("an order is a limit or a trigger")
    is_market, price, tpsl = _values(inner, ("isMarket", "triggerPx", "tpsl"))
    if tpsl not in ("tp", "sl"):
        raise _Unfit("a trigger takes profit or stops a loss")
    execution = Execution.MARKET if _boolean(is_market) else Execution.LIMIT
    trigger = Trigger(kind=_TRIGGERS[tpsl], price=_positive(price), execution=execution)
    return (TimeInForce.GTC, False, trigger)


def _builder(value: object) -> Options:
    address, fee = _values(value, ("b", "f"))
    return (
        ("builder.address", _text(address, _ADDRESS)),
        ("builder.fee_tenth_bps", str(_integer(fee))),
    )


def _pairs(value: object, *, count: int | None = None) -> Pairs:
    # `object_pairs_hook=list` gives objects as lists of tuples; JSON lists never hold tuples.
    if not isinstance(value, list) or not all(isinstance(item, tuple) for item in value):
        raise _Unfit("an object was expected")
    if count is not None and len(value) != count:
        raise _Unfit(f"an object with {count} keys was expected")
    return value


def _values(value: object, keys: tuple[str, ...]) -> tuple[object, ...]:
    pairs = _pairs(value)
    if tuple(key for key, _ in pairs) != keys:
        raise _Unfit(f"the keys {', '.join(keys)} were expected, in this order")
    return tuple(item for _, item in pairs)


def _each(value: object, read: Callable[[object], T]) -> list[T]:
    if not isinstance(value, list) or not value or isinstance(value[0], tuple):
        raise _Unfit("a list was expected")
    return [read(item) for item in value]


def _name(value: object, names: Mapping[int, str]) -> str:
    name = names.get(_integer(value))
    if name is None:
        raise _Unfit("it names an asset that was not read")
    return name


def _integer(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise _Unfit("a whole number was expected")
    return value


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise _Unfit("true or false was expected")
    return value


def _text(value: object, pattern: re.Pattern[str]) -> str:
    if not isinstance(value, str) or pattern.fullmatch(value) is None:
        raise _Unfit("an id or address was not in its canonical form")
    return value


def _number(value: object) -> Decimal:
    return Decimal(_text(value, _NUMBER))


def _positive(value: object) -> Decimal:
    number = _number(value)
    if number == 0:
        raise _Unfit("a price was zero")
    return number
