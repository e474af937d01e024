"""Direct: open chips by the week they are asked for, and forecast orders when they will be."""

from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.core.clock import week_start
from pipeline.reconciliation.joint_paths import JointPaths, first_week

Array = NDArray[np.float64]
FLOW_UNIT = "chips_ordered"
UNASSIGNED = "unassigned"
SITE = ("generation", "region")


def direct_needs(joint: JointPaths, order_book: pl.DataFrame) -> dict[tuple[str, str], Array]:
    """Compute chips due per generation and region, shape weeks x paths.

    Open chips fall due in the week of their requested date (else the promised one); those overdue or
    without a date in the first week, those due beyond the horizon not at all. A forecast order is due as
    many weeks after its week as orders of its generation ask for in the median.
    """
    weeks, paths = joint.values.shape[1:]
    start = first_week(joint)
    if start is None:
        return {}
    needs: dict[tuple[str, str], Array] = {}
    for generation, region, due, chips in _open_by_week(order_book, start).iter_rows():
        place = (due - start).days // 7
        if place < weeks:
            needs.setdefault((generation, region), np.zeros((weeks, paths)))[place] += chips
    leads = _lead_weeks(order_book)
    flows = joint.keys.with_row_index("position").filter(pl.col("unit") == FLOW_UNIT)
    for position, generation, region in flows.select("position", *SITE).iter_rows():
        lead = min(leads.get(generation, 0), weeks)
        total = needs.setdefault((generation, region), np.zeros((weeks, paths)))
        total[lead:] += joint.values[position, : weeks - lead]
    return dict(sorted(needs.items()))


def _open_by_week(order_book: pl.DataFrame, start: date) -> pl.DataFrame:
    due = pl.coalesce("requested_date", "promised_date", pl.lit(start)).dt.truncate("1w")
    return (
        order_book.filter(pl.col("chips_open") > 0)
        .select(
            "generation",
            pl.col("region").fill_null(UNASSIGNED),
            pl.max_horizontal(due, pl.lit(week_start(start))).alias("due"),
            pl.col("chips_open").cast(pl.Float64),
        )
        .group_by(*SITE, "due")
        .agg(pl.col("chips_open").sum())
        .sort(*SITE, "due")
    )


def _lead_weeks(order_book: pl.DataFrame) -> dict[str, int]:
    """Median whole weeks from placing an order to its requested date, per generation."""
    days = (pl.col("requested_date") - pl.col("placed_at").dt.date()).dt.total_days()
    leads = (
        order_book.filter(pl.col("requested_date").is_not_null())
        .group_by("generation")
        .agg((days // 7).clip(0).median().round().cast(pl.Int64).alias("weeks"))
    )
    return dict(leads.select("generation", "weeks").iter_rows())
