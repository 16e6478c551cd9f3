"""What requests say, field by field, or the error code for what they do not.

Codes: HTX's error table, and reports of refused requests: a volume or leverage with a fraction is
1067, a client order id as a text too (ccxt issues 19234, 19238; HTX.Net issue 100).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from reconciler.simulator.htx.contracts import Contract
from reconciler.simulator.htx.errors import refused
from reconciler.simulator.htx.world import World
from reconciler.simulator.numbers import ZERO, decimals_of

EMPTY, INVALID, NO_CONTRACT, TOO_MANY = 1066, 1067, 1014, 1052
CLIENT_ID_MAX = 2**63 - 1
CLIENT_ID_IS_TEXT, CLIENT_ID_IS_NO_NUMBER = 1067, 1065
PRICE_MAX = Decimal(1_000_000_000)
PRICE_DECIMALS_MAX = 18
WHOLE_DIGITS_MAX = 19
PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX = 20, 50


class Fields:
    """One object of a request: a body, an order of a batch, or a query."""

    __slots__ = ("_record", "_world")

    def __init__(self, world: World, record: Mapping[str, Any]) -> None:
        self._world = world
        self._record = record

    def has(self, name: str) -> bool:
        """Tell whether a field is there and not empty."""
        return self._record.get(name) not in (None, "")

    def check_known(self, known: frozenset[str]) -> None:
        """Refuse fields which are not documented."""
        unknown = sorted(self._record.keys() - known)
        if unknown:
            raise refused(INVALID, unknown[0])

    def contract(self, name: str = "contract_code") -> Contract:
        """Return the contract which a required field names, in any letter case."""
        found = self.contract_or_none(name)
        if found is None:
            raise refused(EMPTY, name)
        return found

    def contract_or_none(self, name: str = "contract_code") -> Contract | None:
        """Return the contract which an optional field names."""
        if not self.has(name):
            return None
        value = self._record[name]
        found = self._world.contracts.get(value.upper()) if isinstance(value, str) else None
        if found is None:
            raise refused(NO_CONTRACT)
        return found

    def contracts(self) -> list[Contract]:
        """Return the contract which is named, or every one."""
        named = self.contract_or_none()
        return list(self._world.contracts.values()) if named is None else [named]

    def word(self, name: str, known: frozenset[str], code: int) -> str:
        """Return a required word of a closed list."""
        value = self._record.get(name)
        if not isinstance(value, str) or value not in known:
            raise refused(code, name)
        return value

    def whole(self, name: str, default: int | None = None) -> int:
        """Return a whole number which is not negative, written as a number or as digits."""
        if not self.has(name):
            if default is None:
                raise refused(EMPTY, name)
            return default
        found = self._digits(self._record[name])
        if found is None:
            raise refused(INVALID, name)
        return found

    def volume(self) -> int:
        """Return the contracts of an order."""
        value = self._record.get("volume")
        if value in (None, "") or _is_not_positive(value):
            raise refused(1040)
        return self.whole("volume")

    def leverage(self) -> int:
        """Return the leverage of an order."""
        if not self.has("lever_rate"):
            raise refused(1094)
        return self.whole("lever_rate")

    def price(self, name: str) -> Decimal:
        """Return a required price, written as a number or as a text."""
        found = self.price_or_none(name)
        if found is None:
            raise refused(EMPTY, name)
        return found

    def price_or_none(self, name: str) -> Decimal | None:
        """Return an optional price."""
        if not self.has(name):
            return None
        value = self._record[name]
        if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
            raise refused(INVALID, name)
        try:
            found = Decimal(value)
        except InvalidOperation:
            raise refused(INVALID, name) from None
        if not (found.is_finite() and ZERO < found <= PRICE_MAX):
            raise refused(INVALID, name)
        if decimals_of(found) > PRICE_DECIMALS_MAX:
            raise refused(1038)
        return found

    def client_id(self) -> int | None:
        """Return the client order id of an order."""
        if not self.has("client_order_id"):
            return None
        value = self._record["client_order_id"]
        found = self._digits(value)
        if isinstance(value, str):
            if found is None:
                raise refused(CLIENT_ID_IS_NO_NUMBER)
            if not self._world.switches.accept_client_id_text:
                raise refused(CLIENT_ID_IS_TEXT, "client_order_id")
        if found is None or not 1 <= found <= CLIENT_ID_MAX:
            raise refused(INVALID, "client_order_id")
        return found

    def ids(self, name: str, most: int) -> list[str]:
        """Return a list of ids, which is a text with commas between them."""
        value = self._record.get(name)
        if not isinstance(value, str):
            raise refused(INVALID, name)
        found = [each.strip() for each in value.split(",")]
        if len(found) > most:
            raise refused(TOO_MANY, f"at most {most}")
        if not all(self._digits(each) is not None for each in found):
            raise refused(INVALID, name)
        return found

    def page(self) -> tuple[int, int]:
        """Return index, from 1 on, and size of the page which is asked for."""
        index = self.whole("page_index", 1)
        size = self.whole("page_size", PAGE_SIZE_DEFAULT)
        if not index:
            raise refused(INVALID, "page_index")
        if not 1 <= size <= PAGE_SIZE_MAX:
            raise refused(INVALID, "page_size")
        return index, size

    def flag(self, name: str, default: int) -> bool:
        """Return a number which is 0 or 1."""
        found = self.whole(name, default)
        if found not in (0, 1):
            raise refused(INVALID, name)
        return bool(found)

    @staticmethod
    def _digits(value: Any) -> int | None:
        if isinstance(value, str):
            is_whole = value.isascii() and value.isdigit() and len(value) <= WHOLE_DIGITS_MAX
            return int(value) if is_whole else None
        is_whole = type(value) is int and 0 <= value < 10**WHOLE_DIGITS_MAX
        return value if is_whole else None


def _is_not_positive(value: Any) -> bool:
    """Tell whether a number, or a text of one, is zero or below."""
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        return False
    try:
        number = Decimal(value)
    except InvalidOperation:
        return False
    return number.is_finite() and number <= ZERO
