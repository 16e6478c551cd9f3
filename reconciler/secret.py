"""Values that must never be seen: a type that hides them, and a filter for text they leaked into.

Pure. `Secret` guards against carelessness (`repr`, formatting, JSON, pickle, a log line), not
against code that calls `reveal`. `Redactor` is the second line: it knows every spelling of the
registered secrets and stands before each output.
"""

import base64
import hmac
import json
import re
from collections.abc import Iterable, Iterator
from typing import NoReturn
from urllib.parse import quote, quote_plus

__all__ = ["MASK", "Redactor", "Secret"]

MASK = "***"

# Values of a field called signature, in a query, in JSON (escaped any number of times) or in a
# Python repr. A payload cut off in the middle is masked to its end.
_QUERY_SIGNATURE = re.compile(r"(signature=)[^&\s\"'\\<>]+", re.IGNORECASE)
_FIELD_SIGNATURE = re.compile(
    r"""(\\*["']signature\\*["']\s*:\s*)(?:\{[^{}]*\}?|\\*["'][^"'\\]*(?:\\*["'])?)""",
    re.IGNORECASE,
)
_HEX_KEY = re.compile(r"(?:0[xX])?([0-9a-fA-F]{32,})")


class Secret:
    """A text that shows only to who asks for it by `reveal`."""

    __slots__ = ("__value",)

    def __init__(self, value: str) -> None:
        self.__value = value

    def reveal(self) -> str:
        """Return the text. Never print, log, store or put it into a message."""
        return self.__value

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    def __str__(self) -> str:
        return MASK

    def __format__(self, format_spec: str) -> str:
        return MASK

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self.__value.encode(), other.__value.encode())

    def __hash__(self) -> int:
        return hash((Secret, self.__value))

    def __copy__(self) -> "Secret":
        return self

    def __deepcopy__(self, memo: object) -> "Secret":
        return self

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a secret is not pickled")


class Redactor:
    """Replaces every spelling of the registered secrets, and any signature, by ``***``.

    Known spellings: as it is, JSON-escaped, URL-encoded, base64 (standard and URL-safe, padded or
    not, also inside a longer text), the hex of its bytes; for a hex key also with and without
    ``0x``, in any case, as a decimal number and as base64 of the key's bytes. Hex that is not a
    registered secret (order ids, hashes) stays.
    """

    __slots__ = ("_pattern",)

    def __init__(self, secrets: Iterable[Secret]) -> None:
        forms = {form for secret in secrets for form in _spellings(secret.reveal())}
        # The longest first, so that no rest of a longer spelling stays behind.
        patterns = [pattern for _, pattern in sorted(forms, reverse=True)]
        self._pattern = re.compile("|".join(patterns)) if patterns else None

    def __repr__(self) -> str:
        return "Redactor()"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a redactor is not pickled")

    def redact(self, text: str) -> str:
        """Return the text with every secret and signature masked."""
        shown = self._pattern.sub(MASK, text) if self._pattern is not None else text
        if "ignature" in shown.lower():
            shown = _QUERY_SIGNATURE.sub(rf"\1{MASK}", shown)
            shown = _FIELD_SIGNATURE.sub(rf"\1{MASK}", shown)
        return shown


def _spellings(value: str) -> Iterator[tuple[int, str]]:
    """Yield the length and the regular expression of each spelling."""
    text = value.strip()
    if not text:
        return
    data = text.encode("utf-8", "surrogatepass")
    hexes = [data.hex()]
    exact = {text, value, *_escaped(text), *_base64(data)}
    match = _HEX_KEY.fullmatch(text)
    if match is not None:
        digits = match.group(1)
        hexes.append(digits)
        exact.add(str(int(digits, 16)))
        exact.update(_base64(bytes.fromhex(digits if len(digits) % 2 == 0 else f"0{digits}")))
    for spelling in exact:
        yield len(spelling), re.escape(spelling)
    for digits in hexes:
        yield len(digits) + 2, f"(?i:(?:0x)?{digits})"
    for quoted in (
        quote(text, safe="", errors="surrogatepass"),
        quote(text, errors="surrogatepass"),
        quote_plus(text, errors="surrogatepass"),
    ):
        yield len(quoted), re.sub("%[0-9A-F]{2}", r"(?i:\g<0>)", re.escape(quoted))


def _escaped(text: str) -> Iterator[str]:
    for ascii_only in (True, False):
        yield json.dumps(text, ensure_ascii=ascii_only)[1:-1]
    yield repr(text)[1:-1]


def _base64(data: bytes) -> Iterator[str]:
    """Yield base64 of the bytes alone and the part that is stable inside a longer text."""
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        yield encode(data).decode()
        yield encode(data).decode().rstrip("=")
        for offset in (1, 2):
            # The first quantum mixes with what stands before, the last with what follows.
            padded = encode(b"\0" * offset + data).decode()
            end = (offset + len(data)) // 3 * 4
            if end > 12:
                yield padded[4:end]
