"""The envelope around every answer: said, refused, or closed for maintenance.

Pure. Errors come with any HTTP status and as any content type, so only the body counts. Source:
swap_order page and the maintenance chapter, checked 2025-11-26.
"""

from dataclasses import dataclass
from typing import Final

from reconciler.venues.shape import MOMENT_MS_MAX, Malformed, Record, parsed, record

__all__ = ["MAINTENANCE", "Refusal", "Said", "envelope"]

MAINTENANCE: Final = -1  # no number of theirs: a status word instead of one
CODE_DIGITS_MAX: Final = 9
_NEW_FORM_OK: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A successful answer.

    Attributes:
        at_ms: the venue's own time of it, 0 where it names none.
    """

    whole: Record
    at_ms: int

    @property
    def data(self) -> object:
        """What the answer is about."""
        return self.whole.get("data")


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An error of the whole request.

    Attributes:
        code: the venue's number, or `MAINTENANCE`.
        text: the venue's words, untrusted and uncut.
    """

    code: int
    text: str


def envelope(body: bytes) -> Said | Refusal:
    """Read an answer. Raises `Malformed` for what is neither a success nor a refusal."""
    whole = record(parsed(body), "reply")
    status = whole.get("status")
    if status == "ok":
        return Said(whole=whole, at_ms=_time(whole))
    if status == "maintain":
        return Refusal(code=MAINTENANCE, text="HTX is closed for maintenance")
    if status == "error":
        return Refusal(code=_code(whole.get("err_code")), text=_text(whole.get("err_msg")))
    if status is None and "code" in whole:
        return _new_form(whole)
    raise Malformed("status is neither ok nor error")


def _new_form(whole: Record) -> Said | Refusal:
    """Read the envelope of the v3 pages."""
    code = _code(whole.get("code"))
    if code == _NEW_FORM_OK:
        return Said(whole=whole, at_ms=_time(whole))
    return Refusal(code=code, text=_text(whole.get("msg") or whole.get("message")))


def _code(value: object) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value) if len(value) <= CODE_DIGITS_MAX else None
    if isinstance(value, bool) or not isinstance(value, int):
        raise Malformed("the error code is not a number")
    if not 0 <= value < 10**CODE_DIGITS_MAX:
        raise Malformed("the error code is out of all bounds")
    return value


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _time(whole: Record) -> int:
    at_ms = whole.get("ts")
    if not isinstance(at_ms, int) or isinstance(at_ms, bool):
        return 0
    return at_ms if 0 < at_ms <= MOMENT_MS_MAX else 0
