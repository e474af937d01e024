from collections.abc import Iterator

import pytest

from pipeline.config import Settings
from pipeline.store import Connection, writer
from tests.sql.event_log import Log


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    with writer(Settings(home=tmp_path_factory.mktemp("kept"))) as connection:
        yield connection


@pytest.fixture
def log(warehouse: Connection) -> Log:
    return Log(warehouse)
