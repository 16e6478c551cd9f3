"""Hunt every mutant and write the table: `python -m tests.simulation.table`, or `make mutants`.

Each mutant runs in a process of its own from seed 0 until a history notices it.
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
from tests.simulation.mutants import ROOT
from tests.simulation.shrink import kind_of

__all__ = ["PATH", "SEEDS_MAX"]

PATH = ROOT / "docs" / "mutants.md"
SEEDS_MAX = 30_000
HEAD = """\
# Mutants

Protocols that are wrong on purpose, and how many seeded histories it takes until one of them is
noticed by an invariant. Made by `make mutants`; what a mutant changes stands in
`tests/simulation/ledger/`. The limit is 30,000 histories.

| mutant | what it believes | histories | noticed by |
|---|---|---|---|
"""


def hunted(name: str, seeds: int) -> dict[str, Any]:
    """Hunt one mutant in a process of its own."""
    command = [sys.executable, "-m", "tests.simulation.hunt", name, "--seeds", str(seeds)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def table(found: Sequence[dict[str, Any]]) -> str:
    """Return the document."""
    rows = []
    for mutant, one in zip(LEDGER, found, strict=True):
        count = f"{one['seeds']:,}" if one["violations"] else "never"
        by = kind_of(one["saw"]) if one["violations"] else ""
        rows.append(f"| {mutant.name} | {mutant.why} | {count} | {by} |")
    return HEAD + "\n".join(rows) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.table")
    parser.add_argument("--seeds", type=int, default=SEEDS_MAX)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--into", type=Path, default=PATH)
    options = parser.parse_args()

    def hunt(name: str) -> dict[str, Any]:
        one = hunted(name, options.seeds)
        sys.stdout.write(f"{name}: {one['seeds'] if one['violations'] else 'never'}\n")
        sys.stdout.flush()
        return one

    with ThreadPoolExecutor(options.jobs) as pool:
        found = list(pool.map(hunt, [mutant.name for mutant in LEDGER]))
    options.into.write_text(table(found), encoding="utf-8")
    raise SystemExit(0 if all(one["violations"] for one in found) else 1)


if __name__ == "__main__":
    main()
