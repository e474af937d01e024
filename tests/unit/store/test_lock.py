"""Who holds the lock, and what a process that waits for it says."""

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from pipeline.config import Settings
from pipeline.core.errors import TerminalError, TransientError
from pipeline.store import lock, publish_copy, read_frame, reader, writer, writer_lock

OPEN_BY_HAND = """
import duckdb, sys
connection = duckdb.connect(sys.argv[1])
print("open", flush=True)
for line in sys.stdin:
    connection.execute(line)
    print("done", flush=True)
"""
HOLD_AND_FORK = """
import os, sys
from pathlib import Path
from pipeline.store import writer_lock
with writer_lock(Path(sys.argv[1])):
    if os.fork() == 0:
        print("held", flush=True)
        sys.stdin.read()
    os._exit(0)
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", patience_seconds=0.05)


@contextmanager
def helper(code: str, *words: str | Path) -> Iterator[subprocess.Popen[str]]:
    """Run code in a process of its own from its first line of output on."""
    command = [sys.executable, "-c", code, *map(str, words)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline()
        try:
            yield process
        finally:
            process.kill()


def say(process: subprocess.Popen[str], statement: str) -> None:
    assert process.stdin
    assert process.stdout
    process.stdin.write(f"{statement}\n")
    process.stdin.flush()
    assert process.stdout.readline() == "done\n"


def refusal(path: Path) -> str:
    with pytest.raises(TransientError) as told, writer_lock(path, patience_seconds=0):
        pass
    assert "\n" not in str(told.value)
    return str(told.value)


def test_the_file_says_who_holds_the_lock_and_nothing_once_it_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["/clone/pipeline/__main__.py", "forget", "customer-17"])
    with writer_lock(tmp_path / "lock"):
        told = json.loads((tmp_path / "lock").read_text())
        assert (told["pid"], told["host"]) == (os.getpid(), socket.gethostname())
        assert told["command"] == "python -m pipeline forget"  # whom it forgets is not left on the disk
        assert f"process {os.getpid()} (python -m pipeline forget, since 20" in refusal(tmp_path / "lock")
    assert (tmp_path / "lock").read_text() == ""


def test_words_of_a_dead_process_in_the_file_keep_nobody_out(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    told = {"pid": dead.pid, "host": socket.gethostname(), "since": "2026-01-01T00:00:00Z", "command": "x"}
    (tmp_path / "lock").write_text(json.dumps(told))
    with writer_lock(tmp_path / "lock", patience_seconds=0):
        assert json.loads((tmp_path / "lock").read_text())["pid"] == os.getpid()


def test_a_holder_that_has_ended_is_told_apart_from_the_child_that_holds_on(tmp_path: Path) -> None:
    with helper(HOLD_AND_FORK, tmp_path / "lock") as process:
        process.wait()
        message = refusal(tmp_path / "lock")
        assert process.stdin
        process.stdin.close()  # the child reads to the end, and goes
    assert f"process {process.pid} " in message
    assert "has ended: a process that it started still holds the lock" in message


def test_a_holder_on_another_machine_is_named_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "elsewhere")
    with writer_lock(tmp_path / "lock"):
        monkeypatch.setattr(socket, "gethostname", lambda: "here")
        assert "on the machine elsewhere" in refusal(tmp_path / "lock")


@pytest.mark.parametrize("content", ["", "4711", "no JSON", "[1]"])
def test_a_lock_file_that_names_nobody_is_no_fault(tmp_path: Path, content: str) -> None:
    with writer_lock(tmp_path / "lock"):
        (tmp_path / "lock").write_text(content)
        assert "did not say its name" in refusal(tmp_path / "lock")


def test_a_file_system_without_locks_is_said_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(lock.fcntl, "flock", refuse)
    with pytest.raises(TerminalError, match="file system has locks"), writer_lock(tmp_path / "lock"):
        pass


def test_a_warehouse_that_a_person_has_open_is_waited_for(settings: Settings) -> None:
    with writer(settings):
        pass
    with helper(OPEN_BY_HAND, settings.warehouse) as process:
        with pytest.raises(TransientError, match=f"open for writing in process {process.pid} .python"):
            publish_copy(settings)
        threading.Timer(0.3, process.kill).start()
        assert publish_copy(Settings(settings.home, patience_seconds=60))
        assert process.wait() < 0


def test_a_copy_that_a_person_holds_for_writing_keeps_no_run_back(settings: Settings) -> None:
    publish_copy(settings)
    settings.published.chmod(0o644)  # as a person would who insists
    with helper(OPEN_BY_HAND, settings.published) as process:
        with (
            pytest.raises(TransientError, match=f"process {process.pid} .*: open it read-only"),
            reader(settings.published),
        ):
            pass
        assert publish_copy(settings)
        with reader(settings.published) as connection:
            assert read_frame(connection, "SELECT 1 AS n")["n"].to_list() == [1]


def test_what_a_person_writes_into_a_copy_is_not_mixed_into_the_next(settings: Settings) -> None:
    with writer(settings) as connection:
        connection.execute("CREATE TABLE facts AS SELECT 1 AS n")
    publish_copy(settings)
    settings.published.chmod(0o644)
    with helper(OPEN_BY_HAND, settings.published) as process:
        say(process, "INSERT INTO facts VALUES (666)")
    with pytest.raises(TransientError, match="written into by hand"), reader(settings.published):
        pass
    assert publish_copy(settings)
    with reader(settings.published) as connection:
        assert read_frame(connection, "FROM facts")["n"].to_list() == [1]


def test_a_copy_is_open_to_readers_and_to_nobody_else(settings: Settings) -> None:
    publish_copy(settings)
    assert settings.published.stat().st_mode & 0o777 == 0o444
    with duckdb.connect(settings.published, read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM events").fetchone() == (0,)
