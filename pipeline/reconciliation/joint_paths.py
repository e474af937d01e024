"""Sample paths as one array, and their distribution over the paths."""

from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.core.errors import TerminalError
from pipeline.schemas.tables import FORECAST_PATHS, QUANTILES

Array = NDArray[np.float64]
KEY = ("channel", "segment", "generation", "region")
SHARES = tuple(int(name[1:]) / 100 for name in QUANTILES)


@dataclass(frozen=True)
class JointPaths:
    """FORECAST_PATHS as an array.

    Attributes:
        keys: one row a series: channel, segment, generation, region, unit; sorted.
        weeks: one row a week: period_start, period_end; sorted.
        values: series x weeks x paths.
    """

    keys: pl.DataFrame
    weeks: pl.DataFrame
    values: Array


def read_joint_paths(paths: pl.DataFrame) -> JointPaths:
    """Arrange FORECAST_PATHS, in whatever order its chunks were stacked.

    Raises:
        TerminalError: a series lacks a week, comes twice, or has another number of paths.
    """
    rows = paths.sort(*KEY, "period_start")
    keys = rows.select(*KEY, "unit").unique(maintain_order=True)
    weeks = rows.select("period_start", "period_end").unique().sort("period_start")
    counts = rows["path_chips"].list.len().unique()
    if rows.height != keys.height * weeks.height or len(counts) > 1:
        raise TerminalError(
            f"forecast paths: {rows.height} rows for {keys.height} series x {weeks.height} weeks with "
            f"{counts.to_list()} paths; every series needs every week once and as many paths: "
            "fit them as of one instant"
        )
    width = int(counts[0]) if len(counts) else 0
    values = rows["path_chips"].list.to_array(width).to_numpy() if width else np.empty((0, 0))
    return JointPaths(keys, weeks, np.asarray(values).reshape(keys.height, weeks.height, width))


def joint_frame(joint: JointPaths) -> pl.DataFrame:
    """Write the array as FORECAST_PATHS again, sorted by series and week."""
    if joint.keys.is_empty():
        return FORECAST_PATHS.empty()
    width = joint.values.shape[2]
    rows = joint.keys.join(joint.weeks, how="cross", maintain_order="left_right").with_columns(
        pl.Series("path_chips", joint.values.reshape(-1, width), dtype=pl.Array(pl.Float64, width))
    )
    return FORECAST_PATHS.select(rows)


def group_members(keys: pl.DataFrame, dimensions: tuple[str, ...]) -> list[tuple[dict[str, str], list[int]]]:
    """Group series by dimensions and unit, so that a stock is never added to a flow.

    Returns per group, sorted: key ('all' for what is summed over) and unit; positions of its series.
    """
    groups = (
        keys.with_row_index("position")
        .group_by(*dimensions, "unit")
        .agg(pl.col("position").sort())
        .sort(*dimensions, "unit")
    )
    return [
        ({name: row.get(name, "all") for name in KEY} | {"unit": row["unit"]}, row["position"])
        for row in groups.iter_rows(named=True)
    ]


def quantile_columns(values: Array) -> dict[str, Array]:
    """Quantiles over the last axis by the names of the forecast tables; they never cross."""
    ordered = np.maximum.accumulate(np.quantile(values, SHARES, axis=-1), axis=0)
    return dict(zip(QUANTILES, ordered, strict=True))


def stamp_run(frame: pl.DataFrame, *, run_id: str, as_of: datetime) -> pl.DataFrame:
    """Say which run the rows belong to."""
    return frame.with_columns(pl.lit(run_id).alias("run_id"), pl.lit(as_of).alias("as_of"))


def first_week(joint: JointPaths) -> date | None:
    """Return the Monday of the first forecast week; None without series."""
    start: date | None = joint.weeks["period_start"].min()  # type: ignore[assignment]
    return start
