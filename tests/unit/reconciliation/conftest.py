import polars as pl
import pytest

from tests.demand_frames import paths_frame


@pytest.fixture
def two_by_two() -> pl.DataFrame:
    """Two weeks, two paths: two cloud sites and one direct series."""
    return paths_frame(
        {
            ("cloud", "startup", "trn2", "us"): [[10, 20], [30, 40]],
            ("cloud", "startup", "trn2", "eu"): [[1, 2], [3, 4]],
            ("cloud", "internal", "trn3", "us"): [[5, 5], [5, 5]],
            ("direct", "enterprise", "trn2", "us"): [[0, 100], [0, 0]],
        }
    )
