"""Seasonal patterns by regression on few harmonics: two years of weeks cannot carry 52 free numbers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
_TREND_DEGREE = 3
_OBSERVATIONS_PER_PARAMETER = 10
_HARMONICS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 84)


@dataclass(frozen=True)
class Season:
    """One repeating pattern.

    Attributes:
        pattern: effect on the model's scale at positions 0 … period-1 from the first value on; sums to 0.
        parameters: numbers estimated for it.
    """

    pattern: Array
    parameters: int

    def over(self, start: int, length: int) -> Array:
        """Repeat the pattern over positions start … start+length-1."""
        return self.pattern[(start + np.arange(length)) % len(self.pattern)]


def fit_season(scaled: Array, period: int) -> Season | None:
    """Regress on a cubic trend and the number of harmonics with the least BIC; None: no season is best.

    Takes the scaled series with NaN for what was not observed. Harmonic regression after Hyndman and
    Athanasopoulos, Forecasting: Principles and Practice (3rd ed., 2021), section 7.4; BIC after Schwarz
    (1978), doi:10.1214/aos/1176344136.
    """
    seen = np.flatnonzero(np.isfinite(scaled))
    target = scaled[seen]
    trend = np.vander(seen / len(scaled), _TREND_DEGREE + 1)
    least, chosen = _bic(target, trend)[0], None
    for count in _HARMONICS:
        if 2 * count > min(period, len(seen) / _OBSERVATIONS_PER_PARAMETER):
            break
        bic, coefficients = _bic(target, np.hstack([trend, harmonics(seen, period, count)]))
        if bic < least:
            pattern = harmonics(np.arange(period), period, count) @ coefficients[_TREND_DEGREE + 1 :]
            least, chosen = bic, Season(pattern - pattern.mean(), 2 * count)
    return chosen


def harmonics(positions: NDArray[np.int64], period: int, count: int) -> Array:
    """Return cosines, then sines, of the first `count` harmonics at these positions: positions x 2 count."""
    angle = 2 * np.pi * positions[:, None] * np.arange(1, count + 1) / period
    return np.hstack([np.cos(angle), np.sin(angle)])


def _bic(target: Array, columns: Array) -> tuple[float, Array]:
    coefficients = np.linalg.lstsq(columns, target, rcond=None)[0]
    error = float(np.mean((target - columns @ coefficients) ** 2))
    tiny = np.finfo(float).tiny
    size = len(target)
    bic = float(size * np.log(error + tiny) + np.log(size) * columns.shape[1])
    return bic, np.asarray(coefficients, dtype=np.float64)
