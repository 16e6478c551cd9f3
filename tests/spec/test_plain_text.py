"""Quoting is about how a file was written; no value that leaves the spec remembers it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path

from reconciler.spec.load import load_project

PROJECT = {
    "version": 1,
    "project": "p",
    "state": {"backend": "local", "path": ".reconciler"},
    "venues": {
        "hl": {
            "kind": "hyperliquid",
            "network": "local",
            "port": 3001,
            "account": "0x5e9ee1089755c3435139848e47e6635505d5a13a",
            "account_kind": "user",
            "signer": {"keystore": {"path": "k.json", "password": {"env": "PW"}}},
        }
    },
    "limits": {"max_order_notional": "5", "price_band_exceptions": {"btc.a.stop_loss": "40"}},
}
SPEC = {
    "version": 1,
    "book": "btc",
    "venue": "hl",
    "instrument": "@107",
    "moved": [{"from": "btc.z", "to": "btc.a"}],
    "orders": {
        "a": {
            "side": "buy",
            "price": "10",
            "quantity": "2",
            "note": "n",
            "take_profit": {"trigger": "12", "execution": "limit", "price": "11.9"},
            "stop_loss": {"trigger": "9", "execution": "market"},
            "options": {"builder": {"address": "0x" + "ab" * 20, "fee_tenth_bps": 10}},
        },
        "b": {
            "side": "sell",
            "price": "20",
            "quantity": "2",
            "instrument": "PURR/USDC",
            "on_fill": "replenish",
            "replenish": {"max_total": "8"},
            "expires_at": "2030-01-01T00:00:00Z",
        },
    },
    "ladders": {"l": {"side": "buy", "from": "9", "to": "8", "levels": 2, "quantity": "4"}},
}


def impure(value: object, path: str = "") -> Iterator[str]:
    """Yield the places of texts that are not exactly texts."""
    if isinstance(value, str) and not isinstance(value, Enum) and type(value) is not str:
        yield path
    elif is_dataclass(value):
        for field in fields(value):
            yield from impure(getattr(value, field.name), f"{path}.{field.name}")
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from impure(key, f"{path} key {key}")
            yield from impure(item, f"{path}[{key}]")
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from impure(item, f"{path}[{index}]")


def test_quoted_texts_become_plain_values(tmp_path: Path) -> None:
    (tmp_path / "specs").mkdir()
    (tmp_path / "reconciler.yaml").write_text(json.dumps(PROJECT), encoding="utf-8")
    (tmp_path / "specs" / "btc.yaml").write_text(json.dumps(SPEC), encoding="utf-8")

    loaded = load_project(tmp_path)

    assert [] == [*impure(loaded.project, "project"), *impure(loaded.books, "books")]
