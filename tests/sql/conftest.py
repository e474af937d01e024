"""One warehouse with the projection macros for all tests; each test fills the log anew."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.config import Settings
from pipeline.store import Connection, writer
from tests.sql.event_log import Log


@pytest.fixture(scope="session")
def warehouse(tmp_path_factory: pytest.TempPathFactory, empty_home: Path) -> Iterator[Connection]:
    home = shutil.copytree(empty_home, tmp_path_factory.mktemp("projections"), dirs_exist_ok=True)
    with writer(Settings(home=home)) as connection:
        yield connection


@pytest.fixture
def log(warehouse: Connection) -> Log:
    return Log(warehouse)
