"""Errors, intervals and what they are compared with, as in M4 (doi:10.1016/j.ijforecast.2019.04.014)."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.forecasts.series import Series

Array = NDArray[np.float64]
Chosen = NDArray[np.bool_]

_DRAWS, _SEED = 1000, 20_180_531
_SEASONAL_AT = 1.645  # the seasonality test of M4: 90 % on both sides
_ALPHA = 0.05


@dataclass(frozen=True)
class Errors:
    """Errors of one forecast and of Naive 2, series x (sMAPE, MASE).

    Attributes:
        measure: 'OWA' or 'MASE', the score that they make.
    """

    own: Array
    naive: Array
    measure: str

    def score(self, chosen: Chosen) -> float:
        """Return the score over the chosen series."""
        return float(self._scores(np.flatnonzero(chosen)[None])[0])

    def _scores(self, draws: NDArray[np.int64]) -> Array:
        means = self.own[draws].mean(axis=1)
        if self.measure == "MASE":
            return np.asarray(means[:, 1])
        return np.asarray((means / self.naive[draws].mean(axis=1)).mean(axis=1))

    def difference(self, other: "Errors", chosen: Chosen) -> tuple[float, float]:
        """Return the 95 % bootstrap interval over series of this score minus the other."""
        places = np.flatnonzero(chosen)
        draws = places[np.random.default_rng(_SEED).integers(0, len(places), (_DRAWS, len(places)))]
        low, high = np.quantile(self._scores(draws) - other._scores(draws), [0.025, 0.975])  # noqa: SLF001
        return float(low), float(high)


def errors_of(means: Mapping[str, Array], series: Series) -> dict[str, Errors]:
    """Return the errors of each forecast."""
    lag, horizon = series.collection.lag, series.collection.horizon
    naive = _errors(np.stack([naive_2(values, lag, horizon) for values in series.known]), series)
    return {
        name: Errors(_errors(mean, series), naive, series.collection.measure) for name, mean in means.items()
    }


def _errors(forecast: Array, series: Series) -> Array:
    error = np.abs(forecast - series.actual)
    symmetric = 200 * error / (np.abs(forecast) + np.abs(series.actual))
    errors = np.stack([symmetric.mean(axis=1), error.mean(axis=1) / scales(series)], axis=1)
    assert np.isfinite(errors).all()
    return errors


def scales(series: Series) -> Array:
    """Return the mean absolute seasonal difference of each series' past."""
    lag = series.collection.lag
    return np.array([np.abs(values[lag:] - values[:-lag]).mean() for values in series.known])


def ratio_interval(own: Array, other: Array, chosen: Chosen) -> tuple[float, float, float]:
    """Return the ratio of mean losses over the chosen series, and its 95 % bootstrap interval."""
    places = np.flatnonzero(chosen)
    draws = places[np.random.default_rng(_SEED).integers(0, len(places), (_DRAWS, len(places)))]
    low, high = np.quantile(own[draws].mean(axis=1) / other[draws].mean(axis=1), [0.025, 0.975])
    return float(own[places].mean() / other[places].mean()), float(low), float(high)


def naive_2(values: Array, lag: int, horizon: int) -> Array:
    """Return the last value without its season of even length: mean ratios to the centred mean of a cycle."""
    indices = np.ones(lag)
    if is_seasonal(values, lag):
        weights = np.ones(lag + 1)
        weights[[0, -1]] = 0.5
        ratio = values[lag // 2 : -(lag // 2)] / np.convolve(values, weights / lag, mode="valid")
        phase = (np.arange(len(ratio)) + lag // 2) % lag
        indices = np.array([ratio[phase == place].mean() for place in range(lag)])
        indices /= indices.mean()
    last = values[-1] / indices[(len(values) - 1) % lag]
    return np.asarray(last * indices[np.arange(len(values), len(values) + horizon) % lag])


def is_seasonal(values: Array, lag: int) -> bool:
    """Test as M4 did: the autocorrelation at the season against those of shorter lags."""
    if lag == 1 or len(values) < 3 * lag:
        return False
    centred = values - values.mean()
    square = centred @ centred
    if square == 0:
        return False
    correlations = np.array([centred[step:] @ centred[:-step] for step in range(1, lag + 1)]) / square
    bound = _SEASONAL_AT * np.sqrt((1 + 2 * (correlations[:-1] ** 2).sum()) / len(values))
    return bool(abs(correlations[-1]) > bound)


def is_covered(actual: Array, bounds: tuple[Array, Array]) -> Array:
    """Return 1 or 0 by step, NaN where there is no interval."""
    low, high = bounds
    inside = ((low <= actual) & (actual <= high)).astype(float)
    return np.where(np.isfinite(low) & np.isfinite(high), inside, np.nan)


def interval_scores(series: Series, bounds: tuple[Array, Array]) -> Array:
    """Return the mean scaled interval score of 95 % of each series."""
    low, high = bounds
    below, above = np.maximum(low - series.actual, 0), np.maximum(series.actual - high, 0)
    return np.asarray((high - low + 2 / _ALPHA * (below + above)).mean(axis=1) / scales(series))
