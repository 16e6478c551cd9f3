"""Venue kinds by name."""

from importlib.metadata import EntryPoint

import pytest

from reconciler.errors import InvalidInput
from reconciler.venues import registry
from reconciler.venues.htx.adapter import HtxVenue
from reconciler.venues.hyperliquid.adapter import HyperliquidVenue
from reconciler.venues.pacing import Paces
from tests.venues.support import FakeClock, settings


def test_a_built_in_kind_is_made():
    made = registry.make_venue(settings(), secrets={}, clock=FakeClock(), paces=Paces())

    assert isinstance(made, HyperliquidVenue)


def test_the_other_built_in_kind_is_made():
    made = registry.make_venue(
        settings(kind="htx-coin-swap", network="mainnet"),
        secrets={},
        clock=FakeClock(),
        paces=Paces(),
    )

    assert isinstance(made, HtxVenue)


def test_an_unknown_kind_is_an_error_of_the_project_file():
    with pytest.raises(InvalidInput) as raised:
        registry.make_venue(settings(kind="nowhere"), secrets={}, clock=FakeClock(), paces=Paces())

    [diagnostic] = raised.value.diagnostics
    assert "unknown-venue-kind" == diagnostic.code
    assert "hyperliquid" in diagnostic.why
    assert diagnostic.span is not None


def made_elsewhere(settings, *, secrets, clock, paces):
    return (settings.kind, dict(secrets), clock.now_ms())


def entries_of(*entries):
    return lambda *, group: [
        EntryPoint(name=name, value=value, group=group) for name, value in entries
    ]


def test_a_package_may_add_a_kind(monkeypatch):
    value = "tests.venues.test_registry:made_elsewhere"
    monkeypatch.setattr(registry, "entry_points", entries_of(("elsewhere", value)))
    made = registry.make_venue(
        settings(kind="elsewhere"), secrets={}, clock=FakeClock(7), paces=Paces()
    )

    assert ("elsewhere", {}, 7) == tuple(made)  # type: ignore[arg-type]
    assert "elsewhere" in registry.kinds()


def test_a_package_may_not_take_over_a_kind_of_ours(monkeypatch):
    value = "tests.venues.test_registry:made_elsewhere"
    monkeypatch.setattr(registry, "entry_points", entries_of(("hyperliquid", value)))
    made = registry.make_venue(settings(), secrets={}, clock=FakeClock(), paces=Paces())

    assert isinstance(made, HyperliquidVenue)


def test_a_checkout_that_is_not_installed_has_the_kinds_of_ours(monkeypatch):
    monkeypatch.setattr(registry, "entry_points", entries_of())

    assert "hyperliquid" in registry.kinds()
    assert list(registry.kinds()) == sorted(registry.kinds())
