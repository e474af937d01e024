from collections.abc import Iterator

import pytest

from pipeline.landing import clearing
from pipeline.store import Connection
from tests.landing_world import open_log


@pytest.fixture
def log() -> Iterator[Connection]:
    with open_log() as connection:
        yield connection


@pytest.fixture(autouse=True, params=["judged", "proven"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Land each line both ways: judged one by one, and proven in SQL where it can be."""
    if request.param == "judged":
        monkeypatch.setattr(clearing, "LEAST_LINES", 10**9)
