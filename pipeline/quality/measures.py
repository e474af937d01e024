"""What a rule may look at besides a table's columns: figures that Great Expectations cannot compute itself.

Each measure is one Polars expression over the rows of the table, so that a rule on it costs as little as
a rule on a column. A measure is computed only for the suites that name it.
"""

from itertools import pairwise

import polars as pl

from pipeline.schemas.table import Table
from pipeline.schemas.tables import LEVELS, QUANTILES

BOTTOM_LEVEL = LEVELS[-1]
_PLACE_WEEK = ("generation", "region", "period_start")


def measures(table: Table) -> dict[str, pl.Expr]:
    """Return every measure by name; `first_empty_column` depends on what the table requires."""
    return {
        **_any_table(table),
        **_landing(),
        **_demand(),
        **_forecast(),
        **_allocation(),
    }


def _any_table(table: Table) -> dict[str, pl.Expr]:
    required = [column for column in table.columns if not column.is_nullable]
    floats = {column.name for column in required if column.dtype in {pl.Float32, pl.Float64}}
    return {
        "first_empty_column": pl.coalesce(
            pl.when(pl.col(column.name).is_null() | ~_is_finite(column.name, floats)).then(
                pl.lit(column.name)
            )
            for column in required
        ),
        "channel_unit": pl.concat_str("channel", "unit", separator=": "),
        "period_start_weekday": pl.col("period_start").dt.weekday(),
        "period_days": (pl.col("period_end") - pl.col("period_start")).dt.total_days(),
    }


def _is_finite(name: str, floats: set[str]) -> pl.Expr:
    return pl.col(name).is_finite() if name in floats else pl.lit(value=True)


def _landing() -> dict[str, pl.Expr]:
    fates = pl.col("landed") + pl.col("duplicates") + pl.col("quarantined")
    lines = pl.col("lines")
    return {
        "lines_unaccounted": lines - fates,
        "quarantined_share": pl.when(lines > 0).then(pl.col("quarantined") / lines),
        "duplicates_share": pl.when(lines > 0).then(pl.col("duplicates") / lines),
    }


def _demand() -> dict[str, pl.Expr]:
    held = pl.col("demand_observed_chips")
    is_cloud = pl.col("channel") == "cloud"
    return {
        "observed_over_peak_chips": held - pl.col("peak_chips"),
        "idle_over_held_chips": pl.col("reserved_idle_chips") - held,
        "held_over_sellable_chips": pl.when(is_cloud).then(
            held.sum().over("channel", *_PLACE_WEEK) - pl.col("sellable_chips")
        ),
        "sellable_values": pl.col("sellable_chips").n_unique().over("channel", *_PLACE_WEEK),
    }


def _forecast() -> dict[str, pl.Expr]:
    series = ("channel", "segment", "generation", "region", "level")
    steps = [pl.col(high) - pl.col(low) for low, high in pairwise(QUANTILES)]
    names = [
        pl.lit("channel"),
        *(
            pl.when(pl.col(dimension) != "all").then(pl.lit(f"/{dimension}")).otherwise(pl.lit(""))
            for dimension in ("generation", "region", "segment")
        ),
    ]
    return {
        "smallest_quantile_step": pl.min_horizontal(steps),
        "mean_outside_chips": pl.max_horizontal(
            pl.col("p01") - pl.col("mean"), pl.col("mean") - pl.col("p99")
        ),
        "level_by_dimensions": pl.concat_str(names),
        "series_steps": pl.col("step").n_unique().over(series),
        "origin_week": pl.col("period_start") - pl.duration(days=7 * pl.col("step")),
        "days_past_as_of": (pl.col("as_of").dt.date() - pl.col("period_end")).dt.total_days(),
        "incoherence_share": _incoherence(),
    }


def _incoherence() -> pl.Expr:
    """Distance of a node's mean from the sum of its bottom series, as a share of it (at least of 1 chip)."""
    bottom = pl.when(pl.col("level") == BOTTOM_LEVEL).then(pl.col("mean"))
    total = pl.lit(None, dtype=pl.Float64)
    for level in LEVELS:
        node = (*level.split("/"), "period_start")
        total = pl.when(pl.col("level") == level).then(bottom.sum().over(node)).otherwise(total)
    return (pl.col("mean") - total).abs() / pl.max_horizontal(total.abs(), pl.lit(1.0))


def _allocation() -> dict[str, pl.Expr]:
    period = pl.col("period_start")
    return {
        "served_over_demand_chips": pl.col("served_chips") - pl.col("demand_chips"),
        "shadow_prices_a_pool": pl.col("shadow_price").n_unique().over("generation", "period_start"),
        "weeks_missing": (period.max() - period.min()).dt.total_days() // 7 + 1 - period.n_unique(),
    }
