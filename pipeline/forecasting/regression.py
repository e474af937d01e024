"""What regressors do to a series: found by a state-space model of statsmodels, taken off and put on again."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.forecasting.state_space import fit_state_space, trend_and_season

Array = NDArray[np.float64]

_LEAST_OBSERVATIONS = 8  # and three for each number to be found
_OBSERVATIONS_PER_EFFECT = 3
_DEPENDENT = 1e-6  # of a column's own size: what is left of it beside the others and a constant
_LARGEST_FACTOR = 20.0  # more than any effect was seen to multiply by: no exponent may run away


@dataclass(frozen=True)
class Effects:
    """What regressors do, of several columns those in `used`.

    Attributes:
        used: places of the columns that tell; others are constant, or follow from those.
        usual: the median of each of these.
        coefficients: of these, for each unit of the regressor: of log(y) if relative, else in the unit of y.
        covariance: of the coefficients.
        is_relative: effects multiply.
        is_positive: the series is never below zero, and its forecast then neither.
        result: of statsmodels, fitted to the series (its logarithm if relative) divided by `unit`, on columns
            divided by their standard deviations.
    """

    used: tuple[int, ...]
    usual: Array
    coefficients: Array
    covariance: Array
    is_relative: bool
    is_positive: bool
    result: Any
    unit: float

    def taken_off(self, values: Array, regressors: Array) -> Array:
        """Return the values as they would have been with all regressors as usual; NaN where one is unknown.

        As usual, not at zero: a price at zero is far from all that was seen, and so would the values be.
        """
        return self._moved(values, -self._unusual(regressors) @ self.coefficients)

    def put_on(self, paths: Array, regressors: Array, rng: np.random.Generator) -> Array:
        """Add the effects of coming regressors to steps x paths; each path has a draw of what they may be."""
        drawn = rng.multivariate_normal(
            self.coefficients, self.covariance, paths.shape[1], method="eigh", check_valid="ignore"
        )
        moved = self._moved(paths, self._unusual(regressors) @ drawn.T)
        return np.maximum(moved, 0.0) if self.is_positive else moved

    def _unusual(self, regressors: Array) -> Array:
        return np.asarray(regressors[:, self.used] - self.usual)

    def _moved(self, values: Array, shift: Array) -> Array:
        if not self.is_relative:
            return np.asarray(values + shift)
        limit = np.log(_LARGEST_FACTOR)
        return np.asarray(values * np.exp(np.clip(shift, -limit, limit)))


def fit_effects(values: Array, regressors: Array, *, seasons: tuple[int, ...]) -> Effects | None:
    """Find the effects of regressors on a series, of shape steps x regressors; None: they cannot be told.

    By the model of `fit_state_space`, with a drift and harmonics of the first season beside the regressors.
    Effects are relative or absolute, whichever makes the series the likelier; relative where values are
    zero, which then tell nothing, and absolute where they fall below.
    """
    is_told = np.isfinite(values) & np.isfinite(regressors).all(axis=1)
    used = _independent(regressors[is_told])
    if not used or np.ptp(values[is_told]) == 0:
        return None
    lowest = float(values[is_told].min())
    kinds = [True] if lowest == 0 else [False] if lowest < 0 else [True, False]
    fits = [_fit(values, regressors, used, seasons, is_relative=is_relative) for is_relative in kinds]
    found = [effects for effects in fits if effects]
    if len(found) <= 1:
        return found[0] if found else None
    return max(found, key=lambda effects: _likelihood(effects, values[is_told]))


def _likelihood(effects: Effects, values: Array) -> float:
    """Return the logarithm of the likelihood of positive values, in their unit whatever the model's scale."""
    steepness = -np.log(values).sum() if effects.is_relative else 0.0
    return float(effects.result.llf - len(values) * np.log(effects.unit) + steepness)


def _independent(regressors: Array) -> tuple[int, ...]:
    """Return the columns that neither are constant nor follow from earlier ones."""
    basis = [np.ones(len(regressors))]
    used: list[int] = []
    for place, column in enumerate(regressors.T):
        centred = column - column.mean() if len(column) else column
        size = np.linalg.norm(centred)
        if not size > _DEPENDENT * np.linalg.norm(column):
            continue
        scaled = centred / size
        beside = np.column_stack(basis)
        left = scaled - beside @ np.linalg.lstsq(beside, scaled, rcond=None)[0]
        if np.linalg.norm(left) > _DEPENDENT:
            basis.append(scaled)
            used.append(place)
    return tuple(used)


def _fit(
    values: Array, regressors: Array, used: tuple[int, ...], seasons: tuple[int, ...], *, is_relative: bool
) -> Effects | None:
    known = np.isfinite(regressors).all(axis=1) & ((values > 0) if is_relative else np.isfinite(values))
    scaled = np.full(len(values), np.nan)
    scaled[known] = np.log(values[known]) if is_relative else values[known]
    usual = np.median(regressors[known][:, used], axis=0) if known.any() else np.zeros(len(used))
    columns = np.where(known[:, None], regressors[:, used] - usual, 0.0)
    sizes = columns[known].std(axis=0)
    others = trend_and_season(scaled, seasons)
    enough = max(_LEAST_OBSERVATIONS, _OBSERVATIONS_PER_EFFECT * (len(used) + others.shape[1] + 1))
    if known.sum() < enough or not np.all(sizes > 0):
        return None
    unit = float(np.nanstd(scaled)) or 1.0
    result = fit_state_space(scaled / unit, np.hstack([columns / sizes, others]))
    if result is None:
        return None
    first = result.model.k_states - len(used) - others.shape[1]
    places = slice(first, first + len(used))
    coefficients = unit * result.filtered_state[places, -1] / sizes
    covariance = unit**2 * result.filtered_state_cov[places, places, -1] / np.outer(sizes, sizes)
    if not (np.all(np.isfinite(coefficients)) and np.all(np.isfinite(covariance))):
        return None
    is_positive = float(np.nanmin(values)) >= 0
    return Effects(used, usual, coefficients, covariance, is_relative, is_positive, result, unit)
