"""The series of a file that a person brings: columns unique_id, ds, y and others, errors by row."""

from collections.abc import Sequence

import polars as pl

from pipeline.core.errors import UsageError
from pipeline.forecasting.file_columns import (
    read_flags,
    read_numbers,
    read_times,
    read_whole_numbers,
    require_columns,
    require_filled,
)

NO_DRAW = -1


def read_series(frame: pl.DataFrame, regressors: Sequence[str] = ()) -> pl.DataFrame:
    """Read the rows of all series, sorted by unique_id, draw, ds.

    Args:
        frame: unique_id, ds (date, timestamp or whole number) and y (null: not observed); where they are
            there also censored (y is the least that demand was, not demand) and draw (a whole number: the
            series has several possible histories).
        regressors: further columns to read, numbers; null: not told.

    Returns:
        unique_id, draw (`NO_DRAW`: the series has one history), ds, y (null: not observed, or censored),
        floor (the least that demand was; null: nothing was censored), and the regressors.

    Raises:
        UsageError: missing columns, no rows, an empty name or time, unreadable times, numbers, flags or
            draws, a duplicated time, or a series of which some rows have a draw and others none.
    """
    require_columns(frame, ("unique_id", "ds", "y"), "needed are unique_id, ds, y")
    require_columns(frame, regressors, "it is named as a regressor")
    if frame.is_empty():
        raise UsageError("no rows: the file has the columns unique_id, ds, y but nothing to forecast")
    y = read_numbers(frame["y"])
    is_censored = (
        read_flags(frame["censored"])
        if "censored" in frame.columns
        else pl.select(pl.repeat(value=False, n=frame.height)).to_series()
    )
    draw = (
        read_whole_numbers(frame["draw"]).fill_null(NO_DRAW)
        if "draw" in frame.columns
        else pl.select(pl.repeat(NO_DRAW, frame.height, dtype=pl.Int64)).to_series()
    )
    told = [read_numbers(frame[name]) for name in regressors]
    rows = pl.DataFrame(
        [
            frame["unique_id"],
            draw.alias("draw"),
            read_times(frame["ds"]),
            y,
            is_censored.alias("is_censored"),
            *told,
        ]
    )
    require_filled(rows, ("unique_id", "ds"))
    rows = rows.sort("unique_id", "draw", "ds")
    _require_unique(rows)
    _require_draws_throughout(rows)
    return rows.select(
        "unique_id",
        "draw",
        "ds",
        pl.when(~pl.col("is_censored")).then("y").alias("y"),
        pl.when("is_censored").then("y").alias("floor"),
        *regressors,
    )


def _require_unique(rows: pl.DataFrame) -> None:
    doubled = rows.filter(pl.struct("unique_id", "draw", "ds").is_duplicated())
    if doubled.height:
        name, draw, time = doubled.row(0)[:3]
        whose = f"series {name!r}" if draw == NO_DRAW else f"draw {draw} of series {name!r}"
        raise UsageError(f"duplicated date: {whose} has {time} more than once; sum or drop the repeats")


def _require_draws_throughout(rows: pl.DataFrame) -> None:
    has_draw = pl.col("draw") != NO_DRAW
    mixed = rows.filter(has_draw.any().over("unique_id") & ~has_draw)
    if mixed.height:
        raise UsageError(
            f"series {mixed['unique_id'][0]!r} has rows with a draw and, at {mixed['ds'][0]}, one without; "
            "number all rows of a series or none"
        )
