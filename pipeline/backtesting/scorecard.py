"""Accuracy → where the seasonal naive did better than production: how often, by how much, and worst where."""

import polars as pl

from pipeline.backtesting.accuracy import ROUNDING, SCORECARD
from pipeline.features import NODE
from pipeline.schemas import tables

_GROUP = ("level", "channel", "unit", "lag_weeks")
_PRODUCTION, _BASELINE = "ensemble", "seasonal_naive"


def score(accuracy: pl.DataFrame) -> pl.DataFrame:
    """Sum up ACCURACY as SCORECARD: a row a level, channel and lag.

    A node is lost where production's pinball loss, averaged over its origins, is above the seasonal naive's.
    Between the least and the greatest ratio of n origins lies the ratio of the median origin with a
    probability of 1 - 2^(1 - n) (the sign test turned round), were origins independent.
    """
    nodes = _against_baseline(accuracy.filter(~pl.col("level").str.starts_with(SCORECARD)))
    pooled = accuracy.filter(
        pl.col("level").str.starts_with(SCORECARD), pl.col("model") == _PRODUCTION
    ).select(
        pl.col("level").str.strip_prefix(SCORECARD),
        *("run_id", "as_of", "channel", "unit", "lag_weeks", "origins"),
        *("pinball_ratio", "pinball_ratio_least", "pinball_ratio_most"),
        (1 - 0.5 ** (pl.col("origins") - 1)).alias("range_confidence"),
    )
    scored = pooled.join(_counts(nodes), on=_GROUP, how="left").join(_worst(nodes), on=_GROUP, how="left")
    return tables.SCORECARD.select(scored).sort(tables.SCORECARD.grain)


def _against_baseline(accuracy: pl.DataFrame) -> pl.DataFrame:
    keys = (*NODE, "lag_weeks")
    base = accuracy.filter(pl.col("model") == _BASELINE).select(*keys, baseline="pinball")
    nodes = accuracy.filter(pl.col("model") == _PRODUCTION).join(base, on=keys)
    return nodes.with_columns(
        (pl.col("pinball") > pl.col("baseline") * (1 + ROUNDING)).alias("is_lost"),
        (pl.col("pinball") - pl.col("baseline")).alias("excess"),
    )


def _counts(nodes: pl.DataFrame) -> pl.DataFrame:
    lost, origins = pl.col("is_lost"), pl.col("origins")
    excess = pl.when(lost).then("excess").otherwise(0.0).sum()
    loss = pl.col("baseline").sum()
    return nodes.group_by(_GROUP).agg(
        pl.len().alias("nodes"),
        lost.sum().alias("nodes_lost"),
        (lost & (origins > 1) & (pl.col("origins_lost") == origins)).sum().alias("nodes_lost_always"),
        excess.alias("excess_pinball"),
        pl.when(loss > 0).then(excess / loss).alias("excess_share"),
    )


def _worst(nodes: pl.DataFrame) -> pl.DataFrame:
    names = ("segment", "generation", "region", "origins", "origins_lost", "pinball_ratio")
    return (
        nodes.filter("is_lost")
        .sort("excess", *NODE, descending=[True, *(False for _ in NODE)])
        .group_by(_GROUP, maintain_order=True)
        .first()
        .select(
            *_GROUP,
            *(pl.col(name).alias(f"worst_{name}") for name in names),
            worst_excess_pinball="excess",
        )
    )
