"""Build the wheel, install it into a fresh venv from the lock, and run the command from it.

Run by ``make wheel-check`` with the Python of .venv. What is installed is what a user gets: no
checkout on the path, another working folder, an environment of three names.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).resolve().parent.parent
PROJECT = """\
version: 1
project: wheel-check
state: {backend: local, path: .reconciler}
venues:
  hl:
    kind: hyperliquid
    network: local
    port: 3001
    account: "0x14791697260e4c9a71f18484c9f997b308e59325"
    account_kind: user
    signer: {env: HL_AGENT_KEY}
"""
SPEC = """\
version: 1
book: btc
venue: hl
instrument: BTC
orders:
  dip: {side: buy, price: 88000, quantity: 0.05}
"""


def run(command: Sequence[str | Path], *, cwd: Path, env: Mapping[str, str] | None = None) -> str:
    """Run a command and return its output; end this program, showing all of it, when it fails."""
    parts = [str(part) for part in command]
    result = subprocess.run(
        parts,
        cwd=cwd,
        env=env,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    if result.returncode:
        print(result.stdout, result.stderr, sep="\n", file=sys.stderr)
        raise SystemExit(f"wheel-check: exit {result.returncode}: {' '.join(parts)}")
    return result.stdout


def install(folder: Path) -> Path:
    """Build and install the wheel into a fresh venv; return the folder of its commands."""
    wheel = next(WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"]))
    run([sys.executable, "-m", "venv", folder / "venv"], cwd=folder)
    python = folder / "venv/bin/python"
    pip: tuple[str | Path, ...] = (python, "-m", "pip", "install", "-qq")
    lock = ROOT / "requirements/runtime.txt"
    run([*pip, "--require-hashes", "--no-deps", "--only-binary", ":all:", "-r", lock], cwd=folder)
    offline = {**os.environ, "PIP_NO_INDEX": "1"}
    run([*pip, "--no-deps", wheel], cwd=folder, env=offline)
    run([python, "-m", "pip", "check"], cwd=folder)
    return folder / "venv/bin"


def main() -> None:
    """Install, then use the command as a user's first minute would."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        commands = install(folder)
        project = folder / "project"
        (project / "specs").mkdir(parents=True)
        (project / "reconciler.yaml").write_text(PROJECT)
        (project / "specs/btc.yaml").write_text(SPEC)
        env = {"PATH": f"{commands}{os.pathsep}{os.defpath}", "HOME": name, "LC_ALL": "C.UTF-8"}
        where = run([commands / "python", "-c", "import reconciler as r; print(r.__file__)"],
                    cwd=project, env=env)  # fmt: skip
        assert Path(where.strip()).is_relative_to(folder), f"the checkout was imported: {where}"
        run([commands / "reconciler", "--help"], cwd=project, env=env)
        run([commands / "reconciler", "validate"], cwd=project, env=env)
        run([commands / "python", "-m", "reconciler", "--help"], cwd=project, env=env)
    print("wheel-check: the wheel installs from the lock; --help and validate run from it")


if __name__ == "__main__":
    main()
