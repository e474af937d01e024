"""Rows of a file laid out by the steps of its frequency, series by series."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.forecasting.file_frequency import Step
from pipeline.forecasting.file_future import Future
from pipeline.forecasting.history_forecast import Regressors

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
        regressors: those that its rows tell; None: none.
        lower: the least that each step to be forecast will be, NaN where unknown; None: everywhere.
    """

    name: str
    values: Array
    floors: Array | None
    end: int
    regressors: Regressors | None
    lower: Array | None

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


def regressors_told(rows: pl.DataFrame, regressors: Sequence[str]) -> NDArray[np.bool_]:
    """Return which regressors have a value beside one of y, series x regressors."""
    is_told = [(pl.col(name).is_not_null() & pl.col("y").is_not_null()).any() for name in regressors]
    told = rows.group_by("unique_id", maintain_order=True).agg(is_told)
    return told.select(regressors).to_numpy().reshape(told.height, len(regressors))


def lay_out(
    rows: pl.DataFrame,
    listed: pl.DataFrame,
    step: Step,
    periods: tuple[int, ...],
    *,
    regressors: Sequence[str],
    future: Future,
) -> Iterator[LaidSeries]:
    """Lay each of the listed series out by its steps, with what is known of those that come."""
    longest = max(_LEAST_HISTORY, _CYCLES * max(periods, default=1))
    columns = _Columns.of(rows, step, regressors)
    told = regressors_told(rows, regressors)
    heads = zip(
        *(listed[name] for name in ("unique_id", "rows", "draws")),
        step.ordinals(listed["last_ds"]),
        strict=True,
    )
    start = 0
    for number, (name, count, draws, last) in enumerate(heads):
        values, floors, known = columns.laid(slice(start, start + count), draws, longest)
        start += count
        columns_told = [int(place) for place in np.flatnonzero(told[number])]
        yield LaidSeries(
            str(name),
            values,
            floors if np.isfinite(floors).any() else None,
            last,
            Regressors(
                tuple(regressors[place] for place in columns_told),
                known[:, columns_told],
                future.regressors[number][:, columns_told],
            )
            if columns_told
            else None,
            None if future.lower is None else future.lower[number],
        )


@dataclass(frozen=True)
class _Columns:
    """Columns of all rows: the step that counts from the first of its series, the history, values."""

    place: NDArray[np.int64]
    draw: NDArray[np.int64]
    y: Array
    floor: Array
    regressors: Array

    @classmethod
    def of(cls, rows: pl.DataFrame, step: Step, regressors: Sequence[str]) -> Self:
        draw = rows.select(pl.col("draw").rank("dense").over("unique_id").cast(pl.Int64) - 1)
        values = rows.select(pl.col("y", "floor", *regressors).fill_null(np.nan)).to_numpy()
        return cls(
            step.positions(rows).to_numpy(),
            draw.to_series().to_numpy(),
            values[:, 0],
            values[:, 1],
            values[:, 2:],
        )

    def laid(self, part: slice, draws: int, longest: int) -> tuple[Array, Array, Array]:
        """Return values and floors, draws x steps, and regressors, steps x columns, of one series."""
        size = int(self.place[part].max()) + 1
        steps = min(size, longest)
        position = self.place[part] - (size - steps)
        is_kept = position >= 0
        draw, position = self.draw[part][is_kept], position[is_kept]
        values, floors = np.full((2, draws, steps), np.nan)
        values[draw, position] = self.y[part][is_kept]
        floors[draw, position] = self.floor[part][is_kept]
        regressors = np.full((steps, self.regressors.shape[1]), np.nan)
        regressors[position] = self.regressors[part][is_kept]
        return values, floors, regressors
