"""Snapshots as JSON: each field as its record, statuses as a list of [query, status]."""

import json
from dataclasses import fields
from typing import Any, get_type_hints

from reconciler.model.snapshot import OrderQuery, OrderStatus, VenueSnapshot
from reconciler.records import decode, decode_as, encode

__all__ = ["from_text", "to_text"]

HINTS = get_type_hints(VenueSnapshot)


def to_text(seen: VenueSnapshot) -> str:
    document: dict[str, Any] = {}
    for field in fields(VenueSnapshot):
        value = getattr(seen, field.name)
        if field.name == "statuses":
            pairs = [[encode(q), encode(s, OrderStatus)] for q, s in value.items()]
            document[field.name] = pairs
        elif value is not None:
            document[field.name] = encode(value, HINTS[field.name])
    return json.dumps({k: v for k, v in document.items() if v not in ([], {})}, indent=2) + "\n"


def from_text(text: str) -> VenueSnapshot:
    document = json.loads(text)
    statuses = {
        decode(OrderQuery, query): decode_as(OrderStatus, status)
        for query, status in document.pop("statuses", [])
    }
    found = {name: decode_as(HINTS[name], value) for name, value in document.items()}
    return VenueSnapshot(**{"resting": (), **found, "statuses": statuses})
