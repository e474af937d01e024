"""Lines of one or several files that are validated and appended together."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa

from pipeline.schemas.events import EventType

_FEW_LINES = 2048
"""Of fewer lines a chunk, which is what the database takes at once, the chunks cost more than a copy."""

_NOT_OF_THE_ENVELOPE = frozenset({"source_line", "row"})

Write = Callable[[pa.Table], pa.ChunkedArray]
Ordinals = np.ndarray[tuple[int], np.dtype[np.int64]]


@dataclass(frozen=True)
class Batch:
    """What all rows of one transaction share."""

    batch_id: str
    landed_at: datetime
    catalogue: Mapping[str, EventType]


@dataclass
class Account:
    """Running counts of one file."""

    lines: int = 0
    blank: int = 0
    landed: int = 0
    duplicates: int = 0
    quarantined: int = 0


@dataclass(frozen=True)
class Gathered:
    """Lines in order; the place of a line is its ordinal.

    Attributes:
        lines: columns of `blocks.LINES`; of table rows, those of the envelope instead of `raw`.
        file_numbers: for each line, the place of its file in `names`.
        write: writes table rows as lines of JSON.
    """

    lines: pa.Table
    file_numbers: Ordinals
    names: Sequence[str]
    write: Write | None = None

    @property
    def columns(self) -> tuple[tuple[str, bool], ...] | None:
        """Name the envelope's columns of table rows, and tell which hold instants; None for lines of text."""
        if "raw" in self.lines.column_names:
            return None
        return tuple(
            (field.name, pa.types.is_timestamp(field.type))
            for field in self.lines.schema
            if field.name not in _NOT_OF_THE_ENVELOPE
        )

    def pick(self, column: str, ordinals: Sequence[int] | Ordinals) -> list[str]:
        """Return the values at rising ordinals without copying the column."""
        if column == "raw" and self.write and column not in self.lines.column_names:
            picked = self._rows(np.asarray(ordinals, dtype=np.int64)).drop_columns([*_NOT_OF_THE_ENVELOPE])
            return list(self.write(picked).to_pylist()) if len(picked) else []
        values: list[str] = []
        start, wanted = 0, np.asarray(ordinals, dtype=np.int64)
        for chunk in self.lines[column].chunks:
            low, high = np.searchsorted(wanted, [start, start + len(chunk)])
            if high > low:
                values += chunk.take(pa.array(wanted[low:high] - start)).to_pylist()
            start += len(chunk)
        return values

    def _rows(self, ordinals: Ordinals) -> pa.Table:
        found, start = [self.lines.schema.empty_table()], 0
        for batch in self.lines.to_batches():
            low, high = np.searchsorted(ordinals, [start, start + len(batch)])
            if high > low:
                found.append(pa.Table.from_batches([batch.take(pa.array(ordinals[low:high] - start))]))
            start += len(batch)
        return pa.concat_tables(found)


def gather(
    tables: Sequence[tuple[int, pa.Table]], names: Sequence[str], write: Write | None = None
) -> Gathered:
    """Put tables of lines, each with the number of its file, one after the other."""
    lines = pa.concat_tables([table for _, table in tables])
    if len(lines) < _FEW_LINES * len(tables):
        lines = lines.combine_chunks()
    counts = [len(table) for _, table in tables]
    numbers = np.repeat([number for number, _ in tables], counts).astype(np.int64)
    return Gathered(lines, numbers, names, write)
