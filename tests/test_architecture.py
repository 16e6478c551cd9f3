"""Imports point one way, and each third party has one door.

The tables below are the architecture. The sources are parsed, never imported, so a module which
cannot be imported yet is checked all the same. A test of this file is what keeps the rules honest:
every rule is shown a snippet which breaks it.
"""

import ast
import sys
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "reconciler"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What one part of the package may import of the rest.

    Attributes:
        part: dotted name under the package; `*` stands for one name.
        may: parts it may import, with all below them; `<own>` stands for what `*` stood for.
        pure: whether it must not touch clock, disk, network, environment or chance.
        instead: what to do where an import is refused.
    """

    part: str
    may: str
    pure: bool = False
    instead: str


VALUES = "model diagnostics errors"
PURE_LEAVES = (
    "rules",
    "wire",
    "signing",
    "replies",
    "refusing",
    "authority",
    "checkup",
    "stranger",
)
OWN_LEAVES = " ".join(f"venues.<own>.{leaf}" for leaf in PURE_LEAVES)

# The first row whose part fits decides, so a narrower part stands before a wider one.
# fmt: off
ROWS = (
    # -- pure core --
    Row(part="diagnostics", pure=True, may="",
        instead="it knows the standard library alone"),
    Row(part="errors", pure=True, may="diagnostics",
        instead="put the text into a diagnostic"),
    Row(part="secret", pure=True, may="",
        instead="it knows the standard library alone"),
    Row(part="model", pure=True, may="model diagnostics",
        instead="a value knows only values"),
    Row(part="schemas_path", may="",
        instead="it knows the standard library alone"),
    Row(part="spec.files", may=f"spec {VALUES}",
        instead="read a file, and let the rest of spec decide"),
    Row(part="spec", pure=True, may=f"spec schemas_path {VALUES}",
        instead="return a desired book"),
    Row(part="observe", pure=True, may=VALUES,
        instead="evidence in, events out"),
    Row(part="planner", pure=True, may=f"planner observe {VALUES}",
        instead="pass a value"),
    Row(part="render", pure=True, may=f"render records {VALUES}",
        instead="pass a value"),
    Row(part="records", pure=True, may=f"records {VALUES}",
        instead="it turns any value into canonical text and back"),
    Row(part="planfile", pure=True, may=f"planfile records {VALUES}",
        instead="pass a value"),
    Row(part="checkup", pure=True, may=f"checkup observe {VALUES}",
        instead="gather the fact in cli, and hand it in"),
    Row(part="statefile.codec", pure=True, may=f"records {VALUES}",
        instead="pass a value"),
    # -- shell --
    Row(part="ports", may=f"secret {VALUES}",
        instead="a port speaks in model values"),
    *(Row(part=f"execution.{leaf}", pure=True,
          may=f"execution.requesting execution.gate_limits observe planner {VALUES}",
          instead="only the executor and the resolver wait; pass a value")
      for leaf in ("closing", "fitting", "gate", "gate_limits", "requesting")),
    Row(part="execution", may=f"execution observe planner ports {VALUES}",
        instead="take it as a port from ports.py"),
    Row(part="statefile", may=f"statefile records secret ports {VALUES}",
        instead="a backend stores; let its caller decide"),
    Row(part="venues.pacing", may=f"venues.asking ports {VALUES}",
        instead="it counts and waits; pass a value"),
    Row(part="venues.base", may=f"venues.pacing secret ports {VALUES}",
        instead="pass a value"),
    Row(part="venues.http", may=f"venues.base venues.pacing secret ports {VALUES}",
        instead="pass a value"),
    Row(part="venues.asking", may=VALUES,
        instead="pass a value"),
    *(Row(part=f"venues.{leaf}", pure=True, may=VALUES,
          instead="pass a value") for leaf in ("shape", "strictly")),
    Row(part="venues.registry", may=f"venues.base venues.pacing ports {VALUES}",
        instead="name the venue in the entry-point group"),
    *(Row(part=f"venues.*.{leaf}", pure=True,
          may=f"{OWN_LEAVES} venues.shape venues.strictly secret {VALUES}",
          instead="only adapter.py talks; pass a value") for leaf in PURE_LEAVES),
    Row(part="venues.*",
        may="venues.<own> venues.asking venues.base venues.http venues.pacing venues.shape secret "
            f"ports {VALUES}",
        instead="a venue knows only itself and the model"),
    Row(part="venues", may=f"venues.base ports {VALUES}",
        instead="name the venue in the entry-point group"),
    # -- programs --
    Row(part="simulator", may="simulator",
        instead="the simulator checks the rest, so it shares nothing with it"),
    Row(part="cli", may="*",
        instead="the command line may import everything"),
    Row(part="__main__", may="cli",
        instead="call the command line"),
    Row(part="", may=VALUES,
        instead="the face of the package shows values"),
)
# fmt: on

# Who may import a third party; a name which stands nowhere here may not be imported at all.
DOORS = {
    "click": "cli",
    "coincurve": "venues.hyperliquid.signing simulator",
    "deepdiff": "render.difference",
    "eth_account": "venues.hyperliquid.signing simulator cli.credentials",
    "eth_hash": "venues.hyperliquid.signing simulator",
    "eth_keys": "venues.hyperliquid.signing simulator",
    "eth_utils": "venues.hyperliquid.signing simulator",
    "h11": "simulator",
    "httpx": "venues",
    "jsonschema": "spec.schema",
    "keyring": "cli.credentials",
    "msgpack": "venues.hyperliquid.signing simulator",
    "referencing": "spec.schema",
    "rich": "render cli",
    "yaml": "spec.source",
}

# Clock, disk, network, environment and chance: what a pure part may not import.
# fmt: off
EFFECTS = frozenset({
    "asyncio", "ctypes", "ftplib", "getpass", "glob", "http", "httpx", "logging", "multiprocessing",
    "os", "platform", "random", "secrets", "select", "selectors", "shelve", "shutil", "signal",
    "smtplib", "socket", "socketserver", "sqlite3", "ssl", "subprocess", "tempfile", "threading",
    "time", "urllib.request",
})
# fmt: on


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """One imported name: a dotted module, at a line."""

    target: str
    line: int


def package_modules(root: Path = ROOT) -> dict[str, Path]:
    """Return the modules of the package by dotted name without the package's own."""
    found = {}
    for path in sorted((root / PACKAGE).rglob("*.py")):
        parts = path.relative_to(root / PACKAGE).with_suffix("").parts
        found[".".join(part for part in parts if part != "__init__")] = path
    return found


