"""A project folder, a simulated venue on loopback, and the commands a person would type."""

import contextlib
import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from eth_account import Account

from reconciler.cli.main import run
from reconciler.simulator import AccountSeed, Simulator
from reconciler.simulator.server import ThreadHandle, run_in_thread

ACCOUNT = "0x5e9ee1089755c3435139848e47e6635505d5a13a"
AGENT_KEY = "0x" + "42" * 32
AGENT = Account.from_key(AGENT_KEY).address.lower()

LIMITS: dict[str, Any] = {
    "max_order_notional": "1000000",
    "max_open_notional": "100000000",
    "max_new_notional_per_run": "100000000",
    "max_new_notional_per_day": "100000000",
    "price_band_pct": "50",
    "max_actions": 20000,
}


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str


class Project:
    """A folder with a project in it, and the venue it speaks to."""

    def __init__(self, root: Path, venue: ThreadHandle) -> None:
        self.root = root
        self.venue = venue
        (root / "specs").mkdir(parents=True, exist_ok=True)
        self.write_project()

    def write_project(self, **limits: Any) -> None:
        settings = {
            "version": 1,
            "project": "demo",
            "state": {"backend": "local", "path": ".reconciler"},
            "venues": {
                "hl": {
                    "kind": "hyperliquid",
                    "network": "local",
                    "port": self.venue.port,
                    "account": ACCOUNT,
                    "signer": {"env": "HL_AGENT_KEY"},
                }
            },
            "limits": {**LIMITS, **limits},
        }
        (self.root / "reconciler.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")

    def write_book(self, name: str, **content: Any) -> None:
        document = {"version": 1, "book": name, "venue": "hl", **content}
        text = yaml.safe_dump(document, sort_keys=False)
        (self.root / "specs" / f"{name}.yaml").write_text(text, encoding="utf-8")

    def remove_book(self, name: str) -> None:
        (self.root / "specs" / f"{name}.yaml").unlink()

    def run(self, *arguments: str) -> Ran:
        out, err = io.StringIO(), io.StringIO()
        before = Path.cwd()
        os.chdir(self.root)
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                code = run(list(arguments))
        finally:
            os.chdir(before)
        return Ran(code, out.getvalue(), err.getvalue())

    def orders(self) -> list[dict[str, Any]]:
        """Every order the venue ever had for the account, as it knows them."""
        (account,) = self.venue.control("state", account=ACCOUNT)["accounts"]
        return list(account["orders"])

    def live(self) -> list[dict[str, Any]]:
        return [order for order in self.orders() if order["is_live"]]

    def sent(self) -> list[dict[str, Any]]:
        """Every request that reached the venue's order endpoint."""
        return list(self.venue.control("log"))

    def state_bytes(self) -> bytes:
        """Everything the program wrote about its state."""
        folder = self.root / ".reconciler"
        files = sorted(path for path in folder.iterdir() if path.suffix in (".jsonl", ".json"))
        return b"".join(path.name.encode() + path.read_bytes() for path in files)


@contextlib.contextmanager
def project(root: Path) -> Iterator[Project]:
    """A project with its state created, on a fresh venue."""
    seed = AccountSeed(address=ACCOUNT, agents=(AGENT,))
    before = os.environ.get("HL_AGENT_KEY")
    os.environ["HL_AGENT_KEY"] = AGENT_KEY
    try:
        with run_in_thread(Simulator(accounts=[seed])) as venue:
            made = Project(root, venue)
            made.write_book("btc", instrument="BTC", orders={"dip": order("buy", "60000", "0.01")})
            ready = made.run("state", "init")
            assert ready.code == 0, ready.err
            yield made
    finally:
        if before is None:
            del os.environ["HL_AGENT_KEY"]
        else:
            os.environ["HL_AGENT_KEY"] = before


def order(side: str, price: str, quantity: str, **more: Any) -> dict[str, Any]:
    """One order of a spec."""
    return {"side": side, "price": price, "quantity": quantity, **more}
