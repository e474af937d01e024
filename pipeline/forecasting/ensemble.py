"""One series by many models: rolling origins weigh them, and tell how far off their mean was."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.forecasting import kernels

Array = NDArray[np.float64]

ORIGINS = 8
RECENT = 300
# power of the inverse error, worst relative error kept, share of equal weights at first, observations over
# which both settle: chosen on the even series of M4 and tourism, where they hardly matter
RULES = np.array([6.0, 1.8, 0.6, 40.0])
_LAGS = np.arange(1, 7)
_SEASONAL = len(kernels.DIRECT)


@dataclass(frozen=True)
class Ensemble:
    """Forecast of one series and its errors at past origins, in the unit of the series.

    Attributes:
        mean: horizon.
        residuals: origins x window, observed minus forecast, the latest origin first; NaN: not observed.
        observed: origins x window, what was observed there.
        weights: of `kernels.COMPONENTS`.
        cuts: values known at each origin.
        errors: origins x components, mean absolute error of each over the window; NaN: impossible there.
    """

    mean: Array
    residuals: Array
    observed: Array
    weights: Array
    cuts: tuple[int, ...]
    errors: Array

    @property
    def heaviest(self) -> str:
        """Name of the component with the largest weight."""
        return kernels.COMPONENTS[int(np.argmax(self.weights))]


def forecast_ensemble(values: Array, *, seasons: tuple[int, ...], horizon: int) -> Ensemble:
    """Forecast one series by all components, weighed by the inverse of their errors at rolling origins.

    Weights after Timmermann (2006), doi:10.1016/S1574-0706(05)01004-9, and the drawing of weights to equal
    ones after Stock and Watson (2004), doi:10.1002/for.928. At an origin each component is fitted again to
    what was known there; the search for smoothing parameters starts from those of the whole history.

    Args:
        values: at least four, in order of time, the first and the last observed; NaN where not.
        seasons: none, one, or the shorter and the longer of two, in steps.
        horizon: steps ahead.
    """
    scale = float(np.nanmean(np.abs(values))) or 1.0
    scaled = np.ascontiguousarray(values / scale)
    size, season, second = len(scaled), *(*seasons, 1, 1)[:2]
    parameters = np.zeros((len(kernels.COMPONENTS), 3))
    window = min(horizon, max(1, size // 4))
    answers = _forecast_all(scaled, season, second, max(horizon, window), parameters, is_warm=False)
    highest = float(np.nanmax(np.abs(scaled)))
    is_possible = kernels.are_possible(answers, highest)
    cuts = _origins(size, season, window)
    past = [
        _forecast_all(scaled[:cut], season, second, window, parameters.copy(), is_warm=True) for cut in cuts
    ]
    mean, weights = np.empty(horizon), np.empty(len(kernels.COMPONENTS))
    residuals = np.full((len(cuts), window), np.nan)
    observed = residuals
    errors = np.empty((len(cuts), len(kernels.COMPONENTS)))
    if cuts:
        kernels.judge_origins(
            scaled, np.array(cuts), np.stack(past), is_possible, highest, RULES, errors, residuals
        )
        observed = np.stack([values[cut : cut + window] for cut in cuts])
    kernels.weigh(errors, is_possible, size, RULES, weights)
    kernels.combine(answers, weights, mean)
    return Ensemble(scale * mean, scale * residuals, observed, weights, tuple(cuts), scale * errors)


def _origins(size: int, season: int, window: int) -> list[int]:
    enough = 2 * season + 3
    least = enough if season > 1 and size >= enough + window else 5
    step = max(1, window // 2)
    return [cut for cut in (size - window - place * step for place in range(ORIGINS)) if cut >= least]


def _forecast_all(
    values: Array, season: int, second: int, horizon: int, parameters: Array, *, is_warm: bool
) -> Array:
    answers = np.full((len(kernels.COMPONENTS), horizon), np.nan)
    kernels.forecast_components(
        values, season, second, RECENT, _LAGS, parameters[:_SEASONAL], is_warm, answers[:_SEASONAL]
    )
    if season > 1:
        kernels.forecast_seasonal(
            values,
            season,
            RECENT,
            _LAGS[:-1],
            _seasonal_lags(len(values), season, second),
            max(season, second),
            parameters[_SEASONAL:],
            is_warm,
            answers[_SEASONAL:],
        )
    return answers


def _seasonal_lags(size: int, season: int, second: int) -> NDArray[np.int64]:
    """Lags of the seasonal autoregression, the most telling first."""
    if second > 1:
        return np.array([1, season, season + 1, second, second + 1, 2, second - season, second + season])
    if size > 4 * season + 20:
        return np.array([1, season, season + 1, 2, 3, 2 * season])
    return np.array([1, season, season + 1, 2])
