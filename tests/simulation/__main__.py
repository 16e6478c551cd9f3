"""Tell many histories: `python -m tests.simulation --seeds 25000`, as `make simulate` does.

A violation is shrunk and written as a tape, to be told again by `--tape FILE`.
"""

import argparse
import gc
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.simulation.benches import BENCHES
from tests.simulation.history import tell
from tests.simulation.tapes import load, save, shrink_seed

CHUNK = 250
COLLECT_EVERY = 64
FAILURES_MAX = 5


def chunk(venue: str, first: int, count: int) -> tuple[int, float, list[tuple[int, str]]]:
    """Tell the histories of some seeds; return how many, CPU seconds, and the violations."""
    gc.disable()
    started = time.process_time()
    found = []
    for seed in range(first, first + count):
        told = tell(seed, bench=BENCHES[venue])
        if told.violation:
            found.append((seed, told.violation))
        if seed % COLLECT_EVERY == 0:
            gc.collect()
    return count, time.process_time() - started, found


def show(violation: str, trace: Sequence[str]) -> None:
    sys.stdout.write("\n".join((*trace, violation or "no violation")) + "\n")


def chunks(first: int, seeds: int) -> Iterator[tuple[int, int]]:
    for start in range(first, first + seeds, CHUNK):
        yield start, min(CHUNK, first + seeds - start)


def many(venue: str, first: int, seeds: int, jobs: int) -> int:
    """Tell them all of one venue; return how many violated something."""
    total, cpu_s, found = 0, 0.0, []
    with ProcessPoolExecutor(jobs) as pool:
        futures = [pool.submit(chunk, venue, *each) for each in chunks(first, seeds)]
        for future in futures:
            count, seconds, violations = future.result()
            total, cpu_s = total + count, cpu_s + seconds
            found += violations
    for seed, violation in found[:FAILURES_MAX]:
        sys.stdout.write(f"seed {seed}: {violation}\n")
        path = save(*shrink_seed(seed, venue), seed=seed, venue=venue)
        sys.stdout.write(f"  tape: python -m tests.simulation --tape {path}\n")
    rate = total / cpu_s * 60 if cpu_s else 0
    sys.stdout.write(
        f"{venue}: {total} histories from seed {first}, {len(found)} violations, "
        f"{rate:.0f} a minute of one core\n"
    )
    return len(found)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("--seeds", type=int, default=2000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--venue", choices=[*BENCHES, "all"], default="all")
    parser.add_argument("--seed", type=int, help="tell one history, with its trace")
    parser.add_argument("--tape", type=Path, help="tell a recorded history, with its trace")
    options = parser.parse_args()
    venues = list(BENCHES) if options.venue == "all" else [options.venue]
    if options.tape is not None:
        tape = load(options.tape)
        told = tell(recorded=tape.tape, bench=BENCHES[tape.venue])
        show(told.violation, told.trace)
        raise SystemExit(1 if told.violation else 0)
    if options.seed is not None:
        told = tell(options.seed, bench=BENCHES[venues[0]])
        show(told.violation, told.trace)
        raise SystemExit(1 if told.violation else 0)
    found = sum(many(venue, options.first, options.seeds, options.jobs) for venue in venues)
    raise SystemExit(1 if found else 0)


if __name__ == "__main__":
    main()
