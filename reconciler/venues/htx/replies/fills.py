"""Executions as `swap_matchresults` (v3) shows them: by venue order id, without our ids.

Pure. Source: page 5d51abec, checked 2025-11-26.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from reconciler.model.order import Fill, Side, VenueOrderId
from reconciler.venues.htx.rules import NOT_OURS
from reconciler.venues.shape import (
    Malformed,
    Record,
    any_number,
    digits,
    each,
    integer,
    moment_ms,
    text,
)

__all__ = ["Match", "matches"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One execution.

    Attributes:
        fill: without a client order id.
        query_id: where the next page goes on.
        is_of_api: whether its order may have come through an API; ours do.
    """

    fill: Fill
    query_id: int
    is_of_api: bool


def matches(data: object) -> Sequence[Match]:
    """Read one page."""
    return each(data, "data", _match)


def _match(source: Record) -> Match:
    direction = text(source, "direction")
    if direction not in (Side.BUY, Side.SELL):
        raise Malformed("direction is neither buy nor sell")
    return Match(
        fill=Fill(
            fill_id=text(source, "id"),
            venue_order_id=VenueOrderId(digits(source, "order_id_str")),
            client_order_id=None,
            instrument=text(source, "contract_code").upper(),
            side=Side(direction),
            price=any_number(source, "trade_price"),
            quantity=any_number(source, "trade_volume"),
            at_ms=moment_ms(source, "create_date"),
        ),
        query_id=integer(source, "query_id"),
        is_of_api=str(source.get("order_source")) not in NOT_OURS,
    )
