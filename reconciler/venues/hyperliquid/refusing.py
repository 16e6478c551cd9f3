"""What Hyperliquid refuses, so that it is not sent: one such order can void a whole batch.

Pure. Pages are those of hyperliquid.gitbook.io/hyperliquid-docs, checked 2026-08-22 unless a line
says otherwise.
"""

import re
from decimal import Decimal
from typing import Final

from reconciler.model.capabilities import Capabilities
from reconciler.model.identity import WIDE
from reconciler.model.instrument import Instrument, InstrumentKind
from reconciler.model.numbers import decimal_places
from reconciler.model.order import Execution, Side, Terms, TimeInForce
from reconciler.model.rule import Rule
from reconciler.venues.hyperliquid.replies.words import MEANINGS
from reconciler.venues.hyperliquid.rules import (
    ADDRESS,
    BATCH_ITEMS_MAX,
    BUILDER_ADDRESS,
    BUILDER_FEE,
    DECIMALS_MAX,
    IP_WEIGHT_PER_MINUTE,
    IP_WEIGHT_RESERVE,
)

__all__ = ["CAPABILITIES", "RULES"]

PERP_BUILDER_FEE_MAX: Final = 100  # trading/builder-codes: 0.1 % in tenths of a basis point
SPOT_BUILDER_FEE_MAX: Final = 1000  # trading/builder-codes: 1 %
# Refused beyond 80 % from the mark, measured on spot 2026-09; 95 % was seen on perps, so the
# narrower of the two is kept to everywhere.
FARTHEST: Final = Decimal("0.2")
# trading/contract-specifications: largest value of a market order by the largest leverage; limit
# orders may have ten times as much.
VALUE_MAX_BY_LEVERAGE: Final = ((25, 30_000_000), (20, 5_000_000), (10, 2_000_000), (0, 500_000))
LIMIT_VALUE_FACTOR: Final = 10


def _is_beyond_trigger(terms: Terms, instrument: Instrument, middle: Decimal | None) -> bool:
    trigger = terms.trigger
    if trigger is None or trigger.execution is not Execution.MARKET:
        return False
    return (terms.price - trigger.price) * terms.side.sign < 0


def _has_fine_numbers(terms: Terms, instrument: Instrument, middle: Decimal | None) -> bool:
    numbers = [terms.price, terms.quantity]
    numbers += [terms.trigger.price] if terms.trigger is not None else []
    return any(decimal_places(number) > DECIMALS_MAX for number in numbers)


def _is_position_sized(terms: Terms) -> bool:
    return terms.trigger is not None and terms.quantity == 0


def _is_small(terms: Terms, instrument: Instrument, middle: Decimal | None) -> bool:
    notional = instrument.notional(price=terms.price, quantity=terms.quantity)
    return not terms.reduce_only and notional < instrument.minimum_notional


def _has_bad_options(terms: Terms, instrument: Instrument, middle: Decimal | None) -> bool:
    options = dict(terms.options)
    address, fee = options.pop(BUILDER_ADDRESS, None), options.pop(BUILDER_FEE, None)
    if address is None and fee is None:
        return bool(options)
    return (
        bool(options)
        or ADDRESS.fullmatch(address or "") is None
        or re.fullmatch(r"[0-9]{1,4}", fee or "", re.ASCII) is None
    )


def _has_costly_builder(terms: Terms, instrument: Instrument, middle: Decimal | None) -> bool:
    fee = dict(terms.options).get(BUILDER_FEE, "")
    if re.fullmatch(r"[0-9]{1,4}", fee, re.ASCII) is None:
        return False
    limit = SPOT_BUILDER_FEE_MAX if _is_on_spot(instrument) else PERP_BUILDER_FEE_MAX
    return int(fee) > limit


def _is_on_spot(instrument: Instrument) -> bool:
    return instrument.kind is InstrumentKind.SPOT


def _is_too_far(terms: Terms, instrument: Instrument, middle: Decimal | None) -> bool:
    if middle is None or middle <= 0:
        return False
    return not (FARTHEST * middle < terms.price and terms.price * FARTHEST <= middle)


