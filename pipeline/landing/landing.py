"""Land files: each whole or not at all, every line with a fate, the account in the manifest."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Mapping as MappingOf
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from pipeline.core.progress import measured
from pipeline.landing.blocks import UnreadableFileError
from pipeline.landing.files import SourceFile, Unlisted, examine, find_files, shown_path
from pipeline.landing.gathering import Account
from pipeline.landing.lots import Lot, Way, known_files
from pipeline.landing.mappings import load_mapping
from pipeline.landing.portion import PORTION_BYTES, prepare
from pipeline.landing.report import FileReport, LandingReport
from pipeline.schemas.events import CATALOGUE, EventType
from pipeline.store import Connection, one_thread

_LEAST_WEIGHT = 4096
"""Bytes that a file counts at least, so that a group has not too many that are nearly empty."""


def land_files(
    connection: Connection,
    paths: Sequence[Path],
    *,
    mapping: str | Path | None = None,
    landed_at: datetime,
    catalogue: MappingOf[str, EventType] = CATALOGUE,
) -> LandingReport:
    """Land files and the files of folders.

    A file lands in one transaction; small files share one. A file whose bytes landed before in the same way
    is reported as duplicates and adds no row.

    Args:
        mapping: name of a source mapping or path of a mapping file; None for the contract's envelope.
        landed_at: written on every row; the caller's clock.

    Raises:
        UsageError: there is no such mapping.
        TransientError: the log cannot be written; it is as it was before the transaction that failed.
    """
    way = Way(load_mapping(mapping) if mapping is not None else None, landed_at, catalogue)
    prepare(connection)
    found = list(find_files(paths))
    reports: list[FileReport] = []
    with one_thread(connection), measured("landing", lambda: _bytes_of(found)) as advance:
        for group in _groups(found):
            reports += _land_group(connection, group, way, advance)
    return LandingReport(tuple(reports))


def _bytes_of(found: Iterable[str | Unlisted]) -> int:
    total = 0
    for path in found:
        with suppress(OSError):
            total += Path(path).stat().st_size if isinstance(path, str) else 0
    return total


def _groups(found: Iterable[str | Unlisted]) -> Iterator[list[SourceFile | FileReport]]:
    """Examine files and group neighbours, so that their bytes fit in memory."""
    group: list[SourceFile | FileReport] = []
    weight = 0
    for path in found:
        file = _examined(path)
        more = max(_LEAST_WEIGHT, file.size * file.expansion if isinstance(file, SourceFile) else 0)
        if group and weight + more > PORTION_BYTES:
            yield group
            group, weight = [], 0
        group.append(file)
        weight += more
    yield group


def _examined(path: str | Unlisted) -> SourceFile | FileReport:
    if isinstance(path, Unlisted):
        return _failed(path.path, path.reason)
    try:
        return examine(path)
    except UnreadableFileError as error:
        return _failed(path, error)


def _failed(path: str, reason: object) -> FileReport:
    return FileReport(shown_path(path), error=f"{reason}; nothing of it landed")


def _land_group(
    connection: Connection,
    group: Sequence[SourceFile | FileReport],
    way: Way,
    advance: Callable[[int], None],
) -> list[FileReport]:
    """Land the new ones of a group of files.

    Args:
        group: files, and reports of what could not be examined.
    """
    digests = [file.digest for file in group if isinstance(file, SourceFile)]
    known = known_files(connection, digests, way)
    lot = Lot(connection, way, advance)
    accounts: list[tuple[str, Account, bool] | FileReport] = []
    for file in group:
        if isinstance(file, FileReport):
            accounts.append(file)
        elif file.digest in known:
            accounts.append((file.name, known[file.digest], True))
            advance(file.size)
        else:
            try:
                known[file.digest] = lot.take(file)
                accounts.append((file.name, known[file.digest], False))
            except UnreadableFileError as error:
                accounts.append(_failed(file.path, error))
    lot.land()
    return [told if isinstance(told, FileReport) else _told(*told) for told in accounts]


def _told(name: str, account: Account, is_repeated: bool) -> FileReport:
    if is_repeated:
        return FileReport(name, lines=account.lines, duplicates=account.lines)
    return FileReport(name, **vars(account))
