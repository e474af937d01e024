"""From paths to every level of the hierarchy: sums of the same joint futures, so all of them agree."""

from datetime import datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.reconciliation.joint_paths import (
    KEY,
    JointPaths,
    group_members,
    quantile_columns,
    read_joint_paths,
    stamp_run,
)
from pipeline.reconciliation.tree import NODE
from pipeline.schemas.tables import FORECAST, LEVELS

BOTTOM = "channel/generation/region/segment"
SUM_OF_PATHS = "sum of paths"


def coherent_forecast(
    paths: pl.DataFrame,
    models: pl.DataFrame,
    *,
    run_id: str,
    as_of: datetime,
    base_means: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Turn FORECAST_PATHS into FORECAST: every level of the hierarchy, per week.

    Means of a parent are the sums of its children's means; quantiles are those of the summed paths, so they
    are not sums. Stocks and flows stay apart: channel and unit are never summed over. `base_means` are those
    of `CoherentPaths`; without them the column is empty.

    Raises:
        TerminalError: series differ in weeks or number of paths.
    """
    joint = read_joint_paths(paths)
    if joint.keys.is_empty():
        return FORECAST.empty()
    means = joint.values.mean(axis=2)
    nodes = [
        _node_rows(joint, means, key | {"level": level}, members)
        for level in LEVELS
        for key, members in group_members(joint.keys, tuple(level.split("/")))
    ]
    named = models.select(*KEY, pl.lit(BOTTOM).alias("level"), "model")
    forecast = pl.concat(nodes).join(named, on=[*KEY, "level"], how="left", maintain_order="left")
    forecast = forecast.with_columns(pl.col("model").fill_null(SUM_OF_PATHS))
    if base_means is None:
        forecast = forecast.with_columns(pl.lit(None, pl.Float64).alias("base_mean"))
    else:
        forecast = forecast.join(base_means, on=[*NODE, "period_start"], how="left", maintain_order="left")
    return FORECAST.select(stamp_run(forecast, run_id=run_id, as_of=as_of))


def _node_rows(
    joint: JointPaths, means: NDArray[np.float64], key: dict[str, str], members: list[int]
) -> pl.DataFrame:
    total = joint.values[members].sum(axis=0)
    return joint.weeks.with_columns(
        *(pl.lit(value).alias(name) for name, value in key.items()),
        pl.int_range(1, pl.len() + 1).alias("step"),
        pl.Series("mean", means[members].sum(axis=0)),
        *(pl.Series(name, column) for name, column in quantile_columns(total).items()),
    )
