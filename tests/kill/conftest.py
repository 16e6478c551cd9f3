from collections.abc import Iterator

import pytest

from tests.kill.forks import Forks, fork_server


@pytest.fixture(scope="session")
def forks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forks]:
    with fork_server(tmp_path_factory.mktemp("forks")) as server:
        yield server
