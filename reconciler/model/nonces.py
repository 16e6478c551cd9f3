"""Which nonces a venue entry may use, so that two entries never use the same one.

A venue counts nonces by the key that signs. One agent may sign for an account and its sub-accounts,
each a venue entry with a state of its own, and two requests signed in one millisecond would then
carry one number: the second is refused and has to be found out about. Each entry keeps to numbers
of its own instead, without knowing what the others do. Source: for-developers/api/nonces-and-api-
wallets, checked 2026-08-22.
"""

from dataclasses import dataclass

__all__ = ["NonceLane"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NonceLane:
    """Every number that leaves `index` when divided by `count`.

    Attributes:
        index: the place of the venue entry among those of the project, from 0.
        count: how many entries there are.
    """

    index: int = 0
    count: int = 1

    def at_least(self, number: int) -> int:
        """Return the smallest number of the lane that is not below `number`."""
        assert 0 <= self.index < self.count, "an entry is one of all"
        return number + (self.index - number) % self.count
