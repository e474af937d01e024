"""Demand as the programme sees it: cloud chips wanted in a week, direct chips due by a week."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.allocation.horizon import WEEK, Horizon
from pipeline.allocation.margins import Cell
from pipeline.allocation.notes import AllocationNotPossible, Note, tell

LEVEL = "channel/generation/region"
UNASSIGNED = "unassigned"
# Below this share of the means' sum, the sum of weekly medians says little about what will be ordered.
LUMPY_SHARE = 0.8


def planned_weeks(forecast: pl.DataFrame) -> Horizon:
    """Read the weeks off the forecast.

    Raises:
        AllocationNotPossible: no row of the level, or its periods are not gapless weeks from a Monday.
    """
    weeks = forecast.filter(pl.col("level") == LEVEL)["period_start"].unique().sort().to_list()
    if not weeks:
        raise AllocationNotPossible(
            f"allocation needs a forecast with rows of level '{LEVEL}', and there are none: land orders or "
            "usage first"
        )
    if weeks[0].weekday() != 0 or any(b - a != WEEK for a, b in pairwise(weeks)):
        raise AllocationNotPossible(
            f"allocation plans gapless weeks from Mondays; the forecast has {len(weeks)} periods from "
            f"{weeks[0]} to {weeks[-1]} that are not"
        )
    return Horizon(tuple(weeks))


def chips_wanted(forecast: pl.DataFrame, cells: Sequence[Cell], horizon: Horizon) -> NDArray[np.float64]:
    """Median of the chips wanted in the cloud, cells x weeks; 0 where not forecast."""
    return _weekly(forecast, "cloud", pl.col("p50"), cells, horizon)


def chips_ordered(
    forecast: pl.DataFrame, cells: Sequence[Cell], horizon: Horizon
) -> tuple[NDArray[np.float64], tuple[Note, ...]]:
    """Direct orders forecast, cells x weeks: the mean of each week, as what counts is their running sum.

    Orders wait, so the programme plans against all orders up to a week. The median of such a sum lies near
    the sum of the means; the sum of weekly medians does not: where orders come in two weeks of five it is 0.
    """
    ordered = _weekly(forecast, "direct", pl.coalesce("mean", "p50"), cells, horizon)
    median = float(_weekly(forecast, "direct", pl.col("p50"), cells, horizon).sum())
    mean = float(ordered.sum())
    notes = (
        (
            tell(
                "direct_mean",
                f"direct orders are planned by their weekly means, {mean:,.0f} chips in all: they come in "
                f"lumps, so that weekly medians add up to {median:,.0f} only",
            ),
        )
        if median < mean * LUMPY_SHARE
        else ()
    )
    return ordered, notes


def _weekly(
    forecast: pl.DataFrame, channel: str, statistic: pl.Expr, cells: Sequence[Cell], horizon: Horizon
) -> NDArray[np.float64]:
    rows = forecast.filter((pl.col("level") == LEVEL) & (pl.col("channel") == channel))
    demand = np.zeros((len(cells), len(horizon)))
    place = {cell: row for row, cell in enumerate(cells)}
    chosen = rows.select("generation", "region", "period_start", chips=statistic)
    for generation, region, week, chips in chosen.iter_rows():
        demand[place[Cell(generation, region)], horizon.index(week)] = max(chips, 0.0)
    return demand


def direct_due(
    ordered: NDArray[np.float64], order_book: pl.DataFrame, cells: Sequence[Cell], horizon: Horizon
) -> tuple[NDArray[np.float64], tuple[Note, ...]]:
    """Direct chips that fall due in each week, cells x weeks: orders forecast plus the open backlog.

    A forecast order is due in the week it is placed, an open one in the week of its requested date, else of
    its promised one (at once when that is past or neither is given). What is not served when due stays due:
    orders wait, they are not lost, so waiting costs the discount alone. Orders already placed in a forecast
    week are taken off that week's forecast.
    """
    backlog, placed = np.zeros_like(ordered), np.zeros_like(ordered)
    place = {cell: row for row, cell in enumerate(cells)}
    beyond = 0.0
    lines = order_book.with_columns(
        pl.col("region").fill_null(UNASSIGNED),
        placed_date=pl.col("placed_at").dt.date(),
        due_date=pl.coalesce("requested_date", "promised_date"),
        net=pl.col("chips_ordered").fill_null(0.0) - pl.col("chips_cancelled").fill_null(0.0),
    )
    for generation, region, wanted, placed_date, chips_open, net in lines.select(
        "generation", "region", "due_date", "placed_date", "chips_open", "net"
    ).iter_rows():
        row = place.get(Cell(generation, region))
        if row is None:
            continue
        week = 0 if wanted is None else max(horizon.index(wanted), 0)
        if week < len(horizon):
            backlog[row, week] += max(chips_open, 0.0)
        else:
            beyond += max(chips_open, 0.0)
        if placed_date is not None and 0 <= (since := horizon.index(placed_date)) < len(horizon):
            placed[row, since] += max(net, 0.0)
    notes = (
        (
            tell(
                "backlog_beyond",
                f"{beyond:g} chips on order are wanted after {horizon.end_day}: not planned here",
            ),
        )
        if beyond
        else ()
    )
    return np.maximum(ordered - placed, 0.0) + backlog, notes
