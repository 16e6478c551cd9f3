"""What `doctor` found, as text and as JSON."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.diagnostics import Diagnostic, Severity, Span
from reconciler.model.examination import Finding
from reconciler.render.findings import Group, findings_json, has_errors, render_findings

GOLDEN = Path(__file__).parent / "golden"


def problem(severity: Severity = Severity.ERROR, **changes: str) -> Diagnostic:
    made = Diagnostic(
        code="agent-expires-soon",
        severity=severity,
        summary="The approval of the agent ends soon.",
        why="The agent `bot` was approved until 2026-12-01 10:00:00 UTC.",
        next_step="Approve it anew:\nreconciler --some command",
        where="venue entry hl",
    )
    return replace(made, **changes)  # type: ignore[arg-type]


WELL = Finding(subject="clock", said="the venue's is 12 ms ahead of ours, within 80 ms")
SKIPPED = Finding(subject="key", said="not at hand", is_skipped=True)
SOON = Finding(subject="approval", said="of `bot`", problem=problem(Severity.WARNING))
BAD = Finding(
    subject="account",
    said="0x14791697260e4c9a71f18484c9f997b308e59325 is not known to the venue",
    problem=Diagnostic(
        code="account-missing",
        summary="The venue does not know the account.",
        why="Nothing was ever deposited to it on testnet.",
        next_step="Check the address and the network.",
        span=Span(path="reconciler.yaml", line=6, column=3),
    ),
)
GROUPS = (
    Group(name="project treasury", findings=(WELL, SKIPPED)),
    Group(name="hl", note="hyperliquid, testnet", findings=(WELL, SOON, BAD)),
)


def text(*groups: Group, width: int = 80) -> str:
    return render_findings(groups or GROUPS, width=width, is_coloured=False)


def test_the_text_is_the_reviewed_one(golden: Callable[[Path, str], None]) -> None:
    golden(GOLDEN / "findings_80.txt", text())


@pytest.mark.parametrize("width", [60, 80, 120])
def test_everything_but_a_command_fits_the_terminal(width: int) -> None:
    lines = [line for line in text(width=width).split("\n") if "reconciler --some" not in line]

    assert [] == [line for line in lines if len(line) > width]


def test_a_command_stays_on_one_line() -> None:
    command = "reconciler " + "word " * 40 + "end"
    group = Group(
        name="hl", findings=(Finding(subject="x", said="y", problem=problem(next_step=command)),)
    )

    assert command in text(group, width=60)


def test_the_place_is_not_repeated_where_the_group_is_it() -> None:
    assert "--> venue entry hl" not in text()
    assert "--> venue entry hl" in text(Group(name="other", findings=(SOON,)))


@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        ((WELL,), "All is well."),
        ((WELL, SKIPPED), "All is well."),
        ((SOON, WELL), "Found 1 warning; 1 thing is well."),
        ((BAD, BAD, SOON), "Found 2 errors and 1 warning; 0 things are well."),
    ],
)
def test_one_line_sums_it_up(findings: tuple[Finding, ...], expected: str) -> None:
    assert expected == text(Group(name="hl", findings=findings)).rstrip("\n").split("\n")[-1]


@pytest.mark.parametrize(
    ("findings", "expected"), [((WELL, SKIPPED, SOON), False), ((SOON, BAD), True)]
)
def test_only_an_error_has_to_be_mended(findings: tuple[Finding, ...], expected: bool) -> None:
    groups = (Group(name="hl", findings=findings),)

    assert expected == has_errors(groups)
    assert (not expected) == json.loads(findings_json(groups))["is_well"]


def test_the_json_has_every_finding() -> None:
    found = json.loads(findings_json(GROUPS))["findings"]

    assert [
        ("project treasury", "clock", "ok"),
        ("project treasury", "key", "skipped"),
        ("hl", "clock", "ok"),
        ("hl", "approval", "warning"),
        ("hl", "account", "error"),
    ] == [(each["group"], each["subject"], each["verdict"]) for each in found]
    assert ("account-missing", "Check the address and the network.") == (
        found[-1]["code"],
        found[-1]["next_step"],
    )
    assert "code" not in found[0]


def test_text_of_a_venue_cannot_steer_the_terminal() -> None:
    hostile = Finding(
        subject="refusal", said="\x1b[31m\u202e\nred", problem=problem(why="\x1b]0;x\x07")
    )

    assert not {"\x1b", "\u202e", "\x07"} & set(text(Group(name="\x1bhl", findings=(hostile,))))


def test_no_findings_are_all_well() -> None:
    assert text(Group(name="hl", findings=())).endswith("\nAll is well.\n")
