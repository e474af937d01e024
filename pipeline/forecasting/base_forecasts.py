"""Nodes of the hierarchy forecast by themselves, now and at earlier origins: what reconciliation works on."""

from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.config import Policy
from pipeline.core.ids import seed_for
from pipeline.core.progress import progress
from pipeline.forecasting.draws import Draws, joint_draws
from pipeline.forecasting.series_forecast import forecast_series
from pipeline.schemas.tables import BASE_FORECASTS, LEVELS

Array = NDArray[np.float64]
_NODE = ("level", "channel", "segment", "generation", "region", "unit")
_BOTTOM = LEVELS[-1]
FLOW_UNIT = "chips_ordered"


def fit_bases(
    nodes: pl.DataFrame, *, policy: Policy, seed: int, horizon_weeks: int | None = None
) -> pl.DataFrame:
    """Forecast nodes from their own history: BASE_FORECASTS.

    Nodes above the bottom as of the end of the history, over the horizon; every node at earlier origins, over
    the weeks of the policy's section `reconciliation`, from what lies before the origin alone. A node never
    wholly known has nothing to be forecast from: no row at an earlier origin, and NaN now. A node's forecasts
    depend on its own rows, the policy and the seed, so nodes can be forecast apart.

    Args:
        nodes: level, channel, segment, generation, region, unit, period_start, demand_chips; gapless weeks.
        policy: numbers of the forecast and of the reconciliation.
        seed: of the sample paths whose means these are.
        horizon_weeks: default: the policy's.
    """
    rules = policy.forecast
    horizon = rules.horizon_weeks if horizon_weeks is None else horizon_weeks
    steps = max(horizon, policy.reconciliation.weeks)
    draws = joint_draws(seed, steps=steps, paths=rules.paths, weeks=rules.residual_weeks)
    groups = nodes.sort(*_NODE, "period_start").partition_by(*_NODE, maintain_order=True)
    rows = [
        row
        for group in progress(groups, "forecasting nodes", total=len(groups))
        for row in _node_rows(group, draws=draws, horizon=horizon, policy=policy, seed=seed)
    ]
    return pl.DataFrame(rows, schema=BASE_FORECASTS.polars_schema, orient="row")


def _node_rows(
    group: pl.DataFrame, *, draws: Draws, horizon: int, policy: Policy, seed: int
) -> list[tuple[object, ...]]:
    head = group.row(0, named=True)
    key = tuple(head[name] for name in _NODE)
    first: date = head["period_start"]
    values = group["demand_chips"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    rules = policy.reconciliation
    cuts = [len(values) - place * rules.origins_every_weeks for place in range(rules.origins + 1)]
    rows: list[tuple[object, ...]] = []
    for cut in cuts:
        is_now = cut == len(values)
        is_known = bool(np.isfinite(values[: max(cut, 0)]).any())
        if (is_now and head["level"] == _BOTTOM) or not (is_now or is_known):
            continue
        weeks = horizon if is_now else min(rules.weeks, policy.forecast.horizon_weeks)
        mean = np.full(weeks, np.nan)
        if is_known:
            mean = _mean(values[:cut], key, Draws(draws.weeks_back[:weeks]), policy=policy, seed=seed)
        observed = np.full(weeks, np.nan)
        came = values[cut : cut + weeks]
        observed[: len(came)] = came
        rows.append((*key, first + timedelta(weeks=cut), mean.tolist(), observed.tolist()))
    return rows


def _mean(values: Array, key: tuple[str, ...], draws: Draws, *, policy: Policy, seed: int) -> Array:
    rules = policy.forecast
    answer = forecast_series(
        np.where(np.isfinite(values), np.maximum(values, 0.0), np.nan),
        is_flow=key[-1] == FLOW_UNIT,
        is_ended=_is_silent(values, rules.ended_weeks),
        seasons=(rules.season_weeks,),
        reach=rules.horizon_weeks,
        draws=draws,
        rng=np.random.default_rng(seed_for(seed, "node", *key)),
        policy=rules,
    )
    return np.asarray(answer.paths.mean(axis=1))


def _is_silent(values: Array, weeks: int) -> bool:
    """Whether nothing was wanted for more than so many observed weeks, as for a series that has ended."""
    wanted = np.flatnonzero(values > 0)
    return bool(len(wanted)) and int(np.isfinite(values[wanted[-1] + 1 :]).sum()) > weeks
