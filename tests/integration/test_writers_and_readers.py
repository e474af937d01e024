"""One writer, many readers: landings at once wait for each other, and no reader is in their way or misled."""

import json
import os
import pty
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipeline.config import Settings
from pipeline.landing import land_files
from pipeline.store import publish_copy, writer, writer_lock
from tests.crash_trials import Trials, landed
from tests.crash_world import PROJECT, Recount, copy_home, opened, recount, require_sound
from tests.landing_world import LANDED_AT, event, write_lines

pytestmark = pytest.mark.xdist_group("crashes")

READ_ONCE_OPENED = """
import duckdb, sys
connection = duckdb.connect(sys.argv[1], read_only=True)
for _ in sys.stdin:
    print(*connection.execute("SELECT count(*), max(log_position) FROM events").fetchone(), flush=True)
"""
READ_IN_A_LOOP = """
import duckdb, sys, threading
asked_to_end = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), asked_to_end.set()), daemon=True).start()
print("ready", flush=True)
while not asked_to_end.is_set():
    with duckdb.connect(sys.argv[1], read_only=True) as connection:
        events, last, names = connection.execute(
            "SELECT count(*), max(log_position), count(DISTINCT id) FROM events").fetchone()
        ((landed,),) = connection.execute("SELECT sum(landed) FROM landing_manifest").fetchall()
        assert events == last == names == landed, (events, last, names, landed)
    print(events, flush=True)
"""


@contextmanager
def helper(code: str, *words: str | Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", code, *map(str, words)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def ask(process: subprocess.Popen[str]) -> str:
    assert process.stdin
    assert process.stdout
    process.stdin.write("\n")
    process.stdin.flush()
    return process.stdout.readline().strip()


def files_for(folder: Path, landings: int) -> list[list[Path]]:
    """Two files for each landing, no event twice."""
    folder.mkdir()
    return [
        [
            write_lines(
                folder / f"{landing}-{number}.jsonl",
                [event(f"{landing}-{number}-{line}") for line in range(200)],
            )
            for number in range(2)
        ]
        for landing in range(landings)
    ]


@pytest.mark.parametrize("landings", [2, 4])
def test_landings_of_different_files_wait_for_each_other_and_all_succeed(
    trials: Trials, tmp_path: Path, landings: int
) -> None:
    home, files = tmp_path / "home", files_for(tmp_path / "files", landings)
    started = [trials.commands.start(home, "land", *some, "--json") for some in files]
    for some, landing in zip(files, started, strict=True):
        ended = landing.wait()
        assert ended.returncode == 0, ended.err
        told = json.loads(ended.out)
        assert [(file["file"], file["lines"], file["landed"]) for file in told["files"]] == [
            (str(file), 200, 200) for file in some
        ]
    every = {name for some in files for file in some for name in recount(file).identities.values()}
    require_sound(home, every)
    with opened(home / "published" / "warehouse.duckdb") as connection:
        assert connection.execute("SELECT count(*) FROM events").fetchone() == (400 * landings,)


@pytest.mark.parametrize("landings", [2, 4])
def test_landings_of_the_same_files_land_each_line_once(
    trials: Trials, tmp_path: Path, landings: int
) -> None:
    home, market = tmp_path / "home", trials.market.first
    started = [trials.commands.start(home, "land", market, "--json") for _ in range(landings)]
    ends = [landing.wait() for landing in started]
    assert {ended.returncode for ended in ends} == {0}, [ended.err for ended in ends]
    totals = Counter[str]()
    for ended in ends:
        totals.update({name: count for name, count in json.loads(ended.out).items() if name != "files"})
    counts: list[Recount] = [recount(file) for file in market.iterdir()]
    names = {name for file in counts for line, name in file.identities.items() if line not in file.refused}
    assert landed(home) == names
    assert totals["landed"] == len(names)
    assert totals["quarantined"] == sum(len(file.refused) for file in counts)
    assert totals["lines"] == landings * sum(len(file.filled) for file in counts)
    require_sound(home, names)


def test_two_runs_at_once_make_one_run(trials: Trials) -> None:
    home, words = trials.home("run", "twice")
    started = [trials.commands.start(home, *words) for _ in range(2)]
    assert [one.wait().returncode for one in started] == [0, 0]
    trials.finish("run", home)


def test_an_open_copy_keeps_nobody_back_and_stays_as_it_is(trials: Trials) -> None:
    home, words = trials.home("land", "read")
    copy = home / "published" / "warehouse.duckdb"
    with helper(READ_ONCE_OPENED, copy) as person:
        before = ask(person)
        trials.commands.done(home, *words)
        trials.commands.done(home, "run")
        assert ask(person) == before
        with helper(READ_ONCE_OPENED, copy) as another:
            assert int(ask(another).split()[0]) > int(before.split()[0])


def land_and_publish(settings: Settings, file: Path) -> None:
    """Do what `land` does of it, without a process of its own and without keeping projections."""
    with writer(settings) as connection:
        land_files(connection, [file], landed_at=LANDED_AT)
    assert publish_copy(settings)


def test_a_copy_is_whole_whenever_it_is_opened(empty_home: Path, tmp_path: Path) -> None:
    settings = Settings(copy_home(empty_home, tmp_path / "home"))
    folder = tmp_path / "files"
    folder.mkdir()
    lines = 50
    files = [
        write_lines(folder / f"{number}.jsonl", [event(f"{number}-{line}") for line in range(lines)])
        for number in range(21)
    ]
    land_and_publish(settings, files[0])
    with helper(READ_IN_A_LOOP, settings.published) as person:
        assert person.stdout
        assert person.stdout.readline() == "ready\n"
        for file in files[1:]:
            land_and_publish(settings, file)
        said, _ = person.communicate()
        assert person.returncode == 0
    seen = [int(line) for line in said.split()]
    assert seen == sorted(seen)
    assert set(seen) <= {lines * number for number in range(1, 22)}
    assert len(set(seen)) > 5


def test_a_terminal_is_told_who_is_waited_for(trials: Trials, tmp_path: Path) -> None:
    home = tmp_path / "home"
    master, slave = pty.openpty()
    with writer_lock(home / "warehouse.lock"):
        waiting = subprocess.Popen(
            [sys.executable, "-m", "pipeline", "land", trials.market.first / "hostile.jsonl"],
            cwd=PROJECT,
            env={**os.environ, "TRN_HOME": str(home)},
            stdout=subprocess.DEVNULL,
            stderr=slave,
        )
        os.close(slave)
        said = b""
        while b"is held by process" not in said:
            said += os.read(master, 1024)
    assert waiting.wait() == 0
    os.close(master)
    assert f"process {os.getpid()} (" in said.decode()
    assert landed(home)


def test_a_pipe_is_told_nothing_while_it_waits(trials: Trials, tmp_path: Path) -> None:
    home = tmp_path / "home"
    with writer_lock(home / "warehouse.lock"):
        waiting = trials.commands.start(home, "land", trials.market.first / "hostile.jsonl")
        time.sleep(2.5)
        assert waiting.err.read_text() == ""
    ended = waiting.wait()
    assert (ended.returncode, ended.err) == (0, "")
