"""Open the warehouse for writing or reading, migrated and with the projection macros in place."""

import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from pipeline.config import Settings
from pipeline.core.crash_points import crash_point
from pipeline.core.errors import TerminalError, TransientError, UsageError
from pipeline.core.waiting import HeldError, wait_until_free
from pipeline.schemas.table import Table
from pipeline.store.lock import writer_lock
from pipeline.store.scratch import scratch_folder
from pipeline.store.sql_files import migrations, projections, projections_hash, sql_text

Connection = duckdb.DuckDBPyConnection
DatabaseError = duckdb.Error

# DuckDB counts what operators reserve, and they touch half of it: a demand history over a million events
# reserves 1.4 GiB and is resident with 0.8.
WRITER_MEMORY_LIMIT = "1GiB"
READER_MEMORY_LIMIT = "2GiB"

# Form of files made anew, so that payloads may be stored in ZSTD; a file made earlier keeps its form.
_STORAGE_VERSION = "v1.5.0"

_HOLDER = re.compile(r"Conflicting lock is held in (.+) \(PID (\d+)\)")
_NEXT_COPY = "python -m pipeline run puts a clean copy in its place"


@contextmanager
def writer(settings: Settings) -> Iterator[Connection]:
    """Open the warehouse for this process alone, creating and migrating it where needed.

    What a killed process left beside it is removed: under the lock none is in use.

    Raises:
        TransientError: another process writes for too long, or the disk refuses.
        TerminalError: the file was written by newer code, or a migration fails.
    """
    patience = settings.patience_seconds
    with writer_lock(settings.home / "warehouse.lock", patience_seconds=patience):
        _clear_leftovers(settings)
        connection = wait_until_free(
            lambda: _connect(settings.warehouse, settings.home / "tmp", read_only=False),
            patience_seconds=patience,
        )
        try:
            prepare(connection)
            yield connection
        except (duckdb.IOException, duckdb.FatalException, duckdb.TransactionException) as error:
            raise TransientError(
                f"{settings.warehouse} cannot be written: {_in_one_line(error)}; "
                "what was committed before stays: make room on the disk and try again"
            ) from error
        finally:
            connection.close()


def _clear_leftovers(settings: Settings) -> None:
    shutil.rmtree(settings.home / "tmp", ignore_errors=True)
    for database in (settings.warehouse, settings.published):
        for left in database.parent.glob(f".{database.name}.*"):
            with suppress(OSError):
                left.unlink()


@contextmanager
def reader(path: Path) -> Iterator[Connection]:
    """Open a published copy; it stays as it is for this reader while a newer one is published.

    Raises:
        UsageError: nothing was published there yet.
        TransientError: a person has it open for writing, or wrote into it.
    """
    if not path.exists():
        raise UsageError(f"{path} does not exist: nothing is published yet; land events first (make run)")
    log = path.with_name(f"{path.name}.wal")
    if log.exists():
        raise TransientError(f"{path} was written into by hand, and is no copy any more: {_NEXT_COPY}")
    with scratch_folder() as scratch:
        try:
            connection = _connect(path, scratch, read_only=True)
        except HeldError as held:
            raise TransientError(f"{held}: open it read-only; {_NEXT_COPY}") from None
        try:
            yield connection
        finally:
            connection.close()


def require_current(connection: Connection) -> None:
    """Refuse a copy that lacks tables or columns which this code reads.

    Raises:
        UsageError: an earlier version of the code published it.
    """
    applied = {number for (number,) in connection.execute("SELECT number FROM schema_migrations").fetchall()}
    if any(number not in applied for number, _ in migrations()):
        raise UsageError(
            "the published copy was made by an earlier version, and lacks what this one reads: "
            "python -m pipeline run publishes a new one"
        )


@contextmanager
def one_thread(connection: Connection) -> Iterator[None]:
    """Let the database work with one thread: several that keep the order of rows cost more than they save."""
    with connection.cursor() as other:  # a statement of its own also where the transaction has failed
        row = other.execute("SELECT current_setting('threads')").fetchone()
        other.execute("SET threads = 1")
        try:
            yield
        finally:
            other.execute(f"SET threads = {int(row[0]) if row else 1}")


