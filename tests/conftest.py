"""What tests of several folders start from."""

from pathlib import Path

import pytest
from _pytest.nodeid import coerce_node_id

from pipeline.config import Settings
from pipeline.store import writer


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep a group on one worker: pytest-xdist 3.8 writes its name where pytest 9.2 reads it no more."""
    for item in items:
        if named := vars(item).get("_nodeid"):
            item._id = coerce_node_id(named)


@pytest.fixture(scope="session")
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home to copy, in which nothing has landed: to make tables and macros costs twenty times as much."""
    home = tmp_path_factory.mktemp("empty")
    with writer(Settings(home=home)):
        pass
    return home
