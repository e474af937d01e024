"""Land files: each whole or not at all, every line with a fate, the account in the manifest."""

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Mapping as MappingOf
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from pipeline.core.crash_points import crash_point
from pipeline.core.errors import TransientError
from pipeline.core.progress import progress
from pipeline.eventlog import batch_name
from pipeline.landing.blocks import Block, UnreadableFileError
from pipeline.landing.files import SourceFile, examine, expand, read_blocks, require_unchanged
from pipeline.landing.gathering import Account, Batch, Portion
from pipeline.landing.mappings import Mapping, load_mapping
from pipeline.landing.portion import PORTION_BYTES, land_portion, prepare
from pipeline.landing.refusing import Refusals, quarantine_lines, quarantine_unread
from pipeline.landing.report import FileReport, LandingReport
from pipeline.schemas.events import CATALOGUE, EventType
from pipeline.store import Connection, DatabaseError, sql_text

_NO_MAPPING = "envelope"


class _FileFailedError(Exception):
    """A file of a group failed as a whole: the group's transaction starts again without it."""

    def __init__(self, number: int, message: str) -> None:
        super().__init__(message)
        self.number = number


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
        TransientError: the log cannot be written; it is as it was before the group of files that failed.
    """
    chosen = load_mapping(mapping) if mapping is not None else None
    prepare(connection)
    reports: list[FileReport] = []
    group: list[SourceFile | FileReport] = []
    weight = 0
    for found in _examined(paths):
        group.append(found)
        weight += found.weight if isinstance(found, SourceFile) else 0
        if weight >= PORTION_BYTES:
            reports += _land_group(connection, group, chosen, landed_at, catalogue)
            group, weight = [], 0
    reports += _land_group(connection, group, chosen, landed_at, catalogue)
    return LandingReport(tuple(reports))


def _examined(paths: Iterable[Path]) -> Iterator[SourceFile | FileReport]:
    for path in paths:
        try:
            files = list(expand([path]))
        except UnreadableFileError as error:
            yield FileReport(str(path), error=f"{error}; nothing of it landed")
            continue
        for file in files:
            try:
                yield examine(file)
            except UnreadableFileError as error:
                yield FileReport(str(file), error=f"{error}; nothing of it landed")


def _land_group(
    connection: Connection,
    group: Sequence[SourceFile | FileReport],
    mapping: Mapping | None,
    landed_at: datetime,
    catalogue: MappingOf[str, EventType],
) -> list[FileReport]:
    """Land a group in one transaction, without those of its files that fail as a whole.

    Args:
        group: files, and reports of files that failed before.
    """
    slots = list(group)
    while True:
        places = [place for place, slot in enumerate(slots) if isinstance(slot, SourceFile)]
        files = [slot for slot in slots if isinstance(slot, SourceFile)]
        batch = Batch(batch_name(landed_at, [file.digest for file in files]), landed_at, catalogue)
        connection.begin()
        try:
            accounts = _land_together(connection, files, mapping, batch)
            crash_point("landing.before_commit")
            connection.commit()
            crash_point("landing.after_commit")
        except _FileFailedError as error:
            connection.rollback()
            failed = files[error.number]
            slots[places[error.number]] = FileReport(failed.name, error=f"{error}; nothing of it landed")
        except DatabaseError as error:
            with suppress(DatabaseError):
                connection.rollback()
            raise TransientError(_write_failure(error, files)) from error
        except BaseException:
            with suppress(DatabaseError):
                connection.rollback()
            raise
        else:
            for place, file, account in zip(places, files, accounts, strict=True):
                slots[place] = FileReport(file.name, **asdict(account))
            return [slot for slot in slots if isinstance(slot, FileReport)]


def _write_failure(error: Exception, files: Sequence[SourceFile]) -> str:
    reason = str(error).splitlines()[0]
    which = files[0].name if len(files) == 1 else f"{len(files)} files from {files[0].name} on"
    return (
        f"the log cannot be written: {reason}; nothing of {which} landed and the log is as it was: "
        "make room on the disk, or look after the file, and land again"
    )


def _land_together(
    connection: Connection, files: Sequence[SourceFile], mapping: Mapping | None, batch: Batch
) -> list[Account]:
    accounts = [Account() for _ in files]
    portion, first_of = Portion(), dict[str, Account]()
    new: list[tuple[SourceFile, Account]] = []
    repeated: list[tuple[Account, Account]] = []
    for number, (file, account) in enumerate(zip(files, accounts, strict=True)):
        if file.digest in first_of:
            repeated.append((account, first_of[file.digest]))
            continue
        if _count_as_landed(connection, file, mapping, account):
            continue
        first_of[file.digest] = account
        new.append((file, account))
        for block in _blocks(connection, file, mapping, number):
            account.blank += block.blank
            account.lines += len(block.refused)
            account.quarantined += len(block.refused)
            quarantine_unread(connection, file.name, block.refused, batch)
            portion.add(number, block.lines)
            if portion.size >= PORTION_BYTES:
                _land_portion(connection, portion, files, batch, accounts)
                portion = Portion()
    _land_portion(connection, portion, files, batch, accounts)
    for file, account in new:
        _write_manifest(connection, file, mapping, batch, account)
    for account, first in repeated:
        _repeat(account, first.lines)
    return accounts


def _blocks(
    connection: Connection, file: SourceFile, mapping: Mapping | None, number: int
) -> Iterator[Block]:
    try:
        yield from progress(read_blocks(connection, file, mapping), f"landing {file.path.name}")
        require_unchanged(file)
    except UnreadableFileError as error:
        raise _FileFailedError(number, str(error)) from None


def _land_portion(
    connection: Connection,
    portion: Portion,
    files: Sequence[SourceFile],
    batch: Batch,
    accounts: Sequence[Account],
) -> None:
    if not portion.tables:
        return
    gathered = portion.gathered([file.name for file in files])

    def refuse(refusals: Refusals) -> None:
        quarantine_lines(connection, gathered, refusals, batch)

    land_portion(connection, gathered, batch, accounts, refuse=refuse)


def _count_as_landed(
    connection: Connection, file: SourceFile, mapping: Mapping | None, account: Account
) -> bool:
    """Tell whether the same bytes landed before in the same way, and count them if so."""
    parameters = {"content_hash": file.digest, "mapping_hash": mapping.hash if mapping else _NO_MAPPING}
    row = connection.execute(sql_text("landing/known_file"), parameters).fetchone()
    if row is None or row[0] is None:
        return False
    _repeat(account, row[0])
    return True


def _repeat(account: Account, lines: int) -> None:
    account.lines = account.duplicates = lines


def _write_manifest(
    connection: Connection, file: SourceFile, mapping: Mapping | None, batch: Batch, account: Account
) -> None:
    connection.execute(
        sql_text("landing/insert_manifest"),
        {
            "batch_id": batch.batch_id,
            "source_file": file.name,
            "content_hash": file.digest,
            "mapping": mapping.name if mapping else None,
            "mapping_hash": mapping.hash if mapping else _NO_MAPPING,
            **asdict(account),
            "landed_at": batch.landed_at,
        },
    )
