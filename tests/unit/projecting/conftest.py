import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.config import Settings
from pipeline.store import Connection, writer
from tests.sql.event_log import Log


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory, empty_home: Path) -> Iterator[Connection]:
    home = shutil.copytree(empty_home, tmp_path_factory.mktemp("kept"), dirs_exist_ok=True)
    with writer(Settings(home=home)) as connection:
        yield connection


@pytest.fixture
def log(warehouse: Connection) -> Log:
    return Log(warehouse)


@pytest.fixture(scope="module")
def standing(
    tmp_path_factory: pytest.TempPathFactory, empty_home: Path, request: pytest.FixtureRequest
) -> Path:
    """A home to copy, in which the module's history has landed and is kept."""
    home = shutil.copytree(empty_home, tmp_path_factory.mktemp("standing"), dirs_exist_ok=True)
    with writer(Settings(home=home)) as connection:
        Log(connection).land(request.module.history(), request.module.AS_OF)
    return home


@pytest.fixture
def landed(standing: Path, tmp_path: Path) -> Iterator[Log]:
    with writer(Settings(home=shutil.copytree(standing, tmp_path / "home"))) as connection:
        yield Log(connection)
