"""Lines of one or several files that are validated and appended together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import pyarrow as pa

from pipeline.schemas.events import EventType

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


@dataclass
class Portion:
    """Collects lines until there are enough of them."""

    tables: list[pa.Table] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    size: int = 0

    def add(self, file_number: int, lines: pa.Table) -> None:
        """Collect lines of a file."""
        if len(lines):
            self.tables.append(lines)
            self.numbers.append(file_number)
            self.size += lines.nbytes

    def gathered(self, names: Sequence[str]) -> Gathered:
        """Return what was collected."""
        counts = [len(table) for table in self.tables]
        return Gathered(
            pa.concat_tables(self.tables), np.repeat(self.numbers, counts).astype(np.int64), names
        )
