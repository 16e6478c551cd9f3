"""HTX coin-margined perpetual swaps, over their HTTP API."""

from reconciler.model.config import VenueSettings
from reconciler.ports import Clock, Venue
from reconciler.venues.base import Secrets
from reconciler.venues.pacing import Paces

__all__ = ["factory"]


def factory(settings: VenueSettings, *, secrets: Secrets, clock: Clock, paces: Paces) -> Venue:
    """Return the adapter of one venue entry; without keys it reads only what is public.

    The roles of the keys are ``access_key`` and ``secret_key``. Raises `InvalidInput` for a network
    it cannot be.
    """
    from reconciler.venues.htx.adapter import HtxVenue  # noqa: PLC0415  # only for who uses it

    return HtxVenue(settings, secrets=secrets, clock=clock, paces=paces)
