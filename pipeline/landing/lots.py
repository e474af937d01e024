"""Land files by lots: what one transaction takes in."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Mapping as MappingOf
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import chain, groupby

import pyarrow as pa

from pipeline.core.crash_points import crash_point
from pipeline.core.errors import TransientError
from pipeline.eventlog import batch_name, seal_batch
from pipeline.landing.blocks import Block
from pipeline.landing.files import SourceFile, read_blocks
from pipeline.landing.gathering import Account, Batch, Gathered, gather
from pipeline.landing.mappings import Mapping
from pipeline.landing.portion import PORTION_BYTES, land_portion
from pipeline.landing.refusing import Refusals, quarantine_lines, quarantine_unread
from pipeline.landing.tables import envelope_lines
from pipeline.schemas.events import EventType
from pipeline.store import Connection, DatabaseError, sql_text

_NO_MAPPING = "envelope"

Blocks = list[tuple[int, Block]]
"""Blocks, each with the place of its file in the lot."""


@dataclass(frozen=True)
class Way:
    """How the files of one call land."""

    mapping: Mapping | None
    landed_at: datetime
    catalogue: MappingOf[str, EventType]

    @property
    def mapping_hash(self) -> str:
        """Tell apart files of the same bytes that are read differently."""
        return self.mapping.hash if self.mapping else _NO_MAPPING


class Lot:
    """The files of one transaction: as many as fit in a portion together, or one that needs several.

    A file joins when it has been read whole, so that one that cannot be read keeps no other out.
    """

    def __init__(self, connection: Connection, way: Way, advance: Callable[[int], None]) -> None:
        self._connection = connection
        self._way = way
        self._advance = advance
        self._begin()

    def _begin(self) -> None:
        self._files: list[SourceFile] = []
        self._accounts: list[Account] = []
        self._blocks: Blocks = []
        self._size = 0

    def take(self, file: SourceFile) -> Account:
        """Read a file; return its account, which is complete once `land` was called.

        A file beyond a portion lands at once, in a transaction of its own, after those taken before it.

        Raises:
            UnreadableFileError: it cannot be read as a whole; nothing of it lands.
            TransientError: the log cannot be written.
        """
        account = Account()
        portions = self._portions(file)
        with _telling_failure([file]):
            blocks, size = next(portions)
        if _is_full(size):
            self.land()
            self._transact([file], [account], chain([blocks], (more for more, _ in portions)))
            return account
        if self._size + size > PORTION_BYTES:
            self.land()
        self._blocks += [(len(self._files), block) for _, block in blocks]
        self._files.append(file)
        self._accounts.append(account)
        self._size += size
        return account

    def land(self) -> None:
        """Land what was taken, in one transaction.

        Raises:
            TransientError: the log cannot be written; it is as it was before the transaction.
        """
        if self._files:
            self._transact(self._files, self._accounts, [self._blocks])
        self._begin()

    def _portions(self, file: SourceFile) -> Iterator[tuple[Blocks, int]]:
        """Yield the file's blocks and their weight: portions that are full, and the rest of it."""
        blocks: Blocks = []
        size = 0
        for block in read_blocks(self._connection, file, self._way.mapping):
            blocks.append((0, block))
            size += block.weight
            if _is_full(size):
                yield blocks, size
                blocks, size = [], 0
        yield blocks, size

    def _transact(
        self, files: Sequence[SourceFile], accounts: Sequence[Account], portions: Iterable[Blocks]
    ) -> None:
        way, names = self._way, [file.name for file in files]
        name = batch_name(way.landed_at, [file.digest for file in files])
        batch = Batch(name, way.landed_at, way.catalogue)
        with _telling_failure(files), _transaction(self._connection):
            for blocks in portions:
                _land_portion(self._connection, blocks, names, batch, accounts)
                self._advance(sum(block.size // files[number].expansion for number, block in blocks))
                blocks.clear()  # nobody holds a portion in memory while the next one is read
            _write_manifest(self._connection, files, accounts, way, batch)
            seal_batch(self._connection, batch.batch_id, landed_at=batch.landed_at)


def _is_full(size: int) -> bool:
    """Tell whether blocks make a portion; they are cut at ends of lines, so that two halves miss a little."""
    return size > PORTION_BYTES * 15 // 16


@contextmanager
def _transaction(connection: Connection) -> Iterator[None]:
    connection.begin()
    try:
        yield
        crash_point("landing.before_commit")
        connection.commit()
        crash_point("landing.after_commit")
    except BaseException:
        with suppress(DatabaseError):
            connection.rollback()
        raise


@contextmanager
def _telling_failure(files: Sequence[SourceFile]) -> Iterator[None]:
    try:
        yield
    except DatabaseError as error:
        reason = str(error).splitlines()[0]
        which = files[0].name if len(files) == 1 else f"{len(files)} files from {files[0].name} on"
        raise TransientError(
            f"the log cannot be written: {reason}; nothing of {which} landed and the log is as it was: "
            "make room on the disk, or look after the file, and land again"
        ) from error


def _land_portion(
    connection: Connection, blocks: Blocks, names: Sequence[str], batch: Batch, accounts: Sequence[Account]
) -> None:
    unread = [(names[number], line) for number, block in blocks for line in block.refused]
    quarantine_unread(connection, unread, batch)
    for number, block in blocks:
        accounts[number].blank += block.blank
        accounts[number].lines += len(block.refused)
        accounts[number].quarantined += len(block.refused)
    tables = [(number, block.lines) for number, block in blocks if len(block.lines)]
    for _, alike in groupby(tables, key=lambda table: table[1].schema):
        gathered = gather(list(alike), names, partial(envelope_lines, connection))
        refuse = partial(_refuse, connection, gathered, batch)
        land_portion(connection, gathered, batch, accounts, refuse=refuse)


def _refuse(connection: Connection, gathered: Gathered, batch: Batch, refusals: Refusals) -> None:
    quarantine_lines(connection, gathered, refusals, batch)


def known_files(connection: Connection, digests: Sequence[str], way: Way) -> dict[str, Account]:
    """Return, for those digests whose bytes landed before in the same way, an account of their lines."""
    connection.register("examined_files", pa.table({"content_hash": pa.array(digests, pa.string())}))
    parameters = {"mapping_hash": way.mapping_hash}
    found = connection.execute(sql_text("landing/known_files"), parameters).fetchall()
    connection.unregister("examined_files")
    return {digest: Account(lines=lines) for digest, lines in found}


def _write_manifest(
    connection: Connection, files: Sequence[SourceFile], accounts: Sequence[Account], way: Way, batch: Batch
) -> None:
    rows = [
        {"source_file": file.name, "content_hash": file.digest, **vars(account)}
        for file, account in zip(files, accounts, strict=True)
    ]
    connection.register("landed_files", pa.Table.from_pylist(rows))
    connection.execute(
        sql_text("landing/insert_manifest"),
        {
            "batch_id": batch.batch_id,
            "mapping": way.mapping.name if way.mapping else None,
            "mapping_hash": way.mapping_hash,
            "landed_at": batch.landed_at,
        },
    )
    connection.unregister("landed_files")
