"""Decisions that are already taken: the first weeks of the last approved allocation."""

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.allocation.horizon import Horizon
from pipeline.allocation.margins import Cell
from pipeline.allocation.notes import Note, tell


def frozen_chips(
    approved: pl.DataFrame, cloud: Sequence[Cell], direct: Sequence[Cell], horizon: Horizon, frozen_weeks: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], tuple[Note, ...]]:
    """Chips fixed in each cell and week: installs, releases; NaN where free.

    A week of a generation is fixed where the approved allocation has rows for both; cells without a row are
    then fixed at nothing. Weeks inside `frozen_weeks` that it does not reach stay free and are told.
    """
    weeks = horizon.weeks[:frozen_weeks]
    inside = approved.filter(pl.col("period_start").is_in(list(weeks)))
    fixed = {(g, w) for g, w in inside.select("generation", "period_start").iter_rows()}
    chips = {
        (channel, Cell(generation, region), week): float(amount)
        for channel, generation, region, week, amount in inside.select(
            "channel", "generation", "region", "period_start", "chips"
        ).iter_rows()
    }
    results = []
    for channel, cells in (("cloud", cloud), ("direct", direct)):
        matrix = np.full((len(cells), len(horizon)), np.nan)
        for row, cell in enumerate(cells):
            for column, week in enumerate(weeks):
                if (cell.generation, week) in fixed:
                    matrix[row, column] = chips.get((channel, cell, week), 0.0)
        results.append(matrix)
    open_weeks = [week for week in weeks if not any(w == week for _, w in fixed)]
    notes = (
        (
            tell(
                "not_frozen", f"no approved allocation reaches the weeks from {open_weeks[0]}: planned freely"
            ),
        )
        if open_weeks and approved.height
        else ()
    )
    return results[0], results[1], notes
