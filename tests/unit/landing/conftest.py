from collections.abc import Iterator

import pytest

from pipeline.store import Connection
from tests.landing_world import open_log


@pytest.fixture
def log() -> Iterator[Connection]:
    with open_log() as connection:
        yield connection
