"""Requests to HTX read back by themselves: what was asked, under which intent, what was done."""

import calendar
import json
import time
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, quote

from reconciler.model.state import Intent
from reconciler.simulator.log import LogEntry
from reconciler.venues.http import HttpRequest
from tests.simulation.bench import Asked

__all__ = ["asked_of", "done_in", "expires_ms", "items_in", "pending_in", "stamp_of", "text_of"]

STAMP = "%Y-%m-%dT%H:%M:%S"
PENDING = 1062
ATTACHED = ("tp", "sl")


def stamp_of(at_ms: int) -> str:
    """Return a time as it stands in an address."""
    return quote(time.strftime(STAMP, time.gmtime(at_ms // 1000)), safe="")


def expires_ms(request: HttpRequest, tolerance_ms: int) -> int:
    """Return until when the venue takes a request."""
    (stamp,) = parse_qs(request.path.partition("?")[2])["Timestamp"]
    return calendar.timegm(time.strptime(stamp, STAMP)) * 1000 + tolerance_ms


def text_of(request: HttpRequest) -> str:
    """Return a request as the journal has it: all but who signed it."""
    path, _, query = request.path.partition("?")
    (stamp,) = parse_qs(query)["Timestamp"]
    return f'{{"path":"{path}","timestamp":"{stamp}","body":{request.content.decode()}}}'


def done_in(entry: LogEntry) -> frozenset[str]:
    """Return what a request did: places of orders in it, from 1, or ids of what it cancels."""
    reply = entry.reply
    if not isinstance(reply, dict) or reply.get("status") != "ok":
        return frozenset()
    data = reply["data"]
    if entry.action["type"] == "swap_order":
        return frozenset({"1"})
    if entry.action["type"] == "swap_batchorder":
        return frozenset(str(row["index"]) for row in data["success"])
    refused = {row["order_id"] for row in data["errors"]}
    return frozenset(each for each in data["successes"].split(",") if each) - refused


def pending_in(entry: LogEntry) -> frozenset[int]:
    """Return which of its cancels found an order that was being cancelled already."""
    reply, action = entry.reply, entry.action
    is_cancel = action["type"] in ("swap_cancel", "swap_tpsl_cancel")
    if not is_cancel or not isinstance(reply, dict) or reply.get("status") != "ok":
        return frozenset()
    ids = (action.get("order_id") or action["client_order_id"]).split(",")
    pending = {row["order_id"] for row in reply["data"]["errors"] if row["err_code"] == PENDING}
    return frozenset(index for index, each in enumerate(ids) if each in pending)


def items_in(entry: LogEntry) -> int:
    """Return how many orders or cancels a request has."""
    action = entry.action
    if action["type"] == "swap_order":
        return 1
    if action["type"] == "swap_batchorder":
        return len(action["orders_data"])
    return len((action.get("order_id") or action["client_order_id"]).split(","))


def asked_of(entry: LogEntry, intent: Intent) -> Sequence[Asked]:
    """Return what was asked, what was intended and whether it was done, order by order."""
    body = json.loads(intent.body, parse_float=Decimal)["body"]
    done = done_in(entry)
    if "order_price_type" in body:
        return _orders([body], intent, done)
    if "orders_data" in body:
        return _orders(body["orders_data"], intent, done)
    ids = (body.get("order_id") or body["client_order_id"]).split(",")
    pairs = zip(ids, intent.items, strict=True)
    is_named_by_us = "order_id" not in body
    return [
        Asked(index, item, each in done, target=str(item.target) if is_named_by_us else each)
        for index, (each, item) in enumerate(pairs)
    ]


def _orders(
    orders: Sequence[Mapping[str, Any]], intent: Intent, done: frozenset[str]
) -> Sequence[Asked]:
    """Return orders, each followed by what is attached to it, as intents have them."""
    found: list[Asked] = []
    items = iter(enumerate(intent.items))
    for number, order in enumerate(orders, 1):
        index, item = next(items)
        is_done = str(number) in done
        is_buy, quantity = order["direction"] == "buy", Decimal(order["volume"])
        found.append(
            Asked(
                index,
                item,
                is_done,
                price=Decimal(order["price"]),
                quantity=quantity,
                is_buy=is_buy,
                reduce_only=order["offset"] == "close",
            )
        )
        for kind in ATTACHED:
            if f"{kind}_trigger_price" in order:
                index, item = next(items)
                found.append(
                    Asked(
                        index,
                        item,
                        is_done,
                        price=Decimal(order[f"{kind}_order_price"]),
                        quantity=quantity,
                        is_buy=not is_buy,
                        reduce_only=True,
                        trigger=Decimal(order[f"{kind}_trigger_price"]),
                    )
                )
    return found
