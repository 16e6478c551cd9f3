"""`demo`: the whole road against the built-in simulator: no key, no network."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from reconciler.cli.init import write_project
from reconciler.cli.output import Options

__all__ = ["command"]

ACCOUNT = "0x5e9ee1089755c3435139848e47e6635505d5a13a"

BTC_SPEC = """\
version: 1
book: btc
venue: hl
instrument: BTC
orders:
  dip: {side: buy, price: 65000, quantity: 0.01}
ladders:
  bids: {side: buy, from: 64000, to: 60000, levels: 5, quantity: 0.05}
"""

ETH_SPEC = """\
version: 1
book: eth
venue: hl
instrument: ETH
orders:
  high: {side: sell, price: 2050, quantity: 0.25}
"""


@click.command("demo")
@click.option("--keep", is_flag=True, help="Keep the project folder and say where it is.")
@click.pass_obj
def command(options: Options, keep: bool) -> int:
    """Plan, apply, let an order fill, lose a reply, plan again: it ends in "No changes."."""
    from reconciler.cli.credentials import new_agent
    from reconciler.simulator import AccountSeed, Simulator
    from reconciler.simulator.server import run_in_thread

    key, agent = new_agent()
    folder = Path(tempfile.mkdtemp(prefix="reconciler-demo-"))
    seed = AccountSeed(address=ACCOUNT, agents=(agent,))
    try:
        with (
            run_in_thread(Simulator(accounts=[seed])) as venue,
            _environment(HL_AGENT_KEY=key.reveal()),
        ):
            return _Story(options, folder, venue.control).tell(venue.port)
    finally:
        if keep:
            options.output.product(f"\nThe project is in {folder}")
        else:
            shutil.rmtree(folder)


class _Story:
    """What is shown, in order."""

    def __init__(self, options: Options, folder: Path, control: Callable[..., Any]) -> None:
        self.options = options
        self.folder = folder
        self.control = control

    def tell(self, port: int) -> int:
        """Run the demo and return the exit code of its last plan."""
        self._begin(port)
        self._say("2. What would be sent, and why. Nothing is sent by this.")
        self._run("plan", "--out", "plan.json")
        self._say("3. Send exactly that. Every request is written to the journal first.")
        self._run("apply", "plan.json")
        self._let_one_fill()
        self._lose_a_reply()
        self._say("6. Specification and venue agree again, and nothing was sent twice.")
        return self._run("plan", "--detailed-exitcode")

    def _begin(self, port: int) -> None:
        write_project(self.folder, project="demo", network="local", port=port, account=ACCOUNT)
        (self.folder / "specs" / "btc.yaml").write_text(BTC_SPEC, encoding="utf-8")
        (self.folder / "specs" / "eth.yaml").write_text(ETH_SPEC, encoding="utf-8")
        self._say("1. A simulated Hyperliquid runs on loopback. These orders are declared:")
        self._show(BTC_SPEC)
        self._run("state", "init")
        self._run("validate")

    def _let_one_fill(self) -> None:
        self._say(
            "4. The market falls to 64,990: btc.dip fills. A person also places an order by hand.\n"
            "   A fill is no drift, and an order that is not ours is never touched."
        )
        self.control("set_mid", instrument="BTC", mid="64990")
        self.control(
            "place_as_human",
            account=ACCOUNT,
            instrument="BTC",
            side="buy",
            price="61234",
            quantity="0.01",
        )
        self._run("plan")

    def _lose_a_reply(self) -> None:
        self._say(
            "5. The ladder moves down by one rung: one order is modified, four stay in the queue.\n"
            "   The venue's reply gets lost on purpose; the outcome is unknown, so it is looked up."
        )
        path = self.folder / "specs" / "btc.yaml"
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("from: 64000, to: 60000", "from: 63000, to: 59000"), "utf-8")
        self.control("faults", add={"kind": "lost_reply", "path": "/exchange", "times": 1})
        self._run("apply", "--auto-approve")

    def _say(self, text: str) -> None:
        self.options.output.product(f"{text}\n")

    def _show(self, text: str) -> None:
        for line in text.rstrip("\n").split("\n"):
            self.options.output.product(f"     {line}")
        self.options.output.product("")

    def _run(self, *arguments: str) -> int:
        """Run one command as a person would, with the same output."""
        from reconciler.cli.main import run

        self.options.output.product(f"$ reconciler {' '.join(arguments)}")
        self.options.output.flush()
        global_flags = ["--no-color"] if not self.options.use_color else []
        with _working_in(self.folder):
            code = run([*global_flags, *arguments])
        self.options.output.product("")
        return code


@contextmanager
def _environment(**variables: str) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def _working_in(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
