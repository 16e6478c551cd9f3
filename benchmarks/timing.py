"""CPU seconds of whole processes, and ratios of two commands run by turns."""

import os
import resource
import statistics
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Command:
    """A process to measure."""

    words: Sequence[str]
    folder: Path


@dataclass(frozen=True, slots=True)
class Ratio:
    """Ours over theirs."""

    ours_s: float
    theirs_s: float
    median: float
    least: float
    most: float


def cpu_seconds(command: Command) -> float:
    """Run one process to its end and return its CPU seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        command.words,
        cwd=command.folder,
        env=os.environ.copy(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def ratio(ours: Command, theirs: Command, *, pairs: int) -> Ratio:
    """Run both by turns and return the ratio pair by pair."""
    cpu_seconds(ours), cpu_seconds(theirs)
    times = [(cpu_seconds(ours), cpu_seconds(theirs)) for _ in range(pairs)]
    ratios = [a / b for a, b in times]
    return Ratio(
        statistics.median(a for a, _ in times),
        statistics.median(b for _, b in times),
        statistics.median(ratios),
        min(ratios),
        max(ratios),
    )
