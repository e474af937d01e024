"""Lines of one or several files that are validated and appended together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa

from pipeline.schemas.events import EventType

_FEW_LINES = 2048
"""Of fewer lines a chunk, which is what the database takes at once, the chunks cost more than a copy."""

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
        lines: columns of `blocks.LINES`.
        file_numbers: for each line, the place of its file in `names`.
    """

    lines: pa.Table
    file_numbers: Ordinals
    names: Sequence[str]

    def pick(self, column: str, ordinals: Sequence[int] | Ordinals) -> list[str]:
        """Return the values at rising ordinals without copying the column."""
        values: list[str] = []
        start, wanted = 0, np.asarray(ordinals, dtype=np.int64)
        for chunk in self.lines[column].chunks:
            low, high = np.searchsorted(wanted, [start, start + len(chunk)])
            if high > low:
                values += chunk.take(pa.array(wanted[low:high] - start)).to_pylist()
            start += len(chunk)
        return values


def gather(tables: Sequence[tuple[int, pa.Table]], names: Sequence[str]) -> Gathered:
    """Put tables of lines, each with the number of its file, one after the other."""
    lines = pa.concat_tables([table for _, table in tables])
    if len(lines) < _FEW_LINES * len(tables):
        lines = lines.combine_chunks()
    counts = [len(table) for _, table in tables]
    numbers = np.repeat([number for number, _ in tables], counts).astype(np.int64)
    return Gathered(lines, numbers, names)
