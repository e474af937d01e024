"""Rows of a file laid out by the steps of its frequency, series by series."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.forecasting.file_frequency import Step

Array = NDArray[np.float64]

_LEAST_HISTORY = 1040
_CYCLES = 8


@dataclass(frozen=True)
class LaidSeries:
    """One series.

    Attributes:
        name: as text.
        values: in order of time up to the last row, a value a step, NaN where nothing was observed; the
            recent part of a long series.
        end: the last row's step, counted from an origin that is common to all series.
    """

    name: str
    values: Array
    end: int


def list_series(rows: pl.DataFrame) -> pl.DataFrame:
    """Return a row a series, in the order of the rows: unique_id, rows, observations, first_ds, last_ds."""
    return rows.group_by("unique_id", maintain_order=True).agg(
        pl.len().alias("rows"),
        pl.col("y").count().alias("observations"),
        pl.col("ds").first().alias("first_ds"),
        pl.col("ds").last().alias("last_ds"),
    )


def lay_out(
    rows: pl.DataFrame, listed: pl.DataFrame, step: Step, periods: tuple[int, ...]
) -> Iterator[LaidSeries]:
    """Lay each of the listed series out by its steps."""
    longest = max(_LEAST_HISTORY, _CYCLES * max(periods, default=1))
    values, place = rows["y"].fill_null(np.nan).to_numpy(), step.positions(rows).to_numpy()
    start = 0
    ends = step.ordinals(listed["last_ds"])
    for name, count, last in zip(listed["unique_id"], listed["rows"], ends, strict=True):
        end = start + count
        size = int(place[end - 1]) + 1
        history = np.full(min(size, longest), np.nan)
        position = place[start:end] - (size - len(history))
        kept = position >= 0
        history[position[kept]] = values[start:end][kept]
        yield LaidSeries(str(name), history, last)
        start = end
