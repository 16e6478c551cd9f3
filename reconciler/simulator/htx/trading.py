"""Placing and cancelling.

Shapes: HTX's documentation of `swap_order`, `swap_batchorder`, `swap_cancel`, `swap_cancelall`,
`swap-cancel-after` (checked 2025-11).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from reconciler.simulator.htx import engine
from reconciler.simulator.htx.context import Context, Json, find, wanted_ids
from reconciler.simulator.htx.errors import Refusal, Refused, refusal, refused
from reconciler.simulator.htx.fields import Fields
from reconciler.simulator.htx.orders import (
    ORDER_PRICE_TYPES,
    PRICED,
    STOP_LIVE,
    STOP_PRICE_TYPES,
    Attached,
    Order,
    StopKind,
    Terms,
)
from reconciler.simulator.htx.prices import price_of_type
from reconciler.simulator.htx.stops import cancel_stop

CANCELS_MAX = 10
SIDES = frozenset({"buy", "sell"})
OFFSETS = frozenset({"open", "close"})
TIMEOUT_MS_MIN = 5000
ORDER_FIELDS = frozenset(
    {
        *("contract_code", "client_order_id", "price", "volume", "direction", "offset"),
        *("lever_rate", "order_price_type", "price_protect", "self_match_prevent"),
        *("tp_trigger_price", "tp_order_price", "tp_order_price_type"),
        *("sl_trigger_price", "sl_order_price", "sl_order_price_type"),
    }
)


def order(context: Context) -> Any:
    """`swap_order`."""
    return _placed(placed_order(context, context.fields))


def batch_order(context: Context) -> Any:
    """`swap_batchorder`: every item on its own, counted from 1."""
    items = context.record.get("orders_data")
    if not isinstance(items, list) or not items:
        raise refused(1066, "orders_data")
    most = context.world.switches.batch_orders_max
    if len(items) > most:
        raise refused(1052, f"at most {most}")
    errors: list[Json] = []
    success: list[Json] = []
    for index, item in enumerate(items[: context.delivery.batch_limit], 1):
        try:
            placed = placed_order(context, context.fields_of(item))
        except Refused as error:
            errors.append({"index": index, **_error(error.refusal)})
        else:
            success.append({"index": index, **_placed(placed)})
    step = -1 if context.world.switches.batch_answers_are_reversed else 1
    return {"errors": errors[::step], "success": success[::step]}


def cancel(context: Context) -> Any:
    """`swap_cancel`: a list of ids, each answered on its own."""
    fields = context.fields
    contract = fields.contract()
    ids, are_client_ids = wanted_ids(fields, CANCELS_MAX)
    answers = []
    for each in ids[: context.delivery.batch_limit]:
        found = find(context.eyes, contract, each, is_client_id=are_client_ids)
        why = refusal(1061) if found is None else _cancelled(context, found)
        is_echo = are_client_ids and (
            found is None or context.world.switches.cancel_errors_echo_client_id
        )
        shown = each if is_echo or found is None else str(found.oid)
        answers.append(_Cancelled(each, shown, why))
    return _cancel_reply(context, answers)


def cancel_all(context: Context) -> Any:
    """`swap_cancelall`: one contract, perhaps one direction or offset."""
    fields = context.fields
    contract = fields.contract()
    is_buy = is_open = None
    if fields.has("direction"):
        is_buy = fields.word("direction", SIDES, 1035) == "buy"
    if fields.has("offset"):
        is_open = fields.word("offset", OFFSETS, 1036) == "open"
    orders = [
        each
        for each in context.eyes.listed()
        if each.terms.contract is contract
        and is_buy in (None, each.terms.is_buy)
        and is_open in (None, each.terms.is_open)
    ]
    if not orders:
        raise refused(1051)
    answers = [
        _Cancelled(str(each.oid), str(each.oid), _cancelled(context, each)) for each in orders
    ]
    return _cancel_reply(context, answers)


def cancel_after(context: Context) -> Any:
    """`swap-cancel-after`: the dead man's switch."""
    fields = context.fields
    is_on = fields.flag("on_off", 0)
    timeout_ms = fields.whole("time_out", TIMEOUT_MS_MIN)
    if timeout_ms < TIMEOUT_MS_MIN:
        raise refused(1067, "time_out")
    world, account = context.world, context.account
    account.cancel_at_ms = world.now_ms + timeout_ms if is_on else None
    if account.cancel_at_ms is not None:
        world.schedule(account.cancel_at_ms, account)
    return {"current_time": world.now_ms, "trigger_time": account.cancel_at_ms or 0}


