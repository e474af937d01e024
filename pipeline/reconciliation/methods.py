"""The ways to reconcile: what each takes for the covariance of the nodes' errors."""

import numpy as np
from numpy.typing import NDArray

from pipeline.reconciliation.projection import Covariance, Fixed, project

Array = NDArray[np.float64]

BOTTOM_UP = "bottom-up"
METHODS = (BOTTOM_UP, "ols", "wls_structural", "wls_variance", "mint_shrink")
"""Who is believed: the series alone; all nodes alike (Hyndman et al. 2011, doi:10.1016/j.csda.2011.03.006);
each by the number of its series (Athanasopoulos et al. 2017, doi:10.1016/j.ejor.2017.02.046); each by its own
errors (Hyndman, Lee and Wang 2016, doi:10.1016/j.csda.2015.11.007); each by its errors and whom it shared
them with (Wickramasuriya et al. 2019, doi:10.1080/01621459.2018.1448825)."""
_LEAST_KEPT = 0.2  # of a series' own forecast: what nodes above it say never makes zero certain
_LEAST_SHARE = 1e-4  # of the usual relative error: a node that never erred is not certain
_USUAL_ERROR = 0.1  # relative, where no node has an error to learn from


def reconcile_means(
    sums: Array, base: Array, errors: Array, *, method: str, fixed: Fixed | None = None
) -> Array:
    """Bring base forecasts into agreement by one of METHODS; returns bottoms x steps, zero or more.

    No series falls below a fifth of its own forecast, but for those below a fixed node: a mean of zero would
    leave it without any chance, which no error of the past warrants.

    Args:
        sums: uppers x bottoms, 1 where the upper node sums the bottom series.
        base: nodes x steps, uppers first.
        errors: nodes x observations, of forecasts of the same nodes in the past; NaN: not observed.
        method: one of METHODS.
        fixed: means that are held exactly.

    Raises:
        FixedNodesContradictError: no forecast has the fixed means.
    """
    uppers = len(sums)
    base = np.concatenate([base[:uppers], np.maximum(base[uppers:], 0.0)])
    scales = _error_scales(base, errors)
    if method == BOTTOM_UP:
        sums, base, covariance = sums[:0], base[uppers:], _diagonal(scales[uppers:] ** 2)
    else:
        covariance = _covariance(sums, scales, errors, method)
    least = _LEAST_KEPT * base[len(sums) :]
    if fixed:
        least[fixed.sums.any(axis=0)] = 0.0
        fixed = Fixed(fixed.sums, fixed.means - fixed.sums @ least)
    return least + project(sums, base - np.concatenate([sums @ least, least]), covariance, fixed)


def _error_scales(base: Array, errors: Array) -> Array:
    """Root mean square of each node's errors; where unknown, the usual one relative to its first forecast."""
    counts = np.isfinite(errors).sum(axis=1)
    squares = np.nansum(errors**2, axis=1) / np.maximum(counts, 1)
    size = np.abs(base[:, 0])
    is_known = (counts > 0) & (size > 0)
    relative = np.sqrt(squares[is_known]) / size[is_known]
    usual = (float(np.median(relative)) if is_known.any() else 0.0) or _USUAL_ERROR
    scales = np.where(counts > 0, np.sqrt(squares), usual * size)
    return np.maximum(scales, _LEAST_SHARE * usual * (float(size.max(initial=0.0)) or 1.0))


def _covariance(sums: Array, scales: Array, errors: Array, method: str) -> Covariance:
    if method == "ols":
        return _diagonal(np.ones(len(scales)))
    if method == "wls_structural":
        return _diagonal(np.concatenate([sums.sum(axis=1), np.ones(sums.shape[1])]))
    if method == "wls_variance":
        return _diagonal(scales**2)
    return _shrunk(scales, errors)


def _shrunk(scales: Array, errors: Array) -> Covariance:
    """Nodes err together as they did, correlations drawn to none (Schäfer and Strimmer 2005).

    doi:10.2202/1544-6115.1175. Errors are taken as they are, not around their mean: a node that was always
    too low is to be moved. The intensity is that of the paper, computed without a nodes x nodes matrix.
    """
    observations = errors.shape[1]
    if observations < 2:  # noqa: PLR2004  one observation has no correlation
        return _diagonal(scales**2)
    scaled = np.nan_to_num(errors / scales[:, None])
    gram = scaled.T @ scaled / observations
    squares = (scaled**2).sum(axis=0)
    own = (scaled**2).mean(axis=1)
    together = float((gram**2).sum() - (own**2).sum())
    variation = float(((squares**2).sum() - (scaled**4).sum()) / observations - together) / (observations - 1)
    intensity = float(np.clip(variation / together, 0.0, 1.0)) if together > 0 else 1.0
    factor = scales[:, None] * scaled * np.sqrt((1 - intensity) / observations)
    rest = scales**2 * (1 - (1 - intensity) * own)
    return Covariance(np.maximum(rest, _LEAST_SHARE * scales**2), factor)


def _diagonal(diagonal: Array) -> Covariance:
    return Covariance(diagonal, np.zeros((len(diagonal), 0)))
