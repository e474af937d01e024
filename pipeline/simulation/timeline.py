"""Weeks of the simulated market, the adoption of its generations, and its growth and season."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from pipeline.core.ids import seed_for

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Instants = npt.NDArray[np.datetime64]

GENERATIONS = ("trn1", "trn2", "trn3")
# Chips of the predecessor that one chip replaces, and chips of trn2 that one chip is worth.
EQUIVALENT_CHIPS = (None, 3.0, 2.0)
WORTH_IN_TRN2 = (1 / 3, 1.0, 2.0)
REGIONS = ("us-east-1", "us-west-2", "eu-central-1", "ap-northeast-1")
COUNTRIES = ("US", "US", "DE", "JP")
REGION_SHARES = (0.40, 0.26, 0.20, 0.14)
PLANNED_WEEKS = 112  # supply is announced this far beyond the end, so that 104 weeks can be allocated

_WEEK_SECONDS = 7 * 86_400
_ADOPTION_WEEKS = 40.0  # time in which two thirds of a willing customer's demand moves to a new generation
_LAGGARD_SHARE = 0.04  # of a customer's demand never moves


@dataclass(frozen=True)
class Timeline:
    """The simulated stretch: `weeks` whole weeks from a Monday.

    Attributes:
        start: first Monday.
        weeks: length of the history.
    """

    start: date
    weeks: int

    @property
    def end(self) -> date:
        """The Monday after the last week."""
        return self.start + timedelta(weeks=self.weeks)

    @property
    def span(self) -> int:
        """Weeks of history and of announced future."""
        return self.weeks + PLANNED_WEEKS

    @property
    def launch_weeks(self) -> tuple[int, ...]:
        """Week of general availability by generation; the first lies before the start."""
        return (-65, round(0.25 * self.weeks), round(0.70 * self.weeks))

    def instants(self, weeks: npt.ArrayLike) -> Instants:
        """Instants of (fractional) weeks after the start, in microseconds UTC."""
        seconds = np.rint(np.asarray(weeks, dtype=np.float64) * _WEEK_SECONDS).astype("timedelta64[s]")
        moments: Instants = np.datetime64(self.start, "us") + seconds
        return moments

    def dates(self, weeks: npt.ArrayLike) -> Instants:
        """Days of (fractional) weeks after the start."""
        return self.instants(weeks).astype("datetime64[D]")


def rng_for(seed: int, *names: str) -> np.random.Generator:
    """Return a stream of its own for each name, so that one more part changes no other's numbers."""
    return np.random.default_rng(seed_for(seed, *names))


def growth(timeline: Timeline) -> Floats:
    """Market size relative to the first week, for each week of the span: about 3 after 140 weeks, slowing."""
    return (1 + 0.9 * np.arange(timeline.span) / 52) ** 0.9


def season(timeline: Timeline) -> Floats:
    """Yearly factor for each week of the span: high in spring, a dip around the turn of the year."""
    days = timeline.dates(np.arange(timeline.span) + 0.5)
    day_of_year = (days - days.astype("datetime64[Y]")).astype(np.float64)
    wave = 1 + 0.06 * np.sin(2 * np.pi * (day_of_year - 20) / 365.25)
    from_turn = np.minimum(day_of_year, 365.25 - day_of_year)
    factor: Floats = wave - 0.10 * np.exp(-((from_turn / 8) ** 2))
    return factor


def adoption(timeline: Timeline, delays: Sequence[float] | Floats) -> Floats:
    """Share of the demand (in equivalents) that each generation takes: delay x generation x week of the span.

    A delay is how many weeks later (or earlier) than the market a customer moves. Shares sum to one;
    a generation has none before its launch.
    """
    pace = min(_ADOPTION_WEEKS, max(2.0, 0.3 * timeline.weeks))
    weeks = np.arange(timeline.span, dtype=np.float64)
    moved = []
    for launch in timeline.launch_weeks[1:]:
        age = np.maximum(weeks[None, :] - launch - np.asarray(delays)[:, None], 0.0)
        share = (1 - _LAGGARD_SHARE) * (1 - np.exp(-((age / pace) ** 1.5)))
        moved.append(np.where(weeks[None, :] < launch, 0.0, share))
    second, third = moved
    return np.stack([1 - second, second * (1 - third), second * third], axis=1)
