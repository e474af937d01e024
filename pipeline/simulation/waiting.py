"""Unmet demand as it shows: denials, retries and waitlists, tied together as needs.

Each stretch of weeks in which a line wants more than it holds is one need. It asks for what is missing times
the customer's inflation. Short needs are denials alone, repeated every week and wanted to the end of it;
longer ones join a waitlist, are heard of at least every third week, and end converted or withdrawn.
"""

import numpy as np
import polars as pl

from pipeline.simulation.encoding import Events, events, json_list
from pipeline.simulation.market import Market
from pipeline.simulation.needs import Needs, describe_who
from pipeline.simulation.timeline import GENERATIONS, REGIONS, Bools, Floats, Ints, rng_for

_HEARD_EVERY_WEEKS = 3
_NOTICED_CHANGE = 0.5
_PARTLY_GRANTED_SHARE = 0.3
_QUOTA_SHARE = 0.7  # of the denials that are no needs; the others are for the price
_DAY_WEEKS, _HOUR_WEEKS = 1 / 7, 1 / 168


def waiting_events(market: Market, needs: Needs) -> list[Events]:
    """Return the denials and waitlist events of all needs, and other denials, which are no needs."""
    rng = rng_for(market.seed, "needs", "events")
    batches = [
        _denials(market, needs, rng),
        _tried_elsewhere(market, needs, rng),
        _other_denials(market, rng),
        _joined(market, needs, rng),
        _changed(market, needs, rng),
        *_ended(market, needs, rng),
    ]
    return [batch for batch in batches if len(batch)]


def _spread(needs: Needs, market: Market, rows: Ints) -> dict[str, pl.Series]:
    """Where else a spanning need would be served."""
    home = market.lines.region[needs.line[rows]]
    lists = [json_list([name for name in REGIONS if name != own]) for own in REGIONS]
    regions = pl.Series(lists).gather(home)
    spanning = pl.Series(needs.is_spanning[rows])
    frame = pl.DataFrame({"r": regions, "s": spanning})
    return {"acceptable_regions:json": frame.select(pl.when("s").then("r"))["r"]}


