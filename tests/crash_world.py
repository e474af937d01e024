"""A small market in files, homes that commands run and die in, and a recount apart from landing's own."""

import filecmp
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from pipeline.core.crash_points import CRASH_AT, CRASH_POINTS
from pipeline.schemas.tables import KEPT_TABLES, LEVELS
from tests.landing_world import event, write_lines

PROJECT = Path(__file__).resolve().parents[1]
OWN = "/trn/pipeline"
WITHIN = "2024-09-30T00:00:00Z"
RESULTS = ("forecast", "forecast_quarters", "forecast_models", "chips_needed", "allocation", "supply_balance")
KEPT = tuple(table.name for table in KEPT_TABLES if table.name != "other_events")
PATHS = 50
"""Joint sample paths of a run."""
CUSTOMER = "cust-91c1ba56b2"
"""One who buys much, and whom `forget` makes unreachable."""
REFUSED = "bad-"
"""Lines that landing has to refuse carry it in their id, or are no JSON."""

Rows = list[tuple[Any, ...]]
_OF_EVENTS = """
    SELECT log_position, source, id, type, subject, source_file, source_line, sequence, data,
        CASE WHEN NOT starts_with(source, '/trn/') THEN (time, recordedtime, known_at) END
"""
_RANDOM_NAME = re.compile(r"forgotten-[0-9a-f]{32}")


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    returncode: int
    seconds: float
    cpu_seconds: float
    out: str
    err: str


@dataclass(frozen=True)
class Under:
    """What a command runs under.

    Attributes:
        crash_at: a declared crash point, or `<point>:<N>`.
        file_bytes: no file grows beyond it.
        disk_room: the home is on a disk that is full after so many bytes more.
        is_read_only: the home may not be written.
    """

    crash_at: str | None = None
    file_bytes: int | None = None
    disk_room: int | None = None
    is_read_only: bool = False

    def __post_init__(self) -> None:
        point = (self.crash_at or CRASH_POINTS[0]).partition(":")[0]
        if point not in CRASH_POINTS:
            raise ValueError(f"no crash point is declared as {point}")


NORMAL = Under()


@dataclass(frozen=True)
class Started:
    """A command that may still run."""

    commands: "Commands"
    pid: int
    out: Path
    err: Path

    def wait(self, *, kill_after: float | None = None) -> Ended:
        """Wait for its end; kill it after so many seconds."""
        answer = self.commands.ask({"pid": self.pid, "kill_after": kill_after})
        return Ended(**answer, out=self.out.read_text(), err=self.err.read_text())


