"""Long stretches without observation, drawn several times: what may have been there, not a mean."""

import numpy as np
from numpy.typing import NDArray

from pipeline.forecasting.state_space import draw_histories, fit_state_space, trend_and_season

Array = NDArray[np.float64]

_LONG = 26  # steps: over half as many, components that pass over what is missing do as well
_RECENT = 78  # steps: a gap that lies farther back hardly matters any more
_LEAST_OBSERVATIONS = 30


def has_long_gap(values: Array) -> bool:
    """Whether a stretch between two of the later observations is too long to pass over."""
    seen = np.flatnonzero(np.isfinite(values))
    if len(seen) < _LEAST_OBSERVATIONS:
        return False
    is_recent = len(values) - 1 - seen[1:] < _RECENT
    return bool(np.any(is_recent & (np.diff(seen) > _LONG)))


def fill_gaps(
    values: Array, floors: Array, *, seasons: tuple[int, ...], count: int, rng: np.random.Generator
) -> list[Array]:
    """Return possible histories: what was not observed between observations is drawn, given all that was.

    They come from a random walk with noise, drift and season of statsmodels (`fit_state_space`), of
    logarithms where all values are above zero. No draw lies below a floor, nor beyond the range of what was
    seen by more than that range. Empty: the model has no answer.
    """
    seen = np.flatnonzero(np.isfinite(values))
    inside = slice(int(seen[0]), int(seen[-1]) + 1)
    known = values[inside]
    lowest, highest = float(np.nanmin(known)), float(np.nanmax(known))
    beyond = highest - lowest
    least = max(lowest - beyond, 0.0) if lowest >= 0 else lowest - beyond
    is_relative = lowest > 0
    scaled = np.log(known) if is_relative else known
    unit = float(np.nanstd(scaled)) or 1.0
    result = fit_state_space(scaled / unit, trend_and_season(scaled, seasons))
    histories = []
    for drawn in draw_histories(result, count=count, rng=rng) if result else []:
        most = np.log(highest + beyond) if is_relative else highest + beyond
        moved = np.minimum(unit * drawn, most)
        moved = np.exp(moved) if is_relative else moved
        history = values.copy()
        history[inside] = np.where(
            np.isfinite(known), known, np.fmax(np.maximum(moved, least), floors[inside])
        )
        histories.append(history)
    return histories
