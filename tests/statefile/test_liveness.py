"""Whether the run that wrote a note still lives: never taken for dead unless the kernel says so."""

from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.ports import LockInfo
from reconciler.statefile.disk import RealDisk
from reconciler.statefile.liveness import Liveness

TOKEN = "0f" * 16
NOTE = LockInfo(
    owner="ada",
    host="here",
    operation="apply",
    created_at_ms=0,
    lease_until_ms=1,
    token=TOKEN,
)


def run_at(folder: Path, host: str = "here") -> Liveness:
    return Liveness(RealDisk(), folder, "hl", host=host)


def signs(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_run_that_lives_is_not_dead(tmp_path: Path) -> None:
    run_at(tmp_path).begin(TOKEN)

    assert not run_at(tmp_path).has_died(NOTE)
    assert [f"hl.running.{TOKEN}"] == signs(tmp_path)


def test_a_run_that_was_killed_is_dead(tmp_path: Path) -> None:
    """The kernel lets go of what a process held; its sign stays behind."""
    (tmp_path / f"hl.running.{TOKEN}").touch()

    assert run_at(tmp_path).has_died(NOTE)
    assert [] == signs(tmp_path)


def test_a_run_that_ended_leaves_no_sign(tmp_path: Path) -> None:
    run = run_at(tmp_path)
    run.begin(TOKEN)
    run.end()

    assert [] == signs(tmp_path)


def test_a_run_may_end_twice(tmp_path: Path) -> None:
    """The second time, another run may have the same name: its sign stays."""
    first, second = run_at(tmp_path), run_at(tmp_path)
    first.begin(TOKEN)
    first.end()
    second.begin(TOKEN)
    first.end()

    assert not run_at(tmp_path).has_died(NOTE)


def test_a_run_never_takes_itself_for_dead(tmp_path: Path) -> None:
    run = run_at(tmp_path)
    run.begin(TOKEN)

    assert not run.has_died(NOTE)
    assert not run_at(tmp_path).has_died(NOTE)


def test_a_run_that_begins_again_still_lives(tmp_path: Path) -> None:
    run = run_at(tmp_path)
    run.begin(TOKEN)
    run.begin(TOKEN)

    assert not run_at(tmp_path).has_died(NOTE)


def test_a_run_of_another_machine_is_never_taken_for_dead(tmp_path: Path) -> None:
    assert not run_at(tmp_path, "there").has_died(NOTE)
    assert [] == signs(tmp_path)


@pytest.mark.parametrize("token", ["", "../../etc/passwd", "A" * 8, "a b", "a" * 65])
def test_a_note_with_a_token_of_another_program_is_never_taken_for_dead(
    tmp_path: Path, token: str
) -> None:
    assert not run_at(tmp_path).has_died(replace(NOTE, token=token))
    assert [] == signs(tmp_path)


def test_a_token_that_names_no_file_leaves_no_sign(tmp_path: Path) -> None:
    run_at(tmp_path).begin("../outside")

    assert [] == signs(tmp_path)
