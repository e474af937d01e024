"""Land quarantined lines again: repaired, or as they are once the catalogue knows their type."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

from pipeline.core.errors import UsageError
from pipeline.eventlog import batch_name
from pipeline.landing.blocks import LINES
from pipeline.landing.gathering import Account, Batch, Gathered
from pipeline.landing.parsing import RefusedLineError, parse_object
from pipeline.landing.portion import land_portion, prepare
from pipeline.landing.refusing import Refusals
from pipeline.landing.report import FileReport, LandingReport
from pipeline.schemas.events import CATALOGUE, EventType
from pipeline.store import Connection, sql_text

_PORTION_LINES = 50_000
_REPAIR_MEMBERS = ("source_file", "source_line", "raw")

Repairs = Mapping[tuple[str, int], str]


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
        repairs: new text by file and line; where given, only these lines are tried.

    Returns:
        A report by source file: lines tried, landed, already in the log, and still refused.
    """
    prepare(connection)
    connection.begin()
    try:
        report = _reland(connection, _waiting(connection, source_file, reason, repairs), landed_at, catalogue)
        connection.commit()
    except BaseException:
        connection.rollback()
        raise
    return report


def read_repairs(path: Path) -> dict[tuple[str, int], str]:
    """Read repaired lines: JSON Lines with `source_file`, `source_line` and `raw`, the event or its text.

    Raises:
        UsageError: the file cannot be read, or a line of it is no repair.
    """
    try:
        texts = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"repairs {path} cannot be read: {error}") from None
    repairs = {}
    for number, text in enumerate(texts, 1):
        if text.strip():
            file, line, raw = _repair(path, number, text)
            repairs[file, line] = raw
    return repairs


def _repair(path: Path, number: int, text: str) -> tuple[str, int, str]:
    try:
        members = parse_object(text)
        file, line, raw = (members[name] for name in _REPAIR_MEMBERS)
        return str(file.value), int(line.value), raw.value if raw.text.startswith('"') else raw.text
    except (RefusedLineError, KeyError, ValueError) as error:
        raise UsageError(
            f"line {number} of {path} is no repair ({error}); allowed: one object a line with "
            f"{', '.join(_REPAIR_MEMBERS)}, raw being the event or its text"
        ) from None


def _waiting(
    connection: Connection, source_file: str | None, reason: str | None, repairs: Repairs | None
) -> pa.Table:
    parameters = {"source_file": source_file, "reason": reason}
    waiting = connection.execute(sql_text("landing/waiting_lines"), parameters).to_arrow_table()
    if repairs is None:
        return waiting
    keys = list(zip(waiting["source_file"].to_pylist(), waiting["source_line"].to_pylist(), strict=True))
    if unknown := sorted(repairs.keys() - set(keys)):
        file, line = unknown[0]
        raise UsageError(
            f"no refused line waits at line {line} of {file}: quarantine show lists those that do"
        )
    chosen = waiting.filter(pa.array([key in repairs for key in keys], pa.bool_()))
    texts = pa.array([repairs[key] for key in keys if key in repairs], pa.string())
    return chosen.set_column(chosen.schema.get_field_index("raw"), "raw", texts)


def _reland(
    connection: Connection, waiting: pa.Table, landed_at: datetime, catalogue: Mapping[str, EventType]
) -> LandingReport:
    names = sorted(set(waiting["source_file"].to_pylist()))
    accounts = [Account() for _ in names]
    batch = Batch(batch_name(landed_at, ["reland", waiting.num_rows, names]), landed_at, catalogue)
    for start in range(0, len(waiting), _PORTION_LINES):
        part = waiting.slice(start, _PORTION_LINES)
        refused = _reland_part(connection, part, batch, names, accounts)
        is_relanded = np.ones(len(part), dtype=bool)
        is_relanded[refused] = False
        connection.register("relanded_lines", part.filter(pa.array(is_relanded)))
        connection.execute(sql_text("landing/mark_relanded"), {"landed_at": landed_at})
        connection.unregister("relanded_lines")
    files = zip(names, accounts, strict=True)
    return LandingReport(tuple(FileReport(name, **asdict(account)) for name, account in files))


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
