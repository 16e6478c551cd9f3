"""Orders of the past as `swap_hisorders` (v3) shows them: by venue order id, without our ids.

Pure. Source: page swap_hisorders (v3), checked 2025-11-26.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from reconciler.model.order import VenueOrderId
from reconciler.venues.htx.rules import NOT_OURS
from reconciler.venues.shape import Record, digits, each, integer, moment_ms, text

__all__ = ["PastOrder", "past_orders"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PastOrder:
    """One order, whatever became of it: that is asked for by its id.

    Attributes:
        query_id: where the next page goes on.
        is_of_api: whether it may have come through an API; ours do.
    """

    venue_order_id: VenueOrderId
    instrument: str
    query_id: int
    created_at_ms: int
    is_of_api: bool


def past_orders(data: object) -> Sequence[PastOrder]:
    """Read one page."""
    return each(data, "data", _past)


def _past(source: Record) -> PastOrder:
    return PastOrder(
        venue_order_id=VenueOrderId(digits(source, "order_id_str")),
        instrument=text(source, "contract_code").upper(),
        query_id=integer(source, "query_id"),
        created_at_ms=moment_ms(source, "create_date"),
        is_of_api=str(source.get("order_source")) not in NOT_OURS,
    )