def _is_too_large(terms: Terms, instrument: Instrument, middle: Decimal | None) -> bool:
    if instrument.leverage_max is None or _is_on_spot(instrument):
        return False
    leverage = instrument.leverage_max
    value_max = next(most for least, most in VALUE_MAX_BY_LEVERAGE if leverage >= least)
    is_market = terms.trigger is not None and terms.trigger.execution is Execution.MARKET
    value = instrument.notional(price=terms.price, quantity=terms.quantity)
    return value > (value_max if is_market else value_max * LIMIT_VALUE_FACTOR)


# fmt: off
RULES = (
    Rule(code="instrument-closed", text="the instrument is delisted",
         source="trading/delisting, 2026-08-22",
         is_broken=lambda terms, instrument, middle: not instrument.is_open),
    Rule(code="price-off-tick", text="the price is not on the venue's grid",
         source="for-developers/api/tick-and-lot-size, 2026-08-22",
         is_broken=lambda terms, instrument, middle: not instrument.is_legal_price(terms.price)),
    Rule(code="quantity-off-lot", text="the quantity is not a whole number of lots",
         source="for-developers/api/tick-and-lot-size, 2026-08-22",
         is_broken=lambda terms, instrument, middle: not _is_position_sized(terms)
         and not instrument.is_legal_quantity(terms.quantity)),
    Rule(code="below-minimum", text="the order is worth less than 10 of the quote currency",
         source="for-developers/api/error-responses, MinTradeNtl, 2026-08-22",
         is_broken=_is_small),
    Rule(code="too-many-decimals", text="a number has more than 8 decimals",
         source="for-developers/api/signing, 2026-08-22",
         is_broken=_has_fine_numbers),
    Rule(code="ioc-post-only", text="an immediate-or-cancel order cannot be post-only",
         source="for-developers/api/exchange-endpoint, 2026-08-22",
         is_broken=lambda terms, instrument, middle: terms.trigger is None and terms.post_only
         and terms.time_in_force is TimeInForce.IOC),
    Rule(code="worst-price-inside-trigger",
         text="the worst price of a market trigger is better than the trigger itself",
         source="nautilus_trader issue 3611, 2026-08-22",
         is_broken=_is_beyond_trigger),
    Rule(code="spot-reduce-only", text="a spot order cannot be reduce-only",
         source="measured on the testnet, 2026-09",
         is_broken=lambda terms, instrument, middle: terms.reduce_only and _is_on_spot(instrument)),
    Rule(code="spot-trigger", text="spot has no trigger orders",
         source="measured on the testnet, 2025-08",
         is_broken=lambda terms, instrument, middle: terms.trigger is not None
         and _is_on_spot(instrument)),
    Rule(code="unknown-option", text="the options are builder.address with builder.fee_tenth_bps",
         source="for-developers/api/exchange-endpoint, 2026-08-22",
         is_broken=_has_bad_options),
    Rule(code="builder-fee-too-high", text="a builder's fee is at most 0.1 % on perps, 1 % on spot",
         source="trading/builder-codes, 2026-08-22",
         is_broken=_has_costly_builder),
    Rule(code="builder-on-spot-buy", text="a builder takes no fee on a spot buy",
         source="trading/builder-codes, 2026-08-22",
         is_broken=lambda terms, instrument, middle: bool(terms.options) and terms.side is Side.BUY
         and _is_on_spot(instrument)),
    Rule(code="price-too-far", text="the price is more than 80 % away from the market",
         source="for-developers/api/error-responses; measured on the testnet, 2026-09",
         is_broken=_is_too_far),
    Rule(code="value-too-large", text="one order is worth more than the venue takes",
         source="trading/contract-specifications, 2026-08-22",
         is_broken=_is_too_large),
)
# fmt: on

CAPABILITIES = Capabilities(
    id_layout=WIDE,
    can_modify=True,
    batch_items_max=BATCH_ITEMS_MAX,
    weight_divisor=40,
    weight_per_minute=IP_WEIGHT_PER_MINUTE - IP_WEIGHT_RESERVE,
    # A modify does not deduct what filled (for-developers/api/exchange-endpoint).
    overfill_on_modify=True,
    # Measured: a status may lag about 1 s behind the acknowledgement.
    close_window_ms=2000,
    ends_with_position=frozenset({"reduceOnlyCanceled"}),
    rules=RULES,
    meanings=MEANINGS,
)
