"""The series of a file that a person brings: columns unique_id, ds, y, read strictly, errors by row."""

import polars as pl

from pipeline.core.errors import UsageError

_COLUMNS = ("unique_id", "ds", "y")


def read_series(frame: pl.DataFrame) -> pl.DataFrame:
    """Read unique_id, ds (date, timestamp or whole number) and y (null: not observed), sorted.

    Raises:
        UsageError: missing columns, no rows, an empty name or time, unreadable times or numbers, or a
            duplicated time.
    """
    if missing := [name for name in _COLUMNS if name not in frame.columns]:
        raise UsageError(
            f"missing column {', '.join(missing)}: needed are unique_id, ds, y; "
            f"got {', '.join(frame.columns)}"
        )
    if frame.is_empty():
        raise UsageError("no rows: the file has the columns unique_id, ds, y but nothing to forecast")
    times = _read_times(frame["ds"])
    rows = pl.DataFrame([frame["unique_id"], times, _read_values(frame["y"])])
    for name in ("unique_id", "ds"):
        if rows[name].null_count():
            raise UsageError(f"row {_first(rows[name].is_null())}: {name} is empty; every row needs one")
    rows = rows.sort("unique_id", "ds")
    doubled = rows.filter(pl.struct("unique_id", "ds").is_duplicated())
    if doubled.height:
        raise UsageError(
            f"duplicated date: series {doubled['unique_id'][0]!r} has {doubled['ds'][0]} more than once; "
            "sum or drop the repeats"
        )
    return rows


def _read_times(times: pl.Series) -> pl.Series:
    if times.dtype.is_integer() or isinstance(times.dtype, pl.Date | pl.Datetime):
        return times
    if times.dtype != pl.String:
        raise UsageError(f"ds is of type {times.dtype}; allowed are dates, timestamps and whole numbers")
    has_offset = bool(times.str.contains(r"(Z|[+-]\d{2}:?\d{2})$").any())
    readings = (
        times.cast(pl.Int64, strict=False),
        _try_times(times, pl.Date()),
        _try_times(times, pl.Datetime("us", "UTC" if has_offset else None)),
    )
    best = min(readings, key=pl.Series.null_count)
    if best.null_count() > times.null_count():
        bad = best.is_null() & times.is_not_null()
        raise UsageError(
            f"row {_first(bad)}: ds {times.filter(bad)[0]!r} is no date, timestamp or whole number; "
            "write 2026-09-07 or 2026-09-07T00:00:00"
        )
    return best


def _try_times(times: pl.Series, dtype: pl.Date | pl.Datetime) -> pl.Series:
    try:
        return times.str.strptime(dtype, strict=False)
    except pl.exceptions.ComputeError:  # no value looks like a time at all
        return pl.Series(times.name, [None] * len(times), dtype=dtype)


def _read_values(values: pl.Series) -> pl.Series:
    numbers = values.cast(pl.Float64, strict=False)
    bad = numbers.is_null() & values.is_not_null() & (values.cast(pl.String) != "")
    if bad.any():
        raise UsageError(
            f"row {_first(bad)}: y {values.filter(bad)[0]!r} is no number; leave unknown values empty"
        )
    return pl.select(pl.when(numbers.is_finite()).then(numbers).alias("y"))["y"]


def _first(bad: pl.Series) -> int:
    return int(bad.arg_true()[0]) + 1
