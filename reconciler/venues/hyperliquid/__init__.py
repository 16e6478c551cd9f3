"""Hyperliquid: perps, spot and builder dexes, over its HTTP API."""

from reconciler.model.config import VenueSettings
from reconciler.ports import Clock, Venue
from reconciler.venues.base import Secrets
from reconciler.venues.pacing import Paces

__all__ = ["factory"]


def factory(settings: VenueSettings, *, secrets: Secrets, clock: Clock, paces: Paces) -> Venue:
    """Return the adapter of one venue entry; without secrets it reads only.

    The role of the key is ``signer``. Raises `InvalidInput` for a network or account it cannot be.
    """
    from reconciler.venues.hyperliquid.adapter import (  # noqa: PLC0415  # only for who uses it
        HyperliquidVenue,
    )

    return HyperliquidVenue(settings, secrets=secrets, clock=clock, paces=paces)
