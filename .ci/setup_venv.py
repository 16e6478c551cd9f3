"""Make .venv what the lock files say, and do nothing when it already is.

Called by the Makefile as ``python3 .ci/setup_venv.py runtime|dev``. Every package comes from a lock
file with its hash; the package itself is installed editable, without an isolated build, so nothing
that is not locked is ever fetched. Needs only the standard library and the venv module.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "installed.json"
LOCKS = {
    "runtime": ("requirements/runtime.txt", "requirements/build.txt"),
    "dev": ("requirements/dev.txt",),
}
PIP = (VENV / "bin/python", "-m", "pip", "install", "-qq")
# A venv of the first kind can also do the work of the second.
COVERS = {"runtime": ("runtime", "dev"), "dev": ("dev",)}


def digest(paths: Sequence[str]) -> str:
    """Return one digest over the content of files, the interpreter and the folder of the venv."""
    total = hashlib.sha256(f"{sys.version}\0{VENV}\0".encode())
    for path in paths:
        total.update((ROOT / path).read_bytes())
    return total.hexdigest()


def installed() -> dict[str, str]:
    """Return what the stamp says is installed; nothing when it is absent or unreadable."""
    try:
        found = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def run(command: Sequence[str | Path], **environment: str) -> None:
    """Run a command in the checkout; end this program with its exit code when it fails."""
    names = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1", **environment}
    result = subprocess.run(
        [str(part) for part in command], cwd=ROOT, env={**os.environ, **names}, check=False
    )
    if result.returncode:
        print(f"setup: failed: {' '.join(str(part) for part in command)}", file=sys.stderr)
        raise SystemExit(result.returncode)


def make_venv() -> None:
    """Make an empty .venv, in place of one that may be there."""
    if VENV.exists():
        shutil.rmtree(VENV)
    try:
        import ensurepip  # noqa: F401, PLC0415
    except ImportError:
        raise SystemExit(
            "setup: this Python has no venv module with pip.\n"
            "On Debian and Ubuntu install it with: apt install python3-venv"
        ) from None
    run([sys.executable, "-m", "venv", VENV])


def install_locked(kind: str) -> None:
    """Install the packages of one kind, each checked against its hash, wheels only.

    The locks name everything, so nothing is resolved: an older pip would look for a newer version
    of a package that another one asks for with an extra, and then find it without a hash.
    """
    locks = [part for path in LOCKS[kind] for part in ("--requirement", path)]
    run([*PIP, "--require-hashes", "--no-deps", "--only-binary", ":all:", *locks])


def install_package() -> None:
    """Install this package editable; all it needs is there, so the network is not asked."""
    run([*PIP, "--no-build-isolation", "--no-deps", "--editable", "."], PIP_NO_INDEX="1")
    run([*PIP[:3], "check", "-q"])


def set_up(kind: str) -> None:
    """Bring .venv to the given kind; the caller holds the lock."""
    locks = {name: digest(paths) for name, paths in LOCKS.items()}
    package = digest(("pyproject.toml", "reconciler/__init__.py"))
    found = installed()
    current = found.get("kind") in LOCKS and found.get("locks") == locks[found["kind"]]
    if current and found["kind"] in COVERS[kind] and found.get("package") == package:
        return
    STAMP.unlink(missing_ok=True)
    if not current:
        print(f"setup: making .venv from {', '.join(LOCKS[kind])}", file=sys.stderr)
        make_venv()
    if not (current and found["kind"] in COVERS[kind]):
        install_locked(kind)
    else:
        kind = found["kind"]
    install_package()
    STAMP.write_text(json.dumps({"kind": kind, "locks": locks[kind], "package": package}) + "\n")


def main() -> None:
    """Hold the lock against a second make, then set up."""
    if len(sys.argv) != 2 or sys.argv[1] not in LOCKS:
        raise SystemExit("usage: setup_venv.py runtime|dev")
    with (ROOT / ".venv.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        set_up(sys.argv[1])


if __name__ == "__main__":
    main()
