"""The programme's optimum as whole chips, and what they serve."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.allocation.instance import Instance, Matrix
from pipeline.allocation.programme import Programme
from pipeline.allocation.rounding import whole_chips
from pipeline.allocation.solver import Solution

Whole = NDArray[np.int64]


@dataclass(frozen=True)
class Plan:
    """Whole chips.

    Attributes:
        installs: cloud cells x weeks; `releases`: direct cells x weeks; `held`: generations x weeks, at their
            end.
        stock: chips installed in each cloud cell and week, the opening stock included.
        cloud_served: chips in use.
        direct_open: chips due in the week or before and not released before it; `direct_served`: those
            released in it.
        shadow_price: generations x weeks, in the currency and in money of the first week's Monday.
    """

    installs: Whole
    releases: Whole
    held: Whole
    stock: Matrix
    cloud_served: Matrix
    direct_open: Matrix
    direct_served: Matrix
    shadow_price: Matrix


def whole_plan(instance: Instance, programme: Programme, solution: Solution) -> Plan:
    """Round each generation's installs and releases; allocated + held = supplied holds to the chip."""
    installs = _round_by_generation(instance, instance.cloud, solution.values[programme.columns.installs])
    releases = _round_by_generation(instance, instance.direct, solution.values[programme.columns.releases])
    allocated = np.zeros_like(instance.supplied)
    for row, generation in enumerate(instance.generations):
        allocated[row] += installs[_of(instance.cloud, generation)].sum(axis=0)
        allocated[row] += releases[_of(instance.direct, generation)].sum(axis=0)
    stock = standing_stock(installs, instance.stock, instance.life)
    served = np.minimum(np.cumsum(releases, axis=1), instance.cap)
    before = np.concatenate([np.zeros_like(served[:, :1]), served[:, :-1]], axis=1)
    return Plan(
        installs=installs,
        releases=releases,
        held=np.cumsum(instance.supplied - allocated, axis=1),
        stock=stock,
        cloud_served=np.minimum(stock, instance.wanted),
        direct_open=instance.cap - before,
        direct_served=served - before,
        shadow_price=solution.shadow_price,
    )


def standing_stock(installs: Whole, opening: Matrix, life: int) -> Matrix:
    """Chips installed in each week: the opening stock and all installs whose life is not over."""
    total = np.cumsum(installs, axis=1)
    gone = np.zeros_like(total)
    gone[:, life:] = total[:, : max(total.shape[1] - life, 0)]
    standing: Matrix = opening[:, None] + total - gone
    return standing


def _round_by_generation(instance: Instance, cells: tuple[tuple[str, str], ...], chips: Matrix) -> Whole:
    rounded = np.zeros(chips.shape, dtype=np.int64)
    for generation in instance.generations:
        rows = _of(cells, generation)
        rounded[rows] = whole_chips(chips[rows])
    return rounded


def _of(cells: tuple[tuple[str, str], ...], generation: str) -> list[int]:
    return [row for row, cell in enumerate(cells) if cell[0] == generation]
