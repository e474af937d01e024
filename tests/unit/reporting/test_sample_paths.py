"""The file of joint sample paths: what a program that knows only Parquet finds in it."""

from pathlib import Path

import duckdb
import polars as pl
import pyarrow.parquet as pq
import pytest

from pipeline.core.errors import TransientError
from pipeline.reporting import write_sample_paths
from pipeline.schemas.tables import FORECAST_PATHS, SAMPLE_PATHS
from tests.demand_frames import paths_frame

THIRD = 1 / 3
"""No float of 32 bits, and no decimal of few digits."""


@pytest.fixture
def paths() -> pl.DataFrame:
    """Two weeks, two paths of two series; the later series first."""
    return paths_frame(
        {
            ("direct", "enterprise", "trn2", "us"): [[0, 1e12], [THIRD, 1e-9]],
            ("cloud", "startup", "trn2", "eu"): [[1, 2], [3, 4]],
        }
    )


def test_every_value_stands_in_a_row_of_its_own_to_the_last_bit(paths: pl.DataFrame, tmp_path: Path) -> None:
    write_sample_paths(paths, tmp_path / "paths.parquet")
    found = pl.read_parquet(tmp_path / "paths.parquet")
    assert found.schema == SAMPLE_PATHS.polars_schema
    expected = SAMPLE_PATHS.select(
        paths.with_columns(pl.lit([1, 2]).alias("path"), pl.col("path_chips").alias("value"))
        .explode("path", "value")
        .sort("channel", "path", "period_start")
    )
    assert found.equals(expected)
    assert THIRD in found["value"].to_list()


def test_any_reader_sees_the_declared_columns_and_plain_text(paths: pl.DataFrame, tmp_path: Path) -> None:
    write_sample_paths(paths, tmp_path / "paths.parquet")
    described = duckdb.sql(f"DESCRIBE FROM '{tmp_path}/paths.parquet'").fetchall()
    assert [row[:2] for row in described] == [
        ("path", "BIGINT"),
        *((name, "VARCHAR") for name in ("channel", "segment", "generation", "region")),
        ("period_start", "DATE"),
        ("period_end", "DATE"),
        ("unit", "VARCHAR"),
        ("value", "DOUBLE"),
    ]


def test_a_series_is_a_row_group_so_that_one_is_held_at_a_time(paths: pl.DataFrame, tmp_path: Path) -> None:
    write_sample_paths(paths, tmp_path / "paths.parquet")
    file = pq.ParquetFile(tmp_path / "paths.parquet")
    channels = [file.read_row_group(n)["channel"].unique().to_pylist() for n in range(file.num_row_groups)]
    assert channels == [["cloud"], ["direct"]]


def test_chunks_stacked_in_another_order_give_the_same_bytes(paths: pl.DataFrame, tmp_path: Path) -> None:
    for name, frame in (("one", paths), ("other", paths.reverse())):
        write_sample_paths(frame, tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()


def test_without_series_the_file_has_the_columns_and_no_row(tmp_path: Path) -> None:
    write_sample_paths(FORECAST_PATHS.empty(), tmp_path / "paths.parquet")
    assert pl.read_parquet(tmp_path / "paths.parquet").equals(SAMPLE_PATHS.empty())


def test_a_disk_that_refuses_is_said_and_may_be_tried_again(paths: pl.DataFrame, tmp_path: Path) -> None:
    with pytest.raises(TransientError, match="cannot be written"):
        write_sample_paths(paths, tmp_path / "no folder" / "paths.parquet")
