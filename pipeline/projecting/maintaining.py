"""Bring the kept tables up to the log, at the cost of what is new; or rebuild them from nothing."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import astuple, dataclass, field
from datetime import datetime

import polars as pl

from pipeline.config.policy import DemandPolicy
from pipeline.core.clock import utc_now
from pipeline.core.crash_points import crash_point
from pipeline.eventlog import last_position
from pipeline.projecting.changes import find_changes, keep_customers, keep_reservation_stretches
from pipeline.projecting.needs import (
    keep_declines,
    keep_demand_feeds,
    keep_need_signals,
    keep_need_spans,
    keep_order_lines,
)
from pipeline.projecting.retracting import Retraction, spans_in_force
from pipeline.projecting.state import State, read_state
from pipeline.projecting.weeks import keep_cloud_usage
from pipeline.schemas.tables import RETRACTED_SPANS
from pipeline.store import Connection, DatabaseError, lent, sql_text

CHUNK_EVENTS = 1_000_000


@dataclass(frozen=True)
class Maintenance:
    """What was done.

    Attributes:
        before: state that was found.
        after: state that is left.
        changed: how many rows of each kept table were taken out or put in.
    """

    before: State
    after: State
    changed: Mapping[str, int] = field(default_factory=dict)


def maintain(connection: Connection, demand: DemandPolicy, *, as_of: datetime | None = None) -> Maintenance:
    """Bring the kept tables up to the log and to an instant, all or nothing; where they are, write nothing.

    Args:
        demand: how needs are chained and fall silent.
        as_of: by default now: the instant that most questions are asked as of.
    """
    instant = as_of or utc_now()
    before, position = read_state(connection), last_position(connection)
    if before.answers(instant, position, demand):
        return Maintenance(before, before)
    connection.begin()
    try:
        if not before.log_position:  # what stands there all the same would be taken over twice
            connection.execute(sql_text("projecting/clear"))
        _take_over(connection, before.log_position, position)
        after = _move_state(connection, before, demand, instant, position)
        changed = _keep(connection, before, after)
        crash_point("maintaining.before_commit")
        connection.commit()
    except BaseException:
        with suppress(DatabaseError):  # a fatal error has ended the transaction itself
            connection.rollback()
        raise
    crash_point("maintaining.after_commit")
    return Maintenance(before, after, changed)


def rebuild(connection: Connection, demand: DemandPolicy, *, as_of: datetime | None = None) -> Maintenance:
    """Throw away what is kept and compute it anew from the log."""
    connection.begin()
    connection.execute(sql_text("projecting/clear"))
    connection.commit()
    crash_point("rebuilding.after_clearing")
    return maintain(connection, demand, as_of=as_of)


def _keep(connection: Connection, before: State, after: State) -> dict[str, int]:
    """Bring the tables that hold what counts as of an instant from one state to the other."""
    find_changes(connection, before, after)
    return {
        "kept_customers": keep_customers(connection, after),
        "kept_reservation_stretches": keep_reservation_stretches(connection, before, after),
        "kept_cloud_usage": keep_cloud_usage(connection, before, after),
        "kept_demand_feeds": keep_demand_feeds(connection, before, after),
        "kept_order_lines": keep_order_lines(connection),
        "kept_declines": keep_declines(connection),
        "kept_need_signals": keep_need_signals(connection),
        "kept_need_spans": keep_need_spans(connection, before, after),
    }


def _take_over(connection: Connection, after: int, position: int) -> None:
    """Take new events over into the tables that hold all of the log."""
    for first, last in _chunks(after, position):
        stretch = {"after": first, "up_to": last}
        connection.execute(sql_text("projecting/append_usage_facts"), stretch)
        connection.execute(sql_text("projecting/append_other_events"), stretch)
    found = connection.execute(sql_text("projecting/append_retraction_targets"), {"after": after}).fetchone()
    if found and found[0]:
        connection.execute(sql_text("projecting/append_retracted_spans"), {"after": after})
        _settle_contested(connection, after)


def _chunks(after: int, position: int) -> Iterator[tuple[int, int]]:
    for first in range(after, position, CHUNK_EVENTS):
        yield first, min(first + CHUNK_EVENTS, position)


def _settle_contested(connection: Connection, after: int) -> None:
    """Settle contested retractions anew, those alone that hang together with what is new."""
    connection.execute(sql_text("projecting/touched_retractions"), {"after": after})
    touched = connection.execute("FROM touched_retractions").fetchall()
    if not touched:
        return
    connection.execute(sql_text("projecting/delete_touched_spans"))
    spans = [astuple(span) for span in spans_in_force(Retraction(*row) for row in touched)]
    settled = pl.DataFrame(spans, schema=RETRACTED_SPANS.polars_schema, orient="row")
    with lent(connection, "settled_spans", settled.to_arrow()):
        connection.execute(sql_text("projecting/append_settled_spans"))


def _move_state(
    connection: Connection, before: State, demand: DemandPolicy, as_of: datetime, position: int
) -> State:
    known = before if before.known_from <= as_of else State()
    connection.execute("DELETE FROM projection_state")
    connection.execute(
        sql_text("projecting/append_state"),
        {
            "as_of": as_of,
            "position": position,
            "after": known.log_position,
            "counted_position": known.counted_position,
            "known_from": known.known_from,
            "window_days": demand.need_window_days,
            "silent_days": demand.need_silent_days,
        },
    )
    return read_state(connection)
