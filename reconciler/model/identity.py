"""Client order ids: laid out so that an id seen at a venue says whose it is.

Field widths come from the design. The wide layout (128 bits) is a version, the project's tag, a
digest of (holder, generation) and the incarnation; the narrow one (63 bits, a positive integer) has
room for a short tag, a digest that is only a hint, and the incarnation. An id is no idempotency
key.
"""

from dataclasses import dataclass
from hashlib import sha256

from reconciler.model.order import ClientOrderId, OrderAddress

__all__ = [
    "INCARNATION_EPOCH_S",
    "NARROW",
    "WIDE",
    "IdLayout",
    "IdParts",
    "holder_digest",
    "is_unnamed",
    "next_incarnation",
    "project_tag",
    "rung_address",
    "unnamed_holder",
]

INCARNATION_EPOCH_S = 1_735_689_600  # 2025-01-01T00:00:00Z
ID_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class IdParts:
    """What an id of ours says.

    Attributes:
        digest: as many leading bits of the holder's digest as the layout has room for.
    """

    tag: int
    digest: int
    incarnation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IdLayout:
    """Bit widths of an id, most significant field first; text form by `is_hex`."""

    version_bits: int
    tag_bits: int
    digest_bits: int
    incarnation_bits: int
    is_hex: bool

    @property
    def bits(self) -> int:
        """The width of the whole id."""
        return self.version_bits + self.tag_bits + self.digest_bits + self.incarnation_bits

    def encode(self, *, tag: int, digest: int, incarnation: int) -> ClientOrderId:
        """Return the venue's text of an id; `tag` has 32 bits and `digest` 56, cut as needed."""
        assert 0 <= incarnation < 1 << self.incarnation_bits, "the incarnation has room"
        number = ID_VERSION if self.version_bits else 0
        number = number << self.tag_bits | self.cut_tag(tag)
        number = number << self.digest_bits | self.cut_digest(digest)
        number = number << self.incarnation_bits | incarnation
        return ClientOrderId(f"0x{number:032x}" if self.is_hex else str(number))

    def decode(self, text: str) -> IdParts | None:
        """Return the parts of an id of this layout, or None when it cannot be one."""
        number = self._number(text)
        if number is None or not 0 < number < 1 << self.bits:
            return None
        incarnation = number & ((1 << self.incarnation_bits) - 1)
        number >>= self.incarnation_bits
        digest = number & ((1 << self.digest_bits) - 1)
        number >>= self.digest_bits
        tag = number & ((1 << self.tag_bits) - 1)
        version = number >> self.tag_bits
        if self.version_bits and version != ID_VERSION:
            return None
        return IdParts(tag=tag, digest=digest, incarnation=incarnation)

    def cut_tag(self, tag: int) -> int:
        """Return the leading bits of a 32-bit tag that this layout keeps.

        Never zero where no version stands before it: small numbers, and times in milliseconds, are
        what others use as ids.
        """
        cut = tag >> (32 - self.tag_bits)
        return cut if cut or self.version_bits else 1

    def cut_digest(self, digest: int) -> int:
        """Return the leading bits of a 56-bit digest that this layout keeps."""
        return digest >> (56 - self.digest_bits)

    def _number(self, text: str) -> int | None:
        if self.is_hex:
            if len(text) != 34 or not text.startswith("0x"):
                return None
            digits = text[2:].lower()
            return int(digits, 16) if set(digits) <= set("0123456789abcdef") else None
        return int(text) if text.isascii() and text.isdigit() else None


WIDE = IdLayout(version_bits=8, tag_bits=32, digest_bits=56, incarnation_bits=32, is_hex=True)
NARROW = IdLayout(version_bits=0, tag_bits=16, digest_bits=16, incarnation_bits=31, is_hex=False)


def project_tag(*, project: str, lineage: str) -> int:
    """Return the 32-bit tag of everything one project places under one lineage."""
    return int.from_bytes(sha256(f"{project}\n{lineage}".encode()).digest()[:4])


def holder_digest(holder: OrderAddress, generation: int) -> int:
    """Return the 56-bit digest of who owns the budget."""
    return int.from_bytes(sha256(f"{holder}\n{generation}".encode()).digest()[:7])


def next_incarnation(*, last: int, venue_time_ms: int) -> int:
    """Return a number above every one used before, and near the venue's clock when that is ahead.

    The clock keeps ids apart even when the record of the last one was lost.
    """
    return max(last + 1, venue_time_ms // 1000 - INCARNATION_EPOCH_S)


def rung_address(ladder: OrderAddress, index: int) -> OrderAddress:
    """Return the address of one rung; the index is a label, the price is its identity."""
    return OrderAddress(f"{ladder}[{index}]")


def unnamed_holder(digest: int) -> OrderAddress:
    """Return what fills are kept under while nobody can say whose digest it is.

    No spec can declare it: its first character is in no name.
    """
    return OrderAddress(f"?{digest:014x}")


def is_unnamed(holder: OrderAddress) -> bool:
    """Say whether it is such a stand-in."""
    return holder.startswith("?")
