"""Work at every venue entry side by side: what goes wrong at one stays there."""

import asyncio
import io
import tempfile
from pathlib import Path

import pytest

from reconciler.cli.entries import each
from reconciler.cli.failures import report_failure
from reconciler.cli.output import Output
from reconciler.diagnostics import Diagnostic
from reconciler.errors import ReconcilerError, VenueProblem

DOWN = VenueProblem(Diagnostic(code="down", summary="It is down."))
SAID = "what only the log may say"


def ended(
    problem: BaseException, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[dict[str, str], list[ReconcilerError]]:
    """Let one of two entries end by a problem while the other takes longer."""
    monkeypatch.setattr(tempfile, "tempdir", str(folder))

    async def work(name: str) -> str:
        if name == "bad":
            raise problem
        await asyncio.sleep(0)
        return f"{name} is done"

    return asyncio.run(each(["bad", "good"], work, Output(io.StringIO(), io.StringIO())))


@pytest.mark.parametrize(
    "problem", [DOWN, KeyError(SAID), OSError(2, "no"), ExceptionGroup("x", [DOWN])]
)
def test_what_ends_one_entry_does_not_end_another(
    problem: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done, problems = ended(problem, tmp_path, monkeypatch)

    assert {"good": "good is done"} == done
    assert 1 == len(problems)


def test_a_defect_is_told_with_its_entry_and_its_details_in_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, [problem] = ended(KeyError(SAID), tmp_path, monkeypatch)
    [log] = tmp_path.glob("reconciler-*.log")

    assert "error[defect]" in problem.render()
    assert "venue entry bad" in problem.render()
    assert SAID not in problem.render()
    assert SAID in log.read_text(encoding="utf-8")


def test_a_defect_at_an_entry_has_the_exit_code_of_a_defect(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, [problem] = ended(KeyError(SAID), tmp_path, monkeypatch)
    whole = report_failure(KeyError(SAID), Output(io.StringIO(), io.StringIO()))

    assert whole == problem.exit_code


def test_an_interruption_ends_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(asyncio.CancelledError):
        ended(asyncio.CancelledError(), tmp_path, monkeypatch)
