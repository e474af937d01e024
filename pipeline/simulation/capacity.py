"""Installed and sellable chips, and who gets them when there are too few."""

from dataclasses import dataclass

import numpy as np

from pipeline.simulation.cloud_demand import CloudDemand
from pipeline.simulation.customers import ON_DEMAND, SPOT, Lines
from pipeline.simulation.scenario import Scenario
from pipeline.simulation.timeline import GENERATIONS, REGIONS, Bools, Floats, Ints, Timeline, rng_for

STATED_EVERY_WEEKS = 4
_LOT_CHIPS = 16
_RETIRE_EVERY_WEEKS = 13
_INSTALL_EVERY_WEEKS = 2
_LAUNCH_STOCK_WEEKS = 6  # a launch is stocked for half of the demand expected six weeks later
_LOOK_AHEAD_WEEKS = 5  # an install may have to wait for the week after a snapshot


@dataclass(frozen=True)
class Capacity:
    """Chips by generation x region x week; constant within a week.

    Attributes:
        installed: chips in place.
        impaired: broken, part of installed.
        spare: kept free for repair, part of installed.
    """

    installed: Ints
    impaired: Ints
    spare: Ints

    @property
    def sellable(self) -> Ints:
        """Chips that can be rented out."""
        return self.installed - self.impaired - self.spare


def plan_capacity(
    timeline: Timeline, scenario: Scenario, demand: CloudDemand, lines: Lines, seed: int
) -> Capacity:
    """Return the capacity that planners put in on an old picture of the demand.

    Installs and retirements fall on Mondays on which nothing is stated, so that a snapshot and a change never
    share an instant; in the week of a snapshot only the impaired and spare chips change.
    """
    rng = rng_for(seed, "capacity")
    weeks = timeline.weeks
    wanted = _by_cell(demand.chips, lines)
    tail = weeks if scenario.tail_from_share is None else int(scenario.tail_from_share * weeks)
    target = _targets(timeline, scenario, demand, wanted)
    if tail < weeks:
        short = np.minimum(scenario.tail_ratio * demand.trend[:, :, :weeks], 0.9 * _ahead(wanted, np.minimum))
        target[:, :, tail:] = short[:, :, tail:]
    installed, impaired, spare = (np.zeros(target.shape, dtype=np.int64) for _ in range(3))
    now = _in_lots(target[:, :, 0])
    broken, kept = np.zeros_like(now), np.zeros_like(now)
    for week in range(weeks):
        if week % STATED_EVERY_WEEKS == 0:
            broken = np.floor(now * rng.uniform(0.0, 0.015, now.shape)).astype(np.int64)
            kept = np.floor(0.03 * now).astype(np.int64)
        elif week >= tail:
            now = np.maximum(np.floor(target[:, :, week]).astype(np.int64), broken + kept)
        elif week % _INSTALL_EVERY_WEEKS == 1:
            now = _grown_or_retired(now, target[:, :, week], may_retire=week % _RETIRE_EVERY_WEEKS == 5)  # noqa: PLR2004
        installed[:, :, week], impaired[:, :, week], spare[:, :, week] = now, broken, kept
    return Capacity(installed, impaired, spare)


def _targets(timeline: Timeline, scenario: Scenario, demand: CloudDemand, wanted: Ints) -> Floats:
    seen = np.maximum(np.arange(timeline.weeks) - scenario.capacity_lag_weeks, 0)
    picture = demand.trend[:, :, seen].copy()
    for generation, launch in enumerate(timeline.launch_weeks):
        if launch > 0:
            stock = 0.5 * demand.trend[generation, :, launch + _LAUNCH_STOCK_WEEKS]
            known = slice(max(launch - 2, 0), timeline.weeks)
            picture[generation, :, known] = np.maximum(picture[generation, :, known], stock[:, None])
    target: Floats = scenario.capacity_ratio * picture
    if scenario.ample_ratio is not None:
        target = np.maximum(target, scenario.ample_ratio * _ahead(wanted, np.maximum))
    return target


