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
        values: draws of the history (one where there is but one) x steps up to the last row, in order of
            time, NaN where nothing was observed; the recent part of a long series.
        floors: likewise the least that was surely there, NaN where nothing was censored; None: nowhere.
        end: the last row's step, counted from an origin that is common to all series.
    """

    name: str
    values: Array
    floors: Array | None
    end: int

    @property
    def told(self) -> list[int]:
        """Histories that hold a value or a floor."""
        known = np.isfinite(self.values)
        if self.floors is not None:
            known |= np.isfinite(self.floors)
        return [int(place) for place in np.flatnonzero(known.any(axis=1))]


def list_series(rows: pl.DataFrame) -> pl.DataFrame:
    """Return a row a series, in the order of the rows.

    Returns:
        unique_id, rows, draws (histories: 1 where the series has no draws), observations and censored (steps
        with a value, or a floor, in any history), first_ds, last_ds.
    """
    times_with = {"observations": pl.col("y"), "censored": pl.col("floor")}
    return rows.group_by("unique_id", maintain_order=True).agg(
        pl.len().alias("rows"),
        pl.col("draw").n_unique().alias("draws"),
        *(
            pl.col("ds").filter(value.is_not_null()).n_unique().alias(name)
            for name, value in times_with.items()
        ),
        pl.col("ds").min().alias("first_ds"),
        pl.col("ds").max().alias("last_ds"),
    )


def lay_out(
    rows: pl.DataFrame, listed: pl.DataFrame, step: Step, periods: tuple[int, ...]
) -> Iterator[LaidSeries]:
    """Lay each of the listed series out by its steps."""
    longest = max(_LEAST_HISTORY, _CYCLES * max(periods, default=1))
    place = step.positions(rows).to_numpy()
    y, floor = (rows[name].fill_null(np.nan).to_numpy() for name in ("y", "floor"))
    draw = rows.select(pl.col("draw").rank("dense").over("unique_id")).to_series().to_numpy() - 1
    ends = step.ordinals(listed["last_ds"])
    start = 0
    for name, count, draws, censored, last in zip(
        *(listed[column] for column in ("unique_id", "rows", "draws", "censored")), ends, strict=True
    ):
        part = slice(start, start + count)
        start += count
        size = int(place[part].max()) + 1
        shape = (draws, min(size, longest))
        position = place[part] - (size - shape[1])
        is_kept = position >= 0
        cells = draw[part][is_kept], position[is_kept]
        values = _filled(shape, cells, y[part][is_kept])
        floors = _filled(shape, cells, floor[part][is_kept]) if censored else None
        yield LaidSeries(str(name), values, floors, last)


def _filled(
    shape: tuple[int, int], cells: tuple[NDArray[np.int64], NDArray[np.int64]], values: Array
) -> Array:
    laid = np.full(shape, np.nan)
    laid[cells] = values
    return laid
