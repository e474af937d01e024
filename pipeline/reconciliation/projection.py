"""Means of a hierarchy brought into agreement: the nearest coherent, non-negative forecast of all nodes."""

from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

Array = NDArray[np.float64]
Places = NDArray[np.bool_]

_TOLERANCE = 1e-9
_MOST_TURNS = 50


class FixedNodesContradictError(ValueError):
    """No non-negative forecast of the bottom series gives the nodes their fixed means."""


@dataclass(frozen=True)
class Covariance:
    """Covariance of errors: diagonal plus `factor` times its transpose.

    Attributes:
        diagonal: nodes.
        factor: nodes x any number.
    """

    diagonal: Array
    factor: Array

    def times(self, columns: Array) -> Array:
        """Multiply nodes x columns."""
        return np.asarray(self.diagonal[:, None] * columns + self.factor @ (self.factor.T @ columns))

    def of(self, kept: Places) -> "Covariance":
        """Return that of some of the nodes."""
        return Covariance(self.diagonal[kept], self.factor[kept])


@dataclass(frozen=True)
class Fixed:
    """Nodes whose means are given, as by a planner's override.

    Attributes:
        sums: fixed nodes x bottoms, 1 where the node sums the bottom series.
        means: fixed nodes x steps, zero or more.
    """

    sums: Array
    means: Array


def project(sums: Array, base: Array, covariance: Covariance, fixed: Fixed | None = None) -> Array:
    """Find the coherent, non-negative means nearest to the base forecasts in the metric of the covariance.

    Minimises (y - base)' W^-1 (y - base) over all y that bottom series b >= 0 sum up to (minimum trace:
    Wickramasuriya, Athanasopoulos and Hyndman 2019, doi:10.1080/01621459.2018.1448825; b >= 0:
    Wickramasuriya, Turlach and Hyndman 2020, doi:10.1007/s11222-020-09930-0), written as the constraints
    that sums agree, so that the system is no larger than the number of upper nodes. What is forecast as
    nothing stays nothing, unless it or a node above it is fixed. Steps do not depend on each other.

    Args:
        sums: uppers x bottoms, 1 where the upper node sums the bottom series; none for bottom-up.
        base: nodes x steps, uppers first, zero or more at the bottom.
        covariance: of the errors of `base`, up to a factor.
        fixed: means that are held exactly.

    Returns:
        Bottoms x steps.

    Raises:
        FixedNodesContradictError: no forecast has the fixed means.
    """
    uppers, count = sums.shape
    fixed = fixed or Fixed(np.zeros((0, count)), np.zeros((0, base.shape[1])))
    below_fixed = np.asarray(fixed.sums.any(axis=0))
    moves = np.logical_or(base[uppers:] > 0, below_fixed[:, None])
    patterns, which = np.unique(moves, axis=1, return_inverse=True)
    bottom = np.zeros((count, base.shape[1]))
    for number, pattern in enumerate(patterns.T):
        steps = np.flatnonzero(which == number)
        part = Fixed(fixed.sums[:, pattern], fixed.means[:, steps])
        kept = np.concatenate([np.ones(uppers, dtype=bool), pattern])
        bottom[np.ix_(pattern, steps)] = _project_moving(
            sums[:, pattern], base[kept][:, steps], covariance.of(kept), part
        )
    _require_fixed(fixed, bottom, scale=float(np.abs(base).max(initial=0.0)))
    return bottom


def _project_moving(sums: Array, base: Array, weights: Covariance, fixed: Fixed) -> Array:
    """Solve the steps at which the same bottom series may move; returns those series x steps."""
    uppers = len(sums)
    system = _System.of(
        np.block([[np.eye(uppers), -sums], [np.zeros((len(fixed.sums), uppers)), fixed.sums]]), weights
    )
    targets = np.vstack([np.zeros((uppers, base.shape[1])), fixed.means])
    found = system.nearest(base, targets)[0][uppers:]
    least = -_TOLERANCE * np.abs(base).max(axis=0, initial=0.0)
    for place in np.flatnonzero((found < least).any(axis=0)):
        one = slice(place, place + 1)
        found[:, one] = _non_negative(system, base[:, one], targets[:, one], uppers, float(least[place]))
    return np.maximum(found, 0.0)


