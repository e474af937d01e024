"""Columns of a file that a person brings, read strictly: what cannot be read is told by its row."""

from collections.abc import Sequence

import polars as pl

from pipeline.core.errors import UsageError

_FLAGS = {"1": True, "true": True, "0": False, "false": False}
_YEAR_FIRST = r"^\s*\d{4}[-/]\d{1,2}[-/]\d{1,2}"
_YEARS = (1900, 2199)
_MOST_WHOLE = 10**15  # all below are exact in a file that holds floats


def require_columns(frame: pl.DataFrame, names: Sequence[str], needed: str) -> None:
    """Refuse a frame without all of the columns, or with lists in one; `needed` says what it must have.

    Raises:
        UsageError: one is missing, or does not hold single values.
    """
    if missing := [name for name in names if name not in frame.columns]:
        raise UsageError(f"missing column {', '.join(missing)}: {needed}; got {', '.join(frame.columns)}")
    for name in names:
        if frame[name].dtype.is_nested():
            raise UsageError(f"column {name} is of type {frame[name].dtype}; every row needs one value")


def require_filled(rows: pl.DataFrame, names: Sequence[str]) -> None:
    """Refuse nulls in the columns.

    Raises:
        UsageError: a row has none.
    """
    for name in names:
        if rows[name].null_count():
            raise UsageError(f"row {_first(rows[name].is_null())}: {name} is empty; every row needs one")


def read_times(times: pl.Series) -> pl.Series:
    """Read dates, timestamps or whole numbers, as such or as text; null stays null.

    Text has the year first: 01/02/2026 is another day in Europe than in America.

    Raises:
        UsageError: another type, a row that cannot be read, or whole numbers that are dates, such as 202609.
    """
    if isinstance(times.dtype, pl.Date | pl.Datetime):
        return times
    readings: tuple[pl.Series, ...] = (times.cast(pl.Int64, strict=False),)
    if times.dtype == pl.String:
        begun = times.set(~times.str.contains(_YEAR_FIRST), None)
        has_offset = bool(times.str.contains(r"(Z|[+-]\d{2}:?\d{2})$").any())
        readings += (
            _try_times(begun, pl.Date()),
            _try_times(begun, pl.Datetime("us", "UTC" if has_offset else None)),
        )
    elif not times.dtype.is_integer():
        raise UsageError(f"ds is of type {times.dtype}; allowed are dates, timestamps and whole numbers")
    best = min(readings, key=pl.Series.null_count)
    if best.null_count() > times.null_count():
        bad = best.is_null() & times.is_not_null()
        raise UsageError(
            f"row {_first(bad)}: ds {times.filter(bad)[0]!r} is no date, timestamp or whole number; "
            "write 2026-09-07 or 2026-09-07T00:00:00"
        )
    if best.dtype == pl.Int64:
        _require_no_dates(best)
    return best


def _require_no_dates(numbers: pl.Series) -> None:
    """Refuse whole numbers that are all months, of several years, or all days, of several months."""
    numbers = numbers.drop_nulls()
    text = numbers.cast(pl.String)
    for digits, rest in ((6, "01"), (8, "")):
        days = (text + rest).str.strptime(pl.Date, "%Y%m%d", strict=False)
        is_calendar = bool((text.str.len_chars() == digits).all()) and not days.null_count()
        if is_calendar and days.dt.year().is_between(*_YEARS).all() and (numbers // 100).n_unique() > 1:
            raise UsageError(f"row 1: ds {text[0]} is a date written as a number; write {days[0]}")


def _try_times(times: pl.Series, dtype: pl.Date | pl.Datetime) -> pl.Series:
    try:
        return times.str.strptime(dtype, strict=False)
    except pl.exceptions.ComputeError:  # no value looks like a time at all
        return pl.Series(times.name, [None] * len(times), dtype=dtype)


def read_numbers(values: pl.Series) -> pl.Series:
    """Read numbers, as such or as text; empty and what is not finite is null.

    Raises:
        UsageError: a row that is no number.
    """
    plain = values.str.strip_chars() if values.dtype == pl.String else values
    numbers = plain.cast(pl.Float64, strict=False)
    bad = numbers.is_null() & _is_filled(values)
    if bad.any():
        raise UsageError(
            f"row {_first(bad)}: {values.name} {values.filter(bad)[0]!r} is no number; "
            "leave unknown values empty"
        )
    return pl.select(pl.when(numbers.is_finite()).then(numbers).alias(values.name)).to_series()


def read_flags(values: pl.Series) -> pl.Series:
    """Read 0 and 1, true and false, as such or as text; empty is false.

    Raises:
        UsageError: a row that is none of them.
    """
    texts = values.cast(pl.String).str.strip_chars().str.to_lowercase().str.strip_suffix(".0")
    flags = texts.replace_strict(_FLAGS, default=None, return_dtype=pl.Boolean)
    bad = flags.is_null() & _is_filled(values)
    if bad.any():
        raise UsageError(
            f"row {_first(bad)}: {values.name} {values.filter(bad)[0]!r} is neither 0 nor 1, true nor false"
        )
    return flags.fill_null(value=False)


def read_whole_numbers(values: pl.Series) -> pl.Series:
    """Read whole numbers from 0 to 10^15, as such or as text; empty is null.

    Raises:
        UsageError: a row that is none.
    """
    numbers = values.cast(pl.Float64, strict=False)
    is_whole = numbers.is_between(0, _MOST_WHOLE) & (numbers == numbers.floor())
    bad = ~is_whole.fill_null(value=False) & _is_filled(values)
    if bad.any():
        raise UsageError(
            f"row {_first(bad)}: {values.name} {values.filter(bad)[0]!r} is no whole number from 0 to 10^15"
        )
    return numbers.cast(pl.Int64)


def _is_filled(values: pl.Series) -> pl.Series:
    return values.is_not_null() & (values.cast(pl.String).str.strip_chars() != "")


def _first(bad: pl.Series) -> int:
    return int(bad.arg_true()[0]) + 1
