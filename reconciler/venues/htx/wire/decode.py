"""What a request would do, read from its text alone: the last gate before signing.

Pure, and written apart from `encode`, so that a mistake there is seen here: which keys, in which
order, each number in its one spelling. What does not fit exactly is refused, and nothing is sent.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from reconciler.model.command import Batch, BatchKind, CancelOrder, PlaceOrder
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


_DECIMAL = re.compile(r"(?:0|[1-9][0-9]{0,17})\.[0-9]{0,17}[1-9]", re.ASCII)
_INTEGER = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_ID_LIST = re.compile(r"[1-9][0-9]{0,18}(?:,[1-9][0-9]{0,18}){0,9}", re.ASCII)
_CODE = re.compile(r"[A-Z0-9]{1,20}-USD", re.ASCII)
_STAMP = re.compile(r"[0-9]{4}(?:-[0-9]{2}){2}T[0-9]{2}(?::[0-9]{2}){2}", re.ASCII)
_ORDER_KEYS: Final = (
    "contract_code", "client_order_id", "price", "volume", "direction", "offset", "lever_rate",
    "order_price_type",
)  # fmt: skip
_PRICE_TYPES: Final = {
    "post_only": (TimeInForce.GTC, True),
    "limit": (TimeInForce.GTC, False),
    "ioc": (TimeInForce.IOC, False),
}
_KINDS: Final = (("tp", TriggerKind.TAKE_PROFIT), ("sl", TriggerKind.STOP_LOSS))
ORDERS_MAX: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a request says.

    Attributes:
        stamp: the time it is signed with.
        content: the body exactly as it is sent.
    """

    path: str
    stamp: str
    content: str
    batch: Batch


def decode(text: str, known_as: Mapping[str, VenueOrderId]) -> Request:
    """Read a request back; `known_as` names attached orders by the venue's ids of them.

    Raises `Refused`.
    """
    return read_back(lambda: _request(text, known_as))


def _request(text: str, known_as: Mapping[str, VenueOrderId]) -> Request:
    whole = json.loads(
        text, object_pairs_hook=list, parse_int=_integer_text, parse_float=_decimal_text
    )
    path, stamp, body = values(whole, ("path", "timestamp", "body"))
    head = f'{{"path":"{path}","timestamp":"{stamp}","body":'
    if not isinstance(path, str) or not isinstance(stamp, str) or not _STAMP.fullmatch(stamp):
        raise Unfit("its path or time is not in its canonical form")
    is_compact = not any(character.isspace() for character in text)
    if not is_compact or not text.startswith(head) or not text.endswith("}"):
        raise Unfit("its text is not in its canonical form")
    return Request(
        path=path,
        stamp=stamp,
        content=text[len(head) : -1],
        batch=_batch(path, body, known_as),
    )


def _batch(path: str, body: object, known_as: Mapping[str, VenueOrderId]) -> Batch:
    match path:
        case "/swap-api/v1/swap_order":
            return Batch(kind=BatchKind.PLACE, commands=(_place(body),))
        case "/swap-api/v1/swap_batchorder":
            (orders,) = values(body, ("orders_data",))
            places = tuple(_place(order) for order in items(orders))
            if not 1 < len(places) <= ORDERS_MAX:
                raise Unfit("a batch has 2 to 10 orders")
            return Batch(kind=BatchKind.PLACE, commands=places)
        case "/swap-api/v1/swap_cancel":
            return _cancel(body)
        case "/swap-api/v1/swap_tpsl_cancel":
            code, ids = values(body, ("contract_code", "order_id"))
            return _cancels(code, [_named(known_as, one) for one in _ids(ids)])
        case _:
            raise Unfit("its path is not one of ours")


