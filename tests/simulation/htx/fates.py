"""What may happen to a request to HTX on its way, and inside."""

from reconciler.simulator import Fault

__all__ = ["ACTING", "FAULTS", "READING"]

BUSY = 1004
ACTING = (
    "not_connected",
    "lost_request",
    "lost_reply",
    "late",
    "duplicate",
    "answered_twice",
    "error_before",
    "error_after",
    "busy",
    "busy_done",
    "too_fast",
    "maintenance",
    "rate_limited",
    "garbled",
    "truncated",
    "partial_batch",
    "wrong_length",
    "fill_in_cancel",
)
READING = (
    *("page_shift",) * 4,
    "busy",
    "maintenance",
    "too_fast",
    "lost_request",
    "error_before",
    "rate_limited",
    "garbled",
    "truncated",
)
FAULTS = {
    "busy": Fault(kind="error_before", code=BUSY),
    "busy_done": Fault(kind="error_after", code=BUSY),
    "maintenance": Fault(kind="maintenance"),
    "too_fast": Fault(kind="rate_limited"),
    "fill_in_cancel": Fault(kind="fill_during_cancel"),
    "page_shift": Fault(kind="page_shift"),
    "partial_batch": Fault(kind="partial_batch"),
    "wrong_length": Fault(kind="wrong_length"),
}
