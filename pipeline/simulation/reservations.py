"""Reservations: chips held whether used or idle, renewed by term, changed and cancelled on the way."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.simulation.cloud_demand import terms_of
from pipeline.simulation.customers import CAPACITY_BLOCK
from pipeline.simulation.encoding import Events, events
from pipeline.simulation.market import Market
from pipeline.simulation.timeline import GENERATIONS, REGIONS, Floats, Ints, rng_for

_FUTURE_SHARE = 0.3  # of the plain reservations were made as future ones
_IDLE_SHARE = 0.08  # of the reservations are hardly used
_NEVER_STARTED_SHARE = 0.05  # reservations scheduled and cancelled before they start, over those that do


@dataclass(frozen=True)
class Reservations:
    """One row a reservation; a reservation holds its chips from its first to before its last week.

    Attributes:
        name: id.
        line, generation: indices.
        first, last: weeks; `last` is exclusive.
        planned_last: week in which it ends as scheduled (exclusive; may lie beyond the history).
        number: row of the reservation by line x generation x week, -1 for none.
        used: chips of it in use by line x generation x week.
    """

    name: list[str]
    line: Ints
    generation: Ints
    first: Ints
    last: Ints
    planned_last: Ints
    number: Ints
    used: Ints

    def __len__(self) -> int:
        return len(self.name)


def draw_reservations(market: Market) -> Reservations:
    """Cut what reserved lines hold into reservations, one a term, and say how much of each is used."""
    lines, weeks = market.lines, market.timeline.weeks
    held = np.where(lines.is_reservation[:, None, None], market.held, 0)
    terms = terms_of(lines, weeks, market.seed)
    term = np.broadcast_to(terms.number[:, None, :], held.shape)
    is_on = held > 0
    opens = is_on.copy()
    opens[:, :, 1:] &= ~is_on[:, :, :-1] | (term[:, :, 1:] != term[:, :, :-1])
    number = np.where(is_on, np.cumsum(opens.ravel()).reshape(held.shape) - 1, -1)
    line, generation, first = np.nonzero(opens)
    last = first + np.bincount(number[is_on], minlength=len(first))
    end_of_term = first - terms.phase[line, first] + terms.active[line]
    names = [f"rsv-{row}-{name}-{week}" for row, name, week in zip(line, generation, first, strict=True)]
    return Reservations(
        name=names,
        line=line,
        generation=generation,
        first=first,
        last=last,
        planned_last=np.maximum(end_of_term, last),
        number=number,
        used=_used(market, held, number, len(first)),
    )


def _used(market: Market, held: Ints, number: Ints, count: int) -> Ints:
    rng = rng_for(market.seed, "reservations", "use")
    level = rng.uniform(0.82, 1.0, count)
    level = np.where(rng.random(count) < _IDLE_SHARE, rng.choice([0.0, 0.1, 0.3], count), level)
    weekly: Floats = np.clip(np.append(level, 0.0)[number] + rng.normal(0, 0.02, held.shape), 0.0, 1.0)
    weekly[np.append(level, 0.0)[number] == 0] = 0.0
    return np.floor(held * weekly).astype(np.int64)


def reservation_events(market: Market, reservations: Reservations) -> list[Events]:
    """Return the events of every reservation, and of some that never start."""
    rng = rng_for(market.seed, "reservations", "events")
    timeline, lines = market.timeline, market.lines
    own = reservations
    count = len(own)
    lead = rng.uniform(0.3, 4.0, count)
    kind = _kinds(market, own, rng)
    lead = np.where(kind == "prelaunch", rng.uniform(6.0, 14.0, count), lead)
    names = pl.Series(own.name, dtype=pl.String)
    scheduled_at = timeline.instants(own.first - lead)
    payload = {
        "customer_id": pl.Series(market.customers.name).gather(lines.customer[own.line]),
        "region": pl.Series(REGIONS).gather(lines.region[own.line]),
        "generation": pl.Series(GENERATIONS).gather(own.generation),
        "kind": pl.Series(kind.tolist(), dtype=pl.String),
        "chips": market.held[own.line, own.generation, own.first],
        "start": timeline.instants(own.first),
        "end": timeline.instants(own.planned_last),
    }
    scheduled = {"id": names + "-scheduled", "subject": names, "time": scheduled_at, **payload}
    batches = [events("reservation.scheduled", scheduled), _changes(market, own)]
    batches.append(_state(market, own, np.arange(count), own.first, "activated"))
    ended = own.last < timeline.weeks
    early = ended & (own.last < own.planned_last)
    batches.append(_state(market, own, np.flatnonzero(ended & ~early), own.last, "expired"))
    batches.append(
        _state(market, own, np.flatnonzero(early), own.last, "cancelled", reason="no longer needed")
    )
    batches.extend(_never_started(batches[0], rng))
    return [batch for batch in batches if len(batch)]


def _kinds(market: Market, own: Reservations, rng: np.random.Generator) -> np.ndarray:
    is_block = market.lines.option[own.line] == CAPACITY_BLOCK
    launch = np.array(market.timeline.launch_weeks)[own.generation]
    is_new = (own.first >= launch) & (own.first < launch + 4)
    kind = np.where(rng.random(len(own)) < _FUTURE_SHARE, "future_odcr", "odcr")
    return np.where(is_block, "capacity_block", np.where(is_new, "prelaunch", kind))


def _changes(market: Market, own: Reservations) -> Events:
    """Weeks in which a running reservation holds another number of chips than the week before."""
    held, number = market.held, own.number
    differs = (
        (number[:, :, 1:] >= 0)
        & (number[:, :, 1:] == number[:, :, :-1])
        & (held[:, :, 1:] != held[:, :, :-1])
    )
    line, generation, week = np.nonzero(differs)
    week += 1
    names = pl.Series(own.name, dtype=pl.String).gather(number[line, generation, week])
    at = market.timeline.instants(week)
    return events(
        "reservation.changed",
        {
            "id": names + "-changed-" + pl.Series(week).cast(pl.String),
            "subject": names,
            "time": at,
            "recordedtime": at + np.timedelta64(15 * 60 * 1_000_000, "us"),
            "chips": held[line, generation, week],
        },
    )


def _state(
    market: Market, own: Reservations, rows: Ints, week: Ints, verb: str, *, reason: str | None = None
) -> Events:
    names = pl.Series(own.name, dtype=pl.String).gather(rows)
    at = market.timeline.instants(week[rows])
    recorded = at + np.timedelta64(5 * 60 * 1_000_000, "us")
    columns = {
        "id": names + f"-{verb}",
        "subject": names,
        "time": at,
        "recordedtime": recorded,
        "reason": reason,
    }
    return events(f"reservation.{verb}", columns)


def _never_started(scheduled: Events, rng: np.random.Generator) -> list[Events]:
    """A few more reservations, cancelled a day before they start."""
    chosen = scheduled.frame.filter(pl.Series(rng.random(len(scheduled)) < _NEVER_STARTED_SHARE))
    extra = chosen.with_columns(
        id=pl.col("id").str.replace("rsv-", "rsvx-"), subject=pl.col("subject").str.replace("rsv-", "rsvx-")
    )
    cancelled = extra.select(
        id=pl.col("subject") + "-cancelled",
        subject="subject",
        time=pl.col("time") + pl.duration(hours=5),
        recordedtime=pl.col("time") + pl.duration(hours=5),
        reason=pl.lit("plans changed"),
    )
    return [Events("reservation.scheduled", extra), Events("reservation.cancelled", cancelled)]
