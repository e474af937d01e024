"""Flows that are zero most weeks: a smoothed level, and past weeks drawn again around it."""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.config.policy import ForecastPolicy
from pipeline.forecasting.draws import Draws

Array = NDArray[np.float64]
_SMOOTHING = (1e-4, 0.3)
_LEAST_LEVEL = 0.2
_HALF_LIFE = 13.0  # weeks: 10 and 17 did no better on simulated and on sold goods, nor did two together
_LEAST_SHARE = 0.5  # what the mean of late ratios is taken for at least, where orders become fewer still
_WANDERING = 0.4  # relative variance of the level to come: below, sums were covered too rarely
_MOST_DOUBT = 1.0  # relative variance of a mean, at most: two orders say no more
_LEAST_MEAN = 1e-300  # below it nothing can be relative to it
_SEASONAL_AT = 3.0  # standard errors; 2 find a season in one of forty series that have none


@dataclass(frozen=True)
class IntermittentFit:
    """What the paths were drawn from.

    Attributes:
        level: a week, smoothed, after the last value.
        late: mean of the weeks, late ones counting more.
        ratios: the weeks drawn again, each relative to the level of its time, with mean 1; NaN: not observed.
        result: of statsmodels, ETS(A,N,N) on values divided by `unit`.
    """

    level: float
    late: float
    ratios: Array
    result: Any
    unit: float

    @property
    def model(self) -> str:
        """Name of the model."""
        return "intermittent_level"


def is_intermittent(values: Array, policy: ForecastPolicy, seasons: tuple[int, ...] = ()) -> bool:
    """Whether demand is rare, mean interval above the policy's, and no season says when.

    Rare as by Syntetos and Boylan (2005, doi:10.1016/j.ijforecast.2004.10.001), in the weeks whose errors the
    policy would draw again: what was rare long ago may sell every week now.
    """
    late = values[np.isfinite(values)][-policy.residual_weeks :]
    is_rare = len(late) > policy.demand_interval * int(np.count_nonzero(late > 0))
    return is_rare and not any(_is_seasonal(values, season) for season in seasons)


def _is_seasonal(values: Array, season: int) -> bool:
    """Whether values go with those a season before, clearly more than with those of the steps between.

    Of logarithms, so that single large orders do not decide; steps not observed go with none.
    """
    count = int(np.isfinite(values).sum())
    if season <= 1 or count < 2 * season or not np.nanmax(values) > 0:
        return False
    logs = np.log1p(values / np.nanmean(values))
    logs = np.nan_to_num(logs - np.nanmean(logs))
    together = np.array([logs[lag:] @ logs[:-lag] for lag in range(1, season + 1)]) / (logs @ logs)
    return bool((together[-1] - together[:-1].mean()) * np.sqrt(count) > _SEASONAL_AT)


def intermittent_paths(
    values: Array, *, draws: Draws, rng: np.random.Generator, policy: ForecastPolicy
) -> tuple[Array, IntermittentFit]:
    """Simulate an intermittent flow onward; returns steps x paths in the unit of `values`, and the fit.

    Past weeks are drawn again, late ones more often (so most weeks stay zero and large orders stay large, and
    nothing is negative): on half of the paths as they were, on the others as a level x the week's ratio to
    the level of its time. The level is statsmodels' simple exponential smoothing, ETS(A,N,N). Together the
    two err less than either; weighing them by their past errors did not pay, for rare orders judge nothing.

    Each path has a factor for not knowing the level: Gamma with mean 1, its variance that of a mean of the
    weeks drawn from, and more for where the level may go. Errors are not fed back into the level: over two
    years that would send the median to zero and the upper quantiles off (Akram, Hyndman and Ord 2009,
    doi:10.1016/j.ijforecast.2008.11.001).
    """
    fit = _fit(values)
    weights = _weights(values)
    scaled = fit.level * fit.ratios / max(float(np.nansum(weights * fit.ratios)), _LEAST_SHARE)
    count = draws.shape[1]
    is_scaled = rng.permutation(count) < count // 2
    doubt = np.where(is_scaled, _doubt(scaled, weights), _doubt(values, weights))
    factors = level_factor(doubt + _WANDERING, rng)
    ages, ratios, weeks = rng.spawn(3)  # each is drawn from step by step: a shorter horizon begins alike
    late = draws.fading(_HALF_LIFE, weeks=policy.residual_weeks, length=len(values), rng=ages)
    return factors * np.where(is_scaled, late.of(scaled, ratios), late.of(values, weeks)), fit


def level_factor(variance: Array, rng: np.random.Generator) -> Array:
    """Draw factors with mean one, one of each variance."""
    shape = 1.0 / np.maximum(variance, 1e-12)
    return np.asarray(rng.gamma(shape, 1.0 / shape))


def _fit(values: Array) -> IntermittentFit:
    seen = np.isfinite(values)
    result, unit = _fit_level(values[seen])
    levels = unit * np.append(np.asarray(result.fittedvalues), np.asarray(result.forecast(1)))
    ratios = np.full(len(values), np.nan)
    floor = _LEAST_LEVEL * float(np.mean(values[seen]))
    ratios[seen] = values[seen] / np.maximum(levels[:-1], floor)
    late = float(np.nansum(_weights(values) * values))
    return IntermittentFit(float(levels[-1]), late, ratios / np.nanmean(ratios), result, unit)


def _weights(values: Array) -> Array:
    """Return how much each week counts: half with every half-life back, nothing where not observed."""
    weights = np.where(np.isfinite(values), 0.5 ** (np.arange(len(values))[::-1] / _HALF_LIFE), 0.0)
    return np.asarray(weights / weights.sum())


def _doubt(past: Array, weights: Array) -> float:
    """Relative variance of the mean of these weeks, so weighted."""
    known = np.nan_to_num(past)
    relative = known / max(float(weights @ known), _LEAST_MEAN)
    variance = float(weights @ (relative - 1.0) ** 2)
    return min(variance * float(weights @ weights), _MOST_DOUBT)


def _fit_level(seen: Array) -> tuple[Any, float]:
    """Smooth the level by statsmodels; returns its results on values divided by their mean, and that mean."""
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    start = float(np.mean(seen))
    scaled = seen / start
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a flat likelihood is no failure: any small smoothing will do
        model = ETSModel(
            scaled,
            error="add",
            initialization_method="known",
            initial_level=1.0,
            bounds={"smoothing_level": _SMOOTHING},
        )
        return model.fit(disp=False), start
