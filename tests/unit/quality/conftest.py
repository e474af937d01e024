"""Tables that pass their gates; each test breaks one thing."""

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from pipeline.schemas.table import Table
from pipeline.schemas.tables import (
    ALLOCATION,
    DEMAND_HISTORY,
    FORECAST,
    LANDING_MANIFEST,
    LEVELS,
    QUANTILES,
)

AS_OF = datetime(2026, 9, 7, tzinfo=UTC)
MONDAY = date(2026, 9, 7)
HORIZON = 3


def fill(table: Table, frame: pl.DataFrame) -> pl.DataFrame:
    """Add the columns that the test does not care about, with a value of their type."""
    plain = {pl.String: "x", pl.Int64: 0, pl.Float64: 0.0, pl.Boolean: False, pl.Date: MONDAY}
    missing = [column for column in table.columns if column.name not in frame.columns]
    values = {c.name: None if c.is_nullable else plain.get(c.dtype, AS_OF) for c in missing}
    return table.select(frame.with_columns(**{k: pl.lit(v) for k, v in values.items()}))


@pytest.fixture
def history() -> pl.DataFrame:
    weeks = [MONDAY + timedelta(weeks=week) for week in range(-3, 0)]
    series = [
        ("cloud", "chips_held", "startups"),
        ("cloud", "chips_held", "labs"),
        ("direct", "chips_ordered", "labs"),
    ]
    rows = [
        {
            "channel": channel,
            "unit": unit,
            "segment": segment,
            "generation": "trn2",
            "region": "us-east-1",
            "period_start": week,
            "period_end": week + timedelta(days=7),
            "demand_observed_chips": 40.0,
            "peak_chips": 44.0 if channel == "cloud" else None,
            "reserved_idle_chips": 1.0 if channel == "cloud" else None,
            "sellable_chips": 100.0 if channel == "cloud" else None,
        }
        for channel, unit, segment in series
        for week in weeks
    ]
    return fill(DEMAND_HISTORY, pl.DataFrame(rows, infer_schema_length=None))


@pytest.fixture
def forecast() -> pl.DataFrame:
    """Two series a channel over three weeks, summed up every level."""
    bottom = pl.DataFrame(
        [
            {
                "channel": channel,
                "segment": segment,
                "generation": "trn2",
                "region": "us-east-1",
                "step": step,
                "mean": 5.0 + step,
            }
            for channel in ("cloud", "direct")
            for segment in ("startups", "labs")
            for step in range(1, HORIZON + 1)
        ]
    )
    nodes = []
    for level in LEVELS:
        keys = level.split("/")
        summed = {k: pl.lit("all") for k in ("segment", "generation", "region") if k not in keys}
        nodes.append(
            bottom.group_by([*keys, "step"], maintain_order=True)
            .agg(pl.col("mean").sum())
            .with_columns(level=pl.lit(level), **summed)
            .select("channel", "segment", "generation", "region", "level", "step", "mean")
        )
    monday = pl.lit(MONDAY) + pl.duration(days=7 * (pl.col("step") - 1))
    frame = pl.concat(nodes).with_columns(
        period_start=monday,
        period_end=monday + pl.duration(days=7),
        unit=pl.col("channel").replace_strict({"cloud": "chips_held", "direct": "chips_ordered"}),
        **{q: pl.col("mean") * (0.5 + int(q[1:]) / 100) for q in QUANTILES},
    )
    return fill(FORECAST, frame)


@pytest.fixture
def allocation() -> pl.DataFrame:
    rows = [
        {
            "period_start": MONDAY + timedelta(weeks=week),
            "period_end": MONDAY + timedelta(weeks=week + 1),
            "generation": "trn2",
            "channel": channel,
            "region": "us-east-1",
            "chips": 10,
            "shadow_price": 2.5,
            "currency": "USD",
            "demand_chips": 20.0,
            "served_chips": 10.0,
        }
        for week in range(3)
        for channel in ("cloud", "direct")
    ]
    return fill(ALLOCATION, pl.DataFrame(rows))


@pytest.fixture
def profile() -> pl.DataFrame:
    rows = [
        {"source_file": f"{name}.jsonl", "lines": 100, "landed": 97, "duplicates": 2, "quarantined": 1}
        for name in ("orders", "usage")
    ]
    return fill(LANDING_MANIFEST, pl.DataFrame(rows))
