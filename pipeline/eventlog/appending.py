"""Append to the log: one identity once, positions gapless and increasing, whoever hands events over."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.core.clock import format_instant
from pipeline.core.ids import canonical_json, content_hash
from pipeline.store import Connection, sql_text

_Ordinals = np.ndarray[tuple[int], np.dtype[np.int64]]
_INSTANT = pa.timestamp("us", tz="UTC")
_LONG_STRETCH = 256  # rows that the database takes at once without minding where they lie

ARRIVALS = pa.schema(
    [
        ("ordinal", pa.int64()),
        ("source", pa.string()),
        ("id", pa.string()),
        ("type", pa.string()),
        ("subject", pa.string()),
        ("time", _INSTANT),
        ("recordedtime", _INSTANT),
        ("known_at", _INSTANT),
        ("sequence", pa.string()),
        ("datacontenttype", pa.string()),
        ("dataschema", pa.string()),
        ("source_file", pa.dictionary(pa.int32(), pa.string())),
        ("source_line", pa.int64()),
        ("event_key", pa.binary()),
        ("content_hash", pa.string()),
        ("attributes", pa.string()),
        ("flags", pa.list_(pa.string())),
        ("data", pa.string()),
    ]
)
"""Events that arrive: `ordinal` is the place in the portion, `event_key` 128 bits of source and id."""

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
    duplicates: _Ordinals
    conflicts: tuple[Conflict, ...]


def batch_name(landed_at: datetime, contents: object) -> str:
    """Name a transaction after its instant and what it lands."""
    digest = content_hash(canonical_json([format_instant(landed_at), contents]))
    return f"{landed_at:%Y%m%dT%H%M%SZ}-{digest[:12]}"


def append_arrivals(
    connection: Connection, arrivals: pa.Table, *, batch_id: str, landed_at: datetime, restate: Restate
) -> Fates:
    """Append events within the caller's transaction, in the order of their ordinals.

    The first of an identity (source, id) stays: the one in the log, else the one with the lowest ordinal.

    Args:
        arrivals: rows of `ARRIVALS`; those of a negative ordinal are none.
        restate: asked about an event of the log whose hash is not that of an arrival of its identity, since
            an earlier version of the code may have hashed it otherwise.
    """
    ordinals: _Ordinals = arrivals["ordinal"].to_numpy()
    compared = arrivals.select(["ordinal", "source", "id", "event_key", "content_hash"])
    if (ordinals < 0).any():
        compared = compared.filter(pa.array(ordinals >= 0))
    connection.register("arrivals", compared)
    losers = _losers(connection, restate)
    connection.unregister("arrivals")
    is_duplicate = losers["is_duplicate"].to_numpy(zero_copy_only=False)
    lost: _Ordinals = losers["ordinal"].to_numpy()
    conflicts = losers.filter(pa.array(~is_duplicate)).select(list(Conflict.__dataclass_fields__))
    lands = np.flatnonzero((ordinals >= 0) & ~np.isin(ordinals, lost))
    landing = _rows(arrivals, lands[np.argsort(ordinals[lands], kind="stable")])
    _append(connection, landing, batch_id, landed_at)
    return Fates(len(landing), lost[is_duplicate], tuple(Conflict(**row) for row in conflicts.to_pylist()))


def _losers(connection: Connection, restate: Restate) -> pa.Table:
    """Return the arrivals that do not land."""
    connection.execute(sql_text("eventlog/contested_keys"))
    losers = connection.execute(sql_text("eventlog/contested_fates")).to_arrow_table()
    is_duplicate = losers["is_duplicate"].to_numpy(zero_copy_only=False).copy()
    doubtful = np.flatnonzero(~is_duplicate & (losers["first_ordinal"].to_numpy() < 0))
    if len(doubtful):
        asked = losers.take(pa.array(doubtful))
        connection.register("asked", asked.select(["first_position"]))
        stored = connection.execute(sql_text("eventlog/stored_events")).to_arrow_table().to_pylist()
        connection.unregister("asked")
        hashes = {event["log_position"]: restate(event) for event in stored}
        arrived = zip(asked["first_position"].to_pylist(), asked["content_hash"].to_pylist(), strict=True)
        is_duplicate[doubtful] = [hashes[position] == new for position, new in arrived]
    place = losers.schema.get_field_index("is_duplicate")
    return losers.set_column(place, "is_duplicate", pa.array(is_duplicate, pa.bool_()))


def _rows(table: pa.Table, places: _Ordinals) -> pa.Table:
    """Return the rows at some places, in that order; where they lie in long stretches, without a copy."""
    starts = np.concatenate([[0], np.flatnonzero(np.diff(places) != 1) + 1, [len(places)]])
    if len(starts) * _LONG_STRETCH > len(places):
        return table.take(pa.array(places))
    stretches = zip(places[starts[:-1]].tolist(), np.diff(starts).tolist(), strict=True)
    return pa.concat_tables([table.slice(place, length) for place, length in stretches])


def _append(connection: Connection, landing: pa.Table, batch_id: str, landed_at: datetime) -> None:
    first = last_position(connection) + 1
    positions = np.arange(first, first + len(landing), dtype=np.int64)
    texts = {name: _as_json(landing[name]) for name in ("attributes", "data")}
    for name, column in texts.items():
        landing = landing.set_column(landing.schema.get_field_index(name), name, column)
    connection.register("landing_events", landing.append_column("log_position", pa.array(positions)))
    connection.execute(sql_text("eventlog/append"), {"batch": batch_id, "instant": landed_at})
    connection.unregister("landing_events")


def _as_json(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """Mark texts as the JSON that they were proven or judged to be: the database would parse them again."""
    kind = pa.json_()
    return pa.chunked_array([pa.ExtensionArray.from_storage(kind, chunk) for chunk in texts.chunks], kind)


def last_position(connection: Connection) -> int:
    """Return the position of the log's last event; 0 while it is empty."""
    row = connection.execute("SELECT coalesce(max(log_position), 0) FROM events").fetchone()
    return int(row[0]) if row else 0
