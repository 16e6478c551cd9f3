"""Wrong protocols that the simulation must notice: each is a small change of the real sources.

A mutant is text replaced in a module while it is imported, in a process of its own: nothing of the
product knows of them. A text that is not found exactly once is an error, so a mutant never stops
being wrong in silence.
"""

import importlib.machinery
import importlib.util
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from pathlib import Path
from types import CodeType, ModuleType

__all__ = ["Mutant", "NotFound", "Patch", "install", "patched_sources"]

ROOT = Path(__file__).resolve().parent.parent.parent


class NotFound(Exception):
    """The text a mutant replaces is not in its module, or more than once."""


@dataclass(frozen=True, slots=True)
class Patch:
    """One replacement in one module."""

    path: str
    old: str
    new: str

    @property
    def module(self) -> str:
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


@dataclass(frozen=True, slots=True)
class Mutant:
    """A wrong protocol.

    Attributes:
        why: what it gets wrong, a phrase.
        venue: in whose histories it is looked for.
    """

    name: str
    why: str
    patches: tuple[Patch, ...]
    venue: str = "hyperliquid"


def patched_sources(mutant: Mutant) -> dict[str, str]:
    """Return the changed source by module. Raises `NotFound`."""
    sources: dict[str, str] = {}
    for patch in mutant.patches:
        text = sources.get(patch.module) or (ROOT / patch.path).read_text(encoding="utf-8")
        if text.count(patch.old) != 1:
            found = text.count(patch.old)
            raise NotFound(f"{mutant.name}: {patch.path} has {found} times:\n{patch.old}")
        sources[patch.module] = text.replace(patch.old, patch.new)
    return sources


class _Loader(importlib.machinery.SourceFileLoader):
    def __init__(self, fullname: str, path: str, source: str) -> None:
        super().__init__(fullname, path)
        self.source = source

    def get_code(self, fullname: str) -> CodeType:
        return compile(self.source, self.path, "exec", dont_inherit=True)


class _Finder(MetaPathFinder):
    def __init__(self, sources: dict[str, str]) -> None:
        self.sources = sources

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        source = self.sources.get(fullname)
        if source is None:
            return None
        file = str(ROOT / (fullname.replace(".", "/") + ".py"))
        return importlib.util.spec_from_file_location(
            fullname, file, loader=_Loader(fullname, file, source)
        )


def install(mutant: Mutant) -> None:
    """Let every import from here on see the mutant. Nothing of the product may be loaded yet."""
    sources = patched_sources(mutant)
    loaded = sorted(sources.keys() & sys.modules.keys())
    assert not loaded, f"already imported: {loaded}"
    sys.meta_path.insert(0, _Finder(sources))
