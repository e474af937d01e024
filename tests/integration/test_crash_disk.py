"""Disks that are full or read-only: a clear line, nothing lost or half written, and the next try finishes."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash_trials import Trials, landed
from tests.crash_world import Ended, Under, copy_home, require_sound
from tests.fork_server import NO_NAMESPACES

pytestmark = pytest.mark.xdist_group("crashes")


def require_one_line(ended: Ended) -> str:
    assert ended.returncode == 1, (ended.returncode, ended.err)
    assert ended.err.startswith("failed: ")
    assert len(ended.err.splitlines()) == 1
    return ended.err


def on_a_small_disk(trials: Trials, command: str, under: Under) -> str:
    """Run a command where it may not fit, then where it fits; return what it said."""
    home, words = trials.home(command, "small")
    before = landed(home)
    ended = trials.commands.run(home, *words, under=under)
    if ended.returncode == NO_NAMESPACES:
        pytest.skip("the system gives no mount namespace")
    said = require_one_line(ended) if ended.returncode else ""
    require_sound(home, before)
    trials.finish(command, home)
    return said


@pytest.mark.parametrize(
    ("command", "room", "said"),
    [
        ("land", 2**13, "cannot be written"),
        ("land", 2**16, "the log cannot be written"),
        ("land", 2**22, "cannot be published"),
        ("run", 2**13, "cannot be"),
        ("run", 2**22, "cannot be published"),
        ("forget", 2**13, "cannot be written"),
        ("forget", 2**19, "cannot be written"),
    ],
)
def test_a_full_disk_is_said_where_it_fills(trials: Trials, command: str, room: int, said: str) -> None:
    assert said in on_a_small_disk(trials, command, Under(disk_room=room))


def test_reports_that_do_not_fit_are_said_and_written_once_there_is_room(
    trials: Trials, tmp_path: Path
) -> None:
    home = copy_home(trials.standing, tmp_path / "home")
    shutil.rmtree(home / "reports")
    words = ("report", trials.run_id)
    ended = trials.commands.run(home, *words, under=Under(disk_room=2**14))
    if ended.returncode == NO_NAMESPACES:
        pytest.skip("the system gives no mount namespace")
    assert "reports could not be written" in require_one_line(ended)
    require_sound(home, set())
    assert not (home / "reports" / "latest").exists()
    trials.commands.done(home, *words)
    for file in (trials.standing / "reports" / "latest").iterdir():
        assert (home / "reports" / "latest" / file.name).read_bytes() == file.read_bytes()


@pytest.mark.parametrize("size", [2**14, 2**20, 2**21])
@pytest.mark.parametrize("command", ["land", "run"])
def test_files_that_may_not_grow_are_said(trials: Trials, command: str, size: int) -> None:
    assert "make room" in on_a_small_disk(trials, command, Under(file_bytes=size))


@pytest.fixture
def read_only_home(trials: Trials, tmp_path: Path) -> Iterator[tuple[Path, Under]]:
    """A home that may not be written, by a mount of its own or by its modes."""
    home = copy_home(trials.standing, tmp_path / "home")
    under = Under(is_read_only=True)
    if trials.commands.run(home, "status", under=under).returncode != NO_NAMESPACES:
        yield home, under
        return
    if os.geteuid() == 0:
        pytest.skip("no mount namespace here, and modes do not bind root")
    folders = [home, *(path for path in home.rglob("*") if path.is_dir() and not path.is_symlink())]
    for folder in folders:
        folder.chmod(0o555)
    yield home, Under()
    for folder in folders:
        folder.chmod(0o755)
    shutil.rmtree(home)


@pytest.mark.parametrize("command", ["land", "run", "reland", "approve", "forget"])
def test_a_read_only_disk_is_said_and_nothing_changes(
    trials: Trials, read_only_home: tuple[Path, Under], command: str
) -> None:
    home, under = read_only_home
    before = {path: path.lstat().st_mtime_ns for path in home.rglob("*")}
    said = require_one_line(trials.commands.run(home, *trials.starts[command][1], under=under))
    assert "allow writing" in said
    assert {path: path.lstat().st_mtime_ns for path in home.rglob("*")} == before


def test_reading_needs_no_right_to_write(
    trials: Trials, read_only_home: tuple[Path, Under], tmp_path: Path
) -> None:
    home, under = read_only_home
    reading: list[list[str | Path]] = [
        ["sql", "SELECT count(*) AS n FROM events", "--csv"],
        ["sql", "sql/adhoc/late_orders.sql", "--as-of", "2024-10-01T00:00:00Z"],
        ["status"],
        ["quarantine", "list"],
        ["quarantine", "show"],
        ["report", trials.run_id],
        ["report", trials.run_id, "--out", tmp_path / "elsewhere"],
        ["verify", "--published"],
    ]
    for words in reading:
        ended = trials.commands.run(home, *words, under=under)
        assert ended.returncode == 0, (words, ended.err)
    assert (tmp_path / "elsewhere" / "latest" / "forecast.csv").exists()
