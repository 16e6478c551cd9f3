"""What the venue's documents leave open, or tests want simpler: one frozen record of choices.

Every field that answers an open question about Hyperliquid names both answers; the default is the
safer guess. A client should be tested under both.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from decimal import Decimal, InvalidOperation
from typing import Any, Self

from reconciler.simulator.numbers import canonical

DECIMAL_MAX = 1_000_000_000_000
WORDS = {
    "builder_dex_cloid": ("keep", "drop", "vanish"),
    "congestion_reply": ("refuse", "expire"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchRecord:
    """What a venue's switches can do; they are fields of a frozen record with a default each."""

    def changed(self, changes: dict[str, Any]) -> Self:
        """Return a copy with some fields set from JSON values.

        Raises:
            ValueError: a name is unknown or a value has the wrong type.
        """
        kinds = {each.name: type(getattr(self, each.name)) for each in fields(self)}
        values: dict[str, Any] = {}
        for name, value in changes.items():
            kind = kinds.get(name)
            if kind is None:
                raise ValueError(f"unknown switch {name!r}; known are {', '.join(sorted(kinds))}")
            values[name] = _coerced(name, value, kind)
        return replace(self, **values)

    def record(self) -> dict[str, Any]:
        """Return every switch as JSON."""
        values = ((each.name, getattr(self, each.name)) for each in fields(self))
        return {n: canonical(v) if isinstance(v, Decimal) else v for n, v in values}


@dataclass(frozen=True, slots=True, kw_only=True)
class Switches(SwitchRecord):
    """How this venue behaves where real behaviour is unknown, configurable or tiresome.

    Attributes:
        refuse_open_cloid: refuse an order whose client order id is resting already, without a venue
            order id; otherwise several orders may share one.
        exempt_closing_order_from_minimum: a reduce-only order which closes the whole position may
            be worth less than the minimum.
        refuse_crossed_trigger: refuse a trigger which the mark price has passed already
            (`Invalid TP/SL price.`); otherwise it fires at once.
        end_position_orders: end the orders of `positionTpsl` when their position is gone; otherwise
            they rest on for the next one.
        arm_children_of_cut_parent: arm the children of an immediate parent that filled in part;
            otherwise they end with what was cut off it.
        keep_order_when_modify_crosses: a GTC order which would cross in a modify without `a` leaves
            the old order in place; otherwise the old order is gone.
        tick_is_prevalidated: a price off the tick grid voids the whole batch with one status;
            otherwise it is refused alone, with ` asset=N`.
        prevalidation_is_top_level: answer pre-validation errors as `status: err` for the whole
            action instead of a single entry in `statuses`.
        batch_length_max: orders, cancels or modifies in one action.
        perp_band_percent: how far a price may be from the mark price of a perp, in percent.
        spot_band_percent: the same for spot pairs.
        minimum_notional: least value of an order, in quote currency.
        open_orders_max: open orders an account may have before volume is counted; more than 5000 is
            no venue's, and stands.
        schedule_cancel_volume_min: USDC an account must have traded before `scheduleCancel` works.
        read_lag_ms_max: replies of `/info` show the past, by a seeded random 0 to this many
            milliseconds; 0 switches it off. At most 10 000.
        limit_addresses: enforce the budget of actions by address.
        congestion_items_max: while traffic is high, so many items of an address are taken within
            ten seconds; 0 is no congestion. The page says twice its share of yesterday's maker
            volume, and neither of what nor in which time: the figure is the test's.
        congestion_reply: what becomes of more: `refuse`, with a text of ours; `expire`, as of a
            request that waited too long. None was recorded.
        daily_actions_max: actions an account may send in one UTC day, 0 for any number; 50 000 for
            unified and portfolio accounts. The text is ours.
        limit_ips: enforce 1200 weight a minute by client address.
        check_margin: refuse orders beyond margin or spot balance.
        charge_fees: charge base fees, otherwise every fee is 0.
        is_post_only: the period after an upgrade in which only post-only orders are allowed.
        background_notional: value of the synthetic quote on each side of every instrument, in quote
            currency, standing anew for every order; 0 leaves the books to real orders.
        fills_oldest_first: order of `userFillsByTime`.
        builder_dex_cloid: what becomes of the client order id of an order on a builder dex: `keep`;
            `drop`: the order lives without it; `vanish`: the order is acknowledged and never
            exists. Each was reported (official SDK, issue 251); none was measured.
    """

    refuse_open_cloid: bool = True
    exempt_closing_order_from_minimum: bool = True
    refuse_crossed_trigger: bool = True
    end_position_orders: bool = True
    arm_children_of_cut_parent: bool = False
    keep_order_when_modify_crosses: bool = False
    tick_is_prevalidated: bool = False
    prevalidation_is_top_level: bool = False
    batch_length_max: int = 1000
    perp_band_percent: int = 95
    spot_band_percent: int = 80
    minimum_notional: Decimal = Decimal(10)
    open_orders_max: int = 1000
    schedule_cancel_volume_min: Decimal = Decimal(1_000_000)
    read_lag_ms_max: int = 0
    limit_addresses: bool = False
    congestion_items_max: int = 0
    congestion_reply: str = "refuse"
    daily_actions_max: int = 0
    limit_ips: bool = False
    check_margin: bool = True
    charge_fees: bool = True
    is_post_only: bool = False
    background_notional: Decimal = Decimal(1_000_000)
    fills_oldest_first: bool = True
    builder_dex_cloid: str = "keep"


def _decimal(name: str, value: str | int) -> Decimal:
    try:
        parsed = Decimal(value)
    except InvalidOperation:
        parsed = Decimal("NaN")
    if not (parsed.is_finite() and 0 <= parsed <= DECIMAL_MAX):
        raise ValueError(f"switch {name!r} takes a decimal from 0 to {DECIMAL_MAX}")
    return parsed


def _coerced(name: str, value: Any, kind: type) -> Any:
    if kind is Decimal and isinstance(value, (str, int)) and not isinstance(value, bool):
        return _decimal(name, value)
    if type(value) is not kind:
        raise ValueError(f"switch {name!r} takes a {kind.__name__}")
    if value not in WORDS.get(name, (value,)):
        raise ValueError(f"switch {name!r} is one of {', '.join(WORDS[name])}")
    return value
