"""What a venue package provides: one factory of `reconciler.ports.Venue`."""

from collections.abc import Mapping
from typing import Protocol

from reconciler.model.config import VenueSettings
from reconciler.ports import Clock, Venue
from reconciler.secret import Secret
from reconciler.venues.pacing import Paces

__all__ = ["Factory", "Secrets"]

Secrets = Mapping[str, Secret]
"""Keys by role; empty for reading only."""


class Factory(Protocol):
    """What an entry point of the group `reconciler.venues` names."""

    def __call__(
        self, settings: VenueSettings, *, secrets: Secrets, clock: Clock, paces: Paces
    ) -> Venue:
        """Return an adapter, opening nothing; raises `InvalidInput` for settings that cannot be.

        What it sends keeps to `paces`, which it shares with all that one process sends.
        """
