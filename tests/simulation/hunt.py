"""Hunt one mutant, or none, through seeds: `python -m tests.simulation.hunt NAME --seeds N`.

Prints one line of JSON: the seed that noticed, after how many, and what it saw. A traceback is not
enough to notice a mutant. Without a name the real sources are told; then the first violation is a
defect.
"""

import argparse
import gc
import json
import sys
import time
from pathlib import Path

from tests.simulation.ledger import LEDGER
from tests.simulation.mutants import install

COLLECT_EVERY = 64
CRASH = "a run ended with"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("mutant", nargs="?")
    parser.add_argument("--seeds", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--all", action="store_true", help="go on after a violation")
    parser.add_argument("--save", action="store_true", help="shrink what is found into a tape")
    parser.add_argument("--tape", type=Path, help="tell a recorded history instead")
    parser.add_argument("--venue", default="hyperliquid", help="without a mutant: of which venue")
    options = parser.parse_args()
    venue = options.venue
    if options.mutant:
        mutant = next(m for m in LEDGER if m.name == options.mutant)
        install(mutant)
        venue = mutant.venue
    from tests.simulation.benches import BENCHES
    from tests.simulation.history import tell

    bench = BENCHES[venue]

    if options.tape is not None:
        from tests.simulation.tapes import load

        tape = load(options.tape)
        said = tell(recorded=tape.tape, bench=BENCHES[tape.venue]).violation
        sys.stdout.write(json.dumps({"saw": said}) + "\n")
        return
    gc.disable()
    started = time.process_time()
    found = []
    steps = 0
    for seed in range(options.first, options.first + options.seeds):
        told = tell(seed, bench=bench)
        steps += told.steps
        if seed % COLLECT_EVERY == 0:
            gc.collect()
        # One that breaks the program would be found at once; it has to be seen to do wrong.
        is_crash = told.violation.startswith(CRASH) and options.mutant is not None
        if told.violation and not is_crash:
            found.append((seed, told.violation))
            if not options.all:
                break
    seconds = time.process_time() - started
    if options.save and found:
        from tests.simulation.tapes import save, shrink_seed

        shrunk = shrink_seed(found[0][0], venue)
        save(*shrunk, seed=found[0][0], mutant=options.mutant, venue=venue)
    sys.stdout.write(
        json.dumps(
            {
                "mutant": options.mutant,
                "seeds": seed - options.first + 1,
                "violations": len(found),
                "seed": found[0][0] if found else None,
                "all": [s for s, _ in found[:40]],
                "saw": found[0][1][:400] if found else "",
                "cpu_s": round(seconds, 2),
                "steps": steps,
            }
        )
        + "\n"
    )


if __name__ == "__main__":
    main()
