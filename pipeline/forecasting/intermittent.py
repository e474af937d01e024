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


@dataclass(frozen=True)
class IntermittentFit:
    """What the paths were drawn from.

    Attributes:
        level: a week, smoothed, after the last value.
        ratios: the weeks drawn again, each relative to the level of its time, with mean 1; NaN: not observed.
        result: of statsmodels, ETS(A,N,N) on values divided by `unit`.
    """

    level: float
    ratios: Array
    result: Any
    unit: float

    @property
    def model(self) -> str:
        """Name of the model."""
        return "intermittent_level"


def is_intermittent(values: Array, policy: ForecastPolicy) -> bool:
    """Whether weeks with demand are rare: mean interval above the policy's (Syntetos and Boylan 2005).

    doi:10.1016/j.ijforecast.2004.10.001.
    """
    seen = values[np.isfinite(values)]
    return len(seen) > policy.demand_interval * int(np.count_nonzero(seen > 0))


def intermittent_paths(
    values: Array, *, draws: Draws, rng: np.random.Generator, policy: ForecastPolicy
) -> tuple[Array, IntermittentFit]:
    """Simulate an intermittent flow onward; returns steps x paths in the unit of `values`, and the fit.

    The level is statsmodels' simple exponential smoothing, ETS(A,N,N). A path is level x a past week's ratio
    to the level of its time (so most weeks stay zero and large orders stay large, and nothing is negative)
    x a factor for not knowing the level: Gamma with mean 1 and the variance of a mean of that many weeks.
    Errors are not fed back into the level: over two years that would send the median to zero and the upper
    quantiles off (Akram, Hyndman and Ord 2009, doi:10.1016/j.ijforecast.2008.11.001).
    """
    seen = np.isfinite(values)
    result, unit = _fit_level(values[seen])
    levels = unit * np.append(np.asarray(result.fittedvalues), np.asarray(result.forecast(1)))
    ratios = np.full(len(values), np.nan)
    floor = _LEAST_LEVEL * float(np.mean(values[seen]))
    ratios[seen] = values[seen] / np.maximum(levels[:-1], floor)
    recent = ratios[-policy.residual_weeks :]
    if not np.any(recent > 0):
        recent = ratios
    recent = recent / np.nanmean(recent)
    size = int(np.isfinite(recent).sum())
    factor = level_factor(size, float(np.nanvar(recent)), draws.shape[1], rng)
    paths = np.asarray(levels[-1] * factor * draws.of(recent, rng))
    return paths, IntermittentFit(float(levels[-1]), recent, result, unit)


def level_factor(size: int, variance: float, paths: int, rng: np.random.Generator) -> Array:
    """Draw, one a path, mean-one factors as wide as the mean of `size` values with this relative variance."""
    shape = size / max(variance, 1e-12)
    return rng.gamma(shape, 1.0 / shape, paths)


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
