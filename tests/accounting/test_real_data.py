"""Real files counted anew by Polars, straight from Parquet: every row, every unit, every hour."""

import os
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from pipeline.config import Settings, load_policy
from pipeline.projecting import maintain
from pipeline.store import Connection, read_frame, writer
from tests.landing_world import land, rows

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(
        "TRN_BENCH_DATA" not in os.environ, reason="TRN_BENCH_DATA names no folder of real data"
    ),
]
LATER = "2030-01-01"


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Connection]:
    with writer(Settings(home=tmp_path)) as connection:
        yield connection


def table(name: str) -> tuple[Path, pl.DataFrame]:
    path = Path(os.environ["TRN_BENCH_DATA"]) / name
    return path, pl.read_parquet(path).with_row_index("line", offset=1)


def lines_of(frame: pl.DataFrame) -> list[tuple[int]]:
    return frame.select(pl.col("line").cast(pl.Int64)).sort("line").rows()


def test_every_row_of_the_wholesaler_has_the_fate_that_its_columns_say(log: Connection) -> None:
    path, sold = table("online_retail/lines.parquet")
    report = land(log, path, mapping="online_retail")
    is_cancellation = pl.col("InvoiceNo").str.starts_with("C") & (pl.col("Quantity") < 0)
    is_order = pl.col("InvoiceNo").str.contains("^[0-9]+$") & (pl.col("Quantity") > 0)
    told = sold.with_columns(
        is_event=is_cancellation | is_order,
        is_copy=pl.struct(pl.exclude("line")).is_first_distinct().not_(),
    )
    landed = told.filter("is_event", pl.col("is_copy").not_())
    refused = told.filter(pl.col("is_event").not_())
    copies = told.filter("is_event", "is_copy")
    assert lines_of(landed) == rows(log, "SELECT source_line FROM events ORDER BY ALL")
    assert lines_of(refused) == rows(log, "SELECT source_line FROM quarantine ORDER BY ALL")
    assert (report.lines, report.landed, report.duplicates, report.quarantined) == (
        told.height,
        landed.height,
        copies.height,
        refused.height,
    )
    assert told.height == 541_909


def test_every_unit_of_the_wholesaler_stands_in_the_order_book_or_beside_it(log: Connection) -> None:
    path, sold = table("online_retail/lines.parquet")
    land(log, path, mapping="online_retail")
    maintain(log, load_policy().demand)
    once = sold.unique(pl.exclude("line"))
    ordered = once.filter(pl.col("InvoiceNo").str.contains("^[0-9]+$"), pl.col("Quantity") > 0)
    cancelled = once.filter(pl.col("InvoiceNo").str.starts_with("C"), pl.col("Quantity") < 0)
    book = read_frame(
        log,
        "SELECT count(*) AS lines, sum(chips_ordered) AS ordered, sum(chips_cancelled) AS cancelled "
        "FROM order_book($as_of)",
        {"as_of": LATER},
    ).row(0, named=True)
    orphaned = (
        "SELECT sum(CAST(data ->> 'chips' AS BIGINT)) AS chips FROM events "
        "SEMI JOIN orphans($as_of) AS orphan ON events.log_position = orphan.log_position"
    )
    beside = {
        name: read_frame(log, query, {"as_of": LATER})["chips"].item()
        for name, query in (
            ("orphaned", orphaned),
            ("excess", "SELECT sum(chips) AS chips FROM order_excess($as_of)"),
        )
    }
    assert (book["lines"], book["ordered"]) == (ordered.height, ordered["Quantity"].sum())
    assert book["cancelled"] + beside["excess"] + beside["orphaned"] == -cancelled["Quantity"].sum()
    assert min(book["cancelled"], beside["excess"], beside["orphaned"]) > 0


def test_every_gpu_hour_of_every_cluster_is_in_use_on_its_day(log: Connection) -> None:
    path, jobs = table("gpu_itp/jobs.parquet")
    report = land(log, path, mapping="gpu_jobs")
    maintain(log, load_policy().demand)
    assert (report.lines, report.landed, report.quarantined) == (jobs.height, jobs.height, 0)
    hours = pl.col("duration_s") * pl.col("num_gpu") / 3600
    expected = dict(jobs.group_by("cluster").agg(hours.sum()).rows())
    for macro in ("usage_periods", "usage_days"):
        found = rows(log, f"SELECT region, sum(chip_hours) FROM {macro}('{LATER}') GROUP BY ALL")  # noqa: S608 names above
        assert dict(found) == pytest.approx(expected, rel=1e-9)
    ended = pl.col("submit_time") + pl.duration(seconds="duration_s")
    last = jobs.select(ended.max()).item()
    ((known_at,),) = rows(log, "SELECT max(known_at) FROM events")
    assert known_at == last
