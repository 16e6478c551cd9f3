"""The repository around a project, asked through git."""

import os
import subprocess
from pathlib import Path

__all__ = ["ask_git"]

GIT_TIMEOUT_S = 10
# And nothing else: keys stand in the environment.
GIT_NEEDS = ("HOME", "PATH", "SYSTEMROOT", "XDG_CONFIG_HOME")


def ask_git(folder: Path, *arguments: str) -> str | None:
    """Return what git says, or None where it says nothing: no repository, no git, no time."""
    try:
        ran = subprocess.run(
            ["git", "-c", "core.hooksPath=/dev/null", *arguments],
            cwd=folder,
            env={name: os.environ[name] for name in GIT_NEEDS if name in os.environ},
            capture_output=True,
            timeout=GIT_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return ran.stdout.decode("utf-8", "replace") if ran.returncode == 0 else None
