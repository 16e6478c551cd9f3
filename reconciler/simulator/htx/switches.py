"""What HTX's documents leave open, or tests want simpler: one frozen record of choices.

Every field that answers an open question names both answers; the default is the safer guess. A
client should be tested under both.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from reconciler.simulator.switches import SwitchRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class HtxSwitches(SwitchRecord):
    """How this venue behaves where real behaviour is unknown, configurable or tiresome.

    Attributes:
        cancel_delay_ms: how long an accepted cancel takes to end its order, which may fill until
            then; the documents say some tens of milliseconds.
        query_delay_ms: how long an accepted order stays unknown to look-ups and cancels; usually 30
            to 50 milliseconds, seconds in a fast market.
        read_lag_ms_max: reads of orders, fills, positions and balances show the past, by a seeded
            random 0 to this many milliseconds; 0 switches it off. At most 10 000.
        clock_tolerance_ms: how far a request's timestamp may be off: 5 minutes or under 1.
        stale_stamp_is_12001: a timestamp too far off is answered 12001; otherwise 403.
        limit_requests: enforce the rates; otherwise only the headers count.
        trade_requests_max, read_requests_max: private requests of an account in 3 s: 36 and 36, or
            72 and 72.
        is_limited_by_429: a rate limit answers HTTP 429; otherwise 200 with error 1032.
        batch_orders_max: orders in one batch: 25, or the older 10.
        batch_answers_are_reversed: successes and errors of a batch stand in no promised order;
            otherwise in that of the request.
        refuse_unknown_fields: an order with a field which is not documented gives 1067; otherwise
            such fields are ignored.
        is_maintained: every request is answered `{"status":"maintain"}`.
        settlement_window_ms: how long trading stops at each settlement, every 8 h; 0 as since
            2024-07, when it trades through.
        purge_hour: finished orders vanish from `swap_order_info` every 8 h at this hour (GMT+8):
            4, or 0 with the settlement.
        purge_finished: they vanish at all.
        reserve_client_ids_for_ever: a client order id is never taken twice (1050); otherwise for 8
            hours only.
        accept_client_id_text: a client order id may be a text; otherwise it is refused with 1067.
        shows_old_client_ids: an order older than 8 hours, past which it cannot be asked for by its
            client order id, still shows that; otherwise null.
        order_info_is_all_or_nothing: one unknown id among several gives 1017 for all; otherwise
            unknown ones are left out.
        openorders_needs_contract: `swap_openorders` without a contract is refused; otherwise it
            lists all.
        empty_list_has_one_page: `total_page` of an empty list is 1; otherwise 0.
        cancel_errors_echo_client_id: `errors[].order_id` of a cancel by client order id repeats
            that; otherwise it holds the venue order id where there is one.
        repeated_cancel_is_in_both: an order already being cancelled stands in `errors` (1062) and
            in `successes`; otherwise in `errors` alone.
        leverage_conflict_is_1037: another leverage than resting orders have gives 1037; otherwise
            1349, as with a position.
        position_limit_is_1042: a position limit gives 1042 and 1043; otherwise 1461 and 1462.
        has_leverage_agreement: leverage above 20 is allowed; otherwise 1233.
        opening_orders_max, closing_orders_max: resting orders of an account in one contract.
        price_band_percent: how far a buy may be above the index and a sell below it, in percent.
        background_notional: value in US dollars of the synthetic quote on each side of every
            contract, standing anew for every order; 0 leaves the books to real orders.
        check_margin: refuse orders beyond margin.
        charge_fees: charge base fees, otherwise every fee is 0.
        stops_end_with_order: what hangs on an order that is cancelled after a partial fill ends
            with it; otherwise it is for what filled.
        numbers_are_long: decimals are printed with 18 digits, a zero as `0E-18`.
    """

    cancel_delay_ms: int = 40
    query_delay_ms: int = 0
    read_lag_ms_max: int = 0
    clock_tolerance_ms: int = 300_000
    stale_stamp_is_12001: bool = False
    limit_requests: bool = True
    trade_requests_max: int = 36
    read_requests_max: int = 36
    is_limited_by_429: bool = False
    batch_orders_max: int = 25
    batch_answers_are_reversed: bool = False
    refuse_unknown_fields: bool = False
    is_maintained: bool = False
    settlement_window_ms: int = 0
    purge_hour: int = 4
    purge_finished: bool = True
    reserve_client_ids_for_ever: bool = True
    accept_client_id_text: bool = False
    shows_old_client_ids: bool = True
    order_info_is_all_or_nothing: bool = False
    openorders_needs_contract: bool = False
    empty_list_has_one_page: bool = False
    cancel_errors_echo_client_id: bool = False
    repeated_cancel_is_in_both: bool = False
    leverage_conflict_is_1037: bool = False
    position_limit_is_1042: bool = False
    has_leverage_agreement: bool = True
    opening_orders_max: int = 1000
    closing_orders_max: int = 1000
    price_band_percent: int = 4
    background_notional: Decimal = Decimal(1_000_000)
    check_margin: bool = True
    charge_fees: bool = True
    stops_end_with_order: bool = False
    numbers_are_long: bool = False
