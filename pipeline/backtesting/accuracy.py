"""Judgements → accuracy per node and lag, and pooled scorecards per level."""

import polars as pl

from pipeline.backtesting.judgements import NODE

SCORECARD = "scorecard/"
_GRAIN = (*NODE, "lag_weeks", "model")


def summarise(judged: pl.DataFrame, *, baseline: str) -> pl.DataFrame:
    """Average judgements over the origins, per node and pooled; columns of ACCURACY without the run.

    `pinball_ratio` is to the `baseline` model at the same node and lag; null where its loss is 0.
    """
    pooled = judged.with_columns(
        (pl.lit(SCORECARD) + pl.col("level")).alias("level"),
        *(pl.lit("all").alias(name) for name in ("segment", "generation", "region")),
    )
    rows = pl.concat([_average(judged), _average(pooled)])
    base = rows.filter(pl.col("model") == baseline).select(
        *NODE, "lag_weeks", pl.when(pl.col("pinball") > 0).then("pinball").alias("baseline_pinball")
    )
    return (
        rows.join(base, on=[*NODE, "lag_weeks"], how="left")
        .with_columns((pl.col("pinball") / pl.col("baseline_pinball")).alias("pinball_ratio"))
        .sort(_GRAIN)
    )


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
