"""What a user installs: the wheel is whole, the locks are complete, the versions agree."""

import re
import tomllib
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import reconciler

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("runtime", "build", "dev")

# Raise these only with the reason for one more package in the hands of people who trade.
DIRECT_DEPENDENCIES_MAX = 12
RUNTIME_CLOSURE = 44

PIN = re.compile(
    r"(?P<name>[a-z0-9][a-z0-9.-]*)==(?P<version>[^\s;\\]+)(?: ; (?P<marker>[^\\]+?))? \\"
)
HASH = re.compile(r" {4}--hash=sha256:[0-9a-f]{64}(?: \\)?")
NOTE = re.compile(r" {4}#.*")


def lock_text(kind: str) -> str:
    """Return the text of one lock file."""
    return (ROOT / "requirements" / f"{kind}.txt").read_text(encoding="utf-8")


def pins(text: str) -> dict[str, str]:
    """Return package -> version of a lock's text."""
    matches = (PIN.fullmatch(line) for line in text.splitlines())
    return {match["name"]: match["version"] for match in matches if match}


def unhashed(text: str) -> list[str]:
    """Return the packages of a lock's text which no hash follows."""
    lines = [line for line in text.splitlines() if not NOTE.fullmatch(line)]
    pairs = zip(lines, [*lines[1:], ""], strict=True)
    return [line for line, after in pairs if PIN.fullmatch(line) and not HASH.fullmatch(after)]


def strange_lines(text: str) -> list[str]:
    """Return the lines of a lock which are no pin, no hash and no note: an option, an address."""
    known = (PIN, HASH, NOTE)
    return [line for line in text.splitlines() if not any(kind.fullmatch(line) for kind in known)]


@pytest.fixture(scope="module")
def project() -> dict:
    """Return pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """Build the wheel as the build backend does, without a network, and open it."""
    folder = tmp_path_factory.mktemp("wheel")
    path = next(WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"]))
    return zipfile.ZipFile(path)


@pytest.mark.parametrize("kind", LOCKS)
def test_each_locked_package_has_a_hash(kind: str) -> None:
    text = lock_text(kind)

    assert pins(text)
    assert [] == unhashed(text)


@pytest.mark.parametrize("kind", LOCKS)
def test_a_lock_holds_nothing_but_pins(kind: str) -> None:
    """So no address of an index and no path of a machine can be in it."""
    assert [] == strange_lines(lock_text(kind))


BAD_LINES = [
    "--index" + "-url https://x",
    "-e .",
    "package @ file:///x",
    "package>=1 \\",
    "package==1",
]


@pytest.mark.parametrize("line", BAD_LINES)
def test_a_strange_line_in_a_lock_is_found(line: str) -> None:
    assert [line] == strange_lines(f"{line}\n")


def test_a_pin_without_a_hash_is_found() -> None:
    assert ["a==1 \\"] == unhashed("a==1 \\\nb==2 \\\n    --hash=sha256:" + "0" * 64)


@pytest.mark.parametrize("kind", ["runtime", "build"])
def test_the_smaller_locks_are_parts_of_the_development_lock(kind: str) -> None:
    """So a venv for development runs what a user runs."""
    assert pins(lock_text(kind)).items() <= pins(lock_text("dev")).items()


def test_each_declared_dependency_is_locked_in_its_range(project: dict) -> None:
    locked = pins(lock_text("runtime"))
    wanted = [Requirement(text) for text in project["project"]["dependencies"]]
    outside = [
        str(item)
        for item in wanted
        if not item.specifier.contains(locked.get(canonicalize_name(item.name), "0"))
    ]

    assert [] == outside


def test_the_dependencies_are_few(project: dict) -> None:
    direct = project["project"]["dependencies"]

    assert len(direct) <= DIRECT_DEPENDENCIES_MAX
    assert RUNTIME_CLOSURE == len(pins(lock_text("runtime")))


def test_dependencies_are_sorted(project: dict) -> None:
    direct = project["project"]["dependencies"]

    assert sorted(direct) == direct


def test_the_versions_agree(wheel: zipfile.ZipFile) -> None:
    folder = f"reconciler-{reconciler.__version__}.dist-info"
    built = re.findall(r"^Version: (.+)$", wheel.read(f"{folder}/METADATA").decode(), re.MULTILINE)

    assert [reconciler.__version__] == built
    assert reconciler.__version__ == metadata.version("reconciler")


def test_the_changelog_knows_the_version() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## \[([^\]]+)\]", text, flags=re.MULTILINE)

    assert headings[0] == "Unreleased"
    assert headings[1:2] in ([], [reconciler.__version__])


def test_the_wheel_carries_each_schema(wheel: zipfile.ZipFile) -> None:
    schemas = {
        f"reconciler/schemas/{path.relative_to(ROOT / 'schemas').as_posix()}"
        for path in (ROOT / "schemas").rglob("*")
        if path.is_file()
    }

    assert schemas
    assert schemas <= set(wheel.namelist())


def test_the_wheel_carries_each_file_of_the_package(wheel: zipfile.ZipFile) -> None:
    files = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "reconciler").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }

    assert "reconciler/py.typed" in files
    assert files <= set(wheel.namelist())


def test_the_wheel_carries_nothing_else(wheel: zipfile.ZipFile) -> None:
    tops = {name.partition("/")[0] for name in wheel.namelist()}

    assert {"reconciler", f"reconciler-{reconciler.__version__}.dist-info"} == tops


def test_the_wheel_names_its_command_and_its_venues(wheel: zipfile.ZipFile, project: dict) -> None:
    folder = f"reconciler-{reconciler.__version__}.dist-info"
    text = wheel.read(f"{folder}/entry_points.txt").decode()
    venues = project["project"]["entry-points"]["reconciler.venues"]

    assert "reconciler = reconciler.cli.main:main" in text
    assert [] == [kind for kind, factory in venues.items() if f"{kind} = {factory}" not in text]


def test_the_wheel_carries_the_license(wheel: zipfile.ZipFile) -> None:
    folder = f"reconciler-{reconciler.__version__}.dist-info"

    assert "License-Expression: MIT" in wheel.read(f"{folder}/METADATA").decode()
    assert f"{folder}/licenses/LICENSE" in wheel.namelist()
