"""Error numbers of HTX and what each says about an order or a cancel.

Pure. Source: the error table of the coin-margined swap document (2021, English and Chinese) and of
its newer pages, checked 2025-11-26. A number that is not in the table proves nothing.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Final

from reconciler.model.outcome import Accepted, Outcome, Rejected, RejectReason, Unknown
from reconciler.venues.htx.replies.envelope import MAINTENANCE

__all__ = [
    "NOT_FOUND",
    "NO_CONTRACT",
    "TABLE",
    "TOO_MANY",
    "Meaning",
    "is_closed",
    "of_cancel",
    "of_order",
]

NOT_FOUND: Final = frozenset({1017, 1061})
NO_CONTRACT: Final = frozenset({1013, 1014})
TOO_MANY: Final = 1032


class Meaning(Enum):
    """What is not a plain refusal."""

    DONE = "nothing is left to do"
    PENDING = "a cancel is under way"
    UNKNOWN = "it may or may not have been done"


_SHAPE: Final = (
    1013, 1014, 1030, 1031, 1033, 1034, 1035, 1036, 1037, 1038, 1040, 1041, 1049, 1052, 1055, 1065,
    1066, 1067, 1069, 1072, 1075, 1081, 1082, 1085, 1094, 1349, 1403, 1404, 1405, 1406, 1407, 1408,
    1409, 1412,
)  # fmt: skip
_AUTHORITY: Final = (
    403, 1010, 1012, 1109, 1110, 1113, 1253, *range(12_001, 12_010),
)  # fmt: skip
_MARGIN: Final = (1047, 1048, 1090, 1091, 1092, 1093)
_CAP: Final = (1042, 1043, 1044, 1234, 1235, 1461, 1462)
# Halts, settlement, maintenance, bans for some minutes, no prices to check against, too fast.
_NOT_NOW: Final = (
    MAINTENANCE, 1015, 1016, TOO_MANY, 1053, 1054, 1056, 1057, 1058, 1060, 1076, 1077, 1078, 1079,
    1080, 1083, 1084, 1095, 1097, 1411, 1431,
)  # fmt: skip
_OTHER: Final = (
    1045, 1059, 1073, 1074, 1086, 1087, 1088, 1100, 1101, 1104, 1105, 1220, 1228, 1233, 1450, 1451,
    1452, 1453, 1454, 1455,
)  # fmt: skip
# Busy, not ready, cache faults; a repeated client order id may be our own order.
_UNKNOWN: Final = (1000, 1001, 1002, 1003, 1004, 1046, 1050, 1064, 1108)
_DONE: Final = (1017, 1051, 1061, 1063, 1071)

TABLE: Final[Mapping[int, RejectReason | Meaning]] = {
    **dict.fromkeys(_SHAPE, RejectReason.SHAPE),
    **dict.fromkeys(_AUTHORITY, RejectReason.AUTHORITY),
    **dict.fromkeys(_MARGIN, RejectReason.MARGIN),
    **dict.fromkeys(_CAP, RejectReason.OPEN_INTEREST_CAP),
    1039: RejectReason.PRICE_LIMIT,
    **dict.fromkeys(_NOT_NOW, RejectReason.NOT_NOW),
    **dict.fromkeys(_OTHER, RejectReason.OTHER),
    **dict.fromkeys(_UNKNOWN, Meaning.UNKNOWN),
    **dict.fromkeys(_DONE, Meaning.DONE),
    1062: Meaning.PENDING,
}


def of_order(code: int, text: str) -> Outcome:
    """Return what a number says of an order that was to be placed."""
    meaning = TABLE.get(code, Meaning.UNKNOWN)
    if isinstance(meaning, RejectReason):
        return Rejected(reason=meaning, text=_said(code, text))
    if code == 1050:
        return Unknown(cause="the client order id was used before (1050)")
    return Unknown(cause=f"error {code}")


def of_cancel(code: int, text: str) -> Outcome:
    """Return what a number says of a cancel.

    A cancel under way is one that was taken; what is gone was filled, cancelled, or is not known
    any more: only a status says which.
    """
    meaning = TABLE.get(code, Meaning.UNKNOWN)
    if isinstance(meaning, RejectReason):
        return Rejected(reason=meaning, text=_said(code, text))
    if meaning is Meaning.DONE:
        return Rejected(reason=RejectReason.ORDER_GONE, text=_said(code, text))
    return Accepted() if meaning is Meaning.PENDING else Unknown(cause=f"error {code}")


def is_closed(code: int) -> bool:
    """Say whether the venue is closed, for orders and questions alike."""
    return TABLE.get(code) is RejectReason.NOT_NOW


def _said(code: int, text: str) -> str:
    return text if code == MAINTENANCE else f"{text or 'no text'} ({code})"
