"""The allocation's programme against scipy's linprog on the same matrices, and its plan against simple rules.

104 weeks, 3 generations, 5 regions, shipped policy. Prints solve times and their ratio, the gap between the
two objectives, shadow prices against the gain of one more chip, and what cloud first, direct first and
proportional earn on the same market.

python benchmarks/allocation.py [WEEKS GENERATIONS REGIONS]
"""

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

if TYPE_CHECKING:
    from pipeline.allocation.instance import Instance
    from pipeline.allocation.programme import Programme
    from pipeline.allocation.solver import Solution
    from pipeline.allocation.sparse_rows import Matrices

SEED, REPEATS, PROBES = 20260907, 5, 12
ORDER_WEEKS_SHARE = 0.4  # direct orders are lumpy: most weeks hold none
CLOUD_SHARE = {"cloud first": 1.0, "direct first": 0.0, "proportional": None}
TINY = 1e-9
Matrix = np.ndarray[Any, Any]
Result = TypeVar("Result")


def market(weeks: int, generations: int, regions: int) -> "Instance":
    """Growing demand, lumpy orders, and supply for about two thirds of both; newer chips earn more."""
    from pipeline.allocation.horizon import Horizon, discount_factors
    from pipeline.allocation.instance import Instance
    from pipeline.allocation.margins import Cell
    from pipeline.config import load_policy

    rng = np.random.default_rng(SEED)
    terms = load_policy().allocation
    names = tuple(f"trn{number + 1}" for number in range(generations))
    cells = tuple(Cell(name, f"region-{number}") for name in names for number in range(regions))
    rank = np.repeat(np.arange(generations), regions)
    week = np.arange(weeks)
    level = rng.uniform(500, 3000, len(cells))
    growth = 1 + np.outer(rank - 0.5, week) * 0.008
    season = 1 + 0.1 * np.sin(2 * np.pi * (week / 52 + rng.random(len(cells))[:, None]))
    wanted = np.maximum(level[:, None] * growth * season, 0.0)
    due = rng.lognormal(3.0, 1.0, wanted.shape) * (rng.random(wanted.shape) < ORDER_WEEKS_SHARE)
    stock = np.floor(wanted[:, 0] * 0.85)
    short = [
        wanted[rank == g].sum(axis=0).max() - stock[rank == g].sum() + due[rank == g].sum()
        for g in range(generations)
    ]
    supplied = np.array([rng.multinomial(int(0.65 * chips), np.full(weeks, 1 / weeks)) for chips in short])
    free = np.full(wanted.shape, np.nan)
    return Instance(
        horizon=Horizon(tuple(date(2026, 9, 7) + timedelta(weeks=int(number)) for number in week)),
        generations=names,
        cloud=cells,
        direct=cells,
        supplied=supplied,
        stock=stock,
        wanted=wanted,
        due=due,
        cap=np.cumsum(due, axis=1),
        cloud_value=np.repeat((0.3 + 0.25 * rank)[:, None], weeks, axis=1) * 168 * terms.utilisation,
        direct_value=np.repeat((6000.0 + 5000.0 * rank)[:, None], weeks, axis=1)
        * rng.uniform(0.8, 1.2, (len(cells), 1)),
        cloud_open=np.full(len(cells), fill_value=True),
        direct_open=np.full(len(cells), fill_value=True),
        floors=(),
        commitments=(),
        frozen_installs=free,
        frozen_releases=free,
        discount=discount_factors(weeks + terms.useful_life_weeks, terms.discount_rate_year),
        life=terms.useful_life_weeks,
        currency="USD",
    )


def by_rule(instance: "Instance", cloud_share: float | None) -> tuple[Matrix, Matrix]:
    """Give each week's chips out by a rule: cloud gaps first, orders first, or in proportion to both."""
    installs, releases = np.zeros_like(instance.wanted), np.zeros_like(instance.due)
    for row, name in enumerate(instance.generations):
        cells = [number for number, cell in enumerate(instance.cloud) if cell.generation == name]
        stock, released, held = instance.stock[cells].copy(), np.zeros(len(cells)), 0.0
        for week, arriving in enumerate(instance.supplied[row]):
            held += float(arriving)
            gap = np.maximum(instance.wanted[cells, week] - stock, 0.0)
            orders = instance.cap[cells, week] - released
            wished = max(gap.sum() + orders.sum(), TINY)
            share = gap.sum() / wished if cloud_share is None else cloud_share
            to_cloud = min(gap.sum(), max(share * held, held - orders.sum()))
            to_direct = min(orders.sum(), held - to_cloud)
            installs[cells, week] = gap * to_cloud / max(gap.sum(), TINY)
            releases[cells, week] = orders * to_direct / max(orders.sum(), TINY)
            stock, released = stock + installs[cells, week], released + releases[cells, week]
            held -= to_cloud + to_direct
    return installs, releases