def is_under(name: str, part: str) -> bool:
    """Tell whether a dotted name is a part or below it."""
    return name == part or name.startswith(f"{part}.")


def fits(name: str, pattern: str) -> bool:
    """Tell whether a dotted name is the pattern's part or below it, `*` being any one name."""
    names, wanted = name.split("."), pattern.split(".")
    return len(names) >= len(wanted) and all(
        want in ("*", have) for want, have in zip(wanted, names, strict=False)
    )


def row_of(name: str) -> Row | None:
    """Return the first row which fits a module; the package itself has the row with no name."""
    return next(
        (row for row in ROWS if name == row.part or (row.part and fits(name, row.part))), None
    )


def is_pure(name: str) -> bool:
    """Tell whether a module belongs to the pure core."""
    row = row_of(name)
    return row is not None and row.pure


def imports(tree: ast.AST, name: str, *, is_package: bool = False) -> Iterator[Import]:
    """Yield every import of a module, however deep, relative and dynamic ones too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (Import(target=alias.name, line=node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                whole = [PACKAGE, *name.split(".")] if name else [PACKAGE]
                whole = whole[: len(whole) - node.level + is_package]
                base = ".".join([*whole, base] if base else whole)
            yield from (
                Import(target=f"{base}.{alias.name}", line=node.lineno) for alias in node.names
            )
        elif isinstance(node, ast.Call) and called_name(node) in ("import_module", "__import__"):
            first = node.args[0] if node.args else None
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield Import(target=first.value, line=node.lineno)


def called_name(node: ast.Call) -> str:
    """Return the last name of what is called."""
    match node.func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case _:
            return ""


def resolve(target: str, modules: AbstractSet[str]) -> str:
    """Cut an imported dotted name down to a module of the package; keep an unknown first name."""
    name = target.removeprefix(PACKAGE).removeprefix(".")
    while name and name not in modules and "." in name:
        name = name.rpartition(".")[0]
    return "" if name.startswith("__version__") else name


def part_named(name: str) -> str:
    """Return the name of a part as a message says it."""
    row = row_of(name)
    if row is None or not row.part:
        return name or PACKAGE
    return ".".join(name.split(".")[: row.part.count(".") + 1])


def refused_inside(name: str, target: str) -> str | None:
    """Return why one module may not import another of this package; None where it may."""
    row = row_of(name)
    assert row is not None
    pairs = zip(row.part.split("."), name.split("."), strict=False)
    own = next((have for want, have in pairs if want == "*"), "")
    allowed = [part.replace("<own>", own) for part in row.may.split()]
    if target == name or (target == "" and row.part not in ("model", "diagnostics", "simulator")):
        return None
    if any(part == "*" or is_under(target, part) for part in allowed):
        return None
    return f"{part_named(name)} may not import {part_named(target)}; {row.instead}"


def refused_outside(name: str, target: str) -> str | None:
    """Return why a module may not import a third party or a part of the standard library."""
    top = target.partition(".")[0]
    if is_pure(name):
        effect = next((effect for effect in EFFECTS if is_under(target, effect)), None)
        if effect is not None:
            return f"{part_named(name)} may not import {effect}; the pure core takes it as a value"
    if top in sys.stdlib_module_names:
        return None
    door = DOORS.get(top)
    if door is None:
        return f"{part_named(name)} may not import {top}; it has no door in this package"
    if any(is_under(name, part) for part in door.split()):
        return None
    return f"{part_named(name)} may not import {top}; its door is {', '.join(door.split())}"


def violations(source: str, *, name: str, path: str, modules: AbstractSet[str]) -> list[str]:
    """Return what one module imports against the tables, as `path:line: message`, once each."""
    if row_of(name) is None:
        return [
            f"{path}:1: {name} has no row in tests/test_architecture.py; decide what it may import"
        ]
    found = []
    for item in imports(ast.parse(source), name, is_package=path.endswith("__init__.py")):
        if is_under(item.target, PACKAGE):
            why = refused_inside(name, resolve(item.target, modules))
        else:
            why = refused_outside(name, item.target)
        if why is not None:
            found.append((item.line, f"{path}:{item.line}: {why}"))
    return list(dict.fromkeys(text for _, text in sorted(found)))


def test_imports_point_one_way() -> None:
    modules = package_modules()
    found = []
    for name, path in modules.items():
        where = path.relative_to(ROOT).as_posix()
        source = path.read_text(encoding="utf-8")
        found += violations(source, name=name, path=where, modules=modules.keys())

    assert [] == found


def test_the_whole_package_is_read() -> None:
    modules = package_modules()

    assert {"", "__main__"} <= modules.keys()


def test_each_row_can_be_reached() -> None:
    """A row which an earlier one hides would be a rule that never speaks."""
    probes = [row.part.replace("*", "some") for row in ROWS]

    assert list(ROWS) == [row_of(probe) for probe in probes]


# fmt: off
MODULES = frozenset({
    "cli.main", "diagnostics", "errors", "execution.executor", "model.order", "planfile",
    "planner.decide", "ports", "render.text", "simulator.engine", "spec.compile", "spec.source",
    "statefile.codec", "statefile.local", "venues.base", "venues.http", "venues.htx.adapter",
    "venues.htx.wire", "venues.hyperliquid.adapter", "venues.hyperliquid.wire",
})
# fmt: on


def path_of(name: str) -> str:
    """Return the path of a module; the package itself is its `__init__`."""
    return f"{PACKAGE}/{name.replace('.', '/') or '__init__'}.py"


def check(name: str, source: str) -> list[str]:
    """Check one snippet as if it stood in the named module."""
    return violations(source, name=name, path=path_of(name), modules=MODULES)


# In the order module, its source, the refusal before its advice.
REFUSED = [
    ("diagnostics", "import reconciler.errors", "diagnostics may not import errors"),
    ("model.order", "from reconciler.errors import X", "model may not import errors"),
    ("spec.compile", "from reconciler.planfile import load", "spec may not import planfile"),
    ("spec.compile", "from reconciler import executor", "spec may not import executor"),
    ("planner.decide", "from reconciler.venues import base", "planner may not import venues.base"),
    (
        "planner.decide",
        "import reconciler.venues.htx.wire",
        "planner may not import venues.htx.wire",
    ),
    ("planner.decide", "from reconciler import venues", "planner may not import venues"),
    ("planner.decide", "from reconciler.spec.compile import x", "planner may not import spec"),
    ("planner.decide", "from ..spec import compile", "planner may not import spec"),
    ("planner.decide", "def f():\n from reconciler import ports", "planner may not import ports"),
    ("render.text", "from reconciler.planner.decide import x", "render may not import planner"),
    ("planfile", "import reconciler.statefile.codec", "planfile may not import statefile.codec"),
    (
        "statefile.codec",
        "from reconciler.planner import x",
        "statefile.codec may not import planner",
    ),
    ("statefile.codec", "from . import local", "statefile.codec may not import statefile"),
    ("statefile.local", "import reconciler.venues.http", "statefile may not import venues.http"),
    ("ports", "from reconciler.venues.base import V", "ports may not import venues.base"),
    (
        "execution.executor",
        "from reconciler.venues.htx import x",
        "execution may not import venues",
    ),
    (
        "execution.executor",
        "import reconciler.venues.htx.adapter",
        "execution may not import venues.htx",
    ),
    ("execution.executor", "from reconciler.cli.main import x", "execution may not import cli"),
    ("execution.executor", "import_module('reconciler.cli.main')", "execution may not import cli"),
    ("venues.htx.adapter", "import reconciler.planner.decide", "venues.htx may not import planner"),
    ("venues.htx.adapter", "from reconciler.spec import source", "venues.htx may not import spec"),
    (
        "venues.htx.adapter",
        "from reconciler.venues.hyperliquid import wire",
        "venues.htx may not import venues.hyperliquid.wire",
    ),
    (
        "venues.htx.wire",
        "from reconciler.venues.htx import adapter",
        "venues.htx.wire may not import venues.htx",
    ),
    ("simulator.engine", "import reconciler.model.order", "simulator may not import model"),
    ("simulator.engine", "from reconciler import errors", "simulator may not import errors"),
    ("", "from reconciler.cli.main import main", "reconciler may not import cli"),
    # clock, disk, network, environment, chance
    ("planner.decide", "import time", "planner may not import time"),
    ("spec.compile", "import os.path", "spec may not import os"),
    ("spec.compile", "from random import Random", "spec may not import random"),
    ("spec.compile", "from urllib import request", "spec may not import urllib.request"),
    ("venues.htx.wire", "import httpx", "venues.htx.wire may not import httpx"),
    # third parties
    ("spec.compile", "import yaml", "spec may not import yaml"),
    ("model.order", "import msgpack", "model may not import msgpack"),
    ("render.text", "import deepdiff", "render may not import deepdiff"),
    ("venues.htx.adapter", "import eth_account", "venues.htx may not import eth_account"),
    ("simulator.engine", "import httpx", "simulator may not import httpx"),
    ("cli.main", "import yaml", "cli may not import yaml"),
    ("cli.main", "import requests", "cli may not import requests"),
]


@pytest.mark.parametrize(("name", "source", "refusal"), REFUSED)
def test_an_import_against_the_arrows_is_found(name: str, source: str, refusal: str) -> None:
    line = source.count("\n") + 1
    found = check(name, source)

    assert [f"{path_of(name)}:{line}: {refusal}"] == [text.partition(";")[0] for text in found]


PERMITTED = [
    ("", "from reconciler.model.order import Side"),
    (
        "cli.main",
        "import click\nimport reconciler.execution.executor\nimport reconciler.simulator.engine",
    ),
    ("errors", "from reconciler.diagnostics import Diagnostic"),
    ("execution.executor", "import asyncio\nfrom reconciler.ports import Venue"),
    ("model.order", "from decimal import Decimal\nfrom reconciler.diagnostics import Span"),
    ("planfile", "import json\nfrom reconciler import __version__"),
    ("planner.decide", "from reconciler.model.order import Side\nimport reconciler.planner.match"),
    ("render.difference", "import deepdiff"),
    ("simulator.engine", "import msgpack\nfrom reconciler.simulator.engine import Engine"),
    ("spec.schema", "import json\nimport jsonschema"),
    ("spec.source", "import yaml"),
    ("statefile.local", "import os\nfrom reconciler.statefile import codec"),
    ("venues.htx.adapter", "import httpx\nfrom reconciler.venues.htx import wire"),
    ("venues.hyperliquid.signing", "import eth_account, msgpack\nfrom . import wire"),
]


@pytest.mark.parametrize(("name", "source"), PERMITTED)
def test_an_import_along_the_arrows_passes(name: str, source: str) -> None:
    assert [] == check(name, source)


ADVICE = [
    ("planner.decide", "import reconciler.venues", "planner may not import venues; pass a value"),
    ("cli.main", "import yaml", "cli may not import yaml; its door is spec.source"),
    ("cli.main", "import ccxt", "cli may not import ccxt; it has no door in this package"),
    (
        "model.order",
        "import time",
        "model may not import time; the pure core takes it as a value",
    ),
]


@pytest.mark.parametrize(("name", "source", "message"), ADVICE)
def test_a_refusal_says_what_to_do_instead(name: str, source: str, message: str) -> None:
    assert [f"{path_of(name)}:1: {message}"] == check(name, source)


def test_a_module_without_a_row_is_found() -> None:
    message = "utils has no row in tests/test_architecture.py; decide what it may import"

    assert [f"reconciler/utils.py:1: {message}"] == check("utils", "")
