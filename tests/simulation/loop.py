"""An event loop whose time is virtual, and processes that can die at any await.

asyncio's own tasks, `gather`, `timeout` and semaphores run on it unchanged. Nothing waits: when
nobody can go on, the time jumps to the next timer. Same start, same calls, same history.

A process is everything that was started under one `Process`; once it is dead nothing of it runs
again, not even a `finally`, as after SIGKILL. What belongs to nobody (the network, the market) goes
on.
"""

import asyncio
import contextvars
import heapq
from asyncio import events
from collections import deque
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

__all__ = ["CURRENT", "Handle", "Killed", "Process", "VirtualLoop"]

STEPS_MAX = 400_000


class Killed(BaseException):
    """Whatever a dead process still tries to do."""


@dataclass(eq=False)
class Process:
    """One run of the program.

    Attributes:
        at_death: what the operating system does when it dies, such as closing its files.
    """

    name: str
    is_dead: bool = False
    tasks: "list[asyncio.Task[Any]]" = field(default_factory=list)
    at_death: list[Callable[[], None]] = field(default_factory=list)

    def kill(self) -> None:
        """End it at once: no code of it runs any more."""
        if self.is_dead:
            return
        self.is_dead = True
        self.exit()

    def exit(self) -> None:
        """Let the operating system take back what it held."""
        for release in self.at_death:
            release()
        self.at_death.clear()

    def check(self) -> None:
        """Raise `Killed` in a dead process: its clean-up must not do anything."""
        if self.is_dead:
            raise Killed

    def bury(self) -> None:
        """Close what it left unfinished; every port refuses it by now."""
        context = contextvars.Context()
        context.run(CURRENT.set, self)
        for task in self.tasks:
            if not task.done():
                task._log_destroy_pending = False  # type: ignore[attr-defined]
                context.run(_close, task.get_coro())
        self.tasks.clear()


def _close(coroutine: Any) -> None:
    try:
        coroutine.close()
    except (Killed, RuntimeError, ValueError):
        # It tried to clean up, or is the one that runs now: neither matters to the dead.
        return


CURRENT: "contextvars.ContextVar[Process | None]" = contextvars.ContextVar("process", default=None)


class Handle:
    """A callback that is due."""

    __slots__ = ("args", "callback", "context", "is_cancelled")

    def __init__(
        self,
        callback: Callable[..., object],
        args: tuple[Any, ...],
        context: contextvars.Context | None,
    ) -> None:
        self.callback = callback
        self.args = args
        self.context = context if context is not None else contextvars.copy_context()
        self.is_cancelled = False

    def cancel(self) -> None:
        self.is_cancelled = True

    def cancelled(self) -> bool:
        return self.is_cancelled

    def when(self) -> float:
        return 0.0

    def run(self) -> None:
        if self.is_cancelled:
            return
        process = self.context.get(CURRENT)
        if process is None or not process.is_dead:
            self.context.run(self.callback, *self.args)


class VirtualLoop:
    """What tasks need of `asyncio.AbstractEventLoop`. `now_ms` is the venue's true time."""

    def __init__(self, now_ms: int) -> None:
        self.now_ms = now_ms
        self.steps = 0
        self.problems: list[str] = []
        self._ready: deque[Handle] = deque()
        self._timers: list[tuple[int, int, Handle]] = []
        self._sequence = 0

    # What asyncio asks of a loop

    def time(self) -> float:
        return self.now_ms / 1000

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return True

    def is_closed(self) -> bool:
        return False

    def create_future(self) -> "asyncio.Future[Any]":
        return asyncio.Future(loop=self)  # type: ignore[arg-type]

    def create_task(self, coro: Any, *, name: Any = None, context: Any = None) -> Any:
        task = asyncio.Task(coro, loop=self, name=name or "", context=context)  # type: ignore[arg-type]
        process = (context or contextvars.copy_context()).get(CURRENT)
        if process is not None:
            process.tasks.append(task)
        return task

    def call_soon(self, callback: Any, *args: Any, context: Any = None) -> Any:
        handle = Handle(callback, args, context)
        self._ready.append(handle)
        return handle

    def call_at(self, when: float, callback: Any, *args: Any, context: Any = None) -> Any:
        return self._at_ms(-int(-when * 1000 // 1), Handle(callback, args, context))

    def call_later(self, delay: float, callback: Any, *args: Any, context: Any = None) -> Any:
        return self._at_ms(self.now_ms + int(delay * 1000), Handle(callback, args, context))

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        problem = context.get("exception")
        if not isinstance(problem, Killed):
            self.problems.append(repr(problem) if problem else str(context.get("message")))

    # What the simulation asks of it

    def after_ms(self, delay_ms: int, callback: Callable[..., object], *args: Any) -> None:
        """Call something that belongs to no process later."""
        self._at_ms(self.now_ms + delay_ms, Handle(callback, args, contextvars.Context()))

    def sleep(self, delay_ms: int) -> "asyncio.Future[None]":
        """Return a future that is done after some time."""
        future: asyncio.Future[None] = self.create_future()
        handle = Handle(_finish, (future,), contextvars.Context())
        if delay_ms <= 0:
            self._ready.append(handle)
        else:
            self._at_ms(self.now_ms + delay_ms, handle)
        return future

    def start(self, process: Process | None, work: Coroutine[Any, Any, Any]) -> Any:
        """Start a coroutine under a process, or under nobody."""
        context = contextvars.Context()
        context.run(CURRENT.set, process)
        return self.create_task(work, context=context)

    def run_until(self, is_over: Callable[[], bool]) -> None:
        """Run until a condition holds. Raises `AssertionError` when it never will."""
        with _running(self):
            while not is_over():
                self._step()

    def run_for(self, duration_ms: int) -> None:
        """Run for some time."""
        end_ms = self.now_ms + duration_ms
        with _running(self):
            while self._ready or (self._timers and self._timers[0][0] <= end_ms):
                self._step()
        self.now_ms = max(self.now_ms, end_ms)

    def _step(self) -> None:
        self.steps += 1
        assert self.steps < STEPS_MAX, "a history ends"
        if not self._ready:
            assert self._timers, "somebody waits for what will never come"
            at_ms, _, handle = heapq.heappop(self._timers)
            self.now_ms = max(self.now_ms, at_ms)
            handle.run()
            return
        self._ready.popleft().run()

    def _at_ms(self, at_ms: int, handle: Handle) -> Handle:
        self._sequence += 1
        heapq.heappush(self._timers, (at_ms, self._sequence, handle))
        return handle


@contextmanager
def _running(loop: VirtualLoop) -> Iterator[None]:
    events._set_running_loop(loop)  # type: ignore[arg-type]
    try:
        yield
    finally:
        events._set_running_loop(None)


def _finish(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)