def _place(value: object) -> PlaceOrder:
    keys = [key for key, _ in pairs(value)]
    further = [key for kind, _ in _KINDS for key in _attached_keys(kind) if key in keys]
    code, number, price, volume, direction, offset, lever, kind, *attached = values(
        value, (*_ORDER_KEYS, *further)
    )
    if kind not in _PRICE_TYPES or offset not in ("open", "close"):
        raise Unfit("its order type or offset is not one of ours")
    time_in_force, post_only = _PRICE_TYPES[str(kind)]
    terms = Terms(
        instrument=_text(code, _CODE),
        side=_side(direction),
        price=_positive(price),
        quantity=Decimal(_integer(volume)),
        time_in_force=time_in_force,
        post_only=post_only,
        reduce_only=offset == "close",
        options=(("leverage", str(_integer(lever))),),
    )
    children = _children(terms, dict(zip(further, attached, strict=True)))
    client_order_id = ClientOrderId(str(_integer(number)))
    return PlaceOrder(client_order_id=client_order_id, terms=terms, children=children)


def _children(parent: Terms, written: Mapping[str, object]) -> tuple[PlaceOrder, ...]:
    children = []
    for name, kind in _KINDS:
        keys = _attached_keys(name)
        if not any(key in written for key in keys):
            continue
        if not all(key in written for key in keys) or written[keys[2]] != "limit":
            raise Unfit("an attached order has a trigger, a price and the type limit")
        trigger = Trigger(kind=kind, price=_positive(written[keys[0]]), execution=Execution.LIMIT)
        terms = Terms(
            instrument=parent.instrument,
            side=parent.side.opposite,
            price=_positive(written[keys[1]]),
            quantity=parent.quantity,
            post_only=False,
            reduce_only=True,
            trigger=trigger,
            options=parent.options,
        )
        children.append(PlaceOrder(client_order_id=ClientOrderId(""), terms=terms))
    return tuple(children)


def _attached_keys(name: str) -> tuple[str, str, str]:
    return f"{name}_trigger_price", f"{name}_order_price", f"{name}_order_price_type"


def _cancel(value: object) -> Batch:
    kind = next((key for key, _ in pairs(value) if key != "contract_code"), "")
    if kind == "order_id":
        code, ids = values(value, ("contract_code", "order_id"))
        return _cancels(code, [VenueOrderId(one) for one in _ids(ids)])
    code, ids = values(value, ("contract_code", "client_order_id"))
    commands = tuple(
        CancelOrder(instrument=_text(code, _CODE), target=None, client_order_id=ClientOrderId(one))
        for one in _ids(ids)
    )
    return Batch(kind=BatchKind.CANCEL, commands=commands)


def _cancels(code: object, targets: list[VenueOrderId]) -> Batch:
    commands = tuple(
        CancelOrder(instrument=_text(code, _CODE), target=target, client_order_id=None)
        for target in targets
    )
    return Batch(kind=BatchKind.CANCEL, commands=commands)


def _named(known_as: Mapping[str, VenueOrderId], own_id: str) -> VenueOrderId:
    found = known_as.get(own_id)
    if found is None:
        raise Unfit("it names an attached order that was not read")
    return found


def _ids(value: object) -> list[str]:
    return _text(value, _ID_LIST).split(",")


class _Number(str):
    """A number as it is spelled."""

    __slots__ = ()


def _integer_text(text: str) -> _Number:
    return _Number(text)


def _decimal_text(text: str) -> _Number:
    return _Number(text)


def _text(value: object, pattern: re.Pattern[str]) -> str:
    if isinstance(value, _Number) or not isinstance(value, str) or not pattern.fullmatch(value):
        raise Unfit("a code or an id was not in its canonical form")
    return value


def _side(value: object) -> Side:
    if isinstance(value, _Number) or value not in ("buy", "sell"):
        raise Unfit("a side was expected")
    return Side(str(value))


def _integer(value: object) -> int:
    if not isinstance(value, _Number) or not _INTEGER.fullmatch(value) or value == "0":
        raise Unfit("a whole number above zero was expected")
    return int(value)


def _positive(value: object) -> Decimal:
    if not isinstance(value, _Number):
        raise Unfit("a number was expected")
    if not _DECIMAL.fullmatch(value) and not _INTEGER.fullmatch(value):
        raise Unfit("a number was not in its canonical form")
    number = Decimal(value)
    if not number:
        raise Unfit("a price was zero")
    return number
