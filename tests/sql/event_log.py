"""A log to fill by hand, straight into the table of events."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from pipeline.config import load_policy
from pipeline.config.policy import DemandPolicy
from pipeline.core.clock import parse_instant
from pipeline.eventlog import last_position
from pipeline.projecting import maintain, rebuild
from pipeline.store import Connection

LATER = "2030-01-01"
EVERYTHING = 2**63 - 1

_INSERT = """
    INSERT INTO events (
        log_position, source, id, type, subject, time, known_at, landed_at, sequence, data,
        batch_id, source_file, source_line, event_key, content_hash, flags
    )
    VALUES
"""
_ROW = "(?, ?, ?, ?, ?, ?, ?, '2026-01-01T00:00:00Z', ?, ?, 'batch', 'file', 1, ?, 'hash', [])"


def instant(text: str) -> datetime:
    """Read an instant; a bare date is its midnight in UTC."""
    return parse_instant(text if "T" in text else f"{text}T00:00:00Z")


def monday(text: str) -> date:
    """Read a day that is a Monday."""
    day = date.fromisoformat(text)
    assert day.weekday() == 0
    return day


def clock(text: str) -> datetime:
    """Read an instant as projections give moments of the UTC clock: without zone."""
    return instant(text).astimezone(UTC).replace(tzinfo=None)


def event_key(source: str, name: str) -> UUID:
    """Return the identity of an event in 128 bits."""
    return UUID(hashlib.md5(f"{len(source)}:{source}{name}".encode(), usedforsecurity=False).hexdigest())


@dataclass(frozen=True)
class Event:
    """What the projections read of an event."""

    kind: str
    time: str
    data: Mapping[str, Any] = field(default_factory=dict)
    subject: str | None = None
    source: str = "/test"
    recorded: str | None = None
    sequence: str | None = None
    id: str = ""
    version: int = 1

    @property
    def key(self) -> UUID:
        """Its identity, as landing keeps it."""
        return event_key(self.source, self.id)

    @property
    def known_at(self) -> datetime:
        """Tell when anyone could have known it."""
        end = {"usage": "period_end", "capacity": "window_end"}.get(self.kind.split(".")[0], "")
        clocks = [self.time, self.recorded, self.data.get(end)]
        return max(instant(clock) for clock in clocks if clock)

    @property
    def envelope(self) -> dict[str, Any]:
        """Write it as a producer hands it over."""
        told = {
            "source": self.source,
            "id": self.id,
            "type": f"trn.{self.kind}.v{self.version}",
            "time": self.time,
        }
        others = {"subject": self.subject, "recordedtime": self.recorded, "sequence": self.sequence}
        return {"specversion": "1.0", **told, **others, "data": dict(self.data)}


@dataclass
class Log:
    """Events in the order in which they are to land."""

    connection: Connection
    events: list[Event] = field(default_factory=list)
    _asked: list[Event] = field(default_factory=list)
    """The events of the last question, where they are the log."""

    def add(self, kind: str, time: str, data: Mapping[str, Any] | None = None, **attributes: Any) -> str:
        """Add an event of type `trn.<kind>.v<version>` and return its id."""
        event = Event(kind, time, data or {}, **attributes)
        named = replace(event, id=event.id or f"e{len(self.events) + 1:04}")
        self.events.append(named)
        return named.id

    def rows(self, macro: str, as_of: str = LATER, position: int = EVERYTHING) -> list[dict[str, Any]]:
        """Land the events in the order in which they were added and return the macro's rows, sorted.

        Events that were asked about last are there already.
        """
        if not self._asked or self._asked != self.events:
            self.land(self.events)._asked = list(self.events)
        return self.project(macro, as_of, position)

    def row(self, macro: str, as_of: str = LATER, position: int = EVERYTHING) -> dict[str, Any]:
        """Return the only row."""
        rows = self.rows(macro, as_of, position)
        assert len(rows) == 1, rows
        return rows[0]

    def land(self, events: Sequence[Event], kept_as_of: str | None = None) -> "Log":
        """Write events into an empty log, and keep projections as of an instant, by default now."""
        self.connection.execute("DELETE FROM events")
        self._write(events, 1)
        rebuild(self.connection, load_policy().demand, as_of=instant(kept_as_of) if kept_as_of else None)
        return self

    def append(
        self, events: Sequence[Event], kept_as_of: str | None = None, demand: DemandPolicy | None = None
    ) -> "Log":
        """Write events after those that are there, and bring what is kept up to them and to an instant."""
        first = 1 + last_position(self.connection)
        self._write(events, first)
        rules = demand or load_policy().demand
        maintain(self.connection, rules, as_of=instant(kept_as_of) if kept_as_of else None)
        return self

    def _write(self, events: Sequence[Event], first: int) -> None:
        self._asked = []
        values = [
            value
            for position, event in enumerate(events, start=first)
            for value in (
                position,
                event.source,
                event.id,
                f"trn.{event.kind}.v{event.version}",
                event.subject,
                instant(event.time),
                event.known_at,
                event.sequence,
                json.dumps(event.data),
                event.key,
            )
        ]
        if values:
            self.connection.execute(_INSERT + ", ".join([_ROW] * len(events)), values)

    def project(self, macro: str, as_of: str = LATER, position: int = EVERYTHING) -> list[dict[str, Any]]:
        """Return the macro's rows from the log as it is."""
        query = f"FROM {macro}($as_of, $position) ORDER BY ALL"
        answer = self.connection.execute(query, {"as_of": instant(as_of), "position": position})
        names = [column[0] for column in answer.description or []]
        return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]
