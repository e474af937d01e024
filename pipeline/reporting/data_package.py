"""The `datapackage.json` beside the reports: what every column is.

Data Package 2.0, https://datapackage.org/standard/data-package/. `unit` of a field and `run` of the
package are additions that the standard allows.
"""

import json
from collections.abc import Mapping
from typing import Any

import polars as pl

from pipeline.core.ids import content_hash
from pipeline.reporting.csv_text import DECIMALS, cell_texts
from pipeline.schemas.table import Column, Table
from pipeline.schemas.tables import FORECAST

_PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
_DESCRIPTION = (
    "UTF-8, LF, dates and instants in ISO 8601, instants in UTC. "
    f"Numbers with a fraction are rounded to {DECIMALS} decimals, half to even. "
    "A text cell that a spreadsheet would run as a formula is led by an apostrophe. "
    "Periods are half-open: period_end is the first day after."
)
_PATHS_DESCRIPTION = (
    " The joint sample paths behind the forecast are no part of the package, being large: they are "
    "paths/{run}.parquet while they are kept, and python -m pipeline paths {run} --out FILE.parquet makes "
    "them again."
)
_NOT_IDENTITY = ("run_id", "as_of", "kind", "finished_at")


def describe_package(run_id: str, files: Mapping[Table, bytes], runs: pl.DataFrame | None = None) -> bytes:
    """Describe the reports of one run as JSON.

    Args:
        run_id: the run.
        files: content of each table's CSV file.
        runs: the run's rows in RUNS, told as `run`; the time of their writing is left out, so that an
            identical run gives identical bytes.
    """
    package: dict[str, Any] = {
        "$schema": _PROFILE,
        "name": f"reports-{run_id.lower()}",
        "title": f"Demand forecast and allocation, run {run_id}",
        "description": _DESCRIPTION + (_PATHS_DESCRIPTION.format(run=run_id) if FORECAST in files else ""),
        "run": _identity(run_id, runs),
        "resources": [_resource(table, content) for table, content in files.items()],
    }
    return (json.dumps(package, indent=2, ensure_ascii=False) + "\n").encode()


def _identity(run_id: str, runs: pl.DataFrame | None) -> dict[str, Any]:
    identity: dict[str, Any] = {"run_id": run_id}
    if runs is None or runs.is_empty():
        return identity
    rows = runs.sort("kind")
    identity["as_of"] = cell_texts(rows["as_of"])[0]
    identity["kinds"] = {
        row["kind"]: {key: value for key, value in row.items() if key not in _NOT_IDENTITY}
        for row in rows.to_dicts()
    }
    return identity


def _resource(table: Table, content: bytes) -> dict[str, Any]:
    return {
        "name": table.name,
        "path": f"{table.name}.csv",
        "type": "table",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": len(content),
        "hash": f"sha256:{content_hash(content)}",
        "description": table.meaning,
        "dialect": {"delimiter": ",", "lineTerminator": "\n", "quoteChar": '"', "doubleQuote": True},
        "schema": {
            "fields": [_field(column) for column in table.columns],
            "primaryKey": list(table.grain),
            "missingValues": [""],
        },
    }


def _field(column: Column) -> dict[str, Any]:
    field: dict[str, Any] = {
        "name": column.name,
        "type": field_type(column),
        "description": column.meaning,
    }
    if column.unit:
        field["unit"] = column.unit
    if not column.is_nullable:
        field["constraints"] = {"required": True}
    return field


def field_type(column: Column) -> str:
    """Return the Table Schema type of a column."""
    kind = column.dtype
    if kind == pl.Boolean:
        return "boolean"
    if kind == pl.Date:
        return "date"
    if isinstance(kind, pl.Datetime):
        return "datetime"
    if kind.is_integer():
        return "integer"
    if kind.is_float():
        return "number"
    return "array" if kind == pl.List else "string"
