"""Needs: the stretches in which a customer wants more than it holds, and what it asks for meanwhile."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.simulation.market import Market
from pipeline.simulation.timeline import GENERATIONS, REGIONS, Bools, Ints, rng_for

_WAITLIST_SHARE = 0.7  # of the needs that last two weeks or longer
_CONVERTED_SHARE = 0.75  # of the waitlist entries that end; the others are withdrawn
_SPANNING_SHARE = 0.3  # of the needs are also tried in another region


@dataclass(frozen=True)
class Needs:
    """One row a need: a line and generation short from week `first` to before week `last`.

    Attributes:
        line, generation: indices.
        first, last: weeks; `last` is exclusive; equal to the length of the history where it is still open.
        has_waitlist: joined a waitlist.
        is_spanning: other regions would do, and were tried.
        is_converted: what a waitlist entry that ended came to.
        row, week, asked: one entry a need and week: row of the need, week, chips asked for.
        missing: chips truly missing, beside `asked`.
    """

    line: Ints
    generation: Ints
    first: Ints
    last: Ints
    has_waitlist: Bools
    is_spanning: Bools
    is_converted: Bools
    row: Ints
    week: Ints
    asked: Ints
    missing: Ints

    def __len__(self) -> int:
        return len(self.line)

    @property
    def name(self) -> pl.Series:
        """Needs' ids."""
        return "need-" + pl.Series(np.arange(len(self))).cast(pl.String)

    def at(self, week: Ints, values: Ints) -> Ints:
        """Pick for each need the value of one of its weeks."""
        picked: Ints = values[np.searchsorted(self.row, np.arange(len(self))) + week - self.first]
        return picked


def draw_needs(market: Market) -> Needs:
    """Return the needs that follow from what is missing."""
    rng = rng_for(market.seed, "needs")
    short = market.unmet > 0
    opens = short.copy()
    opens[:, :, 1:] &= ~short[:, :, :-1]
    line, generation, first = np.nonzero(opens)
    row_of = np.cumsum(opens.ravel()).reshape(short.shape) - 1
    entry_line, entry_generation, week = np.nonzero(short)
    row = row_of[entry_line, entry_generation, week]
    last = first + np.bincount(row, minlength=len(line))
    missing = market.unmet[entry_line, entry_generation, week]
    asked = np.ceil(missing * market.customers.inflation[market.lines.customer[entry_line]]).astype(np.int64)
    count = len(line)
    return Needs(
        line=line,
        generation=generation,
        first=first,
        last=last,
        has_waitlist=(last - first > 1) & (rng.random(count) < _WAITLIST_SHARE),
        is_spanning=rng.random(count) < _SPANNING_SHARE,
        is_converted=rng.random(count) < _CONVERTED_SHARE,
        row=row,
        week=week,
        asked=asked,
        missing=missing,
    )


def describe_who(market: Market, line: Ints, generation: Ints) -> dict[str, pl.Series]:
    """Return customer, region and generation of lines."""
    return {
        "customer_id": pl.Series(market.customers.name).gather(market.lines.customer[line]),
        "region": pl.Series(REGIONS).gather(market.lines.region[line]),
        "generation": pl.Series(GENERATIONS).gather(generation),
    }


def waitlist_truth(market: Market, needs: Needs) -> pl.DataFrame:
    """One row a waitlist entry: what was asked for, what was missing, and what came of it."""
    rows = np.flatnonzero(needs.has_waitlist)
    ended = needs.last[rows] < market.timeline.weeks
    outcome = np.where(ended, np.where(needs.is_converted[rows], "converted", "withdrawn"), "open")
    converted = np.where(outcome == "converted", needs.at(needs.last - 1, needs.missing)[rows], 0)
    return pl.DataFrame(
        {
            "waitlist_id": needs.name.gather(rows).str.replace("need", "wait"),
            "need_id": needs.name.gather(rows),
            **describe_who(market, needs.line[rows], needs.generation[rows]),
            "joined_week": market.timeline.dates(needs.first[rows]),
            "ended_week": pl.Series(market.timeline.dates(needs.last[rows])),
            "chips_asked": needs.at(needs.first, needs.asked)[rows],
            "chips_missing": needs.at(needs.first, needs.missing)[rows],
            "inflation": market.customers.inflation[market.lines.customer[needs.line[rows]]],
            "outcome": pl.Series(outcome.tolist(), dtype=pl.String),
            "chips_converted": converted,
        }
    )
