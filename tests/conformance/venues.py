"""The venues of the battery, and how a story is told at those that can do it."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from reconciler.model.capabilities import Capabilities
from reconciler.venues.htx.rules import CAPABILITIES as HTX
from reconciler.venues.hyperliquid.refusing import CAPABILITIES as HYPERLIQUID
from tests.conformance.harness import Entrant, Hand, Story
from tests.conformance.htx import htx_harness, otherwise_harness
from tests.conformance.hyperliquid import hyperliquid_harness

__all__ = ["ENTRANTS", "tell", "those_that"]

ENTRANTS = (
    Entrant(name="hyperliquid", capabilities=HYPERLIQUID, open=hyperliquid_harness),
    Entrant(name="htx-coin-swap", capabilities=HTX, open=htx_harness),
    Entrant(name="htx-otherwise", capabilities=HTX, open=otherwise_harness),
)


def those_that(can: Callable[[Capabilities], bool] = lambda capabilities: True) -> Any:
    """Tell a test for each venue that can do what it is about."""
    fitting = [entrant for entrant in ENTRANTS if can(entrant.capabilities)]
    assert fitting, "a story that no venue can tell is no test"
    return pytest.mark.parametrize("entrant", fitting, ids=lambda entrant: entrant.name)


def tell(entrant: Entrant, story: Story) -> None:
    """Tell a story at a fresh venue."""

    async def told() -> None:
        async with entrant.open() as harness:
            await story(Hand(harness))

    asyncio.run(told())
