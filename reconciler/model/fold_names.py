"""Folding of new names for old orders: the venue is not touched, and no figure changes."""

from dataclasses import replace

from reconciler.model.draft import Draft
from reconciler.model.event import Moved, Relabelled
from reconciler.model.fold_orders import joined
from reconciler.model.order import ClientOrderId, OrderAddress
from reconciler.model.state import IntentItem

__all__ = ["fold_moved", "fold_relabelled"]


def fold_moved(draft: Draft, event: Moved) -> None:
    """Rename an address, and all that is recorded under it; the venue is not touched."""
    origin, destination = event.origin, event.destination
    for key, record in list(draft.records.items()):
        if _is_below(key[0], origin):
            draft.records.pop(key)
            new_key = (_renamed(key[0], origin, destination), key[1])
            draft.records[new_key] = joined(
                replace(record, holder=new_key[0]), draft.records.get(new_key)
            )
    for placement in list(draft.placements.values()):
        if _is_below(placement.address, origin):
            draft.put_placement(
                replace(
                    placement,
                    holder=_renamed(placement.holder, origin, destination),
                    address=_renamed(placement.address, origin, destination),
                )
            )
    for slot, ending in list(draft.endings.items()):
        if _is_below(slot, origin):
            draft.endings.pop(slot)
            draft.endings[_renamed(slot, origin, destination)] = replace(
                ending,
                address=_renamed(ending.address, origin, destination),
                holder=_renamed(ending.holder, origin, destination),
            )
    for address, refusal in list(draft.refusals.items()):
        if _is_below(address, origin):
            draft.refusals.pop(address)
            new = _renamed(address, origin, destination)
            draft.refusals[new] = replace(refusal, address=new)
    for nonce, intent in draft.intents.items():
        if any(_is_below(item.address, origin) for item in intent.items):
            items = tuple(_renamed_item(item, origin, destination) for item in intent.items)
            draft.intents[nonce] = replace(intent, items=items)


def fold_relabelled(draft: Draft, event: Relabelled) -> None:
    """Call orders by their new names, in what is open of requests for them too.

    The cancel that makes room for another rung carries that rung's name: it stays.

    Raises `ValueError` for a name that is not of the order's own holder.
    """
    before: dict[ClientOrderId, OrderAddress] = {}
    for client_order_id, address in event.labels.items():
        placement = draft.placements.get(client_order_id)
        if placement is None:
            continue
        if not _is_below(address, placement.holder):
            raise ValueError(f"{address} is no name of an order of {placement.holder}")
        before[client_order_id] = placement.address
        draft.put_placement(replace(placement, address=address))
    for nonce, intent in draft.intents.items():
        if any(before.get(item.client_order_id) == item.address for item in intent.items):
            items = tuple(
                replace(item, address=event.labels[item.client_order_id])
                if before.get(item.client_order_id) == item.address
                else item
                for item in intent.items
            )
            draft.intents[nonce] = replace(intent, items=items)


def _renamed_item(item: IntentItem, origin: OrderAddress, destination: OrderAddress) -> IntentItem:
    return replace(
        item,
        address=_renamed(item.address, origin, destination),
        holder=_renamed(item.holder, origin, destination),
    )


def _is_below(address: OrderAddress, origin: OrderAddress) -> bool:
    return address == origin or address.startswith((f"{origin}[", f"{origin}."))


def _renamed(
    address: OrderAddress, origin: OrderAddress, destination: OrderAddress
) -> OrderAddress:
    if not _is_below(address, origin):
        return address
    return OrderAddress(destination + address[len(origin) :])
