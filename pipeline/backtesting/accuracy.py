"""Judgements → accuracy per node and lag, and pooled scorecards per level."""

import polars as pl

from pipeline.features import NODE

SCORECARD = "scorecard/"
_POINT = (*NODE, "lag_weeks")
_GRAIN = (*_POINT, "model")
ROUNDING = 1e-9
"""Share by which a loss has to be above another to be more than it."""


def summarise(judged: pl.DataFrame, *, baseline: str) -> pl.DataFrame:
    """Average judgements over the origins, per node and pooled; columns of ACCURACY without the run.

    `pinball_ratio` is to the `baseline` model at the same node and lag; null where its loss is 0. The columns
    on origins compare with it origin by origin.
    """
    pooled = judged.with_columns(
        (pl.lit(SCORECARD) + pl.col("level")).alias("level"),
        *(pl.lit("all").alias(name) for name in ("segment", "generation", "region")),
    )
    every = pl.concat([judged, pooled])
    rows = _average(every).join(_by_origin(every, baseline), on=_GRAIN, how="left")
    return _compared(rows, _POINT, baseline).drop("baseline_pinball").sort(_GRAIN)


def _average(judged: pl.DataFrame) -> pl.DataFrame:
    volume = pl.col("demand_chips").sum()
    return judged.group_by(_GRAIN).agg(
        pl.col("origin").n_unique().alias("origins"),
        pl.len().alias("observations"),
        pl.col("pinball").mean(),
        pl.col("is_in_80").mean().alias("coverage_80"),
        pl.col("is_in_90").mean().alias("coverage_90"),
        pl.when(volume > 0).then(pl.col("mean_error").sum() / volume).alias("bias"),
        pl.col("scaled_error").mean().alias("mase"),
        pl.when(volume > 0).then(pl.col("absolute_error").sum() / volume).alias("wape"),
    )


def _by_origin(judged: pl.DataFrame, baseline: str) -> pl.DataFrame:
    """At how many origins a model lost to the baseline, and the least and the greatest ratio of an origin."""
    origins = judged.group_by(*_GRAIN, "origin").agg(pl.col("pinball").mean())
    loss, ratio = pl.col("pinball"), pl.col("pinball_ratio")
    return (
        _compared(origins, (*_POINT, "origin"), baseline)
        .group_by(_GRAIN)
        .agg(
            (loss > pl.col("baseline_pinball") * (1 + ROUNDING)).sum().cast(pl.Int64).alias("origins_lost"),
            ratio.min().alias("pinball_ratio_least"),
            ratio.max().alias("pinball_ratio_most"),
        )
    )


def _compared(rows: pl.DataFrame, keys: tuple[str, ...], baseline: str) -> pl.DataFrame:
    base = rows.filter(pl.col("model") == baseline).select(*keys, baseline_pinball="pinball")
    compared = rows.join(base, on=keys, how="left")
    beside = pl.col("baseline_pinball")
    return compared.with_columns(pl.when(beside > 0).then(pl.col("pinball") / beside).alias("pinball_ratio"))
