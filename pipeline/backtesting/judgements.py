"""One forecast against its outcome: losses, hits and scaled errors per node, origin and lag."""

from collections.abc import Sequence

import polars as pl

from pipeline.features import NODE
from pipeline.schemas.tables import QUANTILES

_LEAST_CHANGES = 8


def naive_scales(demand: pl.DataFrame, *, season: int) -> pl.DataFrame:
    """Mean absolute error of the seasonal naive within the history: the unit of MASE, per node.

    Hyndman and Koehler 2006, doi:10.1016/j.ijforecast.2006.03.001. Without enough seasonal changes the
    naive of the last week; null where that is zero or unknown too.
    """
    value = pl.col("demand_chips")
    scales = demand.group_by(NODE).agg(
        (value - value.shift(season)).abs().mean().alias("yearly"),
        (value - value.shift(season)).count().alias("changes"),
        value.diff().abs().mean().alias("weekly"),
    )
    chosen = pl.when(pl.col("changes") >= _LEAST_CHANGES).then("yearly").otherwise("weekly")
    return scales.select(*NODE, pl.when(chosen > 0).then(chosen).alias("scale"))


def judge(
    forecast: pl.DataFrame,
    outcomes: pl.DataFrame,
    scales: pl.DataFrame,
    *,
    lags: Sequence[int],
    engine: str,
) -> pl.DataFrame:
    """Compare one origin's FORECAST with the outcomes at the lags.

    Grain: node x lag. Pinball loss is the mean over the quantiles (Koenker and Bassett 1978,
    doi:10.2307/1913643), in chips; errors are of the median, except `mean_error`.
    """
    rows = forecast.filter(pl.col("step").is_in(list(lags))).join(
        outcomes.drop_nulls("demand_chips"), on=[*NODE, "period_start"], how="inner"
    )
    outcome = pl.col("demand_chips")
    losses = []
    for name in QUANTILES:
        share, error = int(name[1:]) / 100, outcome - pl.col(name)
        losses.append(pl.max_horizontal(share * error, (share - 1) * error))
    return rows.join(scales, on=list(NODE), how="left").select(
        *NODE,
        pl.col("as_of").alias("origin"),
        pl.col("step").alias("lag_weeks"),
        pl.lit(engine).alias("model"),
        outcome,
        pl.mean_horizontal(losses).alias("pinball"),
        outcome.is_between(pl.col("p10"), pl.col("p90")).alias("is_in_80"),
        outcome.is_between(pl.col("p05"), pl.col("p95")).alias("is_in_90"),
        (pl.col("mean") - outcome).alias("mean_error"),
        (pl.col("p50") - outcome).abs().alias("absolute_error"),
        ((pl.col("p50") - outcome).abs() / pl.col("scale")).alias("scaled_error"),
    )
