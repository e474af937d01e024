"""Weekly demand of every node of the hierarchy, summed from its series."""

import polars as pl

from pipeline.schemas.tables import LEVELS

NODE = ("level", "channel", "segment", "generation", "region", "unit")
_DIMENSIONS = ("channel", "segment", "generation", "region")


def node_demand(series: pl.DataFrame) -> pl.DataFrame:
    """Sum the series frame to every node of the hierarchy, the series themselves included.

    Grain: node x week, sorted; `demand_chips` is null where any series of the node is not wholly known.
    """
    return pl.concat([_level_demand(series, level) for level in LEVELS])


def _level_demand(series: pl.DataFrame, level: str) -> pl.DataFrame:
    kept = level.split("/")
    is_known = pl.col("demand_chips").is_not_null().all()
    return (
        series.group_by(*kept, "unit", "period_start")
        .agg(pl.when(is_known).then(pl.col("demand_chips").sum()).alias("demand_chips"))
        .with_columns(
            pl.lit(level).alias("level"),
            *(pl.lit("all").alias(name) for name in _DIMENSIONS if name not in kept),
        )
        .select(*NODE, "period_start", "demand_chips")
        .sort(*NODE, "period_start")
    )
