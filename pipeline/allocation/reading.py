"""Bringing frames, and files read into them, to the columns and types of an input's table."""

import polars as pl

from pipeline.core.errors import UsageError
from pipeline.schemas.table import INSTANT, Column, Table


def conform(frame: pl.DataFrame | None, table: Table) -> pl.DataFrame:
    """Bring a frame to a table's columns and types; None is the table without rows.

    Raises:
        UsageError: a required column is missing or empty somewhere, or a value cannot be read as its type.
    """
    if frame is None:
        return table.empty()
    missing = [c.name for c in table.columns if not c.is_nullable and c.name not in frame.columns]
    if missing:
        raise UsageError(
            f"{table.name}: missing column {', '.join(missing)}; "
            f"got {', '.join(frame.columns)}; needed {', '.join(table.names)}"
        )
    try:
        conformed = frame.select(_read(frame, column) for column in table.columns)
    except pl.exceptions.PolarsError as error:
        raise UsageError(f"{table.name}: {str(error).splitlines()[0]}") from None
    for column in table.columns:
        if not column.is_nullable and (empty := conformed[column.name].null_count()):
            raise UsageError(f"{table.name}.{column.name}: empty in {empty} rows, but it must hold a value")
    return conformed


def _read(frame: pl.DataFrame, column: Column) -> pl.Expr:
    if column.name not in frame.columns:
        return pl.lit(None, dtype=column.dtype).alias(column.name)
    source, have = pl.col(column.name), frame.schema[column.name]
    if column.dtype == pl.Float64:
        number = source.cast(pl.Float64)
        return pl.when(number.is_finite()).then(number).alias(column.name)
    if column.dtype == pl.String:
        return source.struct.json_encode() if isinstance(have, pl.Struct) else source.cast(pl.String)
    if column.dtype == pl.Date:
        return _read_day(source, have)
    return _read_instant(source, have) if column.dtype == INSTANT else source.cast(column.dtype)


def _read_day(source: pl.Expr, have: pl.DataType) -> pl.Expr:
    if have == pl.String:
        return source.str.slice(0, 10).str.to_date("%Y-%m-%d")
    if isinstance(have, pl.Datetime) and have.time_zone is not None:
        return source.dt.convert_time_zone("UTC").dt.date()
    return source.cast(pl.Date)


def _read_instant(source: pl.Expr, have: pl.DataType) -> pl.Expr:
    if have == pl.String:
        return source.str.to_datetime(time_unit="us", time_zone="UTC")
    if isinstance(have, pl.Datetime) and have.time_zone is None:
        return source.dt.replace_time_zone("UTC").cast(INSTANT)
    return source.cast(INSTANT)
