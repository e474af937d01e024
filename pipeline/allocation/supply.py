"""Whole chips that can be allocated: what is in stock and what arrives in each week."""

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.allocation.horizon import Horizon
from pipeline.allocation.margins import Cell
from pipeline.allocation.notes import Note, gather, warn

SNAP = 1e-6


def arriving_chips(
    supply: pl.DataFrame, inventory: pl.DataFrame, generations: Sequence[str], horizon: Horizon
) -> tuple[NDArray[np.int64], tuple[Note, ...]]:
    """Whole chips that become available, generations x weeks; the first week holds the inventory too.

    A period's chips count in the week of its last day. Parts of chips wait until they make a whole one.
    Inventory is pooled over regions: chips in stock can be shipped. What was due before the horizon and did
    not arrive counts for nothing until it is rescheduled; what comes after the horizon is left out.
    """
    arrivals = np.zeros((len(generations), len(horizon)))
    overdue: dict[str, float] = {}
    place = {name: row for row, name in enumerate(generations)}
    for generation, start, end, chips in supply.select(
        "generation", "period_start", "period_end", "chips_p50"
    ).iter_rows():
        week = horizon.index(start if end is None else end - timedelta(days=1))
        if week < 0:
            overdue[generation] = overdue.get(generation, 0.0) + chips
        elif week < len(horizon):
            arrivals[place[generation], week] += chips
    for generation, chips in inventory.select("generation", "chips").iter_rows():
        arrivals[place[generation], 0] += chips
    whole = np.floor(np.cumsum(arrivals, axis=1) + SNAP).astype(np.int64)
    notes = tuple(
        warn(
            "supply_overdue",
            f"{chips:g} chips of {generation} were due before {horizon.first_day} and have not arrived: they "
            "count for nothing until trn.supply.revised.v1 gives them a new period",
        )
        for generation, chips in sorted(overdue.items())
        if chips > 0
    )
    return np.diff(whole, axis=1, prepend=0), notes


def opening_stock(
    capacity: pl.DataFrame, cells: Sequence[Cell], horizon: Horizon
) -> tuple[NDArray[np.float64], tuple[Note, ...]]:
    """Chips that are sellable (where not stated: installed) at the start, one per cloud cell.

    The latest week known counts. The contract gives no age of installed chips: they stay through the horizon
    and beyond.
    """
    stock = pl.coalesce("sellable_chips", "installed_chips")
    latest = (
        capacity.with_columns(stock=stock)
        .filter((pl.col("period_start") <= horizon.first_day) & pl.col("stock").is_not_null())
        .sort("period_start")
        .group_by("generation", "region", maintain_order=True)
        .last()
    )
    known = {(g, r): chips for g, r, chips in latest.select("generation", "region", "stock").iter_rows()}
    unknown = warn(
        "no_capacity",
        "no capacity is known, so none counts as installed and the plan may install for chips that are "
        "already held; trn.capacity.stated.v1 or trn.capacity.installed.v1 would say",
    )
    notes = gather(
        (f"cloud {cell.generation} in {cell.region}", unknown) for cell in cells if tuple(cell) not in known
    )
    stock_of_cells = [known.get((cell.generation, cell.region), 0.0) for cell in cells]
    return np.floor(np.array(stock_of_cells) + SNAP), notes
