"""A state in a folder of this machine: a journal that only grows, and its checkpoint.

Safety is the compare-and-swap in `append`: under a lock of the kernel the journal must end exactly
where the caller's state ends. After a write or a sync that failed nothing more is written until the
journal has been read again; a failed sync is never tried a second time, since the second one may
lie. Two machines on one network disk are not supported.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from reconciler.model.event import Event, Initialised
from reconciler.model.state import State
from reconciler.model.transitions import Stamped
from reconciler.ports import Clock, LockInfo
from reconciler.records import RecordProblem
from reconciler.statefile import problems
from reconciler.statefile.codec import FormatProblem, encode_events, fold
from reconciler.statefile.disk import Disk, RealDisk
from reconciler.statefile.folder import StateFolder, Verified, check_identity
from reconciler.statefile.guard import guarded
from reconciler.statefile.lease import Caller, clear_lease, read_lease, take_lease
from reconciler.statefile.liveness import Liveness

__all__ = ["LocalStore"]

LOCK_POLL_MS = 250


class LocalStore:
    """The `Store` of one venue entry in a folder.

    What is stored must be of `expected`; a field of it that is empty is not compared.
    """

    def __init__(
        self,
        folder: Path,
        expected: Initialised,
        *,
        clock: Clock,
        caller: Caller,
        disk: Disk | None = None,
    ) -> None:
        self._disk = disk or RealDisk()
        self._files = StateFolder(folder, expected.venue, self._disk)
        self._guard_path = folder / f"{expected.venue}.lock"
        self._lease_path = folder / f"{expected.venue}.lock.json"
        self._expected = expected
        self._clock = clock
        self._caller = caller
        self._liveness = Liveness(self._disk, folder, expected.venue, host=caller.host)
        self._is_usable = True

    async def load(self) -> State | None:
        async with self._guarded(is_shared=True):
            state = self._files.load()
        if state is not None:
            check_identity(self._files.journal, state, self._expected)
        self._is_usable = True
        return state

    async def append(self, state: State, events: Sequence[Event], at_ms: int) -> State:
        where = str(self._files.journal)
        if not self._is_usable:
            raise problems.not_usable(where)
        if not events:
            return state
        serial, digest = state.serial, state.digest
        try:
            data, stamped = encode_events(events, at_ms=at_ms, serial=serial, digest=digest)
            after = fold(state if serial else None, stamped)
        except (FormatProblem, RecordProblem) as problem:
            raise problems.unwritable(where, problem, is_maybe_written=False) from None
        check_identity(self._files.journal, after, self._expected)
        self._files.make()
        async with self._guarded():
            self._is_usable = False  # until all of it is known to be durable
            if serial:
                self._files.extend(state, data)
            else:
                self._files.create(data)
            self._is_usable = True
        return after

    async def checkpoint(self, state: State) -> None:
        """Write the fold of the journal; nothing when the journal no longer ends at `state`."""
        async with self._guarded():
            self._files.save(state)

    async def verify(self) -> Verified:
        """Read everything and compare the checkpoint with the fold of the journal."""
        async with self._guarded(is_shared=True):
            return self._files.verify()

    async def events(self) -> tuple[Stamped, ...]:
        """Return the whole journal, for people who ask what happened."""
        async with self._guarded(is_shared=True):
            return tuple(self._files.events())

    async def lock(self, operation: str, *, wait_ms: int) -> LockInfo:
        self._files.make()
        info = await self._take(operation)
        waited_ms = 0
        while info is None and waited_ms < wait_ms:
            pause_ms = min(LOCK_POLL_MS, wait_ms - waited_ms)
            await self._clock.sleep_ms(pause_ms)
            waited_ms += pause_ms
            info = await self._take(operation)
        if info is not None:
            return info
        where = str(self._lease_path)
        raise problems.held(where, await self.holder(), now_ms=self._clock.now_ms())

    async def unlock(self, info: LockInfo) -> None:
        await self.break_lock(info.token)
        self._liveness.end()

    async def break_lock(self, token: str) -> bool:
        """Remove the courtesy lock with this token; say whether there was one."""
        async with self._guarded():
            return clear_lease(self._disk, self._lease_path, token)

    async def holder(self) -> LockInfo | None:
        """Return who holds the courtesy lock, None when it is free or cannot be read."""
        async with self._guarded(is_shared=True):
            return read_lease(self._disk, self._lease_path)

    async def close(self) -> None:
        """Take the sign of life away; every other file is closed after each use."""
        self._liveness.end()

    async def _take(self, operation: str) -> LockInfo | None:
        async with self._guarded():
            return take_lease(
                self._disk,
                self._lease_path,
                self._caller,
                operation,
                clock=self._clock,
                liveness=self._liveness,
            )

    @asynccontextmanager
    async def _guarded(self, *, is_shared: bool = False) -> AsyncIterator[None]:
        where = str(self._guard_path)
        try:
            async with guarded(self._disk, self._guard_path, self._clock, is_shared=is_shared):
                yield
        except OSError as problem:
            if is_shared:
                raise problems.unreadable(where, problem) from None
            raise problems.unwritable(where, problem, is_maybe_written=False) from None
