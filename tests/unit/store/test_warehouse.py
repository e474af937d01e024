import multiprocessing
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl
import pytest

from pipeline.config import Settings
from pipeline.core.errors import TerminalError, TransientError, UsageError
from pipeline.schemas.tables import KEPT_TABLES, LOG_TABLES, RESULT_TABLES
from pipeline.store import publish_copy, read_answer, read_frame, reader, sql_files, sql_text, writer
from pipeline.store.lock import writer_lock

DUCKDB_TYPES = {
    "VARCHAR": {pl.String},
    "JSON": {pl.String},
    "DOUBLE": {pl.Float64},
    "BIGINT": {pl.Int64},
    "DATE": {pl.Date},
    "BOOLEAN": {pl.Boolean},
    "TIMESTAMP WITH TIME ZONE": {pl.Datetime("us", "UTC")},
    "TIMESTAMP": {pl.Datetime("us")},
    "VARCHAR[]": {pl.List(pl.String)},
}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


@pytest.fixture(scope="module")
def stored_columns(empty_home: Path) -> list[tuple[str, str, str]]:
    with reader(Settings(home=empty_home).warehouse) as connection:
        return connection.execute(
            "SELECT table_name, column_name, data_type FROM duckdb_columns()"
        ).fetchall()


@pytest.mark.parametrize("table", [*LOG_TABLES, *KEPT_TABLES, *RESULT_TABLES], ids=lambda table: table.name)
def test_the_stored_table_is_the_declared_one(
    stored_columns: list[tuple[str, str, str]], table: object
) -> None:
    stored = {column: dtype for name, column, dtype in stored_columns if name == table.name}  # type: ignore[attr-defined]
    for column in table.columns:  # type: ignore[attr-defined]
        assert column.dtype in DUCKDB_TYPES[stored[column.name]], column.name


def test_an_open_published_copy_neither_blocks_a_run_nor_changes(settings: Settings) -> None:
    with writer(settings) as connection:
        connection.execute("CREATE TABLE facts AS SELECT 1 AS n")
    assert publish_copy(settings)
    with reader(settings.published) as reading:
        with writer(settings) as connection:
            connection.execute("INSERT INTO facts VALUES (2)")
        assert publish_copy(settings)
        assert read_frame(reading, "FROM facts")["n"].to_list() == [1]
    with reader(settings.published) as reading:
        assert sorted(read_frame(reading, "FROM facts")["n"].to_list()) == [1, 2]


def test_nothing_new_is_not_published_again(settings: Settings) -> None:
    assert publish_copy(settings)
    before = settings.published.stat().st_ino
    with writer(settings):
        pass
    assert not publish_copy(settings)
    assert settings.published.stat().st_ino == before


def test_what_a_killed_publication_left_is_cleared_away(settings: Settings) -> None:
    publish_copy(settings)
    left = settings.published.with_name(f".{settings.published.name}.4711")
    left.write_bytes(b"half a copy")
    with writer(settings) as connection:
        connection.execute("CREATE TABLE facts AS SELECT 1 AS n")
    assert publish_copy(settings)
    assert not left.exists()


def test_reading_before_the_first_publication_says_what_to_do(settings: Settings) -> None:
    with pytest.raises(UsageError, match="land events first"), reader(settings.published):
        pass


def test_a_query_that_cannot_run_is_a_usage_error(settings: Settings) -> None:
    publish_copy(settings)
    with reader(settings.published) as connection, pytest.raises(UsageError, match="no_such_table"):
        read_answer(connection, "FROM no_such_table", {})


def test_the_published_copy_cannot_be_written(settings: Settings) -> None:
    publish_copy(settings)
    with reader(settings.published) as connection, pytest.raises(UsageError, match="read-only"):
        read_answer(connection, "CREATE TABLE mine AS SELECT 1", {})


def test_a_warehouse_of_newer_code_is_left_alone(settings: Settings) -> None:
    with writer(settings) as connection:
        connection.execute("INSERT INTO schema_migrations VALUES (9999, 'later', now())")
    with pytest.raises(TerminalError, match="update the code"), writer(settings):
        pass


def hold(path: Path, seconds: float, held: object) -> None:
    with writer_lock(path):
        held.set()  # type: ignore[attr-defined]
        time.sleep(seconds)


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[multiprocessing.Process]:
    context = multiprocessing.get_context("spawn")
    held = context.Event()
    process = context.Process(target=hold, args=(tmp_path / "lock", 60, held))
    process.start()
    assert held.wait(30)
    yield process  # type: ignore[misc]
    process.kill()
    process.join()


def test_a_lock_that_is_held_too_long_names_its_holder(
    tmp_path: Path, holder: multiprocessing.Process
) -> None:
    with (
        pytest.raises(TransientError, match=f"held by process {holder.pid}"),
        writer_lock(tmp_path / "lock", patience_seconds=0.05),
    ):
        pass


def test_the_lock_of_a_killed_process_is_free(tmp_path: Path, holder: multiprocessing.Process) -> None:
    holder.kill()
    holder.join()
    with writer_lock(tmp_path / "lock", patience_seconds=0.05):
        assert (tmp_path / "lock").exists()


_ROWS = """
    INSERT INTO events
    SELECT
        range, 's', range, 't', NULL, now(), NULL, now(), now(), NULL, NULL, NULL, 'b', 'f', range, uuid(),
        'h', NULL, [], json_object('chips', range)
    FROM range(?)
"""


def test_payloads_of_a_new_warehouse_take_the_compression_that_is_cheap_to_write(settings: Settings) -> None:
    with writer(settings) as connection:
        connection.execute(_ROWS, [200000])
    with reader(settings.warehouse) as connection:
        query = (
            "SELECT DISTINCT compression FROM pragma_storage_info('events') "
            "WHERE column_name = 'data' AND segment_type <> 'VALIDITY'"
        )
        assert connection.execute(query).fetchall() == [("ZSTD",)]


def test_a_warehouse_in_the_form_of_an_earlier_version_opens_and_takes_events(settings: Settings) -> None:
    settings.home.mkdir()
    with duckdb.connect(settings.warehouse) as connection:
        for name in ("0000_migrations", "0001_event_log"):
            connection.execute(sql_text(f"migrations/{name}").replace("USING COMPRESSION zstd", ""))
        connection.execute("INSERT INTO schema_migrations VALUES (1, 'migrations/0001_event_log', now())")
    for _ in range(2):
        with writer(settings) as connection:
            connection.execute(_ROWS, [10])
    with reader(settings.warehouse) as connection:
        assert connection.execute("SELECT count(*) FROM events").fetchall() == [(20,)]


def test_other_code_that_fills_what_is_kept_empties_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with writer(settings) as connection:
        connection.execute("INSERT INTO kept_customers VALUES ('c1', 'labs', NULL, NULL)")
    fixed = settings.home / "projecting"
    shutil.copytree(sql_files.FILLING_CODE, fixed)
    monkeypatch.setattr(sql_files, "FILLING_CODE", fixed)
    with writer(settings) as connection:
        assert connection.execute("SELECT count(*) FROM kept_customers").fetchone() == (1,)
    with (fixed / "maintaining.py").open("a") as code:
        code.write("# fixed\n")
    with writer(settings) as connection:
        assert connection.execute("SELECT count(*) FROM kept_customers").fetchone() == (0,)
