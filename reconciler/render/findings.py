"""What `doctor` found: a line for each thing that was looked at, and below it what is wrong."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from reconciler.diagnostics import Diagnostic, Severity, display
from reconciler.model.examination import Finding
from reconciler.render.page import Line, paragraph, plain, shown

__all__ = ["Group", "findings_json", "has_errors", "render_findings"]

SAID_CHARACTERS_MAX = 1_000
WORD_WIDTH = len("skipped")
WORDS = {"ok": "good", "warning": "warning", "error": "bad", "skipped": "dim"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Findings that belong together.

    Attributes:
        name: of the project or the venue entry.
        note: what else tells it from others.
    """

    name: str
    findings: Sequence[Finding]
    note: str = ""


def render_findings(groups: Sequence[Group], *, width: int, is_coloured: bool) -> str:
    """Return the text of all groups, ending in one line that sums them up."""
    lines: list[Line] = []
    subjects = [display(each.subject) for group in groups for each in group.findings]
    column = max(map(len, subjects), default=0)
    for group in groups:
        note = f"   {display(group.note)}" if group.note else ""
        lines += [((display(group.name), "heading"), (note, "")), plain()]
        for finding in group.findings:
            lines += _lines(finding, group.name, column, width)
        lines.append(plain())
    lines.append(plain(_summary(groups), "heading"))
    return shown(lines, is_coloured=is_coloured)


def findings_json(groups: Sequence[Group]) -> str:
    """Return the same as JSON, for programs."""
    document = {
        "is_well": not has_errors(groups),
        "findings": [_record(group.name, each) for group in groups for each in group.findings],
    }
    return json.dumps(document, indent=2)


def has_errors(groups: Iterable[Group]) -> bool:
    """Say whether anything is wrong that has to be mended."""
    return any(_word(each) == "error" for group in groups for each in group.findings)


def _lines(finding: Finding, group: str, column: int, width: int) -> Iterator[Line]:
    word = _word(finding)
    indent = len("  ") + WORD_WIDTH + len("  ") + column + len("  ")
    said = display(finding.said, limit=SAID_CHARACTERS_MAX)
    first, *rest = paragraph(said, indent=0, width=width - indent) or [plain()]
    subject = display(finding.subject).ljust(column)
    yield (("  ", ""), (word.ljust(WORD_WIDTH), WORDS[word]), (f"  {subject}  ", ""), *first)
    for line in rest:
        yield ((" " * indent, ""), *line)
    if finding.problem is not None:
        yield from _details(finding.problem, group, indent=indent, width=width)


def _details(problem: Diagnostic, group: str, *, indent: int, width: int) -> Iterator[Line]:
    where = str(problem.span) if problem.span is not None else problem.where
    told = [f"{problem.summary} [{problem.code}]", problem.why]
    if where and where != f"venue entry {group}":
        told.insert(1, f"--> {where}")
    for text in (*told, *problem.next_step.split("\n")):
        if text and text[-1] in ".:]":
            yield from paragraph(text, indent=indent, width=width)
        elif text:  # a command, or a place: it stays on its line
            yield plain(" " * indent + display(text, limit=SAID_CHARACTERS_MAX))


def _word(finding: Finding) -> str:
    if finding.problem is None:
        return "skipped" if finding.is_skipped else "ok"
    return "error" if finding.problem.severity is Severity.ERROR else "warning"


def _summary(groups: Sequence[Group]) -> str:
    counts = Counter(_word(each) for group in groups for each in group.findings)
    said = [
        f"{counts[word]} {word if counts[word] == 1 else f'{word}s'}"
        for word in ("error", "warning")
        if counts[word]
    ]
    if not said:
        return "All is well."
    well = "1 thing is" if counts["ok"] == 1 else f"{counts['ok']} things are"
    return f"Found {' and '.join(said)}; {well} well."


def _record(group: str, finding: Finding) -> dict[str, object]:
    problem = finding.problem
    record: dict[str, object] = {
        "group": group,
        "subject": finding.subject,
        "verdict": _word(finding),
        "said": finding.said,
    }
    if problem is not None:
        record |= {
            "code": problem.code,
            "summary": problem.summary,
            "why": problem.why,
            "next_step": problem.next_step,
        }
    return record
