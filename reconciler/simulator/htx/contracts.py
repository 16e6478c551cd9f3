"""Which coin-margined swaps exist: immutable, loaded once, shared by every simulator of a process.

Contracts, sizes and ticks are recorded (`data/SOURCES.md`). A contract is worth a number of US
dollars; margin, profit and fees are in the coin.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from importlib import resources
from typing import Any

from reconciler.simulator.numbers import ZERO

LISTED = 1
LEVERAGE_DEFAULT = 5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Contract:
    """One swap. Compared by identity: a catalogue holds each once.

    Attributes:
        symbol: the coin, as `BTC`.
        code: as `BTC-USD`.
        size: value of one contract in US dollars.
        tick: price step.
        created: day of listing, as `20200325`.
        leverages: the values which may be chosen, ascending.
        open_limit, close_limit: contracts in one order at most.
        position_limit: contracts on one side at most.
        adjust_factor: of the risk rate.
        mid: mid price at the start.
    """

    symbol: str
    code: str
    size: Decimal
    tick: Decimal
    created: str
    leverages: tuple[int, ...]
    open_limit: int
    close_limit: int
    position_limit: int
    adjust_factor: Decimal
    mid: Decimal

    def is_on_tick(self, price: Decimal) -> bool:
        """Tell whether a price is a multiple of the tick."""
        return price % self.tick == ZERO

    def below(self, price: Decimal) -> Decimal:
        """Return the highest price on the grid below a price."""
        return ((price / self.tick).to_integral_value("ROUND_CEILING") - 1) * self.tick

    def above(self, price: Decimal) -> Decimal:
        """Return the lowest price on the grid above a price."""
        return ((price / self.tick).to_integral_value("ROUND_FLOOR") + 1) * self.tick

    def coins(self, volume: int, price: Decimal) -> Decimal:
        """Return what contracts are worth in the coin at a price."""
        return volume * self.size / price


@dataclass(frozen=True, slots=True)
class ContractState:
    """Whether a contract trades, and what its API allows.

    Attributes:
        status: 1 listed and trading; 0 delisted, 3 suspended, 5 settling and so on.
    """

    status: int = LISTED
    open: bool = True
    close: bool = True
    cancel: bool = True


@functools.cache
def load_contracts() -> Mapping[str, Contract]:
    """Load the recorded contracts by code; the same object on every call."""
    path = resources.files("reconciler.simulator") / "data" / "htx_swaps.json"
    recorded = json.loads(path.read_text(encoding="utf-8"))
    leverages = tuple(int(each) for each in recorded["available_level_rate"].split(","))
    factor = Decimal(recorded["adjust_factor"])
    found = (_contract(record, leverages, factor) for record in recorded["contracts"])
    return {each.code: each for each in found}


def _contract(record: Mapping[str, Any], leverages: tuple[int, ...], factor: Decimal) -> Contract:
    return Contract(
        symbol=record["symbol"],
        code=record["contract_code"],
        size=Decimal(record["contract_size"]),
        tick=Decimal(record["price_tick"]),
        created=record["create_date"],
        leverages=leverages,
        open_limit=record["open_limit"],
        close_limit=record["close_limit"],
        position_limit=record["position_limit"],
        adjust_factor=factor,
        mid=Decimal(record["mid"]),
    )
