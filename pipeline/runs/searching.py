"""Search files of any form for a customer, and tell of those that could not be searched."""

import errno
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.eventlog import Renamer

_CHUNK_BYTES = 2**24
_COMPRESSIONS = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
_UNREADABLE = (OSError, EOFError, ValueError, OverflowError, pa.ArrowException)
"""What reading a broken file may raise; the last three also where it holds what Python cannot."""


@dataclass(frozen=True)
class Found:
    """What a search says of each file.

    Attributes:
        naming: it names the customer, by its path or in what it holds.
        unsearched: it is broken, may not be read, or is no file.
        missing: it is not there.
    """

    naming: tuple[Path, ...]
    unsearched: tuple[Path, ...]
    missing: tuple[Path, ...]


def search_files(files: Iterable[Path], renamer: Renamer) -> Found:
    """Search the files for the renamer's customer, in the order of their paths; each is told at most once."""
    naming, unsearched, missing = [], [], []
    for file in sorted(set(files)):
        try:
            if _names(file, renamer):
                naming.append(file)
        except (FileNotFoundError, NotADirectoryError):
            missing.append(file)
        except _UNREADABLE:
            unsearched.append(file)
    return Found(tuple(naming), tuple(unsearched), tuple(missing))


def _names(file: Path, renamer: Renamer) -> bool:
    if not stat.S_ISREG(file.stat().st_mode):
        raise OSError(errno.EINVAL, "no regular file", str(file))
    overlap = 8 * len(renamer.customer)  # an escaped character may take six bytes
    pieces = (piece.decode("utf-8", "replace") for piece in _contents(file, overlap))
    return renamer.is_named_in(str(file)) or any(map(renamer.is_named_in, pieces))


def _contents(file: Path, overlap: int) -> Iterator[bytes]:
    """Yield what a file holds in pieces that overlap, uncompressed; of a table, its rows."""
    with file.open("rb") as raw:
        start = raw.read(4)
        raw.seek(0)
        if start == b"PAR1":
            batches: Iterable[pa.RecordBatch] = pq.ParquetFile(raw).iter_batches(batch_size=10_000)
            yield from (repr(batch.to_pylist()).encode() for batch in batches)
            return
        form = next((form for magic, form in _COMPRESSIONS.items() if start.startswith(magic)), None)
        stream = pa.CompressedInputStream(raw, form) if form else raw
        kept = b""
        while piece := stream.read(_CHUNK_BYTES):
            yield kept + piece
            kept = piece[-overlap:]
