"""A log of its own for tests of landing, events to land, and an account that shares no code with landing."""

import gzip
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from pipeline.landing import LandingReport, clearing, land_files
from pipeline.store import Connection, sql_text

LANDED_AT = datetime(2026, 9, 7, tzinfo=UTC)
Rows = list[tuple[Any, ...]]

clearing.LEAST_LINES = 0  # tests land a few lines of a shape, which SQL is to prove all the same


@contextmanager
def open_log(path: Path | str = ":memory:") -> Iterator[Connection]:
    """Open a log without projections, which landing needs none of."""
    connection = duckdb.connect(str(path), config={"memory_limit": "1GiB"})
    connection.execute("SET TimeZone = 'UTC'")
    if not rows(connection, "SELECT 1 FROM duckdb_tables() WHERE table_name = 'events'"):
        for name in ("0001_event_log", "0004_log_chain"):
            connection.execute(sql_text(f"migrations/{name}"))
    try:
        yield connection
    finally:
        connection.close()


def rows(connection: Connection, query: str) -> Rows:
    """Return a query's rows."""
    return connection.execute(query).fetchall()


def event(name: str = "e1", **changes: Any) -> dict[str, Any]:
    """Return a small valid event; `data_…` changes a field of the payload, None takes an attribute away."""
    data: dict[str, Any] = {"generation": "trn2", "chips": 16}
    envelope: dict[str, Any] = {
        "specversion": "1.0",
        "id": name,
        "source": "/test",
        "type": "trn.inventory.stated.v1",
        "time": "2026-01-05T00:00:00Z",
        "data": data,
    }
    for key, value in changes.items():
        target = data if key.startswith("data_") else envelope
        target[key.removeprefix("data_")] = value
    return {key: value for key, value in envelope.items() if value is not None or key in changes}


def usage(name: str = "u1", **changes: Any) -> dict[str, Any]:
    """Return a metered day of use; `data_…` changes a field of the payload."""
    data = {
        "customer_id": "c1",
        "region": "us-east-1",
        "generation": "trn2",
        "period_start": "2026-01-05T00:00:00Z",
        "period_end": "2026-01-06T00:00:00Z",
        "chip_hours": 24.0,
        "purchase_option": "on_demand",
    }
    envelope = event(name, type="trn.usage.metered.v1", data=data)
    for key, value in changes.items():
        target = data if key.startswith("data_") else envelope
        target[key.removeprefix("data_")] = value
    return envelope


def write_lines(path: Path, lines: Sequence[str | Mapping[str, Any]]) -> Path:
    """Write texts and events as JSON Lines."""
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    path.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
    return path


def land(
    connection: Connection, *paths: Path, mapping: str | Path | None = None, **options: Any
) -> LandingReport:
    """Land files at a fixed instant."""
    return land_files(connection, paths, mapping=mapping, landed_at=LANDED_AT, **options)


def land_lines(connection: Connection, folder: Path, *lines: str | Mapping[str, Any]) -> LandingReport:
    """Land lines from a file of their own."""
    number = len(list(folder.iterdir()))
    return land(connection, write_lines(folder / f"lines{number}.jsonl", lines))


def reasons(connection: Connection) -> dict[int, str]:
    """Return the reason by line."""
    return dict(rows(connection, "SELECT source_line, reason FROM quarantine ORDER BY ALL"))


def log_content(connection: Connection) -> Rows:
    """Return all that landing may change."""
    tables = ("events", "quarantine", "landing_manifest")
    return [row for table in tables for row in rows(connection, f"FROM {table} ORDER BY ALL")]


def require_exact_account(connection: Connection, path: Path, report: LandingReport) -> None:
    """Count a file's lines anew from its bytes and compare with report, manifest and tables."""
    content = path.read_bytes()
    if path.suffix == ".gz":
        content = gzip.decompress(content)
    lines = content.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    filled = {number for number, line in enumerate(lines, 1) if line.strip(b" \t\r\n\x0b\x0c")}
    name = str(path)
    (told,) = [file for file in report.files if file.file == name]
    assert told.lines == len(filled) == told.landed + told.duplicates + told.quarantined
    batch, *counts = rows(
        connection, "SELECT batch_id, lines, blank, landed, duplicates, quarantined FROM landing_manifest"
    )[-1]
    assert counts == [told.lines, told.blank, told.landed, told.duplicates, told.quarantined]
    found: Counter[str] = Counter()
    seen: set[int] = set()
    for table in ("events", "quarantine"):
        query = f"SELECT source_line FROM {table} WHERE source_file = ? AND batch_id = ?"  # noqa: S608
        numbers = [number for (number,) in connection.execute(query, [name, batch]).fetchall()]
        assert len(numbers) == len(set(numbers))
        assert set(numbers) <= filled - seen
        seen |= set(numbers)
        found[table] = len(numbers)
    assert (found["events"], found["quarantine"]) == (told.landed, told.quarantined)
    assert len(filled - seen) == told.duplicates
