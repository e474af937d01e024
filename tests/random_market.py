"""Random small markets, and their best value found a second way: dense, by vintage, with scipy."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from hypothesis import strategies as st
from scipy.optimize import linprog

from pipeline.config import Policy
from tests.allocation_market import forecast, margin, margins, monday, policy, supply

HOURS = 168.0


@dataclass(frozen=True)
class Market:
    """Streams are (generation, region); arrays are streams x weeks, supply generations x weeks."""

    weeks: int
    streams: list[tuple[str, str]]
    cloud: np.ndarray[Any, Any]
    direct: np.ndarray[Any, Any]
    supply: dict[str, list[int]]
    stock: list[int]
    hourly: dict[str, float]
    each: dict[str, float]
    policy: Policy

    def frames(self) -> dict[str, Any]:
        cells: dict[tuple[str, str, str], list[float]] = {}
        for row, (generation, region) in enumerate(self.streams):
            cells["cloud", generation, region] = list(self.cloud[row])
            cells["direct", generation, region] = list(self.direct[row])
        capacity = [
            {
                "generation": generation,
                "region": region,
                "period_start": monday(-1),
                "installed_chips": float(chips),
            }
            for (generation, region), chips in zip(self.streams, self.stock, strict=True)
        ]
        return {
            "forecast": forecast(cells),
            "supply": supply([(g, w, n) for g, chips in self.supply.items() for w, n in enumerate(chips)]),
            "capacity": pl.DataFrame(capacity),
            "margins": margins(
                *(margin("cloud", amount, generation=g) for g, amount in self.hourly.items()),
                *(margin("direct", amount, generation=g) for g, amount in self.each.items()),
            ),
            "policy": self.policy,
        }


@st.composite
def a_market(draw: st.DrawFn) -> Market:
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    weeks, generations, regions = (draw(st.integers(1, top)) for top in (6, 2, 2))
    names = [f"trn{number + 1}" for number in range(generations)]
    streams = [(name, f"r{region}") for name in names for region in range(regions)]
    return Market(
        weeks=weeks,
        streams=streams,
        cloud=rng.uniform(0, 30, (len(streams), weeks)),
        direct=rng.uniform(0, 10, (len(streams), weeks)) * (rng.random((len(streams), weeks)) < 0.6),
        supply={name: rng.integers(0, 20, weeks).tolist() for name in names},
        stock=rng.integers(0, 15, len(streams)).tolist(),
        hourly={name: float(rng.uniform(-0.2, 2.0)) for name in names},
        each={name: float(rng.uniform(-50, 1500)) for name in names},
        policy=policy(
            useful_life_weeks=draw(st.integers(1, 9)),
            utilisation=0.85,
            discount_rate_year=draw(st.sampled_from([0.0, 0.1, 0.3])),
        ),
    )


class Dense:
    """Rows of `sum of columns <= most`, gathered for scipy."""

    def __init__(self, columns: int) -> None:
        self.columns, self.rows, self.limits = columns, list[np.ndarray[Any, Any]](), list[float]()

    def require(self, columns: dict[int, float], most: float) -> None:
        row = np.zeros(self.columns)
        for column, value in columns.items():
            row[column] = value
        self.rows.append(row)
        self.limits.append(most)


def optimum_by_vintage(market: Market) -> float:
    """Write the same question anew for scipy: dense, by vintage, each week of life a column of its own.

    Columns a stream: installs[s], used[t] for all weeks to the end of the last life, releases[t].
    """
    terms = market.policy.allocation
    weeks, life = market.weeks, terms.useful_life_weeks
    reach = weeks + life - 1
    width = weeks + reach + weeks
    dense = Dense(width * len(market.streams))
    discount = (1 + terms.discount_rate_year) ** (-np.arange(reach) * 7 / 365.25)
    cost, upper = np.zeros(dense.columns), np.full(dense.columns, np.inf)
    given_out: dict[tuple[str, int], dict[int, float]] = {}
    for number, (generation, _) in enumerate(market.streams):
        first, wanted, stock = number * width, market.cloud[number], market.stock[number]
        used, releases = first + weeks, first + weeks + reach
        cost[used:releases] = -market.hourly[generation] * HOURS * terms.utilisation * discount
        cost[releases : releases + weeks] = -market.each[generation] * discount[:weeks]
        for t in range(reach):
            upper[used + t] = wanted[min(t, weeks - 1)]
            standing = range(first + max(0, t - life + 1), first + min(t, weeks - 1) + 1)
            dense.require({used + t: 1.0} | dict.fromkeys(standing, -1.0), stock)
            if t < weeks:
                dense.require(dict.fromkeys(standing, 1.0), max(wanted.max() - stock, 0.0))
        for t in range(weeks):
            until_now = dict.fromkeys(range(releases, releases + t + 1), 1.0)
            dense.require(until_now, market.direct[number][: t + 1].sum())
            taken = given_out.setdefault((generation, t), {})
            taken |= until_now | dict.fromkeys(range(first, first + t + 1), 1.0)
    for (generation, t), taken in given_out.items():
        dense.require(taken, sum(market.supply[generation][: t + 1]))
    bounds = np.column_stack([np.zeros(dense.columns), upper])
    answer = linprog(cost, A_ub=np.array(dense.rows), b_ub=dense.limits, bounds=bounds)
    assert answer.status == 0
    return -float(answer.fun)
