"""Sample paths of an ensemble: calibrated margins, tied together by what happened in the same past weeks."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.forecasting.draws import Draws
from pipeline.forecasting.ensemble import Ensemble, forecast_ensemble
from pipeline.forecasting.spread import Spread, fit_spread

Array = NDArray[np.float64]

# changes of a quarter show what series share; those of a week are mostly noise of their own
_CHANGE_STEPS = 13
_LEAST_SCALING = 0.02
_OUTERMOST = 0.01  # no path lies beyond the outermost quantiles: past windows say nothing of what is rarer
_TIE_BREAK = 1e-9  # paths that met the same weeks keep their order, on every machine


@dataclass(frozen=True)
class EnsembleFit:
    """What the paths were drawn from."""

    ensemble: Ensemble
    spread: Spread

    @property
    def model(self) -> str:
        """Name of the component that weighs most."""
        return self.ensemble.heaviest


def ensemble_paths(
    values: Array,
    *,
    seasons: tuple[int, ...],
    reach: int,
    draws: Draws,
    rng: np.random.Generator,
    recent: int,
) -> tuple[Array, EnsembleFit]:
    """Draw the series onward; returns values of shape steps x paths, and what they were drawn from.

    Each step's values are the quantiles of the forecast (mean and `Spread`); which path gets which comes from
    the ranks of an autoregression over past changes drawn by week, so that steps of a path, and series that
    moved together in the same weeks, stay together (the Schaake shuffle: Clark et al. 2004,
    doi:10.1175/1525-7541(2004)005<0243:TSSAMF>2.0.CO;2). Nothing falls below zero unless the series does.
    Components are judged `reach` steps ahead, however few steps are drawn: these are the same then.
    """
    steps, count = draws.shape
    ensemble = forecast_ensemble(values, seasons=seasons, horizon=reach)
    lag = max((1, *(length for length in seasons if length <= reach)))
    spread = fit_spread(ensemble.residuals, ensemble.observed, values, lag=lag)
    shares = np.clip((np.arange(count) + 0.5) / count, _OUTERMOST, 1 - _OUTERMOST)
    is_positive = bool(np.nanmin(values) >= 0)
    mean = np.maximum(ensemble.mean[:steps], 0.0) if is_positive else ensemble.mean[:steps]
    margins = spread.quantiles(mean, shares)
    if is_positive:
        margins = _floored(margins, mean)
    ranks = _ranks(draws.of(_changes(values)[-recent:], rng), spread.correlation)
    return np.take_along_axis(margins.T, ranks, axis=1), EnsembleFit(ensemble, spread)


def _floored(margins: Array, mean: Array) -> Array:
    """Cut at zero and scale what is left towards the mean, to a fiftieth at most: zero is never certain.

    Were it a fifth, a forecast that nears zero would come back by itself: the mean of what is left above zero
    grows with the errors, step by step.
    """
    cut = np.maximum(margins, 0.0)
    factor = mean / np.maximum(cut.mean(axis=0), np.finfo(float).tiny)
    return np.asarray(cut * np.minimum(np.maximum(factor, _LEAST_SCALING), 1.0))


def _changes(values: Array) -> Array:
    """Relative changes, in standard deviations; zero where a series never moves."""
    is_seen = np.isfinite(values)
    floor = 0.05 * float(np.abs(values[is_seen]).mean()) + np.finfo(float).tiny
    lag = max(1, min(_CHANGE_STEPS, len(values) // 4))
    levels = np.arcsinh(values / floor)
    changes = np.full(len(values), np.nan)
    changes[lag:] = levels[lag:] - levels[:-lag]
    known = changes[np.isfinite(changes)]
    deviation = known.std() if len(known) else 0.0
    if not deviation > 0:
        return np.where(is_seen, 0.0, np.nan)
    return np.asarray((changes - known.mean()) / deviation)


def _ranks(drawn: Array, correlation: float) -> NDArray[np.int64]:
    """Order the paths at each step by an autoregression over the changes drawn."""
    kept = np.sqrt(1.0 - correlation**2)
    states = drawn.copy()
    for step in range(1, len(drawn)):
        states[step] = correlation * states[step - 1] + kept * drawn[step]
    count = drawn.shape[1]
    order = np.argsort(states + _TIE_BREAK * np.arange(count), axis=1)
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.arange(count)[None], axis=1)
    return ranks
