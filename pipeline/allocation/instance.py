"""One allocation problem in numbers, built from the frames."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.allocation.cells import planned_cells, release_cap
from pipeline.allocation.commitments import Commitment, read_commitments
from pipeline.allocation.demand import chips_ordered, chips_wanted, direct_due, planned_weeks
from pipeline.allocation.floors import Floor, read_floors, unmatched_floors
from pipeline.allocation.frozen import frozen_chips
from pipeline.allocation.horizon import Horizon, discount_factors
from pipeline.allocation.inputs import AllocationInputs
from pipeline.allocation.margins import Cell, reporting_currency, usable_margins, weekly_margins
from pipeline.allocation.notes import Note, warn
from pipeline.allocation.supply import arriving_chips, opening_stock
from pipeline.config.policy import AllocationPolicy

HOURS_A_WEEK = 168.0
Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Instance:
    """Everything the programme needs; rows are cells or generations, columns weeks.

    Attributes:
        supplied: whole chips that become available, generations x weeks.
        stock: chips installed at the start, one per cloud cell.
        wanted: chips wanted in the cloud, cloud cells x weeks.
        due: chips that fall due, direct cells x weeks; `cap` their running sum, raised where contracts or
            frozen decisions ask for more: releases up to a week never exceed it.
        cloud_value: money that a chip in use earns in a week, undiscounted; `direct_value` that a release
            earns.
        cloud_open: whether any margin is known, one per cloud cell; `direct_open` likewise. A closed cell
            gets chips only where a floor, a contract or a frozen decision asks for them.
        frozen_installs: chips fixed by the last approved allocation; NaN: free. `frozen_releases` likewise.
        discount: value of money in each week, for the horizon and the useful life beyond it.
        life: weeks a chip is in use, from the week of its installation on.
    """

    horizon: Horizon
    generations: tuple[str, ...]
    cloud: tuple[Cell, ...]
    direct: tuple[Cell, ...]
    supplied: NDArray[np.int64]
    stock: Matrix
    wanted: Matrix
    due: Matrix
    cap: Matrix
    cloud_value: Matrix
    direct_value: Matrix
    cloud_open: NDArray[np.bool_]
    direct_open: NDArray[np.bool_]
    floors: tuple[Floor, ...]
    commitments: tuple[Commitment, ...]
    frozen_installs: Matrix
    frozen_releases: Matrix
    discount: Matrix
    life: int
    currency: str


def build_instance(inputs: AllocationInputs, policy: AllocationPolicy) -> tuple[Instance, tuple[Note, ...]]:
    """Turn conformed frames into numbers.

    Raises:
        AllocationNotPossible: the forecast has no weekly rows of the level that is planned.
    """
    horizon = planned_weeks(inputs.forecast)
    margins, unit_notes = usable_margins(inputs.margins)
    currency = reporting_currency(margins)
    floors, floor_notes = read_floors(inputs.constraints, horizon)
    commitments, contract_notes = read_commitments(inputs.contracts, inputs.fx, horizon, currency)
    cloud, direct = planned_cells(inputs, floors, commitments, horizon, policy.frozen_weeks)
    generations = tuple(
        sorted(
            {cell.generation for cell in (*cloud, *direct)}
            | {*inputs.supply["generation"], *inputs.inventory["generation"]}
        )
    )
    supplied, supply_notes = arriving_chips(inputs.supply, inputs.inventory, generations, horizon)
    stock, stock_notes = opening_stock(inputs.capacity, cloud, horizon)
    ordered, ordered_notes = chips_ordered(inputs.forecast, direct, horizon)
    due, due_notes = direct_due(ordered, inputs.order_book, direct, horizon)
    hourly, cloud_notes = weekly_margins(
        margins, inputs.fx, channel="cloud", cells=cloud, horizon=horizon, currency=currency
    )
    each, direct_notes = weekly_margins(
        margins, inputs.fx, channel="direct", cells=direct, horizon=horizon, currency=currency
    )
    installs, releases, frozen_notes = frozen_chips(
        inputs.approved, cloud, direct, horizon, policy.frozen_weeks
    )
    life = policy.useful_life_weeks
    instance = Instance(
        horizon=horizon,
        generations=generations,
        cloud=cloud,
        direct=direct,
        supplied=supplied,
        stock=stock,
        wanted=chips_wanted(inputs.forecast, cloud, horizon),
        due=due,
        cap=release_cap(due, direct, commitments, releases),
        cloud_value=np.nan_to_num(hourly, nan=0.0) * HOURS_A_WEEK * policy.utilisation,
        direct_value=np.nan_to_num(each, nan=0.0),
        cloud_open=np.asarray(~np.isnan(hourly).all(axis=1), dtype=bool),
        direct_open=np.asarray(~np.isnan(each).all(axis=1), dtype=bool),
        floors=floors,
        commitments=commitments,
        frozen_installs=installs,
        frozen_releases=releases,
        discount=discount_factors(len(horizon) + life, policy.discount_rate_year),
        life=life,
        currency=currency,
    )
    closed = _closed_notes("cloud", cloud, instance.cloud_open) + _closed_notes(
        "direct", direct, instance.direct_open
    )
    notes = (
        *unit_notes,
        *floor_notes,
        *unmatched_floors(floors, cloud),
        *contract_notes,
        *supply_notes,
        *stock_notes,
        *ordered_notes,
        *due_notes,
        *cloud_notes,
        *direct_notes,
        *frozen_notes,
        *closed,
        *_generation_notes(inputs.generations, instance),
    )
    return instance, notes


def _closed_notes(channel: str, cells: tuple[Cell, ...], is_open: NDArray[np.bool_]) -> tuple[Note, ...]:
    names = [f"{c.generation} in {c.region}" for c, known in zip(cells, is_open, strict=True) if not known]
    if not names:
        return ()
    return (
        warn(
            "no_margin",
            f"no {channel} margin for {', '.join(names)}: left out, chips go there only for a floor, a "
            "contract or a frozen decision; trn.margin.set.v1 (and trn.fx.set.v1 where the currency differs) "
            "would bring it",
        ),
    )


def _generation_notes(lineage: pl.DataFrame, instance: Instance) -> tuple[Note, ...]:
    notes = []
    if unknown := sorted(set(instance.generations) - set(lineage["generation"])) if lineage.height else []:
        message = f"no trn.product.launched.v1 describes {', '.join(unknown)}: planned as named"
        notes.append(warn("generation_unknown", message))
    wanted = {cell.generation for cell in (*instance.cloud, *instance.direct)}
    for generation, chips in zip(instance.generations, instance.supplied.sum(axis=1), strict=True):
        if generation not in wanted and chips:
            message = f"{chips} chips of {generation} are supplied and nothing is forecast for it: all held"
            notes.append(warn("no_demand", message))
    return tuple(notes)