def stop_cancel(context: Context) -> Any:
    """`swap_tpsl_cancel`: take-profits and stop-losses by venue order id."""
    fields = context.fields
    contract = fields.contract()
    answers = []
    for each in fields.ids("order_id", CANCELS_MAX):
        stop = context.world.stops.get(int(each))
        is_ours = stop is not None and stop.parent.account is context.account
        why = None
        if stop is None or not is_ours or stop.parent.terms.contract is not contract:
            why = refusal(1061)
        elif stop.status not in STOP_LIVE:
            why = refusal(1071)
        else:
            cancel_stop(context.world, stop)
        answers.append(_Cancelled(each, each, why))
    return _cancel_reply(context, answers)


def placed_order(context: Context, fields: Fields) -> Order:
    """Place the order which fields describe.

    Raises:
        Refused: it is unsound, or the venue does not take it.
    """
    terms = parsed_terms(context, fields)
    placed = engine.place(context.world, context.account, terms)
    if isinstance(placed, Refusal):
        raise Refused(placed)
    return placed


def parsed_terms(context: Context, fields: Fields) -> Terms:
    """Return what an order asks for."""
    if context.world.switches.refuse_unknown_fields:
        fields.check_known(ORDER_FIELDS)
    contract = fields.contract()
    is_buy = fields.word("direction", SIDES, 1035) == "buy"
    is_open = fields.word("offset", OFFSETS, 1036) == "open"
    price_type = fields.word("order_price_type", ORDER_PRICE_TYPES, 1034)
    price = fields.price("price") if price_type in PRICED else None
    if price is None:
        price = price_of_type(context.world, contract, price_type, is_buy=is_buy)
    if price is None:
        raise refused(1016)
    return Terms(
        contract=contract,
        is_buy=is_buy,
        is_open=is_open,
        price=price,
        volume=fields.volume(),
        leverage=fields.leverage(),
        price_type=price_type,
        client_id=fields.client_id(),
        attached=tuple(_attached(fields)),
        prevents_self_match=fields.flag("self_match_prevent", 1),
    )


def _attached(fields: Fields) -> Iterable[Attached]:
    kinds: tuple[StopKind, ...] = ("tp", "sl")
    for kind in kinds:
        if not fields.has(f"{kind}_trigger_price"):
            continue
        price_type = "limit"
        if fields.has(f"{kind}_order_price_type"):
            price_type = fields.word(f"{kind}_order_price_type", STOP_PRICE_TYPES, 1034)
        is_limit = price_type == "limit"
        yield Attached(
            kind=kind,
            trigger_price=fields.price(f"{kind}_trigger_price"),
            price=fields.price(f"{kind}_order_price") if is_limit else None,
            price_type=price_type,
        )


@dataclass(frozen=True, slots=True)
class _Cancelled:
    """One id of a cancel: as it was sent, as an error shows it, and why not."""

    sent: str
    shown: str
    why: Refusal | None


def _cancelled(context: Context, order: Order) -> Refusal | None:
    """Cancel one order, filling it on the way where a fault asks for that."""
    why = engine.request_cancel(context.world, order)
    fault = context.delivery.fault
    is_filled = fault is not None and fault.kind == "fill_during_cancel"
    if why is None and is_filled and fault is not None and order.is_resting:
        engine.trade_against(context.world, order, fault.count or order.remaining)
    return why


def _cancel_reply(context: Context, answers: list[_Cancelled]) -> Json:
    in_both = context.world.switches.repeated_cancel_is_in_both
    good = [
        each.sent
        for each in answers
        if each.why is None or (in_both and each.why.code == engine.BEING_CANCELLED)
    ]
    errors = [{"order_id": each.shown, **_error(each.why)} for each in answers if each.why]
    return {"errors": errors, "successes": ",".join(good)}


def _error(why: Refusal) -> Json:
    return {"err_code": why.code, "err_msg": why.text}


def _placed(order: Order) -> Json:
    record: Json = {"order_id": order.oid, "order_id_str": str(order.oid)}
    if order.terms.client_id is not None:
        record["client_order_id"] = order.terms.client_id
    return record
