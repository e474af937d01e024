"""How far off a forecast may be: calibrated on past windows of the series, with the tails of such windows."""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from pipeline.forecasting import kernels

Array = NDArray[np.float64]

_OFFSETS = (0.1, 0.3, 1.0, 3.0, 10.0, 100.0)  # of the mean: relative errors at first, absolute ones at last
_FALLEN, _MOST_OF_FALLEN = 0.5, 3.0  # below half the mean, offsets are at most thrice the level of late
_ANY_SIGN = 1000.0  # of the largest value: absolute errors where values fall below zero
_GROWTHS = np.linspace(0.0, 1.0, 21)
_PRIOR = 0.5 * ((_GROWTHS - 0.3) / 0.3) ** 2
_GROWTH_BEYOND = 1.0  # past the longest step ever judged a trend may be wrong
_LARGEST = 1.0  # standard deviation of the logarithm on any step
_CORRELATIONS = np.linspace(0.0, 0.98, 50)
_USUAL_CORRELATION = 0.8
_USUAL_WINDOWS = 2.0  # what the usual change counts for
_LEAST_CHANGES = 3  # over a season: fewer may all be small by chance
_CALM, _CALMEST = 0.2, 3.0  # power of how much calmer the windows were, and the most that counts
# Student's degrees of freedom and a factor by past windows, or by those that fit side by side into the past
# where they are fewer: there models know less than their errors say. These, and the numbers above, from the
# even series of M4 and tourism, shortened too
_TAILS = (
    *((2.5, 1.2), (2.5, 1.1), (3.0, 1.0), (3.5, 0.95)),
    *((4.0, 0.95), (5.0, 0.95), (5.0, 0.88), (5.0, 0.82), (5.0, 0.785)),
)


@dataclass(frozen=True)
class Spread:
    """Scale of the errors of one series, of log(y + offset).

    Attributes:
        offset: in the unit of the series; beyond all values errors are absolute, at zero relative.
        scale: of an error one step ahead.
        growth: errors i steps ahead are i ** growth times as large.
        correlation: between errors of neighbouring steps.
        windows: past windows that tell.
        apart: windows that would fit side by side into the history.
        reach: steps of a window.
    """

    offset: float
    scale: float
    growth: float
    correlation: float
    windows: int
    apart: int
    reach: int

    def quantiles(self, mean: Array, shares: Array) -> Array:
        """Return the quantiles around a forecast, shape shares x horizon, in the unit of the series."""
        freedom, factor = _TAILS[min(self.windows, self.apart, len(_TAILS) - 1)]
        growths = self.growths(np.arange(1, len(mean) + 1))
        sizes = np.minimum(factor * self.scale * growths, _LARGEST)
        errors = _student_quantiles(shares.tobytes(), freedom)[:, None] * sizes
        return np.asarray((mean + self.offset) * np.exp(errors) - self.offset)

    def growths(self, steps: NDArray[np.int64]) -> Array:
        """Return how many times as large as one step ahead errors are so many steps ahead."""
        judged = np.minimum(steps, self.reach)
        return np.asarray(judged**self.growth * (steps / judged) ** max(self.growth, _GROWTH_BEYOND))