def _by_cell(chips: Ints, lines: Lines) -> Ints:
    """Sum by generation x region x week."""
    total = np.zeros((len(REGIONS), len(GENERATIONS), chips.shape[2]), dtype=np.int64)
    np.add.at(total, lines.region, chips)
    return total.transpose(1, 0, 2)


def _ahead(values: Ints, pick: np.ufunc) -> Ints:
    """Least or greatest value of this week and the weeks that an install may have to cover."""
    best = values.copy()
    for step in range(1, _LOOK_AHEAD_WEEKS + 1):
        best[:, :, :-step] = pick(best[:, :, :-step], values[:, :, step:])
    return best


def _in_lots(chips: Floats) -> Ints:
    lots: Ints = (np.ceil(chips / _LOT_CHIPS) * _LOT_CHIPS).astype(np.int64)
    return lots


def _grown_or_retired(now: Ints, target: Floats, *, may_retire: bool) -> Ints:
    grown = np.maximum(now, _in_lots(target))
    if not may_retire:
        return grown
    return np.where(now > 1.35 * target, np.minimum(now, _in_lots(1.15 * target)), grown)


def hold_chips(wanted: Ints, sellable: Ints, lines: Lines) -> Ints:
    """Return the chips held by line x generation x week: all that is wanted, or else all that is sellable.

    When a generation is short in a region, contracts come first, then who holds chips already, then growth in
    proportion, then spot.
    """
    rows, generations, weeks = wanted.shape
    region = np.repeat(lines.region, generations)
    cell = np.tile(np.arange(generations), rows) * len(REGIONS) + region
    option = np.repeat(lines.option, generations)
    is_spot = option == SPOT
    has_contract = ~is_spot & (option != ON_DEMAND)
    held = wanted.reshape(rows * generations, weeks).copy()
    flat = wanted.reshape(rows * generations, weeks)
    before = np.zeros(rows * generations, dtype=np.int64)
    for week in range(weeks):
        left = sellable[:, :, week].ravel()
        total = np.bincount(cell, weights=flat[:, week], minlength=len(left))
        short = (total > left)[cell]
        if short.any():
            held[short, week] = _ration(
                flat[short, week],
                before[short],
                cell[short],
                left,
                has_contract=has_contract[short],
                is_spot=is_spot[short],
            )
        before = held[:, week]
    return held.reshape(rows, generations, weeks)


def _ration(want: Ints, before: Ints, cell: Ints, left: Ints, *, has_contract: Bools, is_spot: Bools) -> Ints:
    loyal = np.where(has_contract | is_spot, 0, np.minimum(want, before))
    tiers = (
        np.where(has_contract, want, 0),
        loyal,
        np.where(has_contract | is_spot, 0, want - loyal),
        np.where(is_spot, want, 0),
    )
    given = np.zeros_like(want)
    for tier in tiers:
        share = _share_out(tier, cell, left)
        given += share
        left = left - np.bincount(cell, weights=share, minlength=len(left)).astype(np.int64)
    return given


def _share_out(want: Ints, cell: Ints, left: Ints) -> Ints:
    """Share the chips left in each cell in proportion to what is wanted; the remainder goes one each."""
    total = np.bincount(cell, weights=want, minlength=len(left)).astype(np.int64)
    give = want * np.minimum(left, total)[cell] // np.maximum(total, 1)[cell]
    rest = np.minimum(left, total) - np.bincount(cell, weights=give, minlength=len(left)).astype(np.int64)
    open_rows = np.flatnonzero(give < want)
    order = open_rows[np.argsort(cell[open_rows], kind="stable")]
    first = np.searchsorted(cell[order], np.arange(len(left)))
    rank = np.arange(len(order)) - first[cell[order]]
    give[order[rank < rest[cell[order]]]] += 1
    return give
