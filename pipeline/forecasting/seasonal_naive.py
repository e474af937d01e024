"""The baseline to beat: last year's value again, past changes over a year drawn around it."""

import numpy as np
from numpy.typing import NDArray

from pipeline.forecasting.draws import Draws

Array = NDArray[np.float64]
_LEAST_CHANGES = 8


def seasonal_naive_paths(
    values: Array, *, season: int, draws: Draws, rng: np.random.Generator, recent: int
) -> Array:
    """Repeat the last season, floored at zero unless the series goes below it.

    Returns steps x paths in the unit of `values` (NaN: not observed): the value a season ago on the same
    path + a past seasonal change, centred, so that the middle is the plain seasonal naive. Without enough
    changes the last value is repeated (season 1); a single value has no change to draw: paths are flat.
    Hyndman and Athanasopoulos, Forecasting: Principles and Practice (3rd ed., 2021), sections 5.2 and 5.5.
    """
    seen = np.isfinite(values)
    places = np.arange(len(values))
    bridged = np.interp(places, places[seen], values[seen])
    lag = season if len(values) >= season + _LEAST_CHANGES else 1
    changes = np.full(len(values), np.nan)
    changes[lag:] = np.where(seen[lag:] & seen[:-lag], bridged[lag:] - bridged[:-lag], np.nan)
    changes = changes[-recent:]
    changes = changes - np.nanmean(changes) if np.isfinite(changes).any() else np.zeros(1)
    steps, paths = draws.shape
    drawn = draws.of(changes, rng)
    result = np.empty((lag + steps, paths))
    result[:lag] = bridged[-lag:, None]
    for step in range(steps):
        result[lag + step] = result[step] + drawn[step]
    return result[lag:] if np.nanmin(values) < 0 else np.maximum(result[lag:], 0.0)
