"""A process that writes to a store as fast as it can and says what was acknowledged."""

import asyncio
import sys
from pathlib import Path

from reconciler.errors import LostRace
from reconciler.ports import Store
from reconciler.statefile.local import LocalStore
from tests.statefile.samples import AT_MS, INITIALISED, WaitingClock, approved, caller

BATCH = [approved("one"), approved("two" * 300), approved("three")]


def open_store(kind: str, where: str) -> Store:
    assert kind == "local"
    return LocalStore(Path(where), INITIALISED, clock=WaitingClock(), caller=caller())


async def write(store: Store, tries: int) -> None:
    for number in range(tries):
        state = await store.load()
        assert state is not None
        try:
            state = await store.append(state, BATCH if tries > 1000 else BATCH[:1], AT_MS)
        except LostRace:
            continue
        sys.stdout.write(f"{state.serial}\n")
        sys.stdout.flush()
        if number % 5 == 0:
            await store.checkpoint(state)


if __name__ == "__main__":
    asyncio.run(write(open_store(*sys.argv[2:]), int(sys.argv[1])))
