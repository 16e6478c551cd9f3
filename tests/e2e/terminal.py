"""A command at a terminal: somebody reads what it says, and answers when it asks."""

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.e2e.project import AGENT_KEY, Project, Ran

__all__ = ["at_terminal"]

WAIT_S = 40
PART_BYTES = 1 << 16
KEYS = ("\x03", "\x04")
SILENT_POLLS_MAX = 30
# Its own session with this terminal, so that Ctrl-C reaches it as from a keyboard.
_OWN_TERMINAL = """
import fcntl, os, sys, termios
os.setsid()
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""
QUESTION = b"Only `yes` is taken as approval."


def at_terminal(
    project: Project, *argv: str, answer: str = "", meanwhile: Callable[[], object] = lambda: None
) -> Ran:
    """Run a command, and type an answer when it asks; what is shown is all in `out`.

    An answer may be Ctrl-C or Ctrl-D; `meanwhile` is done while the question stands.
    """
    ours, its = pty.openpty()
    command = [sys.executable, "-m", "reconciler", "-C", str(project.root), *argv]
    env = {**os.environ, "HL_AGENT_KEY": AGENT_KEY, "PYTHONPATH": str(Path.cwd()), "TERM": "dumb"}
    with subprocess.Popen(
        [sys.executable, "-c", _OWN_TERMINAL, *command], stdin=its, stdout=its, stderr=its, env=env
    ) as process:
        os.close(its)
        try:
            shown = _read(ours, process, answer, meanwhile)
            return Ran(process.wait(timeout=WAIT_S), shown.decode(), "")
        finally:
            process.kill()
            os.close(ours)


def _read(
    ours: int, process: "subprocess.Popen[bytes]", answer: str, meanwhile: Callable[[], object]
) -> bytes:
    shown, is_asked, silent = b"", False, 0
    until_s = time.monotonic() + WAIT_S
    while time.monotonic() < until_s:
        is_over = process.poll() is not None
        if select.select([ours], [], [], 0.1)[0]:
            silent = 0
            try:
                shown += os.read(ours, PART_BYTES)
            except OSError:  # the other end is closed
                return shown
        elif is_over:
            return shown
        elif is_asked and answer in KEYS:
            # A key pressed just before the answer is waited for is lost, as it is to a person.
            silent += 1
            if silent == SILENT_POLLS_MAX:
                silent = 0
                os.write(ours, answer.encode())
        if QUESTION in shown and not is_asked:
            is_asked = True
            meanwhile()
            end = "" if answer in KEYS else "\n"
            os.write(ours, f"{answer}{end}".encode())
    raise AssertionError(f"it is still running: {shown.decode()}")
