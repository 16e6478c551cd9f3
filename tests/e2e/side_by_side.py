"""Commands that mostly wait, run side by side; the venue's time moves forward while they do."""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.kill.forks import Ended, Forks
from tests.kill.worlds import World, open_world

PATIENCE_S = 3.0
JUMP_S = 1.0
JUMPS_MAX = 60


@contextmanager
def worlds_in(root: Path, forks: Forks, names: Sequence[str]) -> Iterator[dict[str, World]]:
    """One applied world for each name, each with a venue of its own."""
    with ExitStack() as stack:
        found = {}
        for name in names:
            folder = root / name
            folder.mkdir()
            found[name] = stack.enter_context(open_world(folder, forks, 1))
            assert 0 == found[name].apply().code
        yield found


def applied_together(worlds: dict[str, World]) -> dict[str, Ended]:
    """Apply everywhere at once; whoever still waits then sees the venue's time pass."""
    running = {name: w.start("apply", "--auto-approve") for name, w in worlds.items()}
    ended: dict[str, Ended] = {}
    for patience_s in (PATIENCE_S, *(JUMP_S,) * JUMPS_MAX):
        until_s = time.monotonic() + patience_s
        for name in [*running]:
            found = running[name].wait(timeout_s=max(0.0, until_s - time.monotonic()))
            if found is not None:
                ended[name] = found
                del running[name]
        if not running:
            return ended
        for name in running:
            worlds[name].advance()
    raise AssertionError(f"still running: {[*running]}")
