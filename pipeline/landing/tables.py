"""Rows of tables (Parquet, or what a source mapping selects) as numbered lines of JSON.

A typed value takes the form that the contract wants of JSON: an instant with a time zone becomes RFC 3339 in
UTC, a date a day, an empty cell an absent member. A timestamp without zone stays without, and is refused.
"""

from collections.abc import Iterable, Iterator
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.landing.blocks import LINES, Block, RefusedLine, UnreadableFileError, numbered
from pipeline.landing.parsing import Refusal
from pipeline.schemas.events import CATALOGUE, ENVELOPE, Reason
from pipeline.store import Connection, lent, sql_text

BATCH_ROWS = 65_536
_INSTANTS = frozenset({"time", "recordedtime"})
_FIELDS = frozenset(field.name for entry in CATALOGUE.values() for field in entry.fields)


def parquet_blocks(connection: Connection, source: BinaryIO) -> Iterator[Block]:
    """Yield the rows of a Parquet file in the envelope's columns.

    Raises:
        UnreadableFileError: no Parquet, or none of the envelope's required columns.
    """
    try:
        with pq.ParquetFile(source) as file:
            _require_envelope(file.schema_arrow.names)
            is_typed = _is_typed(file.schema_arrow)
            first = 1
            for batch in file.iter_batches(BATCH_ROWS):
                rows = pa.Table.from_batches([batch])
                lines = _typed(connection, rows) if is_typed else {"raw": envelope_lines(connection, rows)}
                row = pa.nulls(len(rows), pa.string())
                table = pa.table({"source_line": numbered(first, len(rows)), **lines, "row": row})
                yield Block(table, table.nbytes)
                first += len(rows)
    except (OSError, pa.ArrowException) as error:
        raise UnreadableFileError(f"cannot be decoded as Parquet: {error}") from None


def _is_typed(schema: pa.Schema) -> bool:
    """Tell whether the columns are those of the envelope, in types that leave no doubt of their JSON."""
    names = set(schema.names)
    return (
        len(names) == len(schema)
        and {attribute.name for attribute in ENVELOPE if attribute.is_required} <= names
        and names <= {attribute.name for attribute in ENVELOPE}
        and all(
            pa.types.is_string(field.type)
            or (field.name in _INSTANTS and _is_instant(field.type))
            or (field.name == "data" and _is_plain_struct(field.type))
            for field in schema
        )
    )


def _is_instant(kind: pa.DataType) -> bool:
    return pa.types.is_timestamp(kind) and kind.tz is not None and kind.unit != "ns"


def _is_plain_struct(kind: pa.DataType) -> bool:
    return pa.types.is_struct(kind) and all(
        field.name in _FIELDS and _json_macro(field.type) is not None for field in kind
    )


def _json_macro(kind: pa.DataType) -> str | None:
    """Name the macro of `landing/kinds` that writes a value of a type as JSON."""
    tests = {
        "json_of_text": pa.types.is_string,
        "json_of_number": lambda each: pa.types.is_int64(each) or pa.types.is_float64(each),
        "json_of_day": pa.types.is_date32,
        "json_of_instant": _is_instant,
    }
    return next((name for name, test in tests.items() if test(kind)), None)


def _typed(connection: Connection, rows: pa.Table) -> dict[str, pa.ChunkedArray]:
    """Return the columns of rows, with a payload that is a struct written as JSON."""
    columns = {name: rows[name] for name in rows.column_names}
    if pa.types.is_struct(columns["data"].type):
        columns["data"] = _payload_texts(connection, columns["data"])
    for name in _INSTANTS & columns.keys():
        if pa.types.is_timestamp(columns[name].type):
            columns[name] = columns[name].cast(pa.timestamp("us", tz="UTC"))
    return columns


def _payload_texts(connection: Connection, payloads: pa.ChunkedArray) -> pa.ChunkedArray:
    """Write payloads of plain types as JSON; an empty cell is an absent member."""
    members = ", ".join(
        f"""',"{field.name}":' || {_json_macro(field.type)}(payload."{field.name}")"""
        for field in payloads.type
    )
    query = f"""
        SELECT if(payload IS NULL, NULL, concat('{{', substring(concat({members}), 2), '}}')) AS data
        FROM payloads
    """  # noqa: S608 fields of the catalogue
    with lent(connection, "payloads", pa.table({"payload": payloads})):
        return connection.execute(query).to_arrow_table()["data"]


def _require_envelope(columns: list[str]) -> None:
    required = [attribute.name for attribute in ENVELOPE if attribute.is_required]
    if not set(required) & set(columns):
        raise UnreadableFileError(
            f"has none of the envelope's columns {', '.join(required)}; it has {', '.join(columns[:8])}: "
            "land another table through a source mapping (--source)"
        )


