"""A project with an entry at each venue, both served by one simulator on loopback."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from reconciler.simulator import AccountSeed, HtxAccountSeed, HtxSetup, HtxSwitches, Key, Simulator
from reconciler.simulator.htx import load_contracts
from reconciler.simulator.server import ThreadHandle, run_in_thread
from tests.e2e.project import ACCOUNT, AGENT, AGENT_KEY, Project, Ran, order
from tests.kill.forks import Child, Ended, Forks
from tests.kill.seams import NOWHERE, Seam
from tests.venues.htx.hand import ACCESS, SECRET, asked_by_hand

__all__ = ["ENVIRONMENT", "READER", "UID", "Both", "ended_together", "open_both"]

UID = "coins"
READER = Key(access="reader-0123456789abcdef", secret="reader-fedcba9876543210", may_trade=False)
ENVIRONMENT = {
    "HL_AGENT_KEY": AGENT_KEY,
    "HTX_ACCESS_KEY": ACCESS,
    "HTX_SECRET_KEY": SECRET,
}
# A recovery reads the past of every contract there is.
CONTRACTS = ("BTC-USD", "ETH-USD")
LIFE_S = 60
JUMP_MS = 20_000
PATIENCE_S = 1.0
JUMPS_MAX = 90


class Both(Project):
    """See the module; `coin` is the book at HTX, where a Bitcoin costs 90000."""

    def __init__(self, root: Path, venue: ThreadHandle) -> None:
        super().__init__(root, venue)
        self.htx("set_mid", instrument="BTC-USD", mid="90000")

    def write_project(self, **limits: Any) -> None:
        super().write_project(**limits)
        file = self.root / "reconciler.yaml"
        settings = yaml.safe_load(file.read_text(encoding="utf-8"))
        settings["venues"]["htx"] = {
            "kind": "htx-coin-swap",
            "network": "local",
            "port": self.venue.port,
            "access_key": {"env": "HTX_ACCESS_KEY"},
            "secret_key": {"env": "HTX_SECRET_KEY"},
            "signature_window_s": LIFE_S,
        }
        file.write_text(yaml.safe_dump(settings), encoding="utf-8")

    def write_coin(self, *, instrument: str = "BTC-USD", leverage: int = 5, **orders: Any) -> None:
        document = {
            "version": 1,
            "book": "coin",
            "venue": "htx",
            "instrument": instrument,
            "defaults": {"options": {"leverage": leverage}},
            "orders": orders,
        }
        text = yaml.safe_dump(document, sort_keys=False)
        (self.root / "specs" / "coin.yaml").write_text(text, encoding="utf-8")

    def htx(self, verb: str, **arguments: Any) -> Any:
        """Do something at HTX behind everybody's back."""
        return self.venue.control(verb, venue="htx", **arguments)

    def fault(self, kind: str, type_: str, **more: Any) -> None:
        """Let the next requests of a type go wrong."""
        self.htx("faults", add={"kind": kind, "venue": "htx", "type": type_, **more})

    def account(self) -> dict[str, Any]:
        (account,) = self.htx("state", account=UID)["accounts"]
        return dict(account)

    def coin_orders(self) -> list[dict[str, Any]]:
        return [each for each in self.account()["orders"] if each["is_live"]]

    def coins(self) -> list[tuple[str, int]]:
        """Return price and contracts of what rests at HTX."""
        return [(each["price"], int(each["remaining"])) for each in self.coin_orders()]

    def trades(self) -> list[dict[str, Any]]:
        """Return what was asked of HTX that may change something, in order."""
        return [each["action"] for each in self.venue.control("log") if each["venue"] == "htx"]

    def kinds(self) -> list[str]:
        return [action["type"] for action in self.trades()]

    def by_hand(self, name: str, **body: Any) -> Any:
        """Send a signed request of the account that is none of the program's."""
        at_ms = self.htx("state", account=UID)["at_ms"]
        request = asked_by_hand(name, {"contract_code": "BTC-USD", **body}, at_ms)
        simulator, clock = self.venue.simulator, self.venue._clock
        reply = simulator.handle(request, clock()).json()
        assert "ok" == reply["status"], reply
        return reply["data"]

    def hold(self, contracts: int, *, side: str = "buy", leverage: int = 5) -> None:
        """Open a position as a person would."""
        price = "93000" if side == "buy" else "87000"
        self.htx(
            "place_as_human",
            account=UID,
            instrument="BTC-USD",
            side=side,
            price=price,
            quantity=str(contracts),
            time_in_force="ioc",
            leverage=leverage,
        )

    def apply(self, *flags: str) -> Ran:
        return self.run("apply", "--auto-approve", *flags)

    def is_quiet(self) -> bool:
        """Say whether a plan is empty and an apply sends nothing."""
        before = len(self.sent())
        planned, applied = self.run("plan", "--detailed-exitcode"), self.apply()
        return (planned.code, applied.code, len(self.sent())) == (0, 0, before)

    def start(self, forks: Forks, *argv: str, seam: Seam = NOWHERE) -> Child:
        return forks.start(self.root, *argv, seam=seam, **ENVIRONMENT)

    def ended(self, child: Child) -> Ended:
        """Wait for a process; the venues' time jumps while it waits."""
        for _ in range(JUMPS_MAX):
            found = child.wait(timeout_s=PATIENCE_S)
            if found is not None:
                return found
            self.venue.control("time", advance_ms=JUMP_MS)
        raise AssertionError("it is still running")


@contextmanager
def open_both(root: Path, **switches: Any) -> Iterator[Both]:
    """A project with its state made and one order a venue declared.

    The variables of `ENVIRONMENT` have to be set.
    """
    keys = (Key(access=ACCESS, secret=SECRET), READER)
    setup = HtxSetup(
        contracts={code: load_contracts()[code] for code in CONTRACTS},
        switches=HtxSwitches().changed(switches),
        accounts=[HtxAccountSeed(uid=UID, keys=keys)],
    )
    simulator = Simulator(accounts=[AccountSeed(address=ACCOUNT, agents=(AGENT,))], htx=setup)
    with run_in_thread(simulator) as venue:
        made = Both(root, venue)
        made.write_book("btc", instrument="BTC", orders={"dip": order("buy", "60000", "0.01")})
        made.write_coin(dip=order("buy", "80000", "3"))
        ready = made.run("state", "init")
        assert ready.code == 0, ready.err
        yield made


def ended_together(
    forks: Forks, worlds: Mapping[str, Both], seams: Mapping[str, Seam] | None = None
) -> dict[str, Ended]:
    """Apply everywhere at once; the venues' time jumps for who waits."""
    running = {
        name: world.start(forks, "apply", "--auto-approve", seam=(seams or {}).get(name, NOWHERE))
        for name, world in worlds.items()
    }
    ended: dict[str, Ended] = {}
    for _ in range(JUMPS_MAX):
        until_s = time.monotonic() + PATIENCE_S
        for name in [*running]:
            found = running[name].wait(timeout_s=max(0.0, until_s - time.monotonic()))
            if found is not None:
                ended[name] = found
                del running[name]
        if not running:
            return ended
        for name in running:
            worlds[name].venue.control("time", advance_ms=JUMP_MS)
    raise AssertionError(f"still running: {[*running]}")
