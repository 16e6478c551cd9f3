"""A halt against other writers, and what a running run learns of it."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.cli.halting import HaltWatch, halt_reason, halted_meanwhile
from reconciler.diagnostics import Diagnostic
from reconciler.errors import LostRace
from reconciler.execution.halting import RACES_MAX, halt_state, lift_state, record_panic
from reconciler.model.event import Event, Halted, HaltLifted, PanicCancelled
from reconciler.model.order import ClientOrderId
from reconciler.model.state import Halt, State
from reconciler.model.transitions import preview
from reconciler.statefile.haltfile import write_halt
from tests.support.build import NOW, placement, state
from tests.venues.support import FakeClock, run

HALT = Halted(by="ann", why="drill")
STANDING = Halt(by="bob", why="odd fills", at_ms=NOW)


class Journal:
    """A store in memory which other runs write to first, so many times."""

    def __init__(self, known: State | None, *, races: int = 0) -> None:
        self.known = known
        self.races = races
        self.written: list[Event] = []

    async def load(self) -> State | None:
        return self.known

    async def append(self, known: State, events: Sequence[Event], at_ms: int) -> State:
        if self.races:
            self.races -= 1
            raise LostRace(Diagnostic(code="state-changed", summary="Another run was faster."))
        assert known is self.known
        self.written += events
        self.known = replace(preview(known, events, at_ms=at_ms), serial=known.serial + 1)
        return self.known


def halted(journal: Journal) -> State | None:
    return run(halt_state(journal, FakeClock(NOW), HALT))  # type: ignore[arg-type]


def lifted(journal: Journal):
    return run(lift_state(journal, FakeClock(NOW), by="ann"))  # type: ignore[arg-type]


def test_a_halt_is_written_once() -> None:
    journal = Journal(state())
    halted(journal)
    halted(journal)

    assert [HALT] == journal.written


def test_an_earlier_halt_is_kept() -> None:
    after = halted(Journal(state(halt=STANDING)))

    assert after is not None
    assert STANDING == after.halt


def test_without_a_state_there_is_nothing_to_write() -> None:
    assert None is halted(Journal(None))


def test_a_lost_race_is_run_again() -> None:
    journal = Journal(state(), races=RACES_MAX - 1)
    halted(journal)

    assert [HALT] == journal.written


def test_races_have_a_limit() -> None:
    with pytest.raises(LostRace):
        halted(Journal(state(), races=RACES_MAX))


def test_lifting_says_what_the_halt_was() -> None:
    journal = Journal(state(halt=STANDING))

    assert (STANDING, [HaltLifted(by="ann")]) == (lifted(journal).was, journal.written)


@pytest.mark.parametrize("known", [None, state()])
def test_where_nothing_is_halted_nothing_is_lifted(known: State | None) -> None:
    journal = Journal(known)

    assert (None, []) == (lifted(journal), journal.written)


# the halt file in a running run


def watch(folder: Path, *, was_halted: bool = False, earlier: str | None = None) -> HaltWatch:
    return HaltWatch(folder=folder, venue="hl", earlier=lambda: earlier, was_halted=was_halted)


def test_without_a_halt_a_run_goes_on(tmp_path: Path) -> None:
    assert (None, None) == (watch(tmp_path)(), halt_reason(tmp_path, "hl"))


def test_a_halt_stops_a_run(tmp_path: Path) -> None:
    watching = watch(tmp_path)
    write_halt(tmp_path, "hl", STANDING)

    assert ("Halted by bob: odd fills.", True) == (watching(), watching.has_stopped)
    assert 10 == getattr(halted_meanwhile(watching), "exit_code", None)


def test_a_halt_of_another_venue_entry_stops_nothing(tmp_path: Path) -> None:
    write_halt(tmp_path, "htx", STANDING)

    assert None is watch(tmp_path)()


def test_a_run_that_was_planned_under_a_halt_sends_its_cancels(tmp_path: Path) -> None:
    watching = watch(tmp_path, was_halted=True)
    write_halt(tmp_path, "hl", STANDING)

    assert (None, None) == (watching(), halted_meanwhile(watching))


def test_a_signal_is_said_before_a_halt(tmp_path: Path) -> None:
    write_halt(tmp_path, "hl", STANDING)
    watching = watch(tmp_path, earlier="Interrupted by SIGINT.")

    assert ("Interrupted by SIGINT.", False) == (watching(), watching.has_stopped)


def test_a_halt_file_that_cannot_be_read_halts(tmp_path: Path) -> None:
    (tmp_path / "hl.halt").write_bytes(b"\xff")

    assert "Halted: the halt file cannot be read." == watch(tmp_path)()


# what a panic did


def panicked(journal: Journal, *ids: str) -> None:
    named = frozenset(ClientOrderId(each) for each in ids)
    run(record_panic(journal, FakeClock(NOW), named, by="ann"))  # type: ignore[arg-type]


def test_what_a_panic_cancelled_is_recorded_where_it_is_known() -> None:
    known = placement("btc.dip")
    journal = Journal(state(known), races=2)
    panicked(journal, known.client_order_id, "0xstranger")

    assert [PanicCancelled(client_order_ids=(known.client_order_id,), by="ann")] == journal.written


def test_what_was_asked_to_be_cancelled_before_is_not_recorded_again() -> None:
    known = replace(placement("btc.dip"), is_cancel_requested=True)
    journal = Journal(state(known))
    panicked(journal, known.client_order_id)

    assert [] == journal.written


def test_a_recorded_panic_makes_the_cancels_ours() -> None:
    known = placement("btc.dip")
    journal = Journal(state(known))
    panicked(journal, known.client_order_id)

    assert journal.known is not None
    assert journal.known.placements[known.client_order_id].is_cancel_requested
