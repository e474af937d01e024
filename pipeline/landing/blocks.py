"""What every reader hands over: numbered lines of JSON, however the file holds its events."""

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from pipeline.landing.parsing import Refusal

_OBJECTS_OF_REFUSED_LINE = 1024  # bytes beside its text

LINES = pa.schema([("source_line", pa.int64()), ("raw", pa.string()), ("row", pa.string())])


class UnreadableFileError(Exception):
    """A file that cannot be read or decoded as a whole; never leaves landing."""


@dataclass(frozen=True)
class RefusedLine:
    """A line that its reader refuses already, with its text made storable."""

    source_line: int
    raw: str
    refusal: Refusal


@dataclass(frozen=True)
class Block:
    """Some consecutive lines of one file.

    Attributes:
        lines: source_line (from 1), raw (JSON of the envelope), row (JSON of the raw table row; null for
            JSON Lines, whose raw is all there is).
        size: bytes of text that were read for it, about.
        refused: lines that are no text, too long, or no event by the mapping.
        blank: lines of white space alone; they are in neither of the two above.
    """

    lines: pa.Table
    size: int
    refused: tuple[RefusedLine, ...] = field(default=())
    blank: int = 0

    @property
    def weight(self) -> int:
        """Return about how many bytes of memory it takes."""
        return self.size + len(self.refused) * _OBJECTS_OF_REFUSED_LINE


def numbered(first: int, count: int) -> pa.Array:
    """Return the line numbers from `first` on."""
    return pa.array(np.arange(first, first + count, dtype=np.int64))
