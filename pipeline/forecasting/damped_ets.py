"""Damped-trend exponential smoothing: the model of record, fitted and simulated by statsmodels."""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.config.policy import ForecastPolicy
from pipeline.forecasting.draws import Draws
from pipeline.forecasting.scale import Scale, fit_scale
from pipeline.forecasting.season import Season, fit_season

Array = NDArray[np.float64]
_SMOOTHING_PARAMETERS = 5
_START_WEEKS = 10
_LEAST_DAMPING = 0.8


class FitError(ValueError):
    """The model gave no finite answer for this series."""


@dataclass(frozen=True)
class DampedEts:
    """The model of record of one series.

    Attributes:
        result: of statsmodels, on the scale of `scale`, with what was not observed interpolated.
        observed: what it was fitted to, NaN where not observed.
        scale: of the model.
        inner: season within the model; None: without.
        outer: season taken off before it; None: without.
    """

    result: Any
    observed: Array
    scale: Scale
    inner: Season | None
    outer: Season | None

    @property
    def model(self) -> str:
        """Name of the model."""
        return "ets_damped_season" if self.inner or self.outer else "ets_damped"

    def shift(self, start: int, length: int) -> Array:
        """Return what the outer season adds at positions from `start` on."""
        return self.outer.over(start, length) if self.outer else np.zeros(length)


def damped_ets_paths(
    values: Array, *, seasons: tuple[int, ...], draws: Draws, rng: np.random.Generator, policy: ForecastPolicy
) -> tuple[Array, DampedEts]:
    """Simulate the series onward; returns values of shape steps x paths, and the model fitted.

    Raises:
        FitError: the likelihood or the paths are not finite.
    """
    fit = fit_damped_ets(values, seasons=seasons, policy=policy)
    steps, count = draws.shape
    parameters = _SMOOTHING_PARAMETERS + sum(season.parameters for season in (fit.inner, fit.outer) if season)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what overflows is told by paths that are not finite
        errors = _errors_to_draw(np.asarray(fit.result.resid), fit.observed, parameters, policy)
        simulated = fit.result.simulate(
            steps, anchor="end", repetitions=count, random_errors=draws.of(errors, rng)
        )
    scaled_paths = np.asarray(simulated, dtype=np.float64).reshape(steps, count)
    if fit.scale.offset is not None:
        scaled_paths = _limit_spread(scaled_paths, policy.spread_limit)
    return _back(scaled_paths, fit.shift(len(values), steps), fit.scale), fit


def fit_damped_ets(values: Array, *, seasons: tuple[int, ...], policy: ForecastPolicy) -> DampedEts:
    """Fit the model of record by statsmodels.

    `values` in order of time, NaN where not observed (bridged for the fit, never an error to draw again).
    ETS(A,Ad,A) on the scale of `fit_scale`, after Hyndman, Koehler, Ord and Snyder, Forecasting with
    Exponential Smoothing (2008), chapters 2 and 6. The initial states come from regression
    (`fit_season`, a line through the first weeks), which leaves four parameters to the likelihood: 5 to 20
    ms a series instead of seconds. The first of `seasons` stays a state of the model, a second is removed
    before it and added after it.

    Raises:
        FitError: the likelihood is not finite.
    """
    scale = fit_scale(
        values,
        offset_share=policy.offset_share,
        path_ceiling=policy.path_ceiling,
        recent=policy.residual_weeks,
        latest=policy.season_weeks // 2,
    )
    scaled = scale.forward(values)
    inner, outer = _fit_seasons(scaled, seasons)
    observed = scaled - outer.over(0, len(scaled)) if outer else scaled
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an unconverged optimum is judged by its paths
        result = _fit(observed, inner, policy)
    return DampedEts(result, observed, scale, inner, outer)


def _fit_seasons(scaled: Array, seasons: tuple[int, ...]) -> tuple[Season | None, Season | None]:
    inner = fit_season(scaled, seasons[0]) if seasons else None
    if len(seasons) <= 1:
        return inner, None
    rest = scaled - inner.over(0, len(scaled)) if inner else scaled
    return inner, fit_season(rest, seasons[1])


def _fit(observed: Array, season: Season | None, policy: ForecastPolicy) -> Any:  # noqa: ANN401  statsmodels is untyped
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    effect = season.over(0, len(observed)) if season else np.zeros(len(observed))
    adjusted = _bridge(observed - effect)
    first = adjusted[:_START_WEEKS]
    slope, level = np.polyfit(np.arange(1, len(first) + 1), first, 1)
    seasonal = {}
    if season:
        seasonal = {
            "seasonal": "add",
            "seasonal_periods": len(season.pattern),
            "initial_seasonal": season.pattern,
        }
    model = ETSModel(
        adjusted + effect,
        error="add",
        trend="add",
        damped_trend=True,
        initialization_method="known",
        initial_level=level,
        initial_trend=slope,
        bounds={
            "smoothing_trend": (1e-4, policy.trend_limit),
            "damping_trend": (_LEAST_DAMPING, _damping_limit(len(observed), policy)),
        },
        **seasonal,
    )
    result = model.fit(disp=False)
    if not np.all(np.isfinite(result.params)) or not np.isfinite(result.llf):
        raise FitError(f"ETS likelihood {result.llf}, parameters {result.params}")
    return result


def _damping_limit(size: int, policy: ForecastPolicy) -> float:
    """Carry a trend on for as long as it was seen where that is two years, for a smaller share where less.

    A trend damped by phi a week adds up to phi / (1 - phi) weeks of itself: what a launch gained in twenty
    weeks must not be promised for a hundred.
    """
    short = min(size / 2, policy.season_weeks / 4)
    reach = max(short, size * min(1.0, size / (2 * policy.season_weeks)))
    return float(np.clip(reach / (1 + reach), _LEAST_DAMPING + 0.02, policy.damping_limit))


def _bridge(observed: Array) -> Array:
    """Interpolate what was not observed: ETSModel answers NaN to NaN without a word."""
    seen = np.isfinite(observed)
    places = np.arange(len(observed))
    return np.interp(places, places[seen], observed[seen])


def _errors_to_draw(residuals: Array, observed: Array, parameters: int, policy: ForecastPolicy) -> Array:
    """Centre the recent one-step errors and widen them for the degrees of freedom and the policy's share."""
    errors = np.where(np.isfinite(observed), residuals, np.nan)[-policy.residual_weeks :]
    size = int(np.isfinite(observed).sum())
    freedom = np.sqrt(size / max(size - parameters, size / 2))
    return np.asarray(policy.residual_inflation * freedom * (errors - np.nanmean(errors)))


def _limit_spread(scaled: Array, limit: float) -> Array:
    """Pull the paths together where their standard deviation on the log scale exceeds the limit.

    Errors of a noisy series, fed into its trend for two years, spread so far that the mean of their
    exponents is set by a few paths that no product ever took.
    """
    centre = scaled.mean(axis=1, keepdims=True)
    spread = scaled.std(axis=1, keepdims=True)
    return np.asarray(centre + (scaled - centre) * np.minimum(1.0, limit / np.maximum(spread, limit)))


def _back(simulated: Array, shift: Array, scale: Scale) -> Array:
    paths = scale.backward(simulated + shift[:, None])
    if not np.all(np.isfinite(paths)):
        raise FitError("ETS paths are not finite")
    return paths
