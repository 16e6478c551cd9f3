"""Which instruments exist: immutable, loaded once, shared by every simulator of a process.

The data are recorded mainnet replies (`data/SOURCES.md`). Asset ids follow Hyperliquid's page
`for-developers/api/asset-ids` (checked 2026-08-22): a perp's index, 10000 + a spot pair's `index`
field, 100000 + 10000 * position of a builder dex + index within it.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from importlib import resources
from typing import Any, Literal

from reconciler.simulator.numbers import padded, price_above, price_below

Kind = Literal["perp", "spot"]

FIRST_DEX = ""
SPOT_OFFSET = 10_000
BUILDER_OFFSET = 100_000
DEX_STRIDE = 10_000
PERP_PRICE_DECIMALS_MAX = 6
SPOT_PRICE_DECIMALS_MAX = 8
FILES_OF_DEX = {FIRST_DEX: "perps.json", "xyz": "perps_xyz.json"}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Instrument:
    """One perp or spot pair. Compared by identity: a catalogue holds each once.

    Attributes:
        asset: the venue's integer id.
        name: what replies call it, as `BTC`, `@107` or `xyz:TSLA`.
        dex: name of the builder dex of a perp; the empty text for the first dex and for spot.
        base: name of the base token (spot), otherwise the name.
        quote: name of the quote token; USDC for every perp here.
        quantity_decimals: decimals of a quantity.
        price_decimals: decimals a price may have at most.
        leverage_max: 1 for spot.
        mark: mark price at the recording.
        mid: mid price at the recording; None when nobody quoted.
        bid: synthetic best bid around `mid`, 0 without one; `ask` likewise.
    """

    asset: int
    name: str
    kind: Kind
    dex: str
    base: str
    quote: str
    quantity_decimals: int
    price_decimals: int
    leverage_max: int
    is_isolated_only: bool
    is_delisted: bool
    mark: Decimal
    mid: Decimal | None
    bid: Decimal
    ask: Decimal

    @property
    def is_spot(self) -> bool:
        """Tell whether this is a spot pair."""
        return self.kind == "spot"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Markets:
    """The catalogue, with the replies that never change encoded in advance.

    Attributes:
        dexes: names of the perp dexes in order, the first being the empty text.
        perps: instruments of each dex in universe order.
        metas: the `meta` reply of each dex, parsed.
        spot_meta: the `spotMeta` reply, parsed.
        tokens: token name to its record in `spotMeta`.
        mids: `allMids` of each dex at the recording; spot mids come with the first dex.
        encoded: name of a static reply to its body: `meta:<dex>`, `spotMeta`, `perpDexs`.
    """

    by_asset: Mapping[int, Instrument]
    by_name: Mapping[str, Instrument]
    dexes: tuple[str, ...]
    perps: Mapping[str, tuple[Instrument, ...]]
    spots: tuple[Instrument, ...]
    metas: Mapping[str, Mapping[str, Any]]
    spot_meta: Mapping[str, Any]
    tokens: Mapping[str, Mapping[str, Any]]
    mids: Mapping[str, Mapping[str, str]]
    encoded: Mapping[str, bytes]


@functools.cache
def load_markets() -> Markets:
    """Load the recorded mainnet markets; the same object on every call."""
    dex_records = _read("dexes.json")["dexes"]
    dexes = tuple(record["name"] if record else FIRST_DEX for record in dex_records)
    recordings = {dex: _read(FILES_OF_DEX[dex]) for dex in dexes}
    spot = _read("spot.json")
    perps = {dex: _perps(recordings[dex], dex, dexes.index(dex)) for dex in dexes}
    spots = _spots(spot)
    metas = {dex: _without_prices(recordings[dex]) for dex in dexes}
    spot_meta = _without_prices(spot)
    every = [each for group in perps.values() for each in group] + list(spots)
    encoded = {f"meta:{dex}": _encode(meta) for dex, meta in metas.items()}
    encoded |= {"spotMeta": _encode(spot_meta), "perpDexs": _encode(dex_records)}
    return Markets(
        by_asset={each.asset: each for each in every},
        by_name={each.name: each for each in every},
        dexes=dexes,
        perps=perps,
        spots=spots,
        metas=metas,
        spot_meta=spot_meta,
        tokens={token["name"]: token for token in spot["tokens"]},
        mids={dex: _mids(perps[dex] + (spots if dex == FIRST_DEX else ())) for dex in dexes},
        encoded=encoded,
    )


def _read(name: str) -> Any:
    folder = resources.files("reconciler.simulator") / "data"
    return json.loads((folder / name).read_text(encoding="utf-8"))


def _encode(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _without_prices(recording: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in recording.items() if key != "prices"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listing:
    """Where an instrument is listed and what trades there."""

    asset: int
    name: str
    kind: Kind
    dex: str
    base: str
    quote: str


def _perps(recording: Mapping[str, Any], dex: str, dex_index: int) -> tuple[Instrument, ...]:
    offset = BUILDER_OFFSET + DEX_STRIDE * dex_index if dex_index else 0
    rows = enumerate(zip(recording["universe"], recording["prices"], strict=True))
    return tuple(
        _instrument(_perp_listing(offset + index, record["name"], dex), record, prices)
        for index, (record, prices) in rows
    )


def _perp_listing(asset: int, name: str, dex: str) -> _Listing:
    return _Listing(asset=asset, name=name, kind="perp", dex=dex, base=name, quote="USDC")


def _spots(recording: Mapping[str, Any]) -> tuple[Instrument, ...]:
    tokens = {token["index"]: token for token in recording["tokens"]}
    rows = zip(recording["universe"], recording["prices"], strict=True)
    return tuple(
        _instrument(_spot_listing(record, tokens), tokens[record["tokens"][0]], prices)
        for record, prices in rows
    )


def _spot_listing(record: Mapping[str, Any], tokens: Mapping[int, Mapping[str, Any]]) -> _Listing:
    base, quote = (tokens[index]["name"] for index in record["tokens"])
    return _Listing(
        asset=SPOT_OFFSET + record["index"],
        name=record["name"],
        kind="spot",
        dex=FIRST_DEX,
        base=base,
        quote=quote,
    )


def _instrument(
    listing: _Listing, record: Mapping[str, Any], prices: tuple[str, str | None]
) -> Instrument:
    """Join a listing with its record: of the perp itself, or of a spot pair's base token."""
    most = SPOT_PRICE_DECIMALS_MAX if listing.kind == "spot" else PERP_PRICE_DECIMALS_MAX
    decimals = record["szDecimals"]
    mid = Decimal(prices[1]) if prices[1] else None
    return Instrument(
        asset=listing.asset,
        name=listing.name,
        kind=listing.kind,
        dex=listing.dex,
        base=listing.base,
        quote=listing.quote,
        quantity_decimals=decimals,
        price_decimals=most - decimals,
        leverage_max=record.get("maxLeverage", 1),
        is_isolated_only=bool(record.get("onlyIsolated")),
        is_delisted=bool(record.get("isDelisted")),
        mark=Decimal(prices[0]),
        mid=mid,
        bid=price_below(mid, most - decimals) if mid else Decimal(0),
        ask=price_above(mid, most - decimals) if mid else Decimal(0),
    )


def _mids(instruments: tuple[Instrument, ...]) -> dict[str, str]:
    return {each.name: padded(each.mid or each.mark) for each in instruments}
