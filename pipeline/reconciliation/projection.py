"""Means of a hierarchy brought into agreement: the nearest coherent, non-negative forecast of all nodes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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
    constraints = np.block([[np.eye(uppers), -sums], [np.zeros((len(fixed.sums), uppers)), fixed.sums]])
    targets = np.vstack([np.zeros((uppers, base.shape[1])), fixed.means])
    found = _nearest(base, constraints, targets, weights)[0][uppers:]
    least = -_TOLERANCE * np.abs(base).max(axis=0, initial=0.0)
    for place in np.flatnonzero((found < least).any(axis=0)):
        one = slice(place, place + 1)
        found[:, one] = _non_negative(
            base[:, one], constraints, targets[:, one], weights, uppers=uppers, least=float(least[place])
        )
    return np.maximum(found, 0.0)


def _nearest(base: Array, constraints: Array, targets: Array, weights: Covariance) -> tuple[Array, Array]:
    """Return the nearest point where the constraints hold, and their multipliers."""
    if not len(constraints):
        return base.copy(), np.zeros((0, base.shape[1]))
    spread = weights.times(constraints.T)
    multipliers = np.linalg.lstsq(constraints @ spread, constraints @ base - targets, rcond=None)[0]
    return base - spread @ multipliers, np.asarray(multipliers, float)


def _non_negative(
    base: Array, constraints: Array, targets: Array, weights: Covariance, *, uppers: int, least: float
) -> Array:
    """One step: hold at zero what would be negative, let go what would rise, until neither is left.

    Block principal pivoting (Júdice and Pires 1994, doi:10.1016/0305-0548(94)90106-6); after many turns
    nothing is let go any more, so that it ends.
    """
    held = np.zeros(len(base) - uppers, dtype=bool)
    for turn in range(_MOST_TURNS + len(held)):
        rows = np.eye(len(base))[uppers:][held]
        point, multipliers = _nearest(
            base,
            np.vstack([constraints, rows]),
            np.vstack([targets, np.zeros((len(rows), 1))]),
            weights,
        )
        bottom = point[uppers:, 0]
        rising = np.zeros_like(held)
        if turn < _MOST_TURNS:
            rising[held] = multipliers[len(constraints) :, 0] > 0
        falling = ~held & (bottom < least)
        if not (rising | falling).any():
            break
        held = (held & ~rising) | falling
    return np.where(held, 0.0, bottom)[:, None]


def _require_fixed(fixed: Fixed, bottom: Array, *, scale: float) -> None:
    missed = np.abs(fixed.sums @ bottom - fixed.means).max(initial=0.0)
    if missed > 1e-6 * max(scale, float(np.abs(fixed.means).max(initial=0.0))):
        raise FixedNodesContradictError(
            f"the fixed means cannot all hold: one is missed by {missed:,.6g}; what is below a node may be "
            "fixed to more than the node"
        )
