"""The rows of the programme, one kind a function."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from pipeline.allocation.commitments import FLOW, STOCK
from pipeline.allocation.floors import Floor
from pipeline.allocation.instance import Instance
from pipeline.allocation.sparse_rows import Gatherer, Index


@dataclass(frozen=True)
class Columns:
    """Column numbers: cloud or direct cells x weeks; tail: x blocks beyond the horizon; held: generations."""

    installs: Index
    stock: Index
    used: Index
    tail_stock: Index
    tail_used: Index
    releases: Index
    released: Index
    held: Index


def write_stock(grid: Gatherer, columns: Columns, instance: Instance) -> None:
    """Stock carries over, grows by installs and loses those whose life is over; what is used is in stock."""
    opening = np.zeros(columns.stock.shape)
    opening[:, 0] = instance.stock
    rows = grid.add_rows(columns.stock.shape, opening, opening)
    grid.put(rows, columns.stock, 1.0)
    grid.put(rows[:, 1:], columns.stock[:, :-1], -1.0)
    grid.put(rows, columns.installs, -1.0)
    aged = max(columns.stock.shape[1] - instance.life, 0)
    grid.put(rows[:, instance.life :], columns.installs[:, :aged], 1.0)
    _write_use(grid, columns.used, columns.stock)


def write_tail(grid: Gatherer, columns: Columns, retires: list[int | None]) -> None:
    """Beyond the horizon the stock only loses what is too old."""
    rows = grid.add_rows(columns.tail_stock.shape, 0.0, 0.0)
    grid.put(rows, columns.tail_stock, 1.0)
    before = np.concatenate([columns.stock[:, -1:], columns.tail_stock], axis=1)[:, : rows.shape[1]]
    grid.put(rows, before, -1.0)
    aged = [(block, week) for block, week in enumerate(retires) if week is not None]
    for block, week in aged:
        grid.put(rows[:, block], columns.installs[:, week], 1.0)
    _write_use(grid, columns.tail_used, columns.tail_stock)


def _write_use(grid: Gatherer, used: Index, stock: Index) -> None:
    rows = grid.add_rows(used.shape, -np.inf, 0.0)
    grid.put(rows, used, 1.0)
    grid.put(rows, stock, -1.0)


def write_running_sum(grid: Gatherer, columns: Columns) -> None:
    """Released up to a week is what was released up to the week before and in it."""
    rows = grid.add_rows(columns.released.shape, 0.0, 0.0)
    grid.put(rows, columns.released, 1.0)
    grid.put(rows[:, 1:], columns.released[:, :-1], -1.0)
    grid.put(rows, columns.releases, -1.0)


def write_balance(grid: Gatherer, columns: Columns, instance: Instance) -> Index:
    """Held + installed + released = held before + supplied, generations x weeks."""
    rows = grid.add_rows(columns.held.shape, instance.supplied, instance.supplied)
    grid.put(rows, columns.held, 1.0)
    grid.put(rows[:, 1:], columns.held[:, :-1], -1.0)
    place = {name: row for row, name in enumerate(instance.generations)}
    for cells, chips in ((instance.cloud, columns.installs), (instance.direct, columns.releases)):
        grid.put(rows[[place[cell.generation] for cell in cells]], chips, 1.0)
    return rows


def write_floors(grid: Gatherer, columns: Columns, instance: Instance, weight: float) -> Index:
    """Stock in a floor's scope + chips missing >= the floor, for each week of each floor."""
    missing = [np.empty(0, dtype=np.int64)]
    for floor in instance.floors:
        weeks = range(floor.first, floor.last)
        cells = [row for row, cell in enumerate(instance.cloud) if floor.covers(cell)]
        chips = np.array(
            [floor.chips + rounding_reserve(floor, instance, week) for week in weeks], dtype=float
        )
        rows = grid.add_rows(chips.shape, chips, np.inf)
        grid.put(rows, columns.stock[cells, floor.first : floor.last], 1.0)
        short = grid.add_columns(chips.shape, weight)
        grid.put(rows, short, 1.0)
        missing.append(short)
    return np.concatenate(missing)


def rounding_reserve(floor: Floor, instance: Instance, week: int) -> int:
    """Chips above the floor that keep it whole when the plan is rounded; see `rounding`.

    Rounded sums of one generation lose less than one chip against the programme's, so a whole floor needs
    none; sums over n generations need n - 1 more, and where old installs leave the stock, one more each.
    """
    generations = len({cell.generation for cell in instance.cloud if floor.covers(cell)})
    ageing = generations if week >= instance.life else 0
    return max(generations - 1, 0) + ageing


def write_stock_contracts(grid: Gatherer, columns: Columns, instance: Instance, shortfalls: Index) -> None:
    """Stock + shortfalls >= chips owed each week, by region and, for contracts of any region, in all."""
    owed: dict[tuple[str, str | None, int], list[int]] = defaultdict(list)
    entries = [(number, entry) for number, entry in enumerate(instance.commitments) if entry.basis == STOCK]
    anywhere = {entry.generation for _, entry in entries if entry.region is None}
    for number, entry in entries:
        for week in range(entry.first, entry.last):
            if entry.region is not None:
                owed[entry.generation, entry.region, week].append(number)
            if entry.generation in anywhere:
                owed[entry.generation, None, week].append(number)
    for (generation, region, week), numbers in owed.items():
        row = grid.add_rows((1,), sum(instance.commitments[number].chips for number in numbers), np.inf)
        grid.put(row, columns.stock[_rows_of(instance, "cloud", generation, region), week], 1.0)
        grid.put(row, shortfalls[numbers], 1.0)


def write_flow_contracts(grid: Gatherer, columns: Columns, instance: Instance, shortfalls: Index) -> None:
    """Each entry takes its chips from installs or releases of its weeks; no chip counts for two entries."""
    taken: dict[tuple[str, str, str | None, int], list[int]] = defaultdict(list)
    entries = [(number, entry) for number, entry in enumerate(instance.commitments) if entry.basis == FLOW]
    anywhere = {(entry.channel, entry.generation) for _, entry in entries if entry.region is None}
    for number, entry in entries:
        counted = grid.add_columns((entry.last - entry.first,), 0.0)
        row = grid.add_rows((1,), entry.chips, np.inf)
        grid.put(row, counted, 1.0)
        grid.put(row, shortfalls[number], 1.0)
        for week, column in zip(range(entry.first, entry.last), counted.tolist(), strict=True):
            if entry.region is not None:
                taken[entry.channel, entry.generation, entry.region, week].append(column)
            if (entry.channel, entry.generation) in anywhere:
                taken[entry.channel, entry.generation, None, week].append(column)
    for (channel, generation, region, week), counts in taken.items():
        row = grid.add_rows((1,), -np.inf, 0.0)
        flow = columns.installs if channel == "cloud" else columns.releases
        grid.put(row, counts, 1.0)
        grid.put(row, flow[_rows_of(instance, channel, generation, region), week], -1.0)


def _rows_of(instance: Instance, channel: str, generation: str, region: str | None) -> list[int]:
    cells = instance.cloud if channel == "cloud" else instance.direct
    return [
        row
        for row, cell in enumerate(cells)
        if cell.generation == generation and region in {None, cell.region}
    ]
