"""One series, one answer: the model that fits it, or a fallback with its reason; never an exception."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.config.policy import ForecastPolicy
from pipeline.forecasting.damped_ets import DampedEts, damped_ets_paths
from pipeline.forecasting.draws import Draws
from pipeline.forecasting.ensemble_paths import EnsembleFit, ensemble_paths
from pipeline.forecasting.intermittent import (
    IntermittentFit,
    intermittent_paths,
    is_intermittent,
    level_factor,
)
from pipeline.forecasting.last_value import last_value_paths
from pipeline.forecasting.seasonal_naive import seasonal_naive_paths

Array = NDArray[np.float64]
Fit = EnsembleFit | IntermittentFit | DampedEts
Engine = Literal["ensemble", "ets", "seasonal_naive"]
_SMALLEST = 1e-300  # below it a mean is rounded to zero and nothing can be relative to it


@dataclass(frozen=True)
class SeriesForecast:
    """The answer for one series.

    Attributes:
        paths: steps x paths, in the unit of the series.
        reason: why a fallback was used; None where none was.
        fit: what a model's paths were drawn from; None for fallbacks and the baseline.
        note: what else to know of the answer; None: nothing.
    """

    paths: Array
    model: str
    reason: str | None
    fit: Fit | None = None
    note: str | None = None


def forecast_series(
    values: Array,
    *,
    is_flow: bool,
    is_ended: bool,
    seasons: tuple[int, ...],
    reach: int,
    draws: Draws,
    rng: np.random.Generator,
    policy: ForecastPolicy,
    engine: Engine = "ensemble",
) -> SeriesForecast:
    """Forecast one series from its values in order of time (NaN: not observed).

    `reach` is how many steps ahead the forecast is made for; `draws` may ask for the first ones alone.

    Fallbacks: `no_observations`, `all_zero` and `ended` → zero; `constant` → that value; `too_short` → the
    last value (stock) or past values drawn again (flow); `fit_failed` → seasonal naive.
    """
    values = np.where(np.abs(values) < _SMALLEST, 0.0, values)
    seen = np.flatnonzero(np.isfinite(values))
    flat = _flat_answer(values[seen], is_ended=is_ended, policy=policy)
    if flat is not None:
        level, reason = flat
        return SeriesForecast(np.full(draws.shape, level), "flat", reason)
    late = len(values) - 1 - int(seen[-1])
    known = values[seen[0] : seen[-1] + 1]
    drawn = draws.from_earlier(late) if late else draws
    answer = _modelled(
        known,
        len(seen),
        is_flow=is_flow,
        seasons=seasons,
        reach=reach + late,
        draws=drawn,
        rng=rng,
        policy=policy,
        engine=engine,
    )
    return replace(answer, paths=answer.paths[late:])


def _flat_answer(seen: Array, *, is_ended: bool, policy: ForecastPolicy) -> tuple[float, str] | None:
    if len(seen) == 0:
        return 0.0, "no_observations"
    if not seen.any():
        return 0.0, "all_zero"
    if is_ended:
        return 0.0, "ended"
    if len(seen) >= policy.min_weeks and np.ptp(seen) == 0:
        return float(seen[0]), "constant"
    return None


def _modelled(
    known: Array,
    observations: int,
    *,
    is_flow: bool,
    seasons: tuple[int, ...],
    reach: int,
    draws: Draws,
    rng: np.random.Generator,
    policy: ForecastPolicy,
    engine: Engine,
) -> SeriesForecast:
    reason = None
    fit: Fit
    if engine != "seasonal_naive":
        if observations < policy.min_weeks:
            return _too_short(known, is_flow=is_flow, draws=draws, rng=rng, policy=policy)
        try:
            if is_flow and is_intermittent(known, policy, seasons):
                paths, fit = intermittent_paths(known, draws=draws, rng=rng, policy=policy)
            elif engine == "ensemble":
                paths, fit = ensemble_paths(
                    known, seasons=seasons, reach=reach, draws=draws, rng=rng, recent=policy.residual_weeks
                )
            else:
                fitted = tuple(length for length in seasons if observations >= _least_history(length, policy))
                paths, fit = damped_ets_paths(known, seasons=fitted, draws=draws, rng=rng, policy=policy)
            return SeriesForecast(_finite(paths), fit.model, None, fit)
        except (ValueError, ArithmeticError, RuntimeError, np.linalg.LinAlgError):
            reason = "fit_failed"
    season = seasons[0] if seasons else 1
    paths = seasonal_naive_paths(known, season=season, draws=draws, rng=rng, recent=policy.residual_weeks)
    return SeriesForecast(paths, "seasonal_naive", reason)


def _least_history(season: int, policy: ForecastPolicy) -> int:
    """Observations before a season is fitted: the policy's for its own, in proportion for others."""
    return -(-policy.min_weeks_season * season // policy.season_weeks)


def _finite(paths: Array) -> Array:
    if not np.all(np.isfinite(paths)):
        raise ValueError("paths are not finite")
    return paths


def _too_short(
    known: Array, *, is_flow: bool, draws: Draws, rng: np.random.Generator, policy: ForecastPolicy
) -> SeriesForecast:
    if is_flow:
        relative = known / np.nanmean(known)
        variance = max(float(np.nanvar(relative)), 1.0)
        factors = level_factor(np.full(draws.shape[1], variance / np.isfinite(known).sum()), rng)
        return SeriesForecast(draws.of(known, rng) * factors, "past_values", "too_short")
    paths = last_value_paths(known, shape=draws.shape, rng=rng, least_change_share=policy.least_change_share)
    return SeriesForecast(paths, "last_value", "too_short")