def _denials(market: Market, needs: Needs, rng: np.random.Generator) -> Events:
    """Denials with retries: at the start of a need, and weekly where no waitlist keeps it open."""
    starts = needs.week == needs.first[needs.row]
    chosen = np.flatnonzero(starts | ~needs.has_waitlist[needs.row])
    tries = 1 + np.minimum(rng.poisson(0.8, len(chosen)), 4) * starts[chosen]
    entry = np.repeat(chosen, tries)
    attempt = np.arange(len(entry)) - np.repeat(np.cumsum(tries) - tries, tries)
    row = needs.row[entry]
    at = needs.week[entry] + np.repeat(rng.uniform(0.2, 6.0, len(chosen)), tries) * _HOUR_WEEKS
    at += attempt * 5 * _HOUR_WEEKS
    granted = np.where(rng.random(len(entry)) < _PARTLY_GRANTED_SHARE, needs.asked[entry] // 3, 0)
    label = needs.name.gather(row)
    group = label.str.replace("need", "group") + "-" + pl.Series(needs.week[entry]).cast(pl.String)
    subject = label.str.replace("need", "req") + "-" + pl.Series(needs.week[entry]).cast(pl.String)
    subject = subject + "-" + pl.Series(attempt).cast(pl.String)
    return events(
        "request.denied",
        {
            "id": subject,
            "subject": subject,
            "time": market.timeline.instants(at),
            **describe_who(market, needs.line[row], needs.generation[row]),
            "chips_requested": needs.asked[entry] + granted,
            "chips_granted": granted,
            "reason": "insufficient_capacity",
            "wanted_hours": _hours_left(at),
            "retry_group_id": group,
            "need_id": label,
            **_spread(needs, market, row),
        },
    )


def _hours_left(at: Floats) -> Floats:
    """Hours to the end of the week: so long a denial alone keeps its need open."""
    hours: Floats = np.round((np.floor(at) + 1 - at) / _HOUR_WEEKS, 2)
    return hours


def _tried_elsewhere(market: Market, needs: Needs, rng: np.random.Generator) -> Events:
    """The same need, asked for in another region that is short in the same week."""
    rows = np.flatnonzero(needs.is_spanning)
    other = (market.lines.region[needs.line[rows]] + rng.integers(1, len(REGIONS), len(rows))) % len(REGIONS)
    short = _cell_is_short(market)[needs.generation[rows], other, needs.first[rows]]
    rows, other = rows[short], other[short]
    subject = needs.name.gather(rows).str.replace("need", "req") + "-elsewhere"
    asked = needs.at(needs.first, needs.asked)[rows]
    at = needs.first[rows] + (7 + rng.uniform(0, 12, len(rows))) * _HOUR_WEEKS
    who = describe_who(market, needs.line[rows], needs.generation[rows]) | {
        "region": pl.Series(REGIONS).gather(other)
    }
    return events(
        "request.denied",
        {
            "id": subject,
            "subject": subject,
            "time": market.timeline.instants(at),
            **who,
            "chips_requested": asked,
            "chips_granted": np.zeros(len(rows), dtype=np.int64),
            "reason": "insufficient_capacity",
            "wanted_hours": _hours_left(at),
            "need_id": needs.name.gather(rows),
            **_spread(needs, market, rows),
        },
    )


def _cell_is_short(market: Market) -> Bools:
    short = np.zeros((len(REGIONS), len(GENERATIONS), market.timeline.weeks), dtype=np.int64)
    np.add.at(short, market.lines.region, market.unmet)
    is_short: Bools = short.transpose(1, 0, 2) > 0
    return is_short


def _other_denials(market: Market, rng: np.random.Generator) -> Events:
    """Requests beyond a quota or above a price: about one per line and year, never unmet demand."""
    count = round(len(market.lines) * market.timeline.weeks / 52)
    line = rng.integers(0, len(market.lines), count)
    at = rng.uniform(0, market.timeline.weeks - _DAY_WEEKS, count)
    held = market.held[line, :, at.astype(np.int64)]
    generation = np.argmax(held, axis=1)
    chips = 1 + held[np.arange(count), generation] // 5
    subject = pl.Series([f"req-other-{number}" for number in range(count)], dtype=pl.String)
    return events(
        "request.denied",
        {
            "id": subject,
            "subject": subject,
            "time": market.timeline.instants(at),
            **describe_who(market, line, generation),
            "chips_requested": chips,
            "chips_granted": np.zeros(count, dtype=np.int64),
            "reason": pl.Series(
                np.where(rng.random(count) < _QUOTA_SHARE, "quota", "price").tolist(), dtype=pl.String
            ),
        },
    )


def _joined(market: Market, needs: Needs, rng: np.random.Generator) -> Events:
    rows = np.flatnonzero(needs.has_waitlist)
    label = needs.name.gather(rows)
    subject = label.str.replace("need", "wait")
    at: Floats = needs.first[rows] + rng.uniform(0.4, 1.0, len(rows)) * _DAY_WEEKS
    return events(
        "waitlist.joined",
        {
            "id": subject + "-joined",
            "subject": subject,
            "time": market.timeline.instants(at),
            **describe_who(market, needs.line[rows], needs.generation[rows]),
            "chips": needs.at(needs.first, needs.asked)[rows],
            "wanted_from": market.timeline.instants(needs.first[rows]),
            "need_id": label,
            **_spread(needs, market, rows),
        },
    )


def _changed(market: Market, needs: Needs, rng: np.random.Generator) -> Events:
    """New totals: every third week, and whenever the size moved by half."""
    age = needs.week - needs.first[needs.row]
    before = np.concatenate([[1], needs.asked[:-1]])
    moved = np.abs(needs.asked - before) > _NOTICED_CHANGE * before
    entry = np.flatnonzero(
        needs.has_waitlist[needs.row] & (age > 0) & ((age % _HEARD_EVERY_WEEKS == 0) | moved)
    )
    label = needs.name.gather(needs.row[entry])
    subject = label.str.replace("need", "wait")
    at = needs.week[entry] + rng.uniform(0.05, 0.5, len(entry)) * _DAY_WEEKS
    return events(
        "waitlist.changed",
        {
            "id": subject + "-changed-" + pl.Series(needs.week[entry]).cast(pl.String),
            "subject": subject,
            "time": market.timeline.instants(at),
            "chips": needs.asked[entry],
            "need_id": label,
        },
    )


def _ended(market: Market, needs: Needs, rng: np.random.Generator) -> list[Events]:
    """What is missing is converted and the rest of what was asked for withdrawn, or all is withdrawn."""
    rows = np.flatnonzero(needs.has_waitlist & (needs.last < market.timeline.weeks))
    at = needs.last[rows] + rng.uniform(0.2, 6.0, len(rows)) * _HOUR_WEEKS
    converted = needs.is_converted[rows]
    got = needs.at(needs.last - 1, needs.missing)[rows]
    has_rest = ~converted | (needs.at(needs.last - 1, needs.asked)[rows] > got)
    return [
        _end(market, needs, rows[converted], at[converted], "converted", converted_chips=got[converted]),
        _end(
            market,
            needs,
            rows[has_rest],
            at[has_rest] + 0.1 * _HOUR_WEEKS,
            "withdrawn",
            reason="no longer needed",
        ),
    ]


def _end(market: Market, needs: Needs, rows: Ints, at: Floats, verb: str, **payload: object) -> Events:
    label = needs.name.gather(rows)
    subject = label.str.replace("need", "wait")
    envelope = {"id": subject + f"-{verb}", "subject": subject, "time": market.timeline.instants(at)}
    return events(f"waitlist.{verb}", envelope | payload | {"need_id": label})
