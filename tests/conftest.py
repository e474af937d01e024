"""What tests of several folders start from."""

from pathlib import Path

import pytest

from pipeline.config import Settings
from pipeline.store import writer


@pytest.fixture(scope="session")
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home to copy, in which nothing has landed: to make tables and macros costs twenty times as much."""
    home = tmp_path_factory.mktemp("empty")
    with writer(Settings(home=home)):
        pass
    return home