def value_of(programme: "Programme", installs: Matrix, releases: Matrix) -> float:
    """Money that a plan earns: the programme with its decisions fixed."""
    from pipeline.allocation.solver import optimum

    lower, upper = programme.matrices.lower.copy(), programme.matrices.upper.copy()
    for columns, chips in ((programme.columns.installs, installs), (programme.columns.releases, releases)):
        lower[columns], upper[columns] = np.maximum(chips - 1e-7, 0.0), chips
    upper[programme.columns.stock] = np.inf
    values, _ = optimum(replace(programme.matrices, lower=lower, upper=upper))
    return float(programme.money @ values)


def by_scipy(matrices: "Matrices") -> float:
    from scipy.optimize import linprog
    from scipy.sparse import vstack

    equal = matrices.row_lower == matrices.row_upper
    most, least = ~equal & np.isfinite(matrices.row_upper), ~equal & np.isfinite(matrices.row_lower)
    rows = matrices.rows.tocsr()
    answer = linprog(
        matrices.cost,
        A_ub=vstack([rows[most], -rows[least]]),
        b_ub=np.concatenate([matrices.row_upper[most], -matrices.row_lower[least]]),
        A_eq=rows[equal],
        b_eq=matrices.row_lower[equal],
        bounds=np.column_stack([matrices.lower, matrices.upper]),
        method="highs",
    )
    return float(answer.fun)


def best_time(work: Callable[[], Result]) -> tuple[float, Result]:
    times = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        result = work()
        times.append(time.perf_counter() - started)
    return min(times), result


def price_errors(instance: "Instance", solution: "Solution") -> tuple[float, float]:
    """Worst and mean distance of a price from the gain of one more chip, relative to the gain."""
    from pipeline.allocation.programme import build_programme
    from pipeline.allocation.solver import optimum

    rng = np.random.default_rng(SEED)
    plain = build_programme(instance)
    before = float(plain.money @ optimum(plain.matrices)[0])
    errors = []
    for _ in range(PROBES):
        place = (rng.integers(instance.supplied.shape[0]), rng.integers(instance.supplied.shape[1]))
        more = instance.supplied.copy()
        more[place] += 1
        programme = build_programme(replace(instance, supplied=more))
        gained = float(programme.money @ optimum(programme.matrices)[0]) - before
        errors.append(abs(solution.shadow_price[place] - gained) / max(abs(gained), 1.0))
    return max(errors), float(np.mean(errors))


def main(shape: list[str]) -> None:
    started = time.perf_counter()
    from pipeline.allocation.plan import whole_plan
    from pipeline.allocation.programme import build_programme
    from pipeline.allocation.solver import optimum, solve_programme

    print(f"imports {time.perf_counter() - started:.2f} s")
    weeks, generations, regions = (int(size) for size in shape) if shape else (104, 3, 5)
    instance = market(weeks, generations, regions)
    write, programme = best_time(lambda: build_programme(instance))
    solve, (_, objective) = best_time(lambda: optimum(programme.matrices))
    both, solution = best_time(lambda: solve_programme(programme))
    whole, plan = best_time(lambda: whole_plan(instance, programme, solution))
    peer, expected = best_time(lambda: by_scipy(programme.matrices))
    worst, mean = price_errors(instance, solution)
    height, width = programme.matrices.rows.shape
    print(
        f"{weeks} weeks x {generations} generations x {regions} regions: {height:,} rows, {width:,} columns"
    )
    print(f"write {write:.3f} s, solve {solve:.3f} s, solve and price {both:.3f} s, round {whole:.3f} s")
    print(f"scipy linprog (highs) {peer:.3f} s: ratio solve / scipy {solve / peer:.2f}")
    print(f"objective gap to scipy {abs(objective - expected) / abs(expected):.1e} (pass: <= 1e-4)")
    print(f"shadow price against one more chip, {PROBES} probes: worst {worst:.2%}, mean {mean:.2%} (<= 2 %)")
    best = float(programme.money @ solution.values)
    base = value_of(programme, np.zeros_like(instance.wanted), np.zeros_like(instance.due))
    print(
        f"\nthe plan earns {best:,.0f} {instance.currency}, {best - base:,.0f} of it by allocating; forgone:"
    )
    rounded = value_of(programme, plan.installs.astype(float), plan.direct_served)
    print(f"{'whole chips':>14} {(best - rounded) / (best - base):8.4%}")
    for rule, share in CLOUD_SHARE.items():
        earned = value_of(programme, *by_rule(instance, share))
        print(f"{rule:>14} {(best - earned) / (best - base):8.2%}")


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    main(sys.argv[1:])
