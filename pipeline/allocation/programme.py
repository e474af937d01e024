"""The linear programme: cloud chips as a stock, direct chips as a flow, one supply.

* stock[t] = stock[t-1] + installs[t] - installs[t - life];  used[t] <= stock[t], used[t] <= wanted[t]
* beyond the horizon nothing is installed, demand and margin stay as in the last week and the stock runs out
  with age: that is what a chip carries past the end, week by week, discounted
* stock[t] <= the cell's highest demand, its opening stock, or what was asked for beyond both: or else chips
  would be installed idle today only to take over, years later, from those that have grown old
* released[t] = released[t-1] + releases[t] <= due up to t
* held[t] = held[t-1] + supplied[t] - installs[t] - releases[t]: its dual is the shadow price

Money in the objective is divided by the greatest value of a chip, so that tolerances mean the same
everywhere.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.allocation.commitments import FLOW, STOCK
from pipeline.allocation.constraints import (
    Columns,
    rounding_reserve,
    write_balance,
    write_floors,
    write_flow_contracts,
    write_running_sum,
    write_stock,
    write_stock_contracts,
    write_tail,
)
from pipeline.allocation.instance import Instance
from pipeline.allocation.sparse_rows import Gatherer, Index, Matrices, Matrix

# Costs without money, in units of the greatest value of a chip; a millionth decides ties and nothing else.
# Chips go out early rather than late, but an idle chip is held rather than installed: a week idle costs twice
# a week's delay.
TIE_BREAK = 1e-6
# A chip missing from a floor weighs more than anything it could earn or save; a frozen decision more than a
# floor.
FLOOR_WEIGHT = 10.0
FROZEN_WEIGHT = 100.0


@dataclass(frozen=True)
class Programme:
    """The matrices, and where in them to find what is reported.

    Attributes:
        scale: money in the currency for one unit of the objective.
        balance: rows of the supply balance, generations x weeks.
        missing: one column per floor and week of it, floors in order.
        shortfalls: one column per contract entry.
        frozen: columns of decisions that are already taken.
        money: what one unit of each column earns, in the currency, discounted; penalties are negative.
    """

    matrices: Matrices
    scale: float
    columns: Columns
    balance: Index
    missing: Index
    shortfalls: Index
    frozen: Index
    money: Matrix


@dataclass(frozen=True)
class TailBlock:
    """Weeks [first, last) beyond the horizon with one stock; the installs of week `retires` have left it."""

    first: int
    last: int
    retires: int | None


def tail_blocks(weeks: int, life: int) -> tuple[TailBlock, ...]:
    """Cut the time from the horizon's end to the end of the last install's life where the stock changes."""
    whole = (TailBlock(weeks, life, None),) if life > weeks else ()
    return whole + tuple(
        TailBlock(week, week + 1, week - life) for week in range(max(weeks, life), weeks + life - 1)
    )


def build_programme(instance: Instance) -> Programme:
    """Write the programme; always feasible, as floors, contracts and frozen decisions may fall short."""
    scale = greatest_value(instance)
    penalties = np.array([c.penalty * instance.discount[c.first] for c in instance.commitments])
    floor_weight = FLOOR_WEIGHT * (1.0 + float(penalties.sum()) / scale)
    blocks = tail_blocks(len(instance.horizon), instance.life)
    tail_value = _tail_value(instance, blocks)
    grid = Gatherer()
    columns = _add_columns(grid, instance, scale, tail_value, floor_weight * FROZEN_WEIGHT)
    write_stock(grid, columns, instance)
    write_tail(grid, columns, [block.retires for block in blocks])
    write_running_sum(grid, columns)
    balance = write_balance(grid, columns, instance)
    missing = write_floors(grid, columns, instance, floor_weight)
    shortfalls = grid.add_columns(
        penalties.shape, penalties / scale, np.array([entry.chips for entry in instance.commitments])
    )
    write_stock_contracts(grid, columns, instance, shortfalls)
    write_flow_contracts(grid, columns, instance, shortfalls)
    money = np.zeros(grid.width)
    weeks = instance.discount[: len(instance.horizon)]
    money[columns.used] = instance.cloud_value * weeks
    money[columns.tail_used] = tail_value
    money[columns.releases] = instance.direct_value * weeks
    money[shortfalls] = -penalties
    frozen = np.concatenate(
        [
            columns.installs[~np.isnan(instance.frozen_installs)],
            columns.releases[~np.isnan(instance.frozen_releases)],
        ]
    )
    return Programme(grid.matrices(), scale, columns, balance, missing, shortfalls, frozen, money)


def greatest_value(instance: Instance) -> float:
    """Return the most that one chip can earn or save, in the currency; 1 where nothing has a value."""
    life = float(instance.discount[: instance.life].sum())
    found = [
        *(instance.cloud_value.max(axis=1, initial=0.0) * life),
        *instance.direct_value.max(axis=1, initial=0.0),
        *(entry.penalty for entry in instance.commitments),
    ]
    return float(max(found, default=0.0)) or 1.0


def _tail_value(instance: Instance, blocks: tuple[TailBlock, ...]) -> Matrix:
    worth = np.array([instance.discount[block.first : block.last].sum() for block in blocks])
    return np.outer(instance.cloud_value[:, -1], worth)


def _add_columns(
    grid: Gatherer, instance: Instance, scale: float, tail_value: Matrix, frozen_weight: float
) -> Columns:
    weeks = len(instance.horizon)
    late = np.arange(weeks) / weeks
    discount = instance.discount[:weeks] / scale
    idle = 2.0 * TIE_BREAK / weeks
    installs_fixed, releases_fixed = ~np.isnan(instance.frozen_installs), ~np.isnan(instance.frozen_releases)
    asked_cloud, asked_direct = _asked(instance)
    return Columns(
        installs=grid.add_columns(
            instance.wanted.shape,
            TIE_BREAK * (1.0 + late) - frozen_weight * installs_fixed,
            _limit(instance.frozen_installs, instance.cloud_open | asked_cloud),
        ),
        stock=grid.add_columns(instance.wanted.shape, idle, _most_stock(instance)[:, None]),
        used=grid.add_columns(
            instance.wanted.shape, -idle - instance.cloud_value * discount, instance.wanted
        ),
        tail_stock=grid.add_columns(tail_value.shape, 0.0),
        tail_used=grid.add_columns(tail_value.shape, -tail_value / scale, instance.wanted[:, -1:]),
        releases=grid.add_columns(
            instance.due.shape,
            TIE_BREAK * (1.0 + late) - instance.direct_value * discount - frozen_weight * releases_fixed,
            _limit(instance.frozen_releases, instance.direct_open | asked_direct),
        ),
        released=grid.add_columns(instance.due.shape, 0.0, instance.cap),
        held=grid.add_columns(instance.supplied.shape, 0.0),
    )


def _most_stock(instance: Instance) -> Matrix:
    """Chips beyond which a cloud cell never needs to grow."""
    most: Matrix = np.maximum(instance.wanted.max(axis=1, initial=0.0), instance.stock)
    fixed = instance.stock + np.nan_to_num(instance.frozen_installs, nan=0.0).sum(axis=1)
    for row, (generation, region) in enumerate(instance.cloud):
        owed = {STOCK: 0.0, FLOW: fixed[row]}
        for entry in instance.commitments:
            if (entry.channel, entry.generation) == ("cloud", generation) and entry.region in {None, region}:
                owed[entry.basis] += entry.chips
        floors = [
            floor.chips + max(rounding_reserve(floor, instance, week) for week in (floor.first, floor.last))
            for floor in instance.floors
            if floor.covers(instance.cloud[row])
        ]
        most[row] = max(most[row], *owed.values(), *floors)
    return most


def _limit(frozen: Matrix, is_open: NDArray[np.bool_]) -> Matrix:
    return np.where(np.isnan(frozen), np.where(is_open, np.inf, 0.0)[:, None], frozen)


def _asked(instance: Instance) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Cells without a margin that a floor or a contract asks for."""

    def owed(channel: str, generation: str, region: str) -> bool:
        return any(
            entry.channel == channel and entry.generation == generation and entry.region in {None, region}
            for entry in instance.commitments
        )

    cloud = [any(f.covers(cell) for f in instance.floors) or owed("cloud", *cell) for cell in instance.cloud]
    direct = [owed("direct", *cell) for cell in instance.direct]
    return np.array(cloud, dtype=bool), np.array(direct, dtype=bool)
