"""Real processes of the real command line, forked from one that has imported everything.

A fork costs a few milliseconds where a fresh interpreter costs most of a second. The server is a
process of its own (`python -m tests.kill.forks`); a request and its reply are one line of JSON.
"""

import gc
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.kill.seams import NOWHERE, Seam, arm

__all__ = ["Child", "Ended", "Forks", "fork_server"]

ROOT = Path(__file__).resolve().parent.parent.parent
WAIT_S = 90
WARM = (
    "anyio._backends._asyncio",
    "asyncio",
    "certifi",
    "coincurve",
    "deepdiff",
    "eth_account",
    "httpcore",
    "httpx",
    "jsonschema",
    "reconciler.cli.apply",
    "reconciler.cli.credentials",
    "reconciler.cli.failures",
    "reconciler.cli.main",
    "reconciler.cli.plan",
    "reconciler.planner.staleness",
    "reconciler.render.outcome_text",
    "reconciler.spec.expand",
    "reconciler.spec.load",
    "reconciler.statefile.local",
    "reconciler.statefile.lockfile",
    "reconciler.venues.hyperliquid",
    "reconciler.venues.hyperliquid.adapter",
    "reconciler.venues.hyperliquid.signing",
    "reconciler.venues.registry",
)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended; `code` is negative for a signal.

    Attributes:
        met: the call at which its seam was met, or empty.
        counts: how many calls of each kind it made; empty when it was killed.
    """

    code: int
    out: str
    err: str
    met: str
    counts: dict[str, int]

    @property
    def is_killed(self) -> bool:
        return self.code == -signal.SIGKILL


class Child:
    """One running command."""

    def __init__(self, forks: "Forks", pid: int, trace: Path) -> None:
        self.forks = forks
        self.pid = pid
        self.trace = trace

    def wait(self, timeout_s: float = WAIT_S) -> Ended | None:
        """Return how it ended, or None while it still runs."""
        reply = self.forks.ask({"wait": self.pid, "timeout_s": timeout_s})
        if reply["code"] is None:
            return None
        return Ended(
            code=reply["code"],
            out=self._text(".out"),
            err=self._text(".err"),
            met=self.met(),
            counts=json.loads(self._text(".counts") or "{}"),
        )

    def ended(self) -> Ended:
        """Wait for its end; kill it when there is none."""
        found = self.wait()
        if found is None:
            self.signal(signal.SIGKILL)
            raise AssertionError(f"a command ran for more than {WAIT_S} s: {self._text('.err')}")
        return found

    def signal(self, number: int) -> None:
        """Send a signal; its number is not another's, for nobody has waited for it yet."""
        os.kill(self.pid, number)

    def met(self) -> str:
        """Return the call at which its seam was met, or nothing while it was not."""
        return self._text(".met").strip()

    def _text(self, suffix: str) -> str:
        path = self.trace.with_suffix(suffix)
        return path.read_text(encoding="utf-8") if path.exists() else ""


class Forks:
    """The client's end of a fork server."""

    def __init__(self, process: "subprocess.Popen[bytes]", folder: Path) -> None:
        self.process = process
        self.folder = folder
        self.started = 0

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(request).encode() + b"\n")
        self.process.stdin.flush()
        reply: dict[str, Any] = json.loads(self.process.stdout.readline())
        return reply

    def start(self, root: Path, *argv: str, seam: Seam = NOWHERE, **env: str) -> Child:
        """Start a command in a folder."""
        self.started += 1
        trace = self.folder / f"{self.started}"
        reply = self.ask(
            {
                "argv": list(argv),
                "root": str(root),
                "env": env,
                "seam": asdict(seam),
                "trace": str(trace),
            }
        )
        return Child(self, reply["pid"], trace)

    def run(self, root: Path, *argv: str, seam: Seam = NOWHERE, **env: str) -> Ended:
        """Start a command and wait for its end."""
        return self.start(root, *argv, seam=seam, **env).ended()


@contextmanager
def fork_server(folder: Path) -> Iterator[Forks]:
    """Run a server; what its children say goes into files of the folder."""
    command = [sys.executable, "-m", "tests.kill.forks"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, start_new_session=True
    ) as process:
        try:
            yield Forks(process, folder)
        finally:
            process.kill()


def serve() -> None:
    """Answer requests until nobody asks any more."""
    for name in WARM:
        import_module(name)
    import_module("eth_account").Account.from_key("0x" + "42" * 32)
    gc.freeze()
    exits: dict[int, int] = {}
    with os.fdopen(0, "rb", closefd=False) as requests:
        for line in iter(requests.readline, b""):
            request = json.loads(line)
            reply = _waited(request, exits) if "wait" in request else _forked(request, exits)
            os.write(1, json.dumps(reply).encode() + b"\n")


def _forked(request: dict[str, Any], exits: dict[int, int]) -> dict[str, Any]:
    # The child alone holds the writing end: when it can be read, the child is gone.
    mine, its = os.pipe()
    pid = os.fork()
    if pid == 0:
        _live(request)
    os.close(its)
    exits[pid] = mine
    return {"pid": pid}


def _waited(request: dict[str, Any], exits: dict[int, int]) -> dict[str, Any]:
    pid: int = request["wait"]
    if not select.select([exits[pid]], [], [], request["timeout_s"])[0]:
        return {"code": None}
    _, status = os.waitpid(pid, 0)
    os.close(exits.pop(pid))
    return {"code": os.waitstatus_to_exitcode(status)}


def _live(request: dict[str, Any]) -> None:
    """Be the command; never returns."""
    from reconciler.cli.main import run

    code = 99
    try:
        trace = Path(request["trace"])
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for fd, suffix in ((1, ".out"), (2, ".err")):
            os.dup2(os.open(trace.with_suffix(suffix), os.O_WRONLY | os.O_CREAT, 0o600), fd)
        os.chdir(request["root"])
        os.environ.update(request["env"])
        tally = arm(Seam(**request["seam"]), trace.with_suffix(".met"))
        code = run(request["argv"])
        trace.with_suffix(".counts").write_text(json.dumps(tally.counts), encoding="utf-8")
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    serve()
