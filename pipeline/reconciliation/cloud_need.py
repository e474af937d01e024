"""Cloud: from the stock that customers want to hold to the chips that must be installed."""

from datetime import timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.config import Policy
from pipeline.reconciliation.joint_paths import JointPaths

Array = NDArray[np.float64]
STOCK_UNIT = "chips_held"
SITE = ("generation", "region")


def cloud_needs(joint: JointPaths, series: pl.DataFrame, *, policy: Policy) -> dict[tuple[str, str], Array]:
    """Compute installs per generation and region, shape weeks x paths, in chips.

    EVENTS.md: need(t) = max(0, required(t) - sellable(t-1) + retired(t)), required = peak(held + unmet) /
    (1 - spare share). What is needed is taken as installed, so sellable(t) = max(sellable(t-1), required(t)).
    Retirements are not known ahead of their instant, so retired(t) is 0 in the future. The start is
    the sellable capacity of the last week that states one; where none does, the chips that the last
    observed weeks held at their peak: those exist.
    """
    ratios = _peak_ratios(series, weeks=policy.demand.peak_weeks)
    sellable = _last_sellable(series)
    groups = (
        joint.keys.with_row_index("position")
        .filter(pl.col("unit") == STOCK_UNIT)
        .group_by(SITE)
        .agg(pl.col("position").sort())
        .sort(SITE)
    )
    needs = {}
    for generation, region, members in groups.iter_rows():
        site = (generation, region)
        required = joint.values[members].sum(axis=0) * ratios.get(site, 1.0) / (1 - policy.demand.spare_share)
        start = np.full((1, required.shape[1]), sellable.get(site, 0.0))
        reached = np.maximum.accumulate(np.concatenate([start, required]), axis=0)
        needs[site] = np.diff(reached, axis=0)
    return needs


def _site_weeks(series: pl.DataFrame) -> pl.DataFrame:
    """Per generation, region and week: sums of demand, held and peak over segments; capacity once."""
    return (
        series.filter(pl.col("unit") == STOCK_UNIT, pl.col("demand_chips").is_not_null())
        .group_by(*SITE, "period_start")
        .agg(
            pl.col("demand_chips").sum(),
            pl.max_horizontal("peak_chips", "demand_observed_chips").sum().alias("peak_chips"),
            pl.col("unmet_chips").sum(),
            pl.col("peak_chips").is_not_null().any().alias("has_peak"),
            pl.col("sellable_chips").max(),
        )
        .sort(*SITE, "period_start")
    )


def _peak_ratios(series: pl.DataFrame, *, weeks: int) -> dict[tuple[str, str], float]:
    """Median over the recent weeks of (peak held + unmet) / demand; at least 1."""
    sites = _site_weeks(series)
    start = pl.col("period_start").max() - timedelta(weeks=weeks)
    ratios = (
        sites.filter(pl.col("period_start") > start, pl.col("has_peak"), pl.col("demand_chips") > 0)
        .group_by(SITE)
        .agg(((pl.col("peak_chips") + pl.col("unmet_chips")) / pl.col("demand_chips")).median().clip(1.0))
    )
    return {(generation, region): ratio for generation, region, ratio in ratios.iter_rows()}


def _last_sellable(series: pl.DataFrame) -> dict[tuple[str, str], float]:
    stated = pl.col("sellable_chips").drop_nulls().last()
    held = pl.col("peak_chips").last()
    capacity = (
        _site_weeks(series).group_by(SITE, maintain_order=True).agg(pl.coalesce(stated, held).alias("chips"))
    )
    return {(generation, region): chips for generation, region, chips in capacity.iter_rows()}
