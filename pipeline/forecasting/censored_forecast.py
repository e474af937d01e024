"""Series whose values are partly floors: demand was at least so much, and supply hid how much it was."""

from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from pipeline.config.policy import ForecastPolicy
from pipeline.forecasting.draws import Draws
from pipeline.forecasting.intermittent import is_intermittent
from pipeline.forecasting.last_value import last_value_paths
from pipeline.forecasting.series_forecast import Engine, SeriesForecast, forecast_series

Array = NDArray[np.float64]

LOW_INFORMATION = "low_information"
_FLOORS_OF_A_LEVEL = 4  # the last floors that a path's level is held to: fewer are one week's accident


def forecast_censored(
    values: Array,
    floors: Array,
    *,
    is_flow: bool,
    seasons: tuple[int, ...],
    reach: int,
    draws: Draws,
    rng: np.random.Generator,
    policy: ForecastPolicy,
    engine: Engine = "ensemble",
) -> SeriesForecast:
    """Forecast one series as `forecast_series` does, from values and floors of equal length.

    A floor is never taken for demand: as a value it is not observed (NaN in `values`). Where the history ends
    with floors, the forecast sets out from the last value, and each path that lies below the last floors on
    average is lifted by what it lacks: a level below what was surely there is ruled out, and nothing is said
    of how far above it demand was. Flows that are mostly zero have no level to lift.

    Where all is censored, paths wander upwards from the highest floor (reason `all_censored`). What ends with
    floors for `min_weeks` steps or more is noted as `low_information`.
    """
    forecast = partial(
        forecast_series,
        is_flow=is_flow,
        is_ended=False,
        seasons=seasons,
        rng=rng,
        policy=policy,
        engine=engine,
    )
    seen, capped = np.flatnonzero(np.isfinite(values)), np.flatnonzero(np.isfinite(floors))
    if not len(capped) or (len(seen) and seen[-1] > capped[-1]):
        return forecast(values, reach=reach, draws=draws)
    if not len(seen):
        return _above_all_floors(floors[capped], draws=draws, rng=rng, policy=policy)
    late = len(values) - 1 - int(seen[-1])
    answer = forecast(values[: len(values) - late], reach=reach + late, draws=draws.from_earlier(late))
    paths = answer.paths
    if not (is_flow and np.nanmax(values) > 0 and is_intermittent(values, policy, seasons)):
        paths = paths + _shortfall(paths[:late], floors[-late:])
    note = LOW_INFORMATION if late >= policy.min_weeks else None
    return replace(answer, paths=paths[late:], note=note)


def _shortfall(paths: Array, floors: Array) -> Array:
    """Return by how much each path lies below the last floors, on average; 0 where it does not."""
    last = np.flatnonzero(np.isfinite(floors))[-_FLOORS_OF_A_LEVEL:]
    return np.asarray(np.maximum(np.mean(floors[last, None] - paths[last], axis=0), 0.0))


def _above_all_floors(
    floors: Array, *, draws: Draws, rng: np.random.Generator, policy: ForecastPolicy
) -> SeriesForecast:
    highest = float(floors.max())
    walk = last_value_paths(
        np.array([highest]), shape=draws.shape, rng=rng, least_change_share=policy.least_change_share
    )
    return SeriesForecast(
        highest + np.abs(walk - highest), "highest_floor", "all_censored", note=LOW_INFORMATION
    )
