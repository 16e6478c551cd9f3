"""HTX's error codes as far as this venue gives them, with words of our own.

Codes and meanings: error table of the coin-margined swap documentation (2021, 2025).
"""

from __future__ import annotations

from dataclasses import dataclass

NAMELESS = "System error."

TEXTS = {
    403: "Incorrect access key or signature.",
    1004: "The system is busy, please try again later.",
    1014: "The contract does not exist.",
    1016: "No opposite quote.",
    1017: "The order was not found.",
    1030: "The input is wrong.",
    1032: "Too many requests.",
    1034: "The order price type is wrong.",
    1035: "The direction is wrong.",
    1036: "The offset is wrong.",
    1037: "The leverage is invalid.",
    1038: "The price has too many decimals.",
    1039: "The price is out of the limits.",
    1040: "The volume must be above 0.",
    1041: "The volume is above the limit of an order.",
    1042: "The position would be above your limit.",
    1043: "The position would be above your limit.",
    1045: "Leverage cannot be switched while orders are open.",
    1047: "The margin is insufficient.",
    1048: "The amount which can be closed is insufficient.",
    1050: "The client order id is repeated, please try again later.",
    1051: "There is no order to cancel.",
    1052: "The batch is too large.",
    1056: "In settlement: no order can be placed or cancelled.",
    1058: "The contract is suspended.",
    1059: "In delivery: no order can be placed or cancelled.",
    1061: "The order does not exist.",
    1062: "The order is being cancelled.",
    1063: "The order has been executed.",
    1065: "The client order id must be an integer.",
    1066: "A field is empty.",
    1067: "A field is invalid.",
    1071: "The order has been cancelled.",
    1077: "In settlement: the assets cannot be read.",
    1078: "In settlement: the assets of some contracts cannot be read.",
    1079: "In settlement: the position cannot be read.",
    1080: "In settlement: the positions of some contracts cannot be read.",
    1084: "Placing is barred for too many cancels.",
    1086: "Opening is restricted on this contract.",
    1087: "Closing is restricted on this contract.",
    1088: "Cancelling is restricted on this contract.",
    1094: "The leverage is empty.",
    1095: "The contract is not trading: leverage cannot be switched.",
    1110: "The key may not trade.",
    1220: "The contract is not open for trading.",
    1233: "The agreement on high leverage has not been signed.",
    1234: "Too many unfilled opening orders.",
    1235: "Too many unfilled closing orders.",
    1349: "The leverage differs from that of the position.",
    1404: "Take-profit and stop-loss come with opening orders only.",
    1405: "The take-profit is on the wrong side of the price.",
    1406: "The stop-loss is on the wrong side of the price.",
    1412: "The price of a take-profit or stop-loss has too many decimals.",
    1461: "The long position with its open orders would be above the limit.",
    1462: "The short position with its open orders would be above the limit.",
    12001: "The timestamp is wrong.",
    12002: "The signature version is wrong.",
    12003: "The signature method is wrong.",
    12006: "The timestamp is empty.",
    12007: "The access key is empty.",
    12008: "The signature is empty or wrong.",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request or one of its items was not carried out."""

    code: int
    text: str


class Refused(Exception):
    """A request is refused as a whole."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.text)
        self.refusal = refusal


def refusal(code: int, detail: str = "") -> Refusal:
    """Return a refusal with the words for its code, and what they are about."""
    text = TEXTS.get(code, NAMELESS)
    return Refusal(code, f"{text} [{detail}]" if detail else text)


def refused(code: int, detail: str = "") -> Refused:
    """Return the exception which refuses a whole request."""
    return Refused(refusal(code, detail))
