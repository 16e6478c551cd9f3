"""Commands to actions, in exactly the form that the venue hashes.

Pure. The form is the order of keys, canonical decimals, lower case, and absent instead of false or
null (for-developers/api/exchange-endpoint and for-developers/api/signing, checked 2026-08-22);
anything else would sign for a stranger. `decode` reads actions back and shares nothing with this.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from reconciler.model.command import (
    Batch,
    BatchKind,
    CancelOrder,
    Command,
    ModifyOrder,
    PlaceOrder,
)
from reconciler.model.numbers import format_decimal
from reconciler.model.order import (
    ClientOrderId,
    Execution,
    Side,
    Terms,
    TimeInForce,
    TriggerKind,
    VenueOrderId,
)
from reconciler.venues.hyperliquid.rules import (
    BATCH_ITEMS_MAX,
    BUILDER_ADDRESS,
    BUILDER_FEE,
    DECIMALS_MAX,
)

__all__ = ["action_of", "body_of", "canonical", "noop_body"]

Json = dict[str, object]

_TPSL = {TriggerKind.TAKE_PROFIT: "tp", TriggerKind.STOP_LOSS: "sl"}


def canonical(batch: Batch) -> Batch:
    """Return what of a batch the wire can say; `decode` gives back exactly this.

    A cancel names one id; a trigger has no time in force of its own; a builder belongs to the whole
    action, and a modify has none; hex is in lower case.
    """
    _check(batch)
    if batch.kind is BatchKind.CANCEL:
        by_venue_id = all(command.target is not None for command in _cancels(batch))
        commands = tuple(_one_id(command, by_venue_id) for command in _cancels(batch))
        return Batch(kind=batch.kind, commands=commands)
    return Batch(kind=batch.kind, commands=tuple(_canonical(item) for item in batch.commands))


def action_of(batch: Batch, assets: Mapping[str, int]) -> Json:
    """Return the action of a batch made by `canonical`; `assets` maps instruments to asset ids."""
    if batch.kind is BatchKind.CANCEL:
        return _cancel_action(batch, assets)
    if batch.kind is BatchKind.PLACE:
        return _place_action(batch, assets)
    modifies = [
        {"oid": _target(command.target), "order": _order(command, assets)}
        for command in batch.commands
        if isinstance(command, ModifyOrder)
    ]
    # Never with `a`: it would place again what has just filled.
    return {"type": "batchModify", "modifies": modifies}


def body_of(
    action: Json, *, nonce: int, expires_at_ms: int | None, vault_address: str | None
) -> str:
    """Return the whole unsigned request as canonical JSON text."""
    envelope = {
        "action": action,
        "nonce": nonce,
        "expiresAfter": expires_at_ms,
        "vaultAddress": vault_address,
    }
    return json.dumps(envelope, separators=(",", ":"))


def noop_body(nonce: int) -> str:
    """Return a request that only uses up a nonce; it never expires, so that it can come late."""
    return body_of({"type": "noop"}, nonce=nonce, expires_at_ms=None, vault_address=None)


def _check(batch: Batch) -> None:
    wanted = _COMMAND_OF[batch.kind]
    items = batch.items
    assert 0 < len(items) <= BATCH_ITEMS_MAX, "a batch has 1 to 39 items"
    assert all(isinstance(item, wanted) for item in items), "a batch has commands of one kind"
    if batch.kind is BatchKind.PLACE:
        _check_places([item for item in batch.commands if isinstance(item, PlaceOrder)])
    elif batch.kind is BatchKind.MODIFY:
        assert all(item.terms.trigger is None for item in items if isinstance(item, ModifyOrder)), (
            "a trigger order is replaced, never modified"
        )


def _check_places(places: list[PlaceOrder]) -> None:
    groups = [place for place in places if place.children]
    assert not groups or len(places) == 1, "a TP/SL group is an action of its own"
    assert all(
        child.terms.trigger is not None and child.terms.reduce_only and not child.children
        for place in groups
        for child in place.children
    ), "children are reduce-only triggers"
    assert all(place.terms.trigger is None for place in groups), "a parent is no trigger"
    sized = [_is_position_sized(place.terms) for place in places]
    assert not any(sized) or (all(sized) and len(sized) <= 2), (
        "protection of a position is an action of its own"
    )
    builders = {tuple(sorted(place.terms.options)) for place in places}
    assert len(builders) == 1, "a builder belongs to the whole action"


_COMMAND_OF: dict[BatchKind, type] = {
    BatchKind.CANCEL: CancelOrder,
    BatchKind.MODIFY: ModifyOrder,
    BatchKind.PLACE: PlaceOrder,
}


def _cancels(batch: Batch) -> list[CancelOrder]:
    return [command for command in batch.commands if isinstance(command, CancelOrder)]


def _one_id(command: CancelOrder, by_venue_id: bool) -> CancelOrder:
    if by_venue_id:
        return replace(command, client_order_id=None)
    assert command.client_order_id is not None, "a cancel has an id"
    return replace(command, target=None, client_order_id=_lower(command.client_order_id))


def _canonical(command: Command) -> Command:
    if isinstance(command, ModifyOrder):
        terms = _said(command.terms, ())
        if terms is command.terms and command.client_order_id.islower():
            return command
        return replace(command, client_order_id=_lower(command.client_order_id), terms=terms)
    assert isinstance(command, PlaceOrder), "cancels are handled before"
    options = command.terms.options
    return _canonical_place(
        command, tuple(sorted((name, value.lower()) for name, value in options))
    )


def _canonical_place(place: PlaceOrder, options: tuple[tuple[str, str], ...]) -> PlaceOrder:
    terms = _said(place.terms, options)
    if terms is place.terms and not place.children and place.client_order_id.islower():
        return place
    return PlaceOrder(
        client_order_id=_lower(place.client_order_id),
        terms=terms,
        children=tuple(_canonical_place(child, options) for child in place.children),
    )


def _said(terms: Terms, options: tuple[tuple[str, str], ...]) -> Terms:
    """Return the terms with these options; most need no change, and then no copy."""
    if terms.trigger is not None:
        return replace(terms, post_only=False, time_in_force=TimeInForce.GTC, options=options)
    return terms if terms.options == options else replace(terms, options=options)


def _lower(client_order_id: ClientOrderId) -> ClientOrderId:
    return ClientOrderId(client_order_id.lower())


def _is_position_sized(terms: Terms) -> bool:
    return terms.trigger is not None and terms.quantity == 0


def _cancel_action(batch: Batch, assets: Mapping[str, int]) -> Json:
    cancels = _cancels(batch)
    if cancels[0].target is not None:
        by_id = [{"a": assets[each.instrument], "o": int(each.target or "")} for each in cancels]
        return {"type": "cancel", "cancels": by_id}
    by_cloid = [
        {"asset": assets[each.instrument], "cloid": each.client_order_id} for each in cancels
    ]
    return {"type": "cancelByCloid", "cancels": by_cloid}


def _place_action(batch: Batch, assets: Mapping[str, int]) -> Json:
    places = [item for item in batch.items if isinstance(item, PlaceOrder)]
    grouping = "na"
    if places[0].children:
        grouping = "normalTpsl"
    elif _is_position_sized(places[0].terms):
        grouping = "positionTpsl"
    orders = [_order(place, assets) for place in places]
    action: Json = {"type": "order", "orders": orders, "grouping": grouping}
    options = dict(places[0].terms.options)
    if options:
        action["builder"] = {"b": options[BUILDER_ADDRESS], "f": int(options[BUILDER_FEE])}
    return action


def _target(target: VenueOrderId) -> int | str:
    return target.lower() if target.startswith("0x") else int(target)


def _order(command: PlaceOrder | ModifyOrder, assets: Mapping[str, int]) -> Json:
    terms = command.terms
    return {
        "a": assets[terms.instrument],
        "b": terms.side is Side.BUY,
        "p": _number(terms.price),
        "s": "0" if _is_position_sized(terms) else _number(terms.quantity),
        "r": terms.reduce_only,
        "t": _type(terms),
        "c": command.client_order_id,
    }


def _type(terms: Terms) -> Json:
    trigger = terms.trigger
    if trigger is not None:
        wire = {
            "isMarket": trigger.execution is Execution.MARKET,
            "triggerPx": _number(trigger.price),
            "tpsl": _TPSL[trigger.kind],
        }
        return {"trigger": wire}
    if terms.time_in_force is TimeInForce.IOC:
        assert not terms.post_only, "an immediate-or-cancel order is not post-only"
        return {"limit": {"tif": "Ioc"}}
    return {"limit": {"tif": "Alo" if terms.post_only else "Gtc"}}


def _number(value: Decimal) -> str:
    assert value > 0, "prices and quantities are positive"
    text = format_decimal(value)
    assert len(text.partition(".")[2]) <= DECIMALS_MAX, "the wire has 8 decimals"
    return text
