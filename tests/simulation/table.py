"""Hunt every mutant and write the table: `python -m tests.simulation.table`, or `make mutants`.

Each mutant runs in a process of its own from seed 0 until a history notices it. With `--again` only
some are hunted, when a table is there.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.simulation.ledger import LEDGER
from tests.simulation.mutants import ROOT, Mutant
from tests.simulation.shrink import kind_of

__all__ = ["PATH", "SEEDS_MAX"]

PATH = ROOT / "docs" / "mutants.md"
SEEDS_MAX = 30_000
HEAD = """\
# Mutants

Protocols that are wrong on purpose, and how many seeded histories it takes until one of them is
noticed by an invariant; a traceback is not enough. Made by `make mutants`; what a mutant changes
stands in `tests/simulation/ledger/`. The limit is 30,000 histories.

| mutant | what it believes | histories | noticed by |
|---|---|---|---|
"""


def hunted(name: str, seeds: int) -> dict[str, Any]:
    """Hunt one mutant in a process of its own."""
    command = [sys.executable, "-m", "tests.simulation.hunt", name, "--seeds", str(seeds)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def row(mutant: Mutant, one: dict[str, Any]) -> str:
    """Return what is said of one mutant."""
    count = f"{one['seeds']:,}" if one["violations"] else "never"
    by = kind_of(one["saw"]) if one["violations"] else ""
    return f"| {mutant.name} | {mutant.why} | {count} | {by} |"


def kept_rows(path: Path, again: Sequence[str]) -> dict[str, str]:
    """Return the rows of an earlier table, by mutant, but for those to be hunted again."""
    if not again:
        return {}
    lines = path.read_text(encoding="utf-8").splitlines()
    rows = {line.split(" | ")[0].removeprefix("| "): line for line in lines if line[:2] == "| "}
    return {name: line for name, line in rows.items() if name not in again}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.table")
    parser.add_argument("--seeds", type=int, default=SEEDS_MAX)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--into", type=Path, default=PATH)
    parser.add_argument("--again", nargs="+", default=(), help="only these; keep the other rows")
    options = parser.parse_args()
    kept = kept_rows(options.into, options.again)

    def hunt(mutant: Mutant) -> str:
        if mutant.name in kept:
            return kept[mutant.name]
        said = row(mutant, hunted(mutant.name, options.seeds))
        sys.stdout.write(said + "\n")
        sys.stdout.flush()
        return said

    with ThreadPoolExecutor(options.jobs) as pool:
        rows = list(pool.map(hunt, LEDGER))
    options.into.write_text(HEAD + "\n".join(rows) + "\n", encoding="utf-8")
    raise SystemExit(1 if any(" | never | " in said for said in rows) else 0)


if __name__ == "__main__":
    main()
