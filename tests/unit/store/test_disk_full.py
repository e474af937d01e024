"""What happens where the disk takes no more: files end at a mebibyte here."""

import resource
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pipeline.config import Settings
from pipeline.core.errors import TransientError
from pipeline.runs.context import keep_frame
from pipeline.store import writer


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, hard))
    yield tmp_path
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_warehouse_that_cannot_grow_says_so_in_one_line(small_disk: Path) -> None:
    with (
        pytest.raises(TransientError, match="make room on the disk") as told,
        writer(Settings(small_disk)) as it,
    ):
        it.execute("CREATE TABLE facts AS SELECT hash(i) AS n FROM range(1000000) AS t (i)")
    assert "\n" not in str(told.value)


def test_a_frame_that_does_not_fit_says_so(small_disk: Path) -> None:
    frame = pl.DataFrame({"n": np.random.default_rng(1).random(1_000_000)})
    with pytest.raises(TransientError, match="make room on the disk"):
        keep_frame(frame, small_disk / "frame.parquet")
