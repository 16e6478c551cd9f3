"""What looks like a key is never shown, not even in the source line beside a message.

Nobody should write a key into a file; who does it by mistake must not find it in a log as well.
"""

import re
from collections.abc import Iterator, Mapping

from reconciler.diagnostics import display

__all__ = ["SECRET_SECTIONS", "ShownSources", "is_secret_looking", "mask_secrets", "shown_value"]

SECRET_SECTIONS = frozenset(("signer", "access_key", "secret_key"))
MASK = "•"
VALUE_CHARACTERS_MAX = 60

# 64 hexadecimal digits are a private key, groups of them an API key, a long run of both cases and
# digits base64. Accounts (0x and 40 digits) are public and stay.
_SUSPECT = (
    r"(?<![0-9A-Za-z+/=-])(?:"
    r"(?:0[xX])?[0-9a-fA-F]{64,}"
    r"|[0-9a-fA-F]{6,}(?:-[0-9a-fA-F]{4,}){2,}"
    r"|(?=[A-Za-z+/=]*[0-9])(?=[0-9a-z+/=]*[A-Z])(?=[0-9A-Z+/=]*[a-z])[0-9A-Za-z+/=]{32,}"
    r")"
)
_ACCOUNT = r"0x[0-9a-fA-F]{40}"
SUSPECT_CHARACTERS_MIN = 16

# What follows a key of the project file that leads to a secret, unless another key does; and what
# may stand there.
_SOURCE = (
    r"(\b(?:signer|access_key|secret_key|password|env|keyring)[\"']?[ \t]*:[ \t]*(?:\n[ \t]+)?)"
    r"(?![\"']?[\w-]+[\"']?[ \t]*:)(\"[^\"\n]*\"|'[^'\n]*'|[^\s{}\[\],#\"'][^\n{}\[\],#]*)"
)
_SOURCE_NAME = (
    r"[\"']?(?:[A-Z][A-Z0-9_]{0,63}|[A-Za-z][A-Za-z0-9._@-]{0,40}/[A-Za-z0-9._@-]{1,40})[\"']?\s*"
)


def is_secret_looking(value: str) -> bool:
    """Say whether some of a value may be a key."""
    if len(value) < SUSPECT_CHARACTERS_MIN:
        return False
    return any(not re.fullmatch(_ACCOUNT, match[0]) for match in re.finditer(_SUSPECT, value))


def mask_secrets(text: str) -> str:
    """Return the text with everything that may be a key replaced by dots, every place kept.

    Where the project file says where a key comes from, all but a proper name of the place is
    masked.
    """
    return re.sub(_SUSPECT, _masked, re.sub(_SOURCE, _masked_source, text))


def shown_value(value: str) -> str:
    """Return an untrusted value as a message may repeat it."""
    return display(mask_secrets(value), limit=VALUE_CHARACTERS_MAX)


class ShownSources(Mapping[str, str]):
    """Texts of files by path as messages may show them; masked when one is asked for."""

    __slots__ = ("_texts",)

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts

    def __getitem__(self, path: str) -> str:
        return mask_secrets(self._texts[path])

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)


def _masked_source(match: re.Match[str]) -> str:
    before, value = match.groups()
    return before + (value if re.fullmatch(_SOURCE_NAME, value) else MASK * len(value))


def _masked(match: re.Match[str]) -> str:
    run = match.group()
    return run if re.fullmatch(_ACCOUNT, run) else MASK * len(run)
