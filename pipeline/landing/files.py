"""Find the files to land, tell what they are, and read them as blocks."""

import hashlib
import io
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

from pipeline.landing.blocks import Block, UnreadableFileError
from pipeline.landing.lines import line_blocks
from pipeline.landing.mappings import Mapping, blocks_of_mapping
from pipeline.landing.tables import parquet_blocks
from pipeline.store import Connection

KEPT_BYTES = 2**20
"""A file up to this size is read once: what was hashed is what lands."""

_HASH_BYTES = 2**18
_MAGIC = {"gzip": b"\x1f\x8b", "zstd": b"\x28\xb5\x2f\xfd", "parquet": b"PAR1"}
_SUFFIXES = {".gz": "gzip", ".zst": "zstd", ".parquet": "parquet", ".pq": "parquet"}
_NEEDS_MAPPING = frozenset({".csv", ".tsv", ".xlsx", ".xls"})
_DOCUMENTS = frozenset({".md"})
_EXPANSION = 8  # a compressed file counts as so many times its size


@dataclass(frozen=True)
class SourceFile:
    """A file to land.

    Attributes:
        path: where it lies.
        digest: SHA-256 of its bytes.
        stamp: size and time of change before it was hashed.
        content: its bytes, if they are few; None of a file that is to be read once more.
    """

    path: str
    digest: str
    stamp: tuple[int, int]
    content: bytes | None

    @property
    def name(self) -> str:
        """The path as manifest and messages have it."""
        return shown_path(self.path)

    @property
    def size(self) -> int:
        """Its bytes."""
        return self.stamp[0]

    @property
    def expansion(self) -> int:
        """About how many bytes of lines a byte of it holds."""
        return _EXPANSION if _suffix(self.path) in _SUFFIXES else 1


@dataclass(frozen=True)
class Unlisted:
    """A folder that cannot be listed."""

    path: str
    reason: str


def shown_path(path: str) -> str:
    """Write a path as text; bytes of it that are no UTF-8 are escaped."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def find_files(paths: Iterable[Path]) -> Iterator[str | Unlisted]:
    """Yield files as given, and the files of folders in the order of their names.

    What is hidden, and Markdown, is left out of folders. Links are followed; a folder that several links lead
    to, or one that leads back to a folder above it, is read once.
    """
    for path in paths:
        if path.is_dir():
            yield from _files_below(str(path))
        else:
            yield str(path)


def _files_below(folder: str) -> Iterator[str | Unlisted]:
    seen: set[tuple[int, int]] = set()
    waiting = [(folder, True)]
    while waiting:
        path, is_folder = waiting.pop()
        if not is_folder:
            yield path
            continue
        try:
            status = Path(path).stat()
            if (status.st_dev, status.st_ino) not in seen:
                seen.add((status.st_dev, status.st_ino))
                waiting += reversed(_entries(path))
        except OSError as error:
            yield Unlisted(path, f"cannot be listed: {error.strerror or error}")


def _entries(folder: str) -> list[tuple[str, bool]]:
    """Return path and whether it is a folder, in the order of names."""
    with os.scandir(folder) as entries:
        visible = sorted((entry for entry in entries if entry.name[0] != "."), key=lambda entry: entry.name)
    found = [(entry.path, _is_folder(entry)) for entry in visible]
    return [(path, is_folder) for path, is_folder in found if is_folder or _suffix(path) not in _DOCUMENTS]


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself: reading it tells so
        return False


def _suffix(path: str) -> str:
    return os.path.splitext(path)[1].lower()  # noqa: PTH122 a path object for each of many files is dear


@contextmanager
def _told_as_unreadable() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise UnreadableFileError("does not exist: check the path") from None
    except OSError as error:
        raise UnreadableFileError(f"cannot be read: {error.strerror or error}") from None


def examine(path: str) -> SourceFile:
    """Hash a file, and keep what it holds if that is little.

    Raises:
        UnreadableFileError: it is missing, no regular file, or may not be read.
    """
    with _told_as_unreadable(), open(path, "rb", buffering=0, opener=_open_at_once) as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableFileError("is no regular file: give files or folders of files")
        kept = min(status.st_size, KEPT_BYTES) + 1
        content = file.read(kept)
        digest = hashlib.sha256(content)
        is_whole = len(content) < kept
        if not is_whole:
            buffer = memoryview(bytearray(_HASH_BYTES))
            while count := file.readinto(buffer):
                digest.update(buffer[:count])
    return SourceFile(path, digest.hexdigest(), _stamp(status), content if is_whole else None)


def digest_of(path: str) -> str | None:
    """Return the SHA-256 of a file's bytes, as the manifest has it; None where it cannot be read."""
    try:
        return examine(path).digest
    except UnreadableFileError:
        return None


def _open_at_once(path: str, flags: int) -> int:
    """Open without waiting for somebody to write, as opening a pipe would."""
    return os.open(path, flags | os.O_NONBLOCK)


def _stamp(status: os.stat_result) -> tuple[int, int]:
    return status.st_size, status.st_mtime_ns


def require_unchanged(file: SourceFile) -> None:
    """Refuse a file that changed since it was hashed.

    Raises:
        UnreadableFileError: it did; its account would not be that of its content.
    """
    with _told_as_unreadable():
        if _stamp(Path(file.path).stat()) != file.stamp:
            raise UnreadableFileError("changed while it was read: land it again once it is complete")


def read_blocks(connection: Connection, file: SourceFile, mapping: Mapping | None) -> Iterator[Block]:
    """Yield the file's lines, whatever it is.

    Raises:
        UnreadableFileError: it cannot be read or decoded as a whole, or changes meanwhile.
    """
    if mapping:
        yield from blocks_of_mapping(connection, mapping, Path(file.path))
    else:
        with _told_as_unreadable(), _opened(file) as raw:
            form = _form(file, raw)
            if form == "parquet":
                yield from parquet_blocks(connection, raw)
            else:
                yield from line_blocks(raw if form == "lines" else pa.CompressedInputStream(raw, form))
    require_unchanged(file)


def _opened(file: SourceFile) -> BinaryIO:
    if file.content is None:
        return open(file.path, "rb", opener=_open_at_once)
    return io.BytesIO(file.content)


def _form(file: SourceFile, raw: BinaryIO) -> str:
    """Tell 'lines', 'gzip', 'zstd' or 'parquet' from the first bytes; the suffix must not contradict them."""
    start = raw.read(4)
    raw.seek(0)
    found = next((form for form, magic in _MAGIC.items() if start.startswith(magic)), "lines")
    suffix = _suffix(file.path)
    expected = _SUFFIXES.get(suffix)
    if expected and found != expected:
        raise UnreadableFileError(
            f"is named {suffix} but does not start as {expected} does: it is truncated, empty or misnamed"
        )
    if suffix in _NEEDS_MAPPING:
        raise UnreadableFileError(
            f"is a {suffix} file, which has no envelope: name a source mapping (--source NAME or FILE.sql)"
        )
    return found
