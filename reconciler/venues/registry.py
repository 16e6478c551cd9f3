"""Venue kinds by name, from the entry-point group `reconciler.venues`: a package can add one.

A kind is loaded only when it is used. In a checkout that is not installed the kinds of this package
still work.
"""

from importlib.metadata import EntryPoint, entry_points
from typing import Final

from reconciler.diagnostics import Diagnostic
from reconciler.errors import InvalidInput
from reconciler.model.config import VenueSettings
from reconciler.ports import Clock, Venue
from reconciler.venues.base import Factory, Secrets
from reconciler.venues.pacing import Paces

__all__ = ["GROUP", "kinds", "make_venue"]

GROUP: Final = "reconciler.venues"
_BUILT_IN: Final = {
    "htx-coin-swap": "reconciler.venues.htx:factory",
    "hyperliquid": "reconciler.venues.hyperliquid:factory",
}


def kinds() -> tuple[str, ...]:
    """Return the kinds that can be used, sorted."""
    return tuple(sorted(_entries()))


def make_venue(settings: VenueSettings, *, secrets: Secrets, clock: Clock, paces: Paces) -> Venue:
    """Return the adapter of a venue entry; raises `InvalidInput` for a kind nobody provides."""
    entry = _entries().get(settings.kind)
    if entry is None:
        raise InvalidInput(
            Diagnostic(
                code="unknown-venue-kind",
                summary="The kind of a venue entry is not known.",
                why=f"The installed kinds are {', '.join(kinds())}.",
                next_step="Correct `kind`, or install the package that provides it.",
                span=settings.source,
            )
        )
    make: Factory = entry.load()
    return make(settings, secrets=secrets, clock=clock, paces=paces)


def _entries() -> dict[str, EntryPoint]:
    """Return the entry point of each kind; those of this package cannot be taken over."""
    built_in = {
        name: EntryPoint(name=name, value=value, group=GROUP) for name, value in _BUILT_IN.items()
    }
    return {entry.name: entry for entry in entry_points(group=GROUP)} | built_in
