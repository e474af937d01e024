"""The streams of chips that are planned, and how much each direct one can take."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.allocation.commitments import FLOW, Commitment
from pipeline.allocation.demand import LEVEL, UNASSIGNED
from pipeline.allocation.floors import Floor
from pipeline.allocation.horizon import Horizon
from pipeline.allocation.inputs import AllocationInputs
from pipeline.allocation.margins import Cell

Matrix = NDArray[np.float64]


def planned_cells(
    inputs: AllocationInputs,
    floors: tuple[Floor, ...],
    commitments: tuple[Commitment, ...],
    horizon: Horizon,
    frozen_weeks: int,
) -> tuple[tuple[Cell, ...], tuple[Cell, ...]]:
    """Cloud and direct cells in order: all that is forecast, installed, owed, asked for or decided."""
    planned = inputs.forecast.filter(pl.col("level") == LEVEL)
    fixed = inputs.approved.filter(
        pl.col("period_start").is_in(list(horizon.weeks[:frozen_weeks])) & (pl.col("chips") > 0)
    )
    found: dict[str, set[Cell]] = {"cloud": set(), "direct": set()}
    for frame in (planned, fixed):
        for channel, generation, region in (
            frame.select("channel", "generation", "region").unique().iter_rows()
        ):
            found.setdefault(channel, set()).add(Cell(generation, region))
    found["cloud"] |= {
        Cell(*key) for key in inputs.capacity.select("generation", "region").unique().iter_rows()
    }
    found["cloud"] |= {Cell(f.generation, f.region) for f in floors if f.generation and f.region}
    backlog = inputs.order_book.filter(pl.col("chips_open") > 0).with_columns(
        pl.col("region").fill_null(UNASSIGNED)
    )
    found["direct"] |= {Cell(*key) for key in backlog.select("generation", "region").unique().iter_rows()}
    for owed in commitments:
        if owed.region is not None or owed.channel == "direct":
            found[owed.channel].add(Cell(owed.generation, owed.region or UNASSIGNED))
    return tuple(sorted(found["cloud"])), tuple(sorted(found["direct"]))


def release_cap(
    due: Matrix, cells: tuple[Cell, ...], commitments: tuple[Commitment, ...], frozen: Matrix
) -> Matrix:
    """Chips that may be released up to each week, cells x weeks: what is due, and what was agreed beyond it.

    A contract or a frozen decision that goes beyond the orders counts as demand. Contracted chips are a part
    of the orders as far as these go; where no region is named and all regions' orders together fall short of
    them, the rest is 'unassigned'.
    """
    cap = np.cumsum(due, axis=1)
    frozen_sum = np.cumsum(np.nan_to_num(frozen, nan=0.0), axis=1)
    owed = np.zeros_like(cap)
    anywhere: dict[str, Matrix] = {}
    place = {cell: row for row, cell in enumerate(cells)}
    for entry in (c for c in commitments if c.channel == "direct" and c.basis == FLOW):
        row = place[Cell(entry.generation, entry.region or UNASSIGNED)]
        target = owed[row] if entry.region else anywhere.setdefault(entry.generation, np.zeros(cap.shape[1]))
        target[entry.first :] += entry.chips
    cap = np.maximum(cap, np.maximum(owed, frozen_sum))
    for generation, chips in anywhere.items():
        rows = [row for row, cell in enumerate(cells) if cell.generation == generation]
        named = owed[rows].sum(axis=0)
        cap[place[Cell(generation, UNASSIGNED)]] += np.maximum(named + chips - cap[rows].sum(axis=0), 0.0)
    return np.maximum.accumulate(cap, axis=1)
