"""Put refused lines into the quarantine."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

import pyarrow as pa

from pipeline.landing.blocks import RefusedLine
from pipeline.landing.gathering import Batch, Gathered
from pipeline.landing.lines import without_line_end
from pipeline.landing.parsing import Refusal
from pipeline.store import Connection, lent, sql_text

Refusals = Sequence[tuple[int, Refusal]]

_Line = TypeVar("_Line")

_LINES_AT_A_TIME = 8192  # a copy of all would be several times as large as the file
_REFUSED = pa.schema(
    [
        ("source_file", pa.string()),
        ("source_line", pa.int64()),
        ("raw", pa.string()),
        ("envelope", pa.string()),
        ("reason", pa.string()),
        ("message", pa.string()),
    ]
)


def quarantine_lines(connection: Connection, gathered: Gathered, refusals: Refusals, batch: Batch) -> None:
    """Keep refused lines of a portion; of table rows the row, and the envelope made of it beside."""
    for some in _groups(refusals):
        ordinals = [ordinal for ordinal, _ in some]
        columns = (gathered.pick(name, ordinals) for name in ("source_line", "raw", "row"))
        rows = []
        for (ordinal, refusal), number, raw, row in zip(some, *columns, strict=True):
            name = gathered.names[gathered.file_numbers[ordinal]]
            text, envelope = (without_line_end(raw), None) if row is None else (row, raw)
            rows.append((name, int(number), text, envelope, refusal.reason.value, refusal.message))
        _insert(connection, rows, batch)


def quarantine_unread(
    connection: Connection, refused: Sequence[tuple[str, RefusedLine]], batch: Batch
) -> None:
    """Keep lines that the readers of files refused, each with the name of its file."""
    for some in _groups(refused):
        rows = [
            (name, line.source_line, line.raw, None, line.refusal.reason.value, line.refusal.message)
            for name, line in some
        ]
        _insert(connection, rows, batch)


def _groups(lines: Sequence[_Line]) -> Iterator[Sequence[_Line]]:
    for start in range(0, len(lines), _LINES_AT_A_TIME):
        yield lines[start : start + _LINES_AT_A_TIME]


def _insert(connection: Connection, rows: Sequence[tuple[object, ...]], batch: Batch) -> None:
    columns = zip(zip(*rows, strict=True), _REFUSED.types, strict=True)
    table = pa.table([pa.array(column, kind) for column, kind in columns], schema=_REFUSED)
    parameters = {"batch_id": batch.batch_id, "landed_at": batch.landed_at}
    with lent(connection, "refused_lines", table):
        connection.execute(sql_text("landing/insert_quarantine"), parameters)
