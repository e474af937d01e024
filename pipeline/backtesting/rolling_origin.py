"""Replay the log at past instants, run the same stages as production, and judge the forecasts."""

from collections.abc import Callable
from datetime import datetime, timedelta

import polars as pl

from pipeline.backtesting.accuracy import summarise
from pipeline.backtesting.judgements import judge, naive_scales
from pipeline.config import Policy
from pipeline.core.errors import UsageError
from pipeline.core.progress import progress
from pipeline.features import demand_series, node_demand
from pipeline.forecasting import Engine, fit_bases, fit_series
from pipeline.reconciliation import coherent_forecast, reconcile_paths
from pipeline.schemas.tables import ACCURACY

ENGINES: tuple[Engine, ...] = ("ensemble", "ets", "seasonal_naive")


def origins(as_of: datetime, policy: Policy) -> list[datetime]:
    """List the instants replayed, oldest first: every so many weeks before `as_of`, same weekday and hour.

    The hour matters: what had been reported by then is what production would have had.
    """
    rules = policy.backtest
    return [as_of - timedelta(weeks=rules.origins_every_weeks * n) for n in range(rules.origins, 0, -1)]


def forecast_at(
    series: pl.DataFrame,
    *,
    as_of: datetime,
    policy: Policy,
    seed: int,
    run_id: str,
    horizon_weeks: int | None = None,
    engine: Engine = "ensemble",
) -> pl.DataFrame:
    """Run the stages of production on a series frame: FORECAST, over fewer weeks where a horizon is given.

    What production is compared with, the other engines, are sums of the series' paths.
    """
    fitted = fit_series(series, policy=policy, seed=seed, horizon_weeks=horizon_weeks, engine=engine)
    if engine != "ensemble":
        return coherent_forecast(fitted.paths, fitted.models, run_id=run_id, as_of=as_of)
    bases = fit_bases(node_demand(series), policy=policy, seed=seed, horizon_weeks=horizon_weeks)
    coherent = reconcile_paths(fitted.paths, bases, policy=policy)
    return coherent_forecast(
        coherent.paths, fitted.models, run_id=run_id, as_of=as_of, base_means=coherent.base_means
    )


def backtest(
    history_at: Callable[[datetime], pl.DataFrame],
    *,
    as_of: datetime,
    policy: Policy,
    seed: int,
    run_id: str,
) -> pl.DataFrame:
    """Judge production's forecasts at past origins: ACCURACY.

    `history_at` gives DEMAND_HISTORY as known at an instant. A forecast reads what was known at its
    origin; the outcome is what is known at `as_of`. Nodes and weeks without a whole outcome are not judged,
    nor are series that did not exist at an origin (their demand counts in the totals above them). Both
    engines draw the same past weeks. Levels 'scorecard/…' pool all nodes of a level per channel and lag.
    Lags beyond the horizon are left out.

    Raises:
        UsageError: no lag lies within the horizon.
    """
    if min(policy.backtest.lags_weeks) > policy.forecast.horizon_weeks:
        raise UsageError(
            f"no lag of backtest.lags_weeks lies within forecast.horizon_weeks = "
            f"{policy.forecast.horizon_weeks}; change one of them in the policy"
        )
    latest = demand_series(history_at(as_of), as_of=as_of, policy=policy)
    outcomes = node_demand(latest)
    judged = [
        judgement
        for origin in progress(origins(as_of, policy), "replaying origins", total=policy.backtest.origins)
        for judgement in _judge_origin(history_at(origin), origin, outcomes, policy=policy, seed=seed)
    ]
    if not judged:
        return ACCURACY.empty()
    accuracy = summarise(pl.concat(judged), baseline="seasonal_naive")
    return ACCURACY.select(
        accuracy.with_columns(pl.lit(run_id).alias("run_id"), pl.lit(as_of).alias("as_of"))
    )


def _judge_origin(
    history: pl.DataFrame, origin: datetime, outcomes: pl.DataFrame, *, policy: Policy, seed: int
) -> list[pl.DataFrame]:
    series = demand_series(history, as_of=origin, policy=policy)
    if series.is_empty():
        return []
    scales = naive_scales(node_demand(series), season=policy.forecast.season_weeks)
    lags = [lag for lag in policy.backtest.lags_weeks if lag <= policy.forecast.horizon_weeks]
    judged = []
    for engine in ENGINES:
        forecast = forecast_at(
            series,
            as_of=origin,
            policy=policy,
            seed=seed,
            run_id="",
            horizon_weeks=max(lags),
            engine=engine,
        )
        judged.append(judge(forecast, outcomes, scales, lags=lags, engine=engine))
    return judged
