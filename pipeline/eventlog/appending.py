"""Append to the log: one identity once, positions gapless and increasing, whoever hands events over."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.core.clock import format_instant
from pipeline.core.ids import canonical_json, content_hash
from pipeline.store import Connection, sql_text

_Ordinals = np.ndarray[tuple[int], np.dtype[np.int64]]


@dataclass(frozen=True)
class Conflict:
    """An arrival whose identity is taken by other content.

    Attributes:
        ordinal: the arrival's place in the portion.
        first_ordinal: place of the arrival that stays; -1 where the log has it already.
        source_file: file from which the one in the log came; None where it arrives with the same portion.
        source_line: its line there.
    """

    ordinal: int
    first_ordinal: int
    source: str
    id: str
    source_file: str | None
    source_line: int | None


@dataclass(frozen=True)
class Fates:
    """What became of the arrivals that did not land; all others did."""

    landed: int
    duplicates: _Ordinals
    conflicts: tuple[Conflict, ...]


def batch_name(landed_at: datetime, contents: object) -> str:
    """Name a transaction after its instant and what it lands."""
    digest = content_hash(canonical_json([format_instant(landed_at), contents]))
    return f"{landed_at:%Y%m%dT%H%M%SZ}-{digest[:12]}"


def append_arrivals(connection: Connection, *, batch_id: str, landed_at: datetime) -> Fates:
    """Append the events of the temporary view `arrivals` within the caller's transaction.

    The first of an identity (source, id) stays: the one in the log, else the one with the lowest ordinal.
    """
    connection.execute(sql_text("eventlog/arrival_keys"))
    connection.execute(sql_text("eventlog/contested_keys"))
    duplicates, conflicts = _contested(connection)
    not_landing = np.concatenate([duplicates, [conflict.ordinal for conflict in conflicts]]).astype(np.int64)
    connection.register("not_landing", pa.table({"ordinal": not_landing}))
    parameters = {"batch": batch_id, "instant": landed_at}
    row = connection.execute(sql_text("eventlog/append"), parameters).fetchone()
    connection.unregister("not_landing")
    return Fates(row[0] if row else 0, duplicates, conflicts)


def _contested(connection: Connection) -> tuple[_Ordinals, tuple[Conflict, ...]]:
    if connection.execute("SELECT 1 FROM contested_keys LIMIT 1").fetchone() is None:
        return np.array([], np.int64), ()
    losers = connection.execute(sql_text("eventlog/contested_fates")).to_arrow_table()
    is_duplicate = losers["is_duplicate"]
    conflicts = losers.filter(pc.invert(is_duplicate)).drop_columns(["is_duplicate"])
    duplicates: _Ordinals = losers["ordinal"].filter(is_duplicate).to_numpy()
    return duplicates, tuple(Conflict(**row) for row in conflicts.to_pylist())


def last_position(connection: Connection) -> int:
    """Return the position of the log's last event; 0 while it is empty."""
    row = connection.execute("SELECT coalesce(max(log_position), 0) FROM events").fetchone()
    return int(row[0]) if row else 0
