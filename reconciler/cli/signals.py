"""SIGINT and SIGTERM: nothing new is sent, what is in flight is recorded, gone in time."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

__all__ = ["GRACE_S", "StopFlag", "stopping_on_signals"]

# People and schedulers wait about five seconds. What is in flight then stays open in the journal.
GRACE_S = 4


@dataclass(slots=True)
class StopFlag:
    """Why nothing new may be sent; set by a signal."""

    why: str | None = None

    def __call__(self) -> str | None:
        """Return the reason, or None."""
        return self.why


@contextmanager
def stopping_on_signals(stop: StopFlag) -> Iterator[None]:
    """Set the flag on the first signal; end the task some seconds later, or on the second."""
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    assert task is not None, "signals are handled for a running task"

    def handle(name: str) -> None:
        if stop.why is not None:
            task.cancel()
            return
        stop.why = f"Interrupted by {name}."
        loop.call_later(GRACE_S, task.cancel)

    numbers = (signal.SIGINT, signal.SIGTERM)
    for number in numbers:
        loop.add_signal_handler(number, handle, number.name)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