def fit_spread(residuals: Array, observed: Array, values: Array, *, lag: int) -> Spread:
    """Take offset, scale, growth and correlation from forecasts of past windows.

    Offset and growth are the most likely ones under normal errors, growth with a normal prior. The scale is
    drawn to the mean absolute change over `lag` steps as if that were two more windows, since weights found
    on the same windows flatter them, and raised a little where the windows were calmer than the history. The
    correlation makes sums over a window as wide as they were.

    Args:
        residuals: observed minus forecast, origins x window, NaN where not observed.
        observed: the values of the same windows.
        values: the whole history.
        lag: steps of the season where the forecast reaches as far, else 1.
    """
    windows, steps = residuals.shape
    seen = values[np.isfinite(values)]
    is_positive = float(seen.min()) >= 0
    offsets = _offsets(seen, steps) if is_positive else [_ANY_SIGN * float(np.max(np.abs(seen)))]
    if windows == 0 or not np.isfinite(residuals).any():
        return Spread(offsets[-1], _usual_scale(values, offsets[-1], lag), 0.5, _USUAL_CORRELATION, 0, 0, 1)
    forecast = observed - residuals
    if is_positive:
        forecast = np.maximum(forecast, 0.0)
    chosen = np.zeros(3)
    shrunk = np.arange(1.0, steps + 1.0) ** (-2 * _GROWTHS[:, None])
    kernels.likeliest_scale(observed, forecast, np.array(offsets), _GROWTHS, shrunk, _PRIOR, chosen)
    offset, growth, scale = offsets[int(chosen[0])], float(_GROWTHS[int(chosen[1])]), float(chosen[2])
    errors = np.log((observed + offset) / (forecast + offset))
    correlation = _correlation(errors, scale, growth)
    usual = _usual_scale(values, offset, lag)
    drawn = (scale**windows * usual**_USUAL_WINDOWS) ** (1 / (windows + _USUAL_WINDOWS))
    calm = _calm(values, offset, lag=lag, window=steps, windows=windows)
    return Spread(offset, drawn * calm**_CALM, growth, correlation, windows, len(values) // steps, steps)


def _offsets(seen: Array, late: int) -> list[float]:
    """Offsets to choose from: a series that fell does not err as it did when it was large."""
    unit = float(np.mean(seen)) or 1.0
    level = float(np.mean(seen[-late:])) / unit
    most = _OFFSETS[-1] if level >= _FALLEN else max(_MOST_OF_FALLEN * level, _OFFSETS[0])
    return [unit * share for share in _OFFSETS if share <= most]


def _usual_scale(values: Array, offset: float, lag: int) -> float:
    """Mean absolute change over the lag; what too few changes lack is that between neighbouring observations.

    Neighbours may lie apart: of a series observed every other step no change over one step is seen.
    """
    logs = np.log(values + offset)
    changes = np.abs(logs[lag:] - logs[:-lag])
    changes = changes[np.isfinite(changes)]
    lacking = max(_LEAST_CHANGES - len(changes), 0)
    if lacking:
        neighbouring = _mean_seen(np.abs(np.diff(logs[np.isfinite(logs)])))
        changes = np.append(changes, np.full(lacking, neighbouring))
    return float(changes.mean())


def _calm(values: Array, offset: float, *, lag: int, window: int, windows: int) -> float:
    """How many times as large changes were in the whole history as in the windows, from once to thrice.

    Changes over half a window, in whole seasons.
    """
    half = max(1, window // 2)
    steps, recent = lag * -(-half // lag), window + half * (windows - 1)
    if len(values) <= recent + steps:
        return 1.0
    logs = np.log(values + offset)
    squares = (logs[steps:] - logs[:-steps]) ** 2
    whole, late = _mean_seen(squares), _mean_seen(squares[-recent:])
    return min(max(math.sqrt(whole / late), 1.0), _CALMEST) if late > 0 else 1.0


def _mean_seen(values: Array) -> float:
    seen = values[np.isfinite(values)]
    return float(seen.mean()) if len(seen) else 0.0


def _correlation(residuals: Array, scale: float, growth: float) -> float:
    whole = residuals[np.isfinite(residuals).all(axis=1)]
    steps = residuals.shape[1]
    if len(whole) == 0 or steps == 1:
        return _USUAL_CORRELATION
    sizes = scale * np.arange(1, steps + 1) ** growth
    products = np.correlate(sizes, sizes, mode="full")[steps - 1 :]
    products[1:] *= 2
    expected, usual = _powers(steps) @ products, _USUAL_CORRELATION ** np.arange(steps) @ products
    met = (np.sum(whole.sum(axis=1) ** 2) + 2 * usual) / (len(whole) + 2)
    return float(_CORRELATIONS[int(np.argmin(np.abs(np.log(expected / met))))])


@lru_cache(maxsize=64)
def _powers(steps: int) -> Array:
    return np.asarray(_CORRELATIONS[:, None] ** np.arange(steps))


@lru_cache(maxsize=64)
def _student_quantiles(shares: bytes, freedom: float) -> Array:
    return np.asarray(student.ppf(np.frombuffer(shares), freedom))
