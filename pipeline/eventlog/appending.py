"""Append to the log: one identity once, positions gapless and increasing, whoever hands events over."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.core.clock import format_instant
from pipeline.core.ids import canonical_json, content_hash
from pipeline.eventlog.arrivals import ARRIVALS, Arrivals, Ordinals
from pipeline.store import Connection, lent, sql_text

_JSON = pa.json_()
_JSON_COLUMNS = frozenset({"attributes", "data"})
_LANDING = pa.schema(
    [
        ("log_position", pa.int64()),
        *(field.with_type(_JSON) if field.name in _JSON_COLUMNS else field for field in ARRIVALS),
    ]
)

Restate = Callable[[Mapping[str, Any]], str]
"""Returns the content hash that an event of the log has today."""


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
    duplicates: Ordinals
    conflicts: tuple[Conflict, ...]


def batch_name(landed_at: datetime, contents: object) -> str:
    """Name a transaction after its instant and what it lands."""
    digest = content_hash(canonical_json([format_instant(landed_at), contents]))
    return f"{landed_at:%Y%m%dT%H%M%SZ}-{digest[:12]}"


def append_arrivals(
    connection: Connection,
    tables: Sequence[pa.Table],
    *,
    batch_id: str,
    landed_at: datetime,
    restate: Restate,
) -> Fates:
    """Append events within the caller's transaction, in the order of their ordinals.

    The first of an identity (source, id) stays: the one in the log, else the one with the lowest ordinal.

    Args:
        tables: of `ARRIVALS`.
        restate: asked about an event of the log whose hash is not that of an arrival of its identity, since
            an earlier version of the code may have hashed it otherwise.
    """
    arrivals = Arrivals(tables)
    losers = _losers(connection, arrivals, restate)
    is_duplicate = losers["is_duplicate"].to_numpy(zero_copy_only=False)
    lost: Ordinals = losers["ordinal"].to_numpy()
    conflicts = losers.filter(pa.array(~is_duplicate)).select(list(Conflict.__dataclass_fields__))
    landing = np.setdiff1d(arrivals.ordinals, lost, assume_unique=True)
    batches = _numbered(arrivals.batches(landing), last_position(connection) + 1)
    connection.register("landing_events", pa.RecordBatchReader.from_batches(_LANDING, batches))
    connection.execute(sql_text("eventlog/append"), {"batch": batch_id, "instant": landed_at})
    connection.unregister("landing_events")
    return Fates(len(landing), lost[is_duplicate], tuple(Conflict(**row) for row in conflicts.to_pylist()))


def _losers(connection: Connection, arrivals: Arrivals, restate: Restate) -> pa.Table:
    """Return the arrivals that do not land."""
    with lent(connection, "arrivals", arrivals.columns(["ordinal", "event_key"])):
        connection.execute(sql_text("eventlog/contested_keys"))
        contested = connection.execute(sql_text("eventlog/contested_arrivals")).to_arrow_table()
    rows = [*arrivals.batches(contested["ordinal"].to_numpy())]
    names = ["ordinal", "source", "id", "content_hash"]
    with lent(connection, "contested", pa.Table.from_batches(rows, ARRIVALS).select(names)):
        losers = connection.execute(sql_text("eventlog/contested_fates")).to_arrow_table()
    is_duplicate = losers["is_duplicate"].to_numpy(zero_copy_only=False).copy()
    doubtful = np.flatnonzero(~is_duplicate & (losers["first_ordinal"].to_numpy() < 0))
    if len(doubtful):
        asked = losers.take(pa.array(doubtful))
        with lent(connection, "asked", asked.select(["first_position"])):
            stored = connection.execute(sql_text("eventlog/stored_events")).to_arrow_table().to_pylist()
        hashes = {event["log_position"]: restate(event) for event in stored}
        arrived = zip(asked["first_position"].to_pylist(), asked["content_hash"].to_pylist(), strict=True)
        is_duplicate[doubtful] = [hashes[position] == new for position, new in arrived]
    place = losers.schema.get_field_index("is_duplicate")
    return losers.set_column(place, "is_duplicate", pa.array(is_duplicate, pa.bool_()))


def _numbered(batches: Iterator[pa.RecordBatch], first: int) -> Iterator[pa.RecordBatch]:
    """Number the events, and mark as JSON what was found to be: the database would parse it again."""
    for batch in batches:
        columns = [
            pa.ExtensionArray.from_storage(_JSON, column) if name in _JSON_COLUMNS else column
            for name, column in zip(batch.schema.names, batch.columns, strict=True)
        ]
        positions = pa.array(np.arange(first, first + len(batch), dtype=np.int64))
        yield pa.RecordBatch.from_arrays([positions, *columns], schema=_LANDING)
        first += len(batch)


def last_position(connection: Connection) -> int:
    """Return the position of the log's last event; 0 while it is empty."""
    row = connection.execute("SELECT coalesce(max(log_position), 0) FROM events").fetchone()
    return int(row[0]) if row else 0
