"""Print the table of ratios: `python benchmarks/run.py [ROW ...]`."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parent))

from eth_account import Account
from projects import ACCOUNT, KEY, write_book, write_project
from timing import Command, Ratio, cpu_seconds, ratio

from reconciler.simulator import AccountSeed, Simulator, Switches
from reconciler.simulator.server import run_in_thread

PYTHON = sys.executable
OURS = (PYTHON, "-m", "reconciler")
PAIRS = 5
PARSE = "import sys, yaml; yaml.load(open(sys.argv[1]), yaml.CSafeLoader)"
SDK = """
import sys
from eth_account import Account
from hyperliquid.exchange import Exchange
ex = Exchange(Account.from_key(sys.argv[2]), sys.argv[1], account_address=sys.argv[3])
orders = [{"coin": "BTC", "is_buy": True, "sz": 0.001, "limit_px": 45000 - i,
           "order_type": {"limit": {"tif": "Alo"}}, "reduce_only": False} for i in range(1000)]
for start in range(0, 1000, 39):
    ex.bulk_orders(orders[start:start + 39])
"""


@contextmanager
def venue_on_loopback() -> Iterator[int]:
    """Serve a fresh venue and yield its port."""
    agent = Account.from_key(KEY).address.lower()
    seed = AccountSeed(address=ACCOUNT, agents=(agent,), deposit=Decimal(10) ** 12)
    switches = Switches(open_orders_max=1_000_000, limit_addresses=False)
    with run_in_thread(Simulator(switches=switches, accounts=[seed])) as venue:
        yield venue.port


def validate(root: Path, orders: int) -> Ratio:
    write_project(root, orders=orders, port=1)
    ours = Command((*OURS, "validate"), root)
    if orders == 10:
        return ratio(ours, Command((PYTHON, "-c", "pass"), root), pairs=PAIRS)
    peer = Path(PYTHON).with_name("check-jsonschema")
    schema = Path(__file__).parent.parent / "schemas" / "spec.schema.json"
    theirs = Command((str(peer), "--schemafile", str(schema), "specs/btc.yaml"), root)
    return ratio(ours, theirs, pairs=PAIRS)


def plan(root: Path, orders: int, port: int) -> Ratio:
    """Plan with a tenth of the orders differing, live orders read over HTTP."""
    write_project(root, orders=orders, port=port)
    # More orders than the venue has room for.
    for words in (("state", "init"), ("apply", "--auto-approve", "--allow", "open-orders")):
        subprocess.run((*OURS, *words), cwd=root, check=True, capture_output=True)
    path = write_book(root, orders=orders, changed_each=10)
    theirs = Command((PYTHON, "-c", PARSE, str(path)), root)
    return ratio(Command((*OURS, "plan"), root), theirs, pairs=PAIRS)


def apply(root: Path, _: int) -> Ratio:
    """A thousand places from YAML to durable state, beside the SDK only sending them.

    Each run meets a venue of its own: orders of an earlier one would be foreign twins.
    """
    times = [(_apply_once(root), _send_once(root)) for _ in range(PAIRS + 1)][1:]
    ratios = [ours / theirs for ours, theirs in times]
    ours_s, theirs_s = (median(column) for column in zip(*times, strict=True))
    return Ratio(ours_s, theirs_s, median(ratios), min(ratios), max(ratios))


def _apply_once(root: Path) -> float:
    with venue_on_loopback() as port:
        shutil.rmtree(root / ".reconciler", ignore_errors=True)
        (root / "reconciler.lock").unlink(missing_ok=True)
        write_project(root, orders=1000, port=port)
        subprocess.run((*OURS, "state", "init"), cwd=root, check=True, capture_output=True)
        return cpu_seconds(Command((*OURS, "apply", "--auto-approve"), root))


def _send_once(root: Path) -> float:
    with venue_on_loopback() as port:
        words = (PYTHON, "-c", SDK, f"http://127.0.0.1:{port}", KEY, ACCOUNT)
        return cpu_seconds(Command(words, root))


ROWS: dict[str, tuple[str, Callable[[Path, int], Ratio]]] = {
    "validate-10": ("validate, 10 orders / python -c pass", lambda r, _: validate(r, 10)),
    "validate-10k": (
        "validate, 10,000 orders / check-jsonschema",
        lambda r, _: validate(r, 10_000),
    ),
    "plan-1k": ("plan, 1,000 orders, 10 % differing / CSafeLoader", lambda r, p: plan(r, 1000, p)),
    "plan-10k": (
        "plan, 10,000 orders, 10 % differing / CSafeLoader",
        lambda r, p: plan(r, 10_000, p),
    ),
    "apply-1k": ("apply, 1,000 places / the SDK only sending", apply),
}


def main(names: list[str]) -> None:
    os.environ["HL_AGENT_KEY"] = KEY
    print(f"{'row':<14}{'median':>9}{'least':>9}{'most':>9}{'ours s':>9}{'peer s':>9}  what")
    for name in names or list(ROWS):
        with venue_on_loopback() as port, tempfile.TemporaryDirectory() as folder:
            what, measure = ROWS[name]
            found = measure(Path(folder), port)
            print(
                f"{name:<14}{found.median:>9.3f}{found.least:>9.3f}{found.most:>9.3f}"
                f"{found.ours_s:>9.3f}{found.theirs_s:>9.3f}  {what}",
                flush=True,
            )


if __name__ == "__main__":
    main(sys.argv[1:])
