"""A venue entry to be cleared in a panic, and venues that stand in the way."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from reconciler.execution.emergency import Emergency, PanicReport
from reconciler.model.command import Prepared
from reconciler.model.identity import WIDE, project_tag
from reconciler.model.order import ClientOrderId
from reconciler.model.outcome import Outcome
from tests.venues.hyperliquid.world import NAMES, World, in_a_world

__all__ = ["LIFE_MS", "TAG", "Between", "Quiet", "emergency", "own_id", "place", "told"]

TAG = project_tag(project="treasury", lineage="line")
LIFE_MS = 15_000


class Quiet:
    """A listener that keeps what it is told."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)


class Between:
    """A venue that passes everything on; what a test overrides stands in the way."""

    def __init__(self, world: World) -> None:
        self.venue = world.venue
        self.sizes: list[int] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.venue, name)

    async def submit(self, prepared: Prepared) -> tuple[Outcome, ...]:
        self.sizes.append(len(prepared.batch.items))
        return await self.answer(prepared)

    async def answer(self, prepared: Prepared) -> tuple[Outcome, ...]:
        return await self.venue.submit(prepared)


def own_id(number: int, tag: int = TAG) -> ClientOrderId:
    return WIDE.encode(tag=tag, digest=7, incarnation=number)


async def place(world: World, *numbers: int, tag: int = TAG) -> None:
    orders = [replace(world.buy(n), client_order_id=own_id(n, tag)) for n in numbers]
    await world.send(*orders)


def emergency(world: World, venue: Any = None, **changes: Any) -> Emergency:
    made = Emergency(
        venue=venue or world.venue,
        clock=world.clock,
        progress=Quiet(),
        tag=TAG,
        instruments=NAMES,
        known_orders={},
        open_until_ms=0,
        may_know_all=True,
        expires_after_ms=LIFE_MS,
        last_nonce=0,
    )
    return replace(made, **changes)


def told(story: Callable[[World], Awaitable[PanicReport]]) -> PanicReport:
    reports = []

    async def tell(world: World) -> None:
        reports.append(await story(world))

    in_a_world(tell)
    return reports[0]
