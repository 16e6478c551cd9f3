"""Numbers as people write them: why a text is none, told so that they can write it right."""

import re

__all__ = ["MONEY_RULE", "why_no_number"]

MONEY_RULE = (
    "A number is digits, then perhaps a point and digits: at most 18 before and 18 after it, and no"
    " leading zero."
)

_CAUSES = (
    (r"", "nothing is written here"),
    (r"~|null|Null|NULL", "nothing is written here"),
    (r"(?i:[+-]?\.?(?:nan|inf|infinity))", "this is no amount"),
    (r"[+-].*", "a sign is not read; `side` says the direction"),
    (r"[0-9.]+[eE].*", "an exponent is not read; write the digits out"),
    (r"0[xXoObB].*", "only decimal digits are read"),
    (r"[0-9_.]*_[0-9_.]*", "an underscore is not read"),
    (r"[0-9,.]*,[0-9,.]*", "write a point for decimals, and nothing between thousands"),
    (r"[0-9:.]+:[0-9:.]*", "some readers take this for a time"),
    (r"0[0-9]+(?:\.[0-9]*)?", "a leading zero is not read; some readers take it for octal"),
    (r"\.[0-9]+", "a digit is missing before the point"),
    (r"[0-9]+\.", "a digit is missing behind the point"),
    (r"[0-9]+(?:\.[0-9]+)?", "too many digits"),
    (r"[0-9.]+\s*%", "the percent sign is not read"),
    (r"\s*[0-9.]+\s*", "spaces are not read"),
)


def why_no_number(text: str) -> str:
    """Return in a few words why a text is not a number; the text itself is not repeated."""
    for pattern, words in _CAUSES:
        if re.fullmatch(pattern, text, re.ASCII):
            return words
    if not text.isascii() and any(character.isdigit() for character in text):
        return "only the digits 0 to 9 are read"
    return "this is text"
