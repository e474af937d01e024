"""Frames as CSV: UTF-8, LF, ISO 8601 in UTC, the same bytes for the same rows.

Null is an empty cell, the empty text is `""`. Numbers that are none stand as NaN, INF and -INF, as the Table
Schema specification writes them (https://datapackage.org/standard/table-schema/#number).
"""

import json
from collections.abc import Callable
from datetime import date, datetime, time

import polars as pl

from pipeline.core.clock import format_instant

DECIMALS = 6
# https://owasp.org/www-community/attacks/CSV_Injection, with the full-width forms that some locales accept.
_FORMULA = r"^\s*[=+\-@＝＋－＠]|^[\t\r\n]"  # noqa: RUF001


def answer_csv(frame: pl.DataFrame) -> str:
    """Write an answer for another program: every digit, and text exactly as it is stored."""
    return _csv(frame, lambda column: column)


def report_csv(frame: pl.DataFrame) -> str:
    """Write a report for people: floats to six decimals, an apostrophe before text that a spreadsheet runs.

    Rounding is half to even; -0.0 stands as 0.0.
    """
    return _csv(frame, _for_people)


def _csv(frame: pl.DataFrame, prepare: Callable[[pl.Series], pl.Series]) -> str:
    if not frame.width:
        return ""
    cells = pl.DataFrame([cell_texts(prepare(column)) for column in frame])
    return cells.write_csv(line_terminator="\n", quote_style="necessary")


def _for_people(column: pl.Series) -> pl.Series:
    if column.dtype.is_float():
        rounded = column.round(DECIMALS, mode="half_to_even")
        return rounded.abs().zip_with((rounded == 0).fill_null(value=False), rounded)
    if column.dtype == pl.String:
        runs = column.str.contains(_FORMULA).fill_null(value=False)
        return ("'" + column).zip_with(runs, column).alias(column.name)
    return column


def cell_texts(column: pl.Series) -> pl.Series:
    """Return the column's values as text, null where they are null.

    Instants are ISO 8601 in UTC with a Z, nested values are JSON, binary is hexadecimal.
    """
    kind = column.dtype
    if kind == pl.String:
        return column
    if isinstance(kind, pl.Datetime):
        return _instants(column, kind)
    if kind == pl.Boolean or kind.is_integer() or kind.is_decimal() or kind == pl.Date:
        return column.cast(pl.String)
    if kind.is_float():
        special = {"NaN": "NaN", "inf": "INF", "-inf": "-INF"}
        return column.cast(pl.String).replace(special)
    texts = [None if value is None else _text(value) for value in column.to_list()]
    return pl.Series(column.name, texts, dtype=pl.String)


def _instants(column: pl.Series, kind: pl.Datetime) -> pl.Series:
    suffix = "Z" if kind.time_zone else ""
    utc = column.dt.convert_time_zone("UTC") if kind.time_zone else column
    texts = utc.dt.cast_time_unit("us").dt.to_string("%Y-%m-%dT%H:%M:%S%.6f" + suffix)
    return texts.str.replace(rf"\.000000{suffix}$", suffix)


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, default=_json_leaf)
    return _json_leaf(value)


def _json_leaf(value: object) -> str:
    if isinstance(value, datetime) and value.tzinfo:
        return format_instant(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return value.hex() if isinstance(value, bytes) else str(value)
