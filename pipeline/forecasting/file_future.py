"""What a person knows of the periods to be forecast: the least that will be, and the regressors' values."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.core.errors import UsageError
from pipeline.forecasting.file_columns import read_numbers, read_times, require_columns, require_filled

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Future:
    """Known values of the steps to be forecast.

    Attributes:
        lower: series x horizon, NaN where no floor is known; None: nowhere.
        regressors: series x horizon x regressors, NaN where not told.
    """

    lower: Array | None
    regressors: Array


def read_future(
    frame: pl.DataFrame | None, regressors: Sequence[str], *, names: pl.Series, times: pl.Series
) -> Future:
    """Lay out what is known of the steps to be forecast.

    Args:
        frame: unique_id, ds, lower (optional; null: none known) and the regressors; rows of other periods
            are passed over. None: nothing is known.
        regressors: columns that `frame` must have.
        names: unique_id of the series.
        times: the steps to be forecast, series after series.

    Raises:
        UsageError: a column is missing, a value cannot be read, a series is not among `names`, a time comes
            twice or lies between steps, or no row is of a step to be forecast.
    """
    horizon = len(times) // len(names)
    if frame is None:
        return Future(None, np.full((len(names), horizon, 0), np.nan))
    try:
        rows = _read(frame, regressors, names, times)
        steps = pl.DataFrame(
            [pl.select(pl.lit(names).repeat_by(horizon).explode().alias("unique_id")).to_series(), times]
        )
        _require_steps(rows, steps)
    except UsageError as error:
        raise UsageError(f"future: {error}") from None
    laid = steps.join(rows, on=["unique_id", "ds"], how="left", maintain_order="left")
    known = laid.select(pl.exclude("unique_id", "ds").fill_null(np.nan)).to_numpy()
    known = known.reshape(len(names), horizon, -1)
    has_lower = "lower" in rows.columns
    return Future(known[:, :, 0] if has_lower else None, known[:, :, int(has_lower) :])


def require_told(
    future: Future, told: NDArray[np.bool_], regressors: Sequence[str], *, names: pl.Series, times: pl.Series
) -> None:
    """Refuse a future that leaves a regressor out where the history tells it.

    Args:
        future: what is known of the steps to be forecast.
        told: series x regressors, whether its history tells it.
        regressors: their names.
        names: unique_id of the series.
        times: the steps to be forecast, series after series.

    Raises:
        UsageError: a value is missing.
    """
    missing = np.isnan(future.regressors) & told[:, None, :]
    if missing.any():
        series, step, place = (int(found[0]) for found in np.nonzero(missing))
        horizon = missing.shape[1]
        raise UsageError(
            f"future: regressor {regressors[place]} of series {names[series]!r} has no value at "
            f"{times[series * horizon + step]}; give it for all {horizon} steps to be forecast"
        )


def _read(frame: pl.DataFrame, regressors: Sequence[str], names: pl.Series, times: pl.Series) -> pl.DataFrame:
    require_columns(frame, ("unique_id", "ds", *regressors), "needed are unique_id, ds and the regressors")
    columns = [*(["lower"] if "lower" in frame.columns else []), *regressors]
    if not columns:
        raise UsageError("there is neither a column lower nor a regressor to use")
    ids = frame["unique_id"].cast(names.dtype, strict=False)
    rows = pl.DataFrame(
        [ids, _alike(read_times(frame["ds"]), times), *(read_numbers(frame[name]) for name in columns)]
    )
    require_filled(rows, ("unique_id", "ds"))
    unknown = rows.filter(~pl.col("unique_id").is_in(names.implode()))
    if unknown.height:
        raise UsageError(
            f"series {unknown['unique_id'][0]!r} is not in the input; give it a row there, y may be empty"
        )
    doubled = rows.filter(pl.struct("unique_id", "ds").is_duplicated())
    if doubled.height:
        raise UsageError(f"series {doubled['unique_id'][0]!r} has {doubled['ds'][0]} more than once")
    return rows


def _alike(times: pl.Series, others: pl.Series) -> pl.Series:
    """Give times the type of the others."""
    are_numbers = [series.dtype.is_integer() for series in (times, others)]
    zones = {series.dtype.time_zone for series in (times, others) if isinstance(series.dtype, pl.Datetime)}
    if len(set(are_numbers)) > 1 or len(zones) > 1:
        raise UsageError(
            f"ds is of type {times.dtype}, that of the input of {others.dtype}; write both alike"
        )
    return times.cast(others.dtype)


def _require_steps(rows: pl.DataFrame, steps: pl.DataFrame) -> None:
    spans = steps.group_by("unique_id").agg(
        pl.col("ds").min().alias("first"), pl.col("ds").max().alias("last")
    )
    inside = rows.join(spans, on="unique_id").filter(pl.col("ds").is_between("first", "last"))
    if inside.is_empty():
        first = steps.row(0)
        raise UsageError(
            f"no row is of a step to be forecast; the first is {first[1]} of series {first[0]!r}"
        )
    between = inside.join(steps, on=["unique_id", "ds"], how="anti")
    if between.height:
        name, time = between.row(0)[:2]
        raise UsageError(f"{time} of series {name!r} lies between the steps of the input")
