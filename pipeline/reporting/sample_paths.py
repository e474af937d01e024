"""Joint sample paths as one Parquet file in long form, for the allocation and for planners' own questions.

Values keep all 64 bits: in 32 a sum or a quantile would differ from the published forecast from the eighth
digit on.
"""

from functools import lru_cache
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.core.durable import sync_path
from pipeline.core.errors import TransientError
from pipeline.schemas.tables import SERIES_KEY

_SERIES = tuple(column.name for column in SERIES_KEY)
_TEXT = pa.dictionary(pa.int32(), pa.string())  # in memory; readers of the file see plain text
_SCHEMA = pa.schema(
    [
        ("path", pa.int64()),
        *((name, _TEXT) for name in _SERIES),
        ("period_start", pa.date32()),
        ("period_end", pa.date32()),
        ("unit", _TEXT),
        ("value", pa.float64()),
    ]
)
_REPEATED = [name for name in _SCHEMA.names if name != "value"]


def write_sample_paths(paths: pl.DataFrame, file: Path) -> None:
    """Write FORECAST_PATHS as SAMPLE_PATHS: a row group a series, each path's weeks in a row.

    One series at a time is laid out, so the memory needed does not grow with their number. All of it is on
    the disk on return.

    Raises:
        TransientError: the disk refuses.
    """
    rows = paths.select(*_SERIES, "period_start").with_row_index("row").sort(*_SERIES, "period_start")
    series = rows.group_by(_SERIES, maintain_order=True).agg("row")["row"]
    layout = {"compression": "zstd", "use_dictionary": _REPEATED, "store_schema": False}
    try:
        with pq.ParquetWriter(file, _SCHEMA, **layout) as writer:
            for numbers in series:
                table = _long(paths[numbers])
                writer.write_table(table, row_group_size=table.num_rows)
        sync_path(file)
    except OSError as error:
        raise TransientError(
            f"{file} cannot be written: {error}: make room on the disk and run again"
        ) from None


def _long(series: pl.DataFrame) -> pa.Table:
    values = series["path_chips"].explode().to_numpy().reshape(series.height, -1)
    path, week = _numbers(*values.shape)
    head = series.row(0, named=True)
    same = pa.array(np.zeros(values.size, dtype=np.int32))
    columns = {name: pa.DictionaryArray.from_arrays(same, [head[name]]) for name in (*_SERIES, "unit")}
    columns |= {
        "path": path,
        **{name: series[name].to_arrow().take(week) for name in ("period_start", "period_end")},
        "value": pa.array(values.T.ravel()),
    }
    return pa.table(columns, schema=_SCHEMA)


@lru_cache(1)
def _numbers(weeks: int, paths: int) -> tuple[pa.Array, pa.Array]:
    """Return the number of the path and the place of the week of each row, the same for every series."""
    numbers = (np.repeat(np.arange(1, paths + 1), weeks), np.tile(np.arange(weeks), paths))
    return pa.array(numbers[0]), pa.array(numbers[1])
