"""The weeks that are planned, and where days and periods fall among them."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from pipeline.core.clock import week_start

WEEK = timedelta(days=7)
WEEKS_A_YEAR = 365.25 / 7


@dataclass(frozen=True)
class Horizon:
    """Gapless weeks, Mondays ascending; index 0 is the first week of the forecast."""

    weeks: tuple[date, ...]

    def __len__(self) -> int:
        return len(self.weeks)

    @property
    def first_day(self) -> date:
        """Monday of the first week."""
        return self.weeks[0]

    @property
    def end_day(self) -> date:
        """Day after the last week."""
        return self.weeks[-1] + WEEK

    @property
    def last_days(self) -> NDArray[np.datetime64]:
        """Each week's Sunday: what is valid then counts for the whole week."""
        return np.array([week + timedelta(days=6) for week in self.weeks], dtype="datetime64[D]")

    def index(self, day: date) -> int:
        """Number of the week that holds the day; negative before the first, `len` or more after the last."""
        return (week_start(day) - self.first_day).days // 7

    def span(self, start: date, end: date | None) -> tuple[int, int]:
        """First and one past the last week that the period [start, end) touches, cut to the horizon."""
        last = len(self) if end is None else self.index(end - timedelta(days=1)) + 1
        first = min(max(self.index(start), 0), len(self))
        return first, max(first, min(last, len(self)))


def discount_factors(weeks: int, rate_year: float) -> NDArray[np.float64]:
    """Value of money of each week in money of the first week's Monday: (1 + rate) ** (-week / 52.18)."""
    factors: NDArray[np.float64] = (1.0 + rate_year) ** (-np.arange(weeks) / WEEKS_A_YEAR)
    return factors
