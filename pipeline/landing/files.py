"""Find the files to land, tell what they are, and read them as blocks."""

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from pipeline.landing.blocks import Block, UnreadableFileError
from pipeline.landing.lines import line_blocks
from pipeline.landing.mappings import Mapping, blocks_of_mapping
from pipeline.landing.tables import parquet_blocks
from pipeline.store import Connection

_HASH_BYTES = 2**20
_MAGIC = {"gzip": b"\x1f\x8b", "zstd": b"\x28\xb5\x2f\xfd", "parquet": b"PAR1"}
_SUFFIXES = {".gz": "gzip", ".zst": "zstd", ".parquet": "parquet", ".pq": "parquet"}
_NEEDS_MAPPING = frozenset({".csv", ".tsv", ".xlsx", ".xls"})
_DOCUMENTS = frozenset({".md"})
_EXPANSION = 8  # a compressed file counts as so many times its size


@dataclass(frozen=True)
class SourceFile:
    """A file to land.

    Attributes:
        name: the path as it was given, for manifest and messages.
        digest: SHA-256 of its bytes.
        stamp: size and time of change when it was hashed.
    """

    path: Path
    name: str
    digest: str
    stamp: tuple[int, int]

    @property
    def weight(self) -> int:
        """About how many bytes of lines it holds."""
        return self.stamp[0] * (_EXPANSION if _SUFFIXES.get(self.path.suffix.lower()) else 1)


def expand(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield files as given, and the files of folders in sorted order, without hidden files and Markdown."""
    for path in paths:
        if path.is_dir():
            yield from _files_below(path)
        else:
            yield path


def _files_below(folder: Path) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        raise UnreadableFileError(f"{error.filename}: {error.strerror}")

    found: list[Path] = []
    for parent, folders, files in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(parent, name) for name in files if not name.startswith(".")]
    yield from sorted(file for file in found if file.suffix.lower() not in _DOCUMENTS)


def examine(path: Path) -> SourceFile:
    """Hash a file.

    Raises:
        UnreadableFileError: it is missing, no regular file, or may not be read.
    """
    try:
        if path.exists() and not path.is_file():
            raise UnreadableFileError("is no regular file: give files or folders of files")
        digest = hashlib.sha256()
        with path.open("rb") as file:
            while content := file.read(_HASH_BYTES):
                digest.update(content)
            return SourceFile(path, str(path), digest.hexdigest(), _stamp(path))
    except FileNotFoundError:
        raise UnreadableFileError("does not exist: check the path") from None
    except OSError as error:
        raise UnreadableFileError(f"cannot be read: {error.strerror or error}") from None


def _stamp(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns


def require_unchanged(file: SourceFile) -> None:
    """Refuse a file that changed since it was hashed.

    Raises:
        UnreadableFileError: it did; its account would not be that of its content.
    """
    try:
        is_same = _stamp(file.path) == file.stamp
    except OSError:
        is_same = False
    if not is_same:
        raise UnreadableFileError("changed while it was read: land it again once it is complete")


def read_blocks(connection: Connection, file: SourceFile, mapping: Mapping | None) -> Iterator[Block]:
    """Yield the file's lines, whatever it is.

    Raises:
        UnreadableFileError: it cannot be read or decoded as a whole.
    """
    if mapping:
        yield from blocks_of_mapping(connection, mapping, file.path)
        return
    form = _form(file.path)
    if form == "parquet":
        yield from parquet_blocks(connection, file.path)
        return
    try:
        with pa.OSFile(str(file.path), "rb") as raw:
            yield from line_blocks(raw if form == "lines" else pa.CompressedInputStream(raw, form))
    except OSError as error:
        raise UnreadableFileError(f"cannot be read: {error}") from None


def _form(path: Path) -> str:
    """Tell 'lines', 'gzip', 'zstd' or 'parquet' from the first bytes; the suffix must not contradict them."""
    with path.open("rb") as file:
        start = file.read(4)
    found = next((form for form, magic in _MAGIC.items() if start.startswith(magic)), "lines")
    expected = _SUFFIXES.get(path.suffix.lower())
    if expected and found != expected:
        raise UnreadableFileError(
            f"is named {path.suffix} but does not start as {expected} does: "
            "it is truncated, empty or misnamed"
        )
    if path.suffix.lower() in _NEEDS_MAPPING:
        raise UnreadableFileError(
            f"is a {path.suffix} file, which has no envelope: "
            "name a source mapping (--source NAME or FILE.sql)"
        )
    return found
