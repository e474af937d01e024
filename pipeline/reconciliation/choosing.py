"""Which way to reconcile did best before: every method is tried where the past is known."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.reconciliation.methods import BOTTOM_UP, METHODS, reconcile_means

Array = NDArray[np.float64]

_USUAL = "mint_shrink"
_CLEARLY = 0.9  # a few origins tell methods apart badly: another has to err a tenth less


@dataclass(frozen=True)
class Past:
    """Forecasts of every node at earlier origins, and what came; uppers first, the latest origin first.

    Attributes:
        means: nodes x origins x steps; NaN: the node did not exist yet.
        observed: nodes x origins x steps; NaN: not known, as what lies beyond the as-of instant.
        every: steps from one origin to the next; the latest lies as many before the end of the history.
        error_steps: steps ahead whose errors tell how nodes err together.
    """

    means: Array
    observed: Array
    every: int
    error_steps: int

    def errors_known(self, origin: int) -> Array:
        """Errors known at an origin, nodes x observations; -1: those known now."""
        errors = self.observed - self.means
        columns = [
            errors[:, place, : min((place - origin) * self.every, self.error_steps)]
            for place in range(origin + 1, errors.shape[1])
        ]
        return np.concatenate([np.zeros((len(errors), 0)), *columns], axis=1)


def judge_methods(sums: Array, levels: NDArray[np.str_], past: Past, *, origins: int) -> dict[str, float]:
    """Absolute errors of each method at the latest origins, relative to bottom-up; mean over the levels.

    A method knows at each origin what was known there. Levels at which bottom-up never erred are left out.

    Args:
        sums: uppers x bottoms, 1 where the upper node sums the bottom series.
        levels: of every node.
        past: forecasts and what came.
        origins: how many of the latest to try.

    Returns:
        Loss by method; empty where nothing can be judged.
    """
    names = list(dict.fromkeys(levels))
    losses = np.zeros((len(METHODS), len(names)))
    for origin in range(min(origins, past.means.shape[1])):
        losses += _losses(sums, levels, names, past, origin)
    is_judged = losses[0] > 0
    if not is_judged.any():
        return {}
    relative = (losses[:, is_judged] / losses[0, is_judged]).mean(axis=1)
    return dict(zip(METHODS, relative.tolist(), strict=True))


def choose_method(losses: dict[str, float]) -> str:
    """Choose minimum trace unless another method erred clearly less; bottom-up where nothing was judged."""
    if not losses:
        return BOTTOM_UP
    best = min(losses, key=lambda name: losses[name])
    return best if losses[best] < _CLEARLY * losses[_USUAL] else _USUAL


def _losses(sums: Array, levels: NDArray[np.str_], names: list[str], past: Past, origin: int) -> Array:
    uppers = len(sums)
    base, observed = past.means[:, origin], past.observed[:, origin]
    forecast: NDArray[np.bool_] = np.asarray(np.isfinite(base).all(axis=1))
    bottoms = forecast[uppers:]
    exists = np.concatenate([forecast[:uppers] & sums[:, bottoms].any(axis=1), bottoms])
    below = sums[exists[:uppers]][:, bottoms]
    errors = past.errors_known(origin)[exists]
    losses = np.zeros((len(METHODS), len(names)))
    for place, method in enumerate(METHODS):
        bottom = reconcile_means(below, base[exists], errors, method=method)
        missed = np.nansum(np.abs(observed[exists] - np.concatenate([below @ bottom, bottom])), axis=1)
        losses[place] = [missed[levels[exists] == name].sum() for name in names]
    return losses