@dataclass(frozen=True)
class _System:
    """Constraints on the nodes, and what the covariance makes of them.

    Attributes:
        constraints: constraints x nodes.
        weights: covariance of the nodes.
        spread: covariance times the constraints, nodes x constraints.
        matrix: constraints x constraints.
    """

    constraints: Array
    weights: Covariance
    spread: Array
    matrix: Array

    @classmethod
    def of(cls, constraints: Array, weights: Covariance) -> "_System":
        spread = weights.times(constraints.T)
        return cls(constraints, weights, spread, constraints @ spread)

    def nearest(self, base: Array, targets: Array, held: Places | None = None) -> tuple[Array, Array]:
        """Return the nearest points where constraints hold and held nodes are zero; multipliers of these."""
        places = np.flatnonzero(held) if held is not None else np.zeros(0, dtype=np.int64)
        wanted = np.vstack([self.constraints @ base - targets, base[places]])
        if not len(wanted):
            return base.copy(), np.zeros((0, base.shape[1]))
        diagonal, factor = self.weights.diagonal, self.weights.factor
        own = np.diag(diagonal[places]) + factor[places] @ factor[places].T
        beside = self.spread[places]
        multipliers = _solve(np.block([[self.matrix, beside.T], [beside, own]]), wanted)
        shared, alone = multipliers[: len(self.matrix)], multipliers[len(self.matrix) :]
        moved = self.spread @ shared + factor @ (factor[places].T @ alone)
        moved[places] += diagonal[places, None] * alone
        return base - moved, alone


def _solve(matrix: Array, right: Array) -> Array:
    """Solve a symmetric system: by Cholesky, or where constraints say the same twice by least squares."""
    sizes = np.sqrt(np.diag(matrix))
    scaled, wanted = matrix / np.outer(sizes, sizes), right / sizes[:, None]
    with suppress(np.linalg.LinAlgError):
        found = cho_solve(cho_factor(scaled), wanted)
        if np.abs(scaled @ found - wanted).max() <= _TOLERANCE * np.abs(wanted).max():
            return np.asarray(found / sizes[:, None])
    return np.asarray(np.linalg.lstsq(scaled, wanted, rcond=None)[0] / sizes[:, None])


def _non_negative(system: _System, base: Array, targets: Array, uppers: int, least: float) -> Array:
    """One step: hold at zero what would be negative, let go what would rise, until neither is left.

    Block principal pivoting (Júdice and Pires 1994, doi:10.1016/0305-0548(94)90106-6); after many turns
    nothing is let go any more, so that it ends.
    """
    held = np.zeros(len(base), dtype=bool)
    bottom = held.copy()
    bottom[uppers:] = True
    point = base
    for turn in range(_MOST_TURNS + len(held)):
        point, multipliers = system.nearest(base, targets, held)
        rising = np.zeros_like(held)
        if turn < _MOST_TURNS:
            rising[held] = multipliers[:, 0] > 0
        falling = bottom & ~held & (point[:, 0] < least)
        if not (rising | falling).any():
            break
        held = (held & ~rising) | falling
    return np.asarray(np.where(held[:, None], 0.0, point)[uppers:])


def _require_fixed(fixed: Fixed, bottom: Array, *, scale: float) -> None:
    missed = np.abs(fixed.sums @ bottom - fixed.means).max(initial=0.0)
    if missed > 1e-6 * max(scale, float(np.abs(fixed.means).max(initial=0.0))):
        raise FixedNodesContradictError(
            f"the fixed means cannot all hold: one is missed by {missed:,.6g}; what is below a node may be "
            "fixed to more than the node"
        )