def mapped_blocks(connection: Connection, batches: Iterable[pa.RecordBatch], mapping: str) -> Iterator[Block]:
    """Yield the envelopes that a mapping selects, with the raw row of each.

    Raises:
        UnreadableFileError: the mapping does not give one envelope for each raw row in order.
    """
    first = 1
    for batch in batches:
        table = pa.Table.from_batches([batch])
        _require_every_row(table, first, mapping)
        row = _as_text(table["raw_row"])
        is_event = pc.is_valid(table["type"])
        refused = _rows_without_event(table.filter(pc.invert(is_event)), mapping)
        extras = ("source_line", "raw_row", "remark")
        events = table.filter(is_event)
        envelopes = events.drop_columns([name for name in extras if name in events.column_names])
        raw = envelope_lines(connection, envelopes)
        lines = pa.table([events["source_line"].cast(pa.int64()), raw, row.filter(is_event)], schema=LINES)
        yield Block(lines, lines.nbytes, refused)
        first += len(table)


def _require_every_row(table: pa.Table, first: int, mapping: str) -> None:
    found = table["source_line"].to_numpy()
    wrong = np.flatnonzero(found != np.arange(first, first + len(found)))
    if len(wrong):
        raise UnreadableFileError(
            f"mapping {mapping} gives source_line {found[wrong[0]]} where {first + wrong[0]} is due; "
            "allowed: one envelope for each raw row, ordered by source_line from 1 (no event: a NULL type)"
        )


def _rows_without_event(table: pa.Table, mapping: str) -> tuple[RefusedLine, ...]:
    remarks = table["remark"].to_pylist() if "remark" in table.column_names else [None] * len(table)
    rows = zip(table["source_line"].to_pylist(), _as_text(table["raw_row"]).to_pylist(), remarks, strict=True)
    return tuple(
        RefusedLine(
            line,
            row or "{}",
            Refusal(Reason.NOT_AN_EVENT, f"mapping {mapping}: {remark or 'the row is no event'}"),
        )
        for line, row, remark in rows
    )


def envelope_lines(connection: Connection, table: pa.Table) -> pa.ChunkedArray:
    """Write each row of envelope columns as one JSON text."""
    columns = {name: _jsonable(table[name].combine_chunks()) for name in table.column_names}
    data = columns.get("data", pa.nulls(len(table), pa.string()))
    is_text = pa.types.is_string(data.type)
    if is_text:
        columns.pop("data", None)
    envelope = pa.StructArray.from_arrays(list(columns.values()), names=list(columns))
    query = "landing/rows_with_text_data" if is_text else "landing/rows_with_struct_data"
    with lent(connection, "table_rows", pa.table({"envelope": envelope, "data": data})):
        return _as_text(connection.execute(sql_text(query)).to_arrow_table()["raw"])


def _as_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    storage = column.type.storage_type if isinstance(column.type, pa.BaseExtensionType) else column.type
    return column.cast(storage).cast(pa.string())


def _jsonable(array: pa.Array) -> pa.Array:
    """Bring an array to types whose JSON is the contract's; nested values too."""
    kind = array.type
    if isinstance(kind, pa.BaseExtensionType):
        return _jsonable(array.storage)
    if pa.types.is_dictionary(kind):
        return _jsonable(array.dictionary_decode())
    if pa.types.is_struct(kind) and kind.num_fields:
        fields = [_jsonable(array.field(index)) for index in range(kind.num_fields)]
        names = [field.name for field in kind]
        return pa.StructArray.from_arrays(fields, names=names, mask=array.is_null())
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        offsets = array.offsets.cast(pa.int32())
        return pa.ListArray.from_arrays(offsets, _jsonable(array.values), mask=array.is_null())
    if pa.types.is_timestamp(kind):
        return _instant_texts(array)
    return array.cast(pa.string()) if _is_written_as_text(kind) else array


def _is_written_as_text(kind: pa.DataType) -> bool:
    tests = (
        pa.types.is_date,
        pa.types.is_large_string,
        pa.types.is_string_view,
        pa.types.is_binary,
        pa.types.is_large_binary,
    )
    return any(test(kind) for test in tests)


def _instant_texts(array: pa.Array) -> pa.Array:
    """Write instants as RFC 3339; those without a zone get no offset."""
    microseconds = array.cast(pa.timestamp("us", tz=array.type.tz), safe=False)
    local = microseconds.cast(pa.int64()).cast(pa.timestamp("us"))
    texts = pc.replace_substring(local.cast(pa.string()), " ", "T")
    texts = pc.replace_substring_regex(texts, r"\.0+$", "")
    return pc.binary_join_element_wise(texts, "Z", "") if array.type.tz else texts
