"""What can be traded, and at which prices: `meta`, `spotMeta`, `perpDexs`, `allMids`, `l2Book`.

Pure. Source: for-developers/api/info-endpoint with its perpetuals and spot pages, 2026-08-22.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from reconciler.model.snapshot import Quote
from reconciler.venues.hyperliquid.rules import PerpMarket, SpotPair
from reconciler.venues.shape import (
    Malformed,
    Record,
    boolean,
    each,
    integer,
    items,
    number,
    optional_text,
    record,
    text,
)

__all__ = ["PerpMeta", "SpotMeta", "best_prices", "mids", "perp_dexs", "perp_meta", "spot_meta"]

_ISOLATED_MODES = frozenset({"noCross", "strictIsolated"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PerpMeta:
    """The perps of one dex, by name.

    Attributes:
        collateral_token: index of the token that prices are in.
    """

    markets: Mapping[str, PerpMarket]
    collateral_token: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SpotMeta:
    """The spot pairs by name, and the tokens' names by index."""

    pairs: Mapping[str, SpotPair]
    tokens: Mapping[int, str]


def perp_meta(reply: object) -> PerpMeta:
    """Read `meta`; an asset's id is its place in the universe."""
    whole = record(reply, "meta")
    markets = [
        PerpMarket(
            name=text(source, "name"),
            index=index,
            size_decimals=integer(source, "szDecimals"),
            leverage_max=integer(source, "maxLeverage"),
            is_delisted=boolean(source, "isDelisted"),
            is_isolated_only=boolean(source, "onlyIsolated")
            or optional_text(source, "marginMode") in _ISOLATED_MODES,
        )
        for index, source in enumerate(each(whole.get("universe"), "universe", _same))
    ]
    # Absent in old recordings: the first token, USDC.
    token = integer(whole, "collateralToken") if "collateralToken" in whole else 0
    by_name = {market.name: market for market in markets}
    if len(by_name) != len(markets):
        raise Malformed("universe has a name twice")
    return PerpMeta(markets=by_name, collateral_token=token)


def spot_meta(reply: object) -> SpotMeta:
    """Read `spotMeta`; numbers have gaps, so places in the lists mean nothing."""
    whole = record(reply, "spotMeta")
    tokens = {
        integer(token, "index"): token for token in each(whole.get("tokens"), "tokens", _same)
    }
    pairs: dict[str, SpotPair] = {}
    for source in each(whole.get("universe"), "universe", _same):
        sides = items(source.get("tokens"), "tokens")
        if len(sides) != 2 or not all(isinstance(side, int) for side in sides):
            raise Malformed("a pair does not have two tokens")
        base, quote = (_token(tokens, side) for side in sides)
        pair = SpotPair(
            name=text(source, "name"),
            index=integer(source, "index"),
            base=text(base, "name"),
            quote=text(quote, "name"),
            size_decimals=integer(base, "szDecimals"),
        )
        if pairs.setdefault(pair.name, pair) is not pair:
            raise Malformed("universe has a name twice")
    names = {index: text(token, "name") for index, token in tokens.items()}
    return SpotMeta(pairs=pairs, tokens=names)


def perp_dexs(reply: object) -> dict[str, int]:
    """Read `perpDexs`: the index of each builder dex by its name. Index 0 is the first dex."""
    entries = items(reply, "perpDexs")
    if not entries or entries[0] is not None:
        raise Malformed("perpDexs does not begin with null")
    names = each(entries[1:], "perpDexs", lambda source: text(source, "name"))
    return {name: index for index, name in enumerate(names, start=1)}


def mids(reply: object, wanted: Iterable[str]) -> dict[str, Decimal]:
    """Read the middle prices of some instruments from `allMids`; one not in it is left out."""
    whole = record(reply, "allMids")
    return {name: number(whole, name) for name in sorted(wanted) if name in whole}


def best_prices(reply: object, instrument: str) -> Quote | None:
    """Read `l2Book`; None when the venue does not know the instrument."""
    if reply is None:
        return None
    whole = record(reply, "l2Book")
    if text(whole, "coin") != instrument:
        raise Malformed("l2Book is of another instrument")
    levels = items(whole.get("levels"), "levels")
    if len(levels) != 2:
        raise Malformed("levels does not have two sides")
    bid, ask = (_best(side) for side in levels)
    return Quote(bid=bid, ask=ask)


def _best(side: object) -> Decimal | None:
    prices = each(side, "levels", lambda level: number(level, "px"))
    return prices[0] if prices else None


def _token(tokens: Mapping[int, Record], index: object) -> Record:
    if not isinstance(index, int) or index not in tokens:
        raise Malformed("a pair names a token that is not listed")
    return tokens[index]


def _same(source: Record) -> Record:
    return source