class Commands:
    """Types commands into a fork server, which starts each without the seconds of imports.

    Attributes:
        environment: that of every command, beside this process's own and TRN_HOME.
    """

    def __init__(self, folder: Path, *, portion_bytes: int | None = None) -> None:
        """Start the server.

        Args:
            folder: for what commands print.
            portion_bytes: how much landing reads at a time; by default what it reads in production.
        """
        self.environment: dict[str, str] = {}
        self._folder, self._number = folder, 0
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.fork_server", *([str(portion_bytes)] if portion_bytes else [])],
            cwd=PROJECT,
            env={**os.environ, "GX_ANALYTICS_ENABLED": "false", "OPENBLAS_NUM_THREADS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._answer()

    def close(self) -> None:
        self._server.kill()
        self._server.communicate()

    def start(self, home: Path, *words: str | Path, under: Under = NORMAL) -> Started:
        """Start `python -m pipeline <words>` in a home."""
        self._number += 1
        out, err = (self._folder / f"{self._number}.{name}" for name in ("out", "err"))
        limits = {name: value for name, value in vars(under).items() if name != "crash_at"}
        environment = {**self.environment, "TRN_HOME": str(home)}
        if under.crash_at is not None:
            environment[CRASH_AT] = under.crash_at
        request = {"words": [str(word) for word in words], "environment": environment}
        answer = self.ask({**request, **limits, "out": str(out), "err": str(err)})
        return Started(self, answer["pid"], out, err)

    def run(self, home: Path, *words: str | Path, under: Under = NORMAL) -> Ended:
        return self.start(home, *words, under=under).wait()

    def done(self, home: Path, *words: str | Path) -> Ended:
        ended = self.run(home, *words)
        assert ended.returncode == 0, ended.err
        return ended

    def ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        assert self._server.stdin
        self._server.stdin.write(json.dumps(request) + "\n")
        self._server.stdin.flush()
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._server.stdout
        line = self._server.stdout.readline()
        assert line, "the fork server ended"
        answer: dict[str, Any] = json.loads(line)
        return answer


@dataclass(frozen=True)
class Market:
    """Files to land, in two deliveries, and repairs of lines of the first."""

    first: Path
    second: Path
    repairs: Path


def make_market(folder: Path, commands: Commands) -> Market:
    """Keep of a simulated market one generation in one region, cut it in two, and hide bad lines in it."""
    size = ("--weeks", "40", "--seed", "7", "--events", "10000")
    commands.done(folder / "home", "simulate", "--out", folder / "simulated", *size)
    simulated = folder / "simulated" / "events"
    deliveries = [folder / "first", folder / "second"]
    for number, delivery in enumerate(deliveries):
        delivery.mkdir(parents=True)
        for file in sorted(simulated.iterdir()):
            kept = [line for line in _text(file).splitlines() if _is_kept(json.loads(line)["data"])]
            cut = len(kept) * 3 // 4
            lines = kept[: cut + 2] if number == 0 else kept[cut:]  # two lines come twice
            if lines:
                write_lines(delivery / f"{file.name.partition('.')[0]}.jsonl", lines)
        write_lines(delivery / "hostile.jsonl", _hostile(number))
    first_bad = event("bad-0-1", time=WITHIN)
    repair = {"source_file": str(deliveries[0] / "hostile.jsonl"), "source_line": 2, "raw": first_bad}
    policy = (PROJECT / "pipeline" / "config" / "policy.toml").read_text()
    smaller = policy.replace("horizon_weeks = 104", "horizon_weeks = 13").replace(
        "paths = 500", f"paths = {PATHS}"
    )
    assert smaller != policy
    (folder / "policy.toml").write_text(smaller)
    commands.environment["TRN_POLICY"] = str(folder / "policy.toml")
    repairs = write_lines(folder / "repairs.jsonl", [repair])
    return Market(deliveries[0], deliveries[1], repairs)


def _text(file: Path) -> str:
    with pa.input_stream(str(file)) as stream:  # what is compressed is read as its suffix says
        return bytes(stream.read()).decode()


def _is_kept(data: dict[str, Any]) -> bool:
    return data.get("generation", "trn2") == "trn2" and data.get("region", "us-east-1") == "us-east-1"


def _hostile(number: int) -> list[Any]:
    return [
        event(f"good-{number}-1", time=WITHIN),
        event(f"bad-{number}-1", time=WITHIN, data_chips=1.7),
        "",
        "no JSON {",
        event(f"good-{number}-1", time=WITHIN),
        event(f"bad-{number}-2", time="yesterday"),
        event(f"good-{number}-2", time=WITHIN, data_note="äöü 日本語"),
    ]


@dataclass
class Recount:
    """What a file holds, counted from its bytes."""

    filled: set[int] = field(default_factory=set)
    refused: set[int] = field(default_factory=set)
    identities: dict[int, tuple[str, str]] = field(default_factory=dict)


def recount(file: Path) -> Recount:
    counted = Recount()
    for number, line in enumerate(file.read_bytes().split(b"\n"), 1):
        if not line.strip():
            continue
        counted.filled.add(number)
        try:
            told = json.loads(line)
            counted.identities[number] = (told["source"], told["id"])
        except ValueError:
            counted.refused.add(number)
        else:
            if told["id"].startswith(REFUSED):
                counted.refused.add(number)
    return counted


@contextmanager
def opened(database: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a database as anybody may, without the pipeline's store."""
    connection = duckdb.connect(str(database), read_only=True)
    try:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection
    finally:
        connection.close()


def identities(database: Path) -> set[tuple[str, str]]:
    """Return source and id of each event; none where a crash came before the first table."""
    with opened(database) as connection:
        if not connection.execute("FROM duckdb_tables() WHERE table_name = 'events'").fetchall():
            return set()
        found = connection.execute("SELECT source, id FROM events").fetchall()
    return {(source, _as_it_landed(name)) for source, name in found}


def _as_it_landed(name: str) -> str:
    """Undo what forgetting the customer did to an id."""
    return _RANDOM_NAME.sub(CUSTOMER, name)


def require_sound(home: Path, acknowledged: set[tuple[str, str]]) -> None:
    """Check all that has to hold after a process died at any instant.

    Args:
        acknowledged: identities of events that were in the log before.
    """
    log = require_sound_log(home / "warehouse.duckdb", acknowledged)
    copy = home / "published" / "warehouse.duckdb"
    if copy.exists() and not filecmp.cmp(home / "warehouse.duckdb", copy, shallow=False):
        published = require_sound_log(copy, set())
        assert published == log[: len(published)]
    require_whole_reports(home / "reports")
    require_whole_paths(home)


def require_sound_log(database: Path, acknowledged: set[tuple[str, str]]) -> list[tuple[str, str]]:
    """Check positions, identities and accounts of a log against its files; return the identities in order."""
    with opened(database) as connection:
        tables = {name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
        if "events" not in tables:
            assert not acknowledged
            return []
        events = connection.execute(
            "SELECT log_position, source, id, source_file, source_line, batch_id FROM events ORDER BY ALL"
        ).fetchall()
        manifest = connection.execute(
            "SELECT batch_id, source_file, lines, landed, duplicates, quarantined FROM landing_manifest"
        ).fetchall()
        refused = connection.execute(
            "SELECT batch_id, source_file, source_line, relanded_at IS NOT NULL FROM quarantine"
        ).fetchall()
        for table in sorted(tables):
            connection.execute(f"SELECT bit_xor(hash(rows)) FROM {table} AS rows")  # noqa: S608 reads every block
    log = [(source, _as_it_landed(name)) for _, source, name, *_ in events]
    assert [position for position, *_ in events] == list(range(1, len(events) + 1))
    assert len(set(log)) == len(log)
    assert acknowledged <= set(log)
    _require_accounts(events, manifest, refused)
    return log


def _require_accounts(events: Rows, manifest: Rows, refused: Rows) -> None:
    landed: Counter[tuple[str, str]] = Counter()
    relanded: set[tuple[str, int]] = set()
    accounted = {(batch, file) for batch, file, *_ in manifest}
    repaired = {(file, line) for _, file, line, is_repaired in refused if is_repaired}
    counts = {file: recount(Path(file)) for _, file, *_ in manifest}
    for _, source, name, file, line, batch in events:
        if source == OWN:
            continue
        assert counts[file].identities[line] == (source, _as_it_landed(name))
        if (batch, file) in accounted:
            landed[batch, file] += 1
        else:
            relanded.add((file, line))
    assert relanded == repaired
    assert len(accounted) == len(manifest)
    for batch, file, lines, told_landed, duplicates, quarantined in manifest:
        places = {line for of_batch, of_file, line, _ in refused if (of_batch, of_file) == (batch, file)}
        assert lines == len(counts[file].filled) == told_landed + duplicates + quarantined
        assert landed[batch, file] == told_landed
        assert places == counts[file].refused
        assert len(places) == quarantined
    assert {(batch, file) for batch, file, *_ in refused} <= accounted


def require_whole_reports(reports: Path) -> None:
    """Check that each published folder of reports holds what its description says, to the byte."""
    links = [link for link in reports.glob("*") if link.is_symlink()]
    assert bool(links) == (reports / "latest").is_symlink()
    for link in links:
        package = json.loads((link / "datapackage.json").read_text())
        for resource in package["resources"]:
            content = (link / resource["path"]).read_bytes()
            assert resource["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"


def require_whole_paths(home: Path) -> None:
    """Check that every file of sample paths holds each path of each series and week of its run's forecast."""
    files = list((home / "paths").glob("*.parquet"))
    if not files:
        return
    with opened(home / "warehouse.duckdb") as connection:
        for file in files:
            assert file.exists(), f"{file} is a link to nothing"
            weeks = "SELECT count(*) FROM forecast WHERE run_id = ? AND level = ?"
            bottom = connection.execute(weeks, [file.resolve().stem, LEVELS[-1]]).fetchall()[0][0]
            found = connection.execute(
                "SELECT count(*), max(path), count(value) FROM read_parquet(?)", [str(file)]
            ).fetchall()[0]
            assert found == (bottom * PATHS, PATHS, bottom * PATHS)
            assert bottom


def final_state(home: Path) -> dict[str, Any]:
    """All that a command leaves which does not depend on when it ran: log, accounts, macros, reports.

    What the macros answer follows from these: from the log, from what is kept of it, and from their code.
    """
    queries = {
        "events": f"{_OF_EVENTS} FROM events",
        "other_events": f"{_OF_EVENTS} FROM other_events",
        **{table: f"SELECT rows::VARCHAR FROM {table} AS rows" for table in KEPT},  # noqa: S608 our names
        "quarantine": "SELECT source_file, source_line, raw, reason, message, relanded_at IS NULL "
        "FROM quarantine",
        "manifest": "SELECT * EXCLUDE (batch_id, landed_at) FROM landing_manifest",
        "runs": "SELECT * EXCLUDE (finished_at) FROM runs",
        **{table: f"FROM {table}" for table in RESULTS},
        "code of macros": "FROM schema_projections",
        "macros": "SELECT function_name, parameters FROM duckdb_functions() WHERE NOT internal",
    }
    state: dict[str, Any] = {}
    for place in ("", "published"):
        with opened(home / place / "warehouse.duckdb") as connection:
            for name, query in queries.items():
                if place == "" or name in {"events", "runs"}:
                    found = connection.execute(f"{query} ORDER BY ALL").fetchall()
                    state[f"{place} {name}"] = [_without_random_names(row) for row in found]
    reports = home / "reports"
    for file in sorted(reports.glob("*/*.csv")):
        state[str(file.relative_to(reports))] = file.read_bytes()
    state["latest"] = (reports / "latest").resolve().name if (reports / "latest").exists() else None
    for file in sorted((home / "paths").glob("*.parquet")):
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        state[f"paths {file.name}"] = file.readlink().name if file.is_symlink() else digest
    state["work"] = sorted(path.name for path in (home / "work").glob("*"))
    state["leftovers"] = sorted(str(path.relative_to(home)) for path in home.rglob("*") if _is_left(path))
    return state


def _without_random_names(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(_RANDOM_NAME.sub("forgotten", cell) if isinstance(cell, str) else cell for cell in row)


def _is_left(path: Path) -> bool:
    """Tell temporary things that a finished command may not leave."""
    return path.name.startswith((".warehouse", ".partial", "duckdb_temp")) or path.suffix in {
        ".part",
        ".fresh",
    }


def require_equal(state: dict[str, Any], control: dict[str, Any]) -> None:
    assert state.keys() == control.keys()
    for name, expected in control.items():
        assert state[name] == expected, name


def copy_home(home: Path, to: Path) -> Path:
    shutil.rmtree(to, ignore_errors=True)
    if home.exists():
        shutil.copytree(home, to, symlinks=True)
    return to
