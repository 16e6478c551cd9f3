"""Tell many histories: `python -m tests.simulation --seeds 25000`, as `make simulate` does.

A violation is shrunk and written as a tape, to be told again by `--tape FILE`.
"""

import argparse
import gc
import json
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.simulation.history import tell
from tests.simulation.shrink import dense, kind_of, shrunk, sparse

CHUNK = 250
COLLECT_EVERY = 64
TAPES = Path(__file__).with_name("tapes")
FAILURES_MAX = 5


def chunk(first: int, count: int) -> tuple[int, float, list[tuple[int, str]]]:
    """Tell the histories of some seeds; return how many, CPU seconds, and the violations."""
    gc.disable()
    started = time.process_time()
    found = []
    for seed in range(first, first + count):
        told = tell(seed)
        if told.violation:
            found.append((seed, told.violation))
        if seed % COLLECT_EVERY == 0:
            gc.collect()
    return count, time.process_time() - started, found


def saved(seed: int, violation: str, tape: Sequence[float]) -> Path:
    """Write a tape; return its path."""
    path = TAPES / f"{kind_of(violation).lower()}-{seed}.json"
    record = {"seed": seed, "violation": violation, "draws": sparse(tape)}
    path.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    return path


def shrink_seed(seed: int) -> tuple[str, tuple[float, ...]]:
    """Return the violation of a seed and its smallest tape."""
    told = tell(seed)
    kind = kind_of(told.violation)

    def is_bad(tape: Sequence[float]) -> bool:
        return kind_of(tell(recorded=tape).violation) == kind

    return told.violation, shrunk(told.tape, is_bad)


def show(violation: str, trace: Sequence[str]) -> None:
    sys.stdout.write("\n".join((*trace, violation or "no violation")) + "\n")


def chunks(first: int, seeds: int) -> Iterator[tuple[int, int]]:
    for start in range(first, first + seeds, CHUNK):
        yield start, min(CHUNK, first + seeds - start)


def many(first: int, seeds: int, jobs: int) -> int:
    """Tell them all; return how many violated something."""
    total, cpu_s, found = 0, 0.0, []
    with ProcessPoolExecutor(jobs) as pool:
        futures = [pool.submit(chunk, *each) for each in chunks(first, seeds)]
        for future in futures:
            count, seconds, violations = future.result()
            total, cpu_s = total + count, cpu_s + seconds
            found += violations
    for seed, violation in found[:FAILURES_MAX]:
        sys.stdout.write(f"seed {seed}: {violation}\n")
        path = saved(seed, *shrink_seed(seed))
        sys.stdout.write(f"  tape: python -m tests.simulation --tape {path}\n")
    rate = total / cpu_s * 60 if cpu_s else 0
    sys.stdout.write(
        f"{total} histories from seed {first}, {len(found)} violations, "
        f"{rate:.0f} a minute of one core\n"
    )
    return len(found)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("--seeds", type=int, default=2000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, help="tell one history, with its trace")
    parser.add_argument("--tape", type=Path, help="tell a recorded history, with its trace")
    options = parser.parse_args()
    if options.tape is not None:
        record = json.loads(options.tape.read_text(encoding="utf-8"))
        told = tell(recorded=dense(record["draws"]))
        show(told.violation, told.trace)
        raise SystemExit(1 if told.violation else 0)
    if options.seed is not None:
        told = tell(options.seed)
        show(told.violation, told.trace)
        raise SystemExit(1 if told.violation else 0)
    raise SystemExit(1 if many(options.first, options.seeds, options.jobs) else 0)


if __name__ == "__main__":
    main()