def read_frame(
    connection: Connection, query: str, parameters: Mapping[str, Any] | None = None
) -> pl.DataFrame:
    """Run a query and return its rows; instants come back in UTC."""
    return connection.sql(query, params=dict(parameters or {})).pl()


def read_answer(connection: Connection, question: str, parameters: Mapping[str, Any]) -> pl.DataFrame:
    """Run a person's query; a statement without rows gives an empty frame.

    Raises:
        UsageError: the database refuses the query.
        TerminalError: the answer needs more memory than there is.
    """
    try:
        answer = connection.sql(question, params=dict(parameters))
        return pl.DataFrame() if answer is None else answer.pl()
    except duckdb.OutOfMemoryException:
        raise TerminalError(
            "the query needs more memory than it may take: ask for fewer weeks, or for one instant at a time"
        ) from None
    except duckdb.Error as error:
        raise UsageError(f"the query cannot be run: {_in_one_line(error)}") from None


def _in_one_line(error: duckdb.Error) -> str:
    """What the database says, without its drawing of the place: each line break becomes a blank."""
    said, _, drawing = str(error).partition("\n\nLINE ")
    line, _, _ = drawing.partition(":")
    place = f" (line {line})" if line.isdigit() else ""
    return re.sub(r"\s+", " ", said).strip() + place


def replace_rows(connection: Connection, table: Table, frame: pl.DataFrame, *, run_id: str) -> None:
    """Put a run's rows into its table in place of what an earlier try of the same run left there."""
    rows = table.select(frame).to_arrow()
    columns = ", ".join(table.names)
    connection.execute(f"DELETE FROM {table.name} WHERE run_id = ?", [run_id])  # noqa: S608 declared names
    connection.register("new_rows", rows)
    try:
        connection.execute(f"INSERT INTO {table.name} ({columns}) SELECT {columns} FROM new_rows")  # noqa: S608
    finally:
        connection.unregister("new_rows")


def _connect(path: Path, scratch: Path, *, read_only: bool) -> Connection:
    """Open a database.

    Raises:
        HeldError: another process has it open for writing.
        TransientError: it cannot be opened.
    """
    config: dict[str, Any] = {
        "memory_limit": READER_MEMORY_LIMIT if read_only else WRITER_MEMORY_LIMIT,
        "autoinstall_known_extensions": "false",
        "temp_directory": str(scratch),
        "storage_compatibility_version": _STORAGE_VERSION,
        "preserve_insertion_order": not read_only,  # the log has an order, answers name theirs
    }
    try:
        connection = duckdb.connect(path, read_only=read_only, config=config)
    except duckdb.IOException as error:
        if holder := _HOLDER.search(str(error)):
            program, pid = holder.groups()
            raise HeldError(f"{path} is open for writing in process {pid} ({Path(program).name})") from None
        raise TransientError(
            f"{path} cannot be opened: {_in_one_line(error)}; make room or allow writing, and try again"
        ) from None
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET enable_progress_bar = false")
    return connection


def prepare(connection: Connection) -> None:
    """Bring tables and macros of the current database up to this code."""
    _migrate(connection)
    _create_projections(connection)


def _migrate(connection: Connection) -> None:
    connection.execute(sql_text("migrations/0000_migrations"))
    applied = {number for (number,) in connection.execute("SELECT number FROM schema_migrations").fetchall()}
    known = dict(migrations())
    if newer := applied - known.keys():
        raise TerminalError(
            f"the warehouse carries migration {max(newer)}, this code knows {max(known)}: update the code"
        )
    for number, name in known.items():
        if number not in applied:
            connection.begin()
            connection.execute(sql_text(name))
            connection.execute("INSERT INTO schema_migrations VALUES (?, ?, now())", [number, name])
            crash_point("migration.before_commit")
            connection.commit()
            crash_point("migration.after_commit")


def _create_projections(connection: Connection) -> None:
    current = projections_hash()
    if connection.execute("SELECT 1 FROM schema_projections WHERE content_hash = ?", [current]).fetchone():
        return
    connection.begin()
    for name in projections():
        connection.execute(sql_text(name))
    connection.execute(sql_text("projecting/clear"))
    connection.execute("DELETE FROM schema_projections")
    connection.execute("INSERT INTO schema_projections VALUES (?)", [current])
    crash_point("macros.before_commit")
    connection.commit()
    crash_point("macros.after_commit")
