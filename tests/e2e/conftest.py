from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.both import ENVIRONMENT, Both, open_both
from tests.e2e.project import Project
from tests.e2e.project import project as open_project
from tests.kill.forks import Forks, fork_server


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with open_project(tmp_path) as made:
        yield made


@pytest.fixture
def coins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the keys of both venues."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def both(tmp_path: Path, coins: None) -> Iterator[Both]:
    with open_both(tmp_path) as made:
        yield made


@pytest.fixture(scope="session")
def forks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forks]:
    with fork_server(tmp_path_factory.mktemp("forks")) as server:
        yield server
