"""A level seen for a few weeks only: the last value, and changes as large as those seen, either way round."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def last_value_paths(
    values: Array, *, shape: tuple[int, int], rng: np.random.Generator, least_change_share: float
) -> Array:
    """Carry the last value on as a normal random walk, floored at zero unless the series goes below it.

    Args:
        values: NaN where not observed, at least one observed.
        shape: steps, paths.
        least_change_share: the walk's standard deviation a step is at least this share of the last value,
            since the few changes seen may all be small by chance, and a single value shows none.
    """
    seen = values[np.isfinite(values)]
    typical = float(np.sqrt(np.mean(np.diff(seen) ** 2))) if len(seen) > 1 else 0.0
    scale = max(typical, least_change_share * abs(float(seen[-1])))
    paths = seen[-1] + np.cumsum(rng.normal(0.0, scale, shape), axis=0)
    return np.asarray(paths if seen.min() < 0 else np.maximum(paths, 0.0))
