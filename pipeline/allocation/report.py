"""The plan as frames: the allocation itself, the balance with its prices, and the warnings."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np
import polars as pl

from pipeline.allocation.horizon import WEEK
from pipeline.allocation.instance import Instance
from pipeline.allocation.notes import Note
from pipeline.allocation.plan import Plan
from pipeline.schemas.table import INSTANT
from pipeline.schemas.tables import ALLOCATION, DATA_QUALITY, SUPPLY_BALANCE


def allocation_frame(instance: Instance, plan: Plan, run_id: str, as_of: datetime) -> pl.DataFrame:
    """ALLOCATION rows for every week, generation, channel and region, zeros included."""
    place = {name: row for row, name in enumerate(instance.generations)}
    parts = []
    for channel, cells, chips, demand, served, frozen in (
        (
            "cloud",
            instance.cloud,
            plan.installs,
            instance.wanted,
            plan.cloud_served,
            instance.frozen_installs,
        ),
        (
            "direct",
            instance.direct,
            plan.releases,
            plan.direct_open,
            plan.direct_served,
            instance.frozen_releases,
        ),
    ):
        for row, (generation, region) in enumerate(cells):
            columns = {
                "period_start": list(instance.horizon.weeks),
                "chips": chips[row],
                "shadow_price": plan.shadow_price[place[generation]],
                "demand_chips": demand[row],
                "served_chips": served[row],
                "is_frozen": ~np.isnan(frozen[row]),
            }
            names = {"channel": channel, "generation": generation, "region": region}
            parts.append(
                pl.DataFrame(columns).with_columns(**{key: pl.lit(name) for key, name in names.items()})
            )
    if not parts:
        return ALLOCATION.empty()
    rows = _stamp(pl.concat(parts), instance, run_id, as_of)
    proposed = rows.with_columns(status=pl.lit("proposed"))
    return ALLOCATION.select(proposed.sort("period_start", "generation", "channel", "region"))


def supply_balance_frame(instance: Instance, plan: Plan, run_id: str, as_of: datetime) -> pl.DataFrame:
    """SUPPLY_BALANCE rows for every generation and week."""
    opening = np.concatenate([np.zeros_like(plan.held[:, :1]), plan.held[:, :-1]], axis=1)
    parts = [
        pl.DataFrame(
            {
                "period_start": list(instance.horizon.weeks),
                "opening_chips": opening[row],
                "supplied_chips": instance.supplied[row],
                "allocated_chips": opening[row] + instance.supplied[row] - plan.held[row],
                "held_chips": plan.held[row],
                "shadow_price": plan.shadow_price[row],
            }
        ).with_columns(generation=pl.lit(generation))
        for row, generation in enumerate(instance.generations)
    ]
    return SUPPLY_BALANCE.select(_stamp(pl.concat(parts), instance, run_id, as_of))


def warning_rows(allocation: pl.DataFrame, remarks: Sequence[Note]) -> pl.DataFrame:
    """DATA_QUALITY rows of an allocation: one a kind of warning, in the order of first sight."""
    told: dict[str, list[str]] = {}
    for remark in remarks:
        if remark.severity == "warning":
            told.setdefault(remark.code, []).append(remark.message)
    if not told or allocation.is_empty():
        return DATA_QUALITY.empty()
    rows = pl.DataFrame(
        [
            {"check_name": code, "observed": "; ".join(texts), "expected": "none"}
            for code, texts in told.items()
        ]
    ).with_columns(
        run_id=pl.lit(allocation["run_id"][0]),
        as_of=pl.lit(allocation["as_of"][0], dtype=INSTANT),
        table_name=pl.lit(ALLOCATION.name),
        severity=pl.lit("warning"),
        is_passed=pl.lit(value=False),
        reason=pl.lit("a figure of the plan may mislead who does not know it"),
    )
    return DATA_QUALITY.select(rows)


def _stamp(frame: pl.DataFrame, instance: Instance, run_id: str, as_of: datetime) -> pl.DataFrame:
    return frame.with_columns(
        run_id=pl.lit(run_id),
        as_of=pl.lit(as_of, dtype=INSTANT),
        period_end=pl.col("period_start") + WEEK,
        currency=pl.lit(instance.currency),
        status=pl.lit("proposed"),
    )
