"""Land quarantined lines again: repaired, or as they are once the catalogue knows their type."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from pipeline.core.crash_points import crash_point
from pipeline.core.errors import UsageError
from pipeline.eventlog import batch_name, seal_batch
from pipeline.landing.blocks import LINES
from pipeline.landing.gathering import Account, Batch, Gathered
from pipeline.landing.parsing import RefusedLineError, parse_object
from pipeline.landing.portion import land_portion, prepare
from pipeline.landing.refusing import Refusals
from pipeline.landing.report import FileReport, LandingReport
from pipeline.schemas.events import CATALOGUE, EventType
from pipeline.schemas.events.kinds import json_type
from pipeline.store import Connection, lent, sql_text

_PORTION_LINES = 50_000
_REPAIR_MEMBERS = ("source_file", "source_line", "raw")

ANY_BATCH = ""


class Place(NamedTuple):
    """Where a refused line stood; `batch_id` names the landing, since a file name may come again."""

    batch_id: str
    file: str
    line: int


Repairs = Mapping[Place, str]


def reland(
    connection: Connection,
    *,
    source_file: str | None = None,
    reason: str | None = None,
    repairs: Repairs | None = None,
    landed_at: datetime,
    catalogue: Mapping[str, EventType] = CATALOGUE,
) -> LandingReport:
    """Try refused lines again, in one transaction.

    A line whose event is in the log afterwards is marked in the quarantine and is not tried again. Its event
    carries the file and line that it came from and the batch of this call. A line refused again waits on.

    Args:
        source_file: only lines of this file.
        reason: only lines refused for this reason.
        repairs: new text by place; where given, only these lines are tried.

    Returns:
        A report by source file: lines tried, landed, already in the log, and still refused.
    """
    prepare(connection)
    connection.begin()
    try:
        report = _reland(connection, _waiting(connection, source_file, reason, repairs), landed_at, catalogue)
        crash_point("relanding.before_commit")
        connection.commit()
        crash_point("relanding.after_commit")
    except BaseException:
        connection.rollback()
        raise
    return report


def read_repairs(path: Path) -> dict[Place, str]:
    """Read repaired lines: JSON Lines with `source_file`, `source_line` and `raw`, the event or its text.

    `batch_id` says which landing of the file refused the line; it may be left out where only one did.

    Raises:
        UsageError: the file cannot be read, or a line of it is no repair.
    """
    try:
        texts = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"repairs {path} cannot be read: {error}") from None
    return dict(_repair(path, number, text) for number, text in enumerate(texts, 1) if text.strip())


def _repair(path: Path, number: int, text: str) -> tuple[Place, str]:
    try:
        members = parse_object(text)
        file, line, raw = (members[name] for name in _REPAIR_MEMBERS)
        batch = members["batch_id"].value if "batch_id" in members else ANY_BATCH
        text = raw.value if raw.text.startswith('"') else raw.text
        text.encode()
        return _place(batch, file.value, line.value), text
    except (RefusedLineError, KeyError, ValueError) as error:
        raise UsageError(
            f"line {number} of {path} is no repair ({error}); allowed: one object a line with "
            f"{', '.join(_REPAIR_MEMBERS)} and, where a file was landed twice, batch_id; raw being the event "
            "or its text"
        ) from None


def _place(batch: Any, file: Any, line: Any) -> Place:  # noqa: ANN401 any JSON values
    if [json_type(value) for value in (batch, file, line)] != ["string", "string", "number"]:
        raise ValueError("source_file and batch_id are texts, source_line is a number")
    return Place(batch, file, int(line))


def _waiting(
    connection: Connection, source_file: str | None, reason: str | None, repairs: Repairs | None
) -> pa.Table:
    parameters = {"source_file": source_file, "reason": reason}
    waiting = connection.execute(sql_text("landing/waiting_lines"), parameters).to_arrow_table()
    if repairs is None:
        return waiting
    columns = (waiting[name].to_pylist() for name in ("batch_id", "source_file", "source_line"))
    rows = {Place(*place): row for row, place in enumerate(zip(*columns, strict=True))}
    chosen = {_row_of(place, rows): text for place, text in repairs.items()}
    order = sorted(chosen)
    texts = pa.array([chosen[row] for row in order], pa.string())
    return waiting.take(pa.array(order, pa.int64())).append_column("raw", texts)


def _row_of(place: Place, rows: Mapping[Place, int]) -> int:
    """Find the one refused line that a repair means, so that no repair stands for two lines."""
    if place in rows:
        return rows[place]
    same = sorted(known.batch_id for known in rows if known[1:] == place[1:])
    if not same or place.batch_id != ANY_BATCH:
        raise UsageError(
            f"no refused line waits at line {place.line} of {place.file}"
            f"{' in batch ' + place.batch_id if place.batch_id else ''}: quarantine show lists those that do"
        )
    if len(same) > 1:
        raise UsageError(
            f"{len(same)} refused lines wait at line {place.line} of {place.file}: say which by batch_id "
            f"({', '.join(same)}), as quarantine show --json prints it"
        )
    return rows[Place(same[0], place.file, place.line)]


def _reland(
    connection: Connection, waiting: pa.Table, landed_at: datetime, catalogue: Mapping[str, EventType]
) -> LandingReport:
    names = sorted(waiting["source_file"].unique().to_pylist())
    accounts = [Account() for _ in names]
    batch = Batch(batch_name(landed_at, ["reland", waiting.num_rows, names]), landed_at, catalogue)
    for start in range(0, len(waiting), _PORTION_LINES):
        part = _with_texts(connection, waiting.slice(start, _PORTION_LINES))
        refused = _reland_part(connection, part, batch, names, accounts)
        is_relanded = np.ones(len(part), dtype=bool)
        is_relanded[refused] = False
        with lent(connection, "relanded_lines", part.filter(pa.array(is_relanded))):
            connection.execute(sql_text("landing/mark_relanded"), {"landed_at": landed_at})
    seal_batch(connection, batch.batch_id, landed_at=landed_at)
    files = zip(names, accounts, strict=True)
    return LandingReport(tuple(FileReport(name, **asdict(account)) for name, account in files))


def _with_texts(connection: Connection, part: pa.Table) -> pa.Table:
    """Add the texts of refused lines, where no repair brings them."""
    if "raw" in part.column_names:
        return part
    with lent(connection, "waiting_part", part):
        return connection.execute(sql_text("landing/waiting_texts")).to_arrow_table()


def _reland_part(
    connection: Connection, part: pa.Table, batch: Batch, names: list[str], accounts: list[Account]
) -> list[int]:
    """Land a part; return the places of the lines that are refused again."""
    lines = pa.table([part["source_line"], part["raw"], pa.nulls(len(part), pa.string())], schema=LINES)
    file_numbers = np.searchsorted(names, part["source_file"].to_pylist()).astype(np.int64)
    refused: list[int] = []

    def keep(refusals: Refusals) -> None:
        refused.extend(ordinal for ordinal, _ in refusals)

    land_portion(connection, Gathered(lines, file_numbers, names), batch, accounts, refuse=keep)
    return refused
