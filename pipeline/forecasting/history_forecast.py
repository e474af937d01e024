"""One history of a series, one answer: regressors taken off, gaps filled, the rest forecast."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from pipeline.config.policy import ForecastPolicy
from pipeline.forecasting.censored_forecast import forecast_censored
from pipeline.forecasting.draws import Draws
from pipeline.forecasting.gap_filling import fill_gaps, has_long_gap
from pipeline.forecasting.intermittent import is_intermittent
from pipeline.forecasting.regression import fit_effects
from pipeline.forecasting.series_forecast import Engine, SeriesForecast

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Regressors:
    """Regressors of one series.

    Attributes:
        names: of the columns, at least one.
        known: steps of the history x columns, NaN where not told.
        coming: steps to be forecast x columns.
    """

    names: tuple[str, ...]
    known: Array
    coming: Array


def forecast_history(
    values: Array,
    floors: Array,
    regressors: Regressors | None,
    *,
    is_flow: bool,
    seasons: tuple[int, ...],
    draws: Draws,
    rng: np.random.Generator,
    policy: ForecastPolicy,
    engine: Engine,
    fillings: int = 1,
) -> SeriesForecast:
    """Forecast one history as `forecast_censored` does, with the effects of regressors where these are told.

    Where a regressor is not told, the value is not observed. The model is told as `component + regressors`;
    regressors whose effect cannot be told (constant so far, following from others, too few values) are noted
    as `unused`. Long stretches without observation, over which the ensemble would stumble, are drawn
    `fillings` times and noted as `filled gaps`.
    """
    forecast = partial(
        _over_gaps,
        is_flow=is_flow,
        seasons=seasons,
        draws=draws,
        rng=rng,
        policy=policy,
        engine=engine,
        fillings=fillings,
    )
    if regressors is None:
        return forecast(values, floors)
    effects = fit_effects(values, regressors.known, seasons=seasons)
    if effects is None:
        return _noted(forecast(values, floors), f"unused: {', '.join(regressors.names)}")
    answer = forecast(*(effects.taken_off(part, regressors.known) for part in (values, floors)))
    used = [regressors.names[place] for place in effects.used]
    told = replace(
        answer,
        paths=effects.put_on(answer.paths, regressors.coming, rng),
        model=f"{answer.model} + {' + '.join(used)}",
    )
    unused = [name for name in regressors.names if name not in used]
    return _noted(told, f"unused: {', '.join(unused)}") if unused else told


def interleaved(parts: Iterable[Array], count: int) -> Array:
    """Take path p from part p modulo their number; parts, of steps x all paths, are asked for one by one."""
    paths = np.empty((0, 0))
    for turn, part in enumerate(parts):
        if turn == 0:
            paths = part.copy()
        paths[:, turn::count] = part[:, turn::count]
    return paths


def _over_gaps(
    values: Array,
    floors: Array,
    *,
    is_flow: bool,
    seasons: tuple[int, ...],
    draws: Draws,
    rng: np.random.Generator,
    policy: ForecastPolicy,
    engine: Engine,
    fillings: int,
) -> SeriesForecast:
    forecast = partial(
        forecast_censored,
        is_flow=is_flow,
        seasons=seasons,
        reach=draws.shape[0],
        draws=draws,
        rng=rng,
        policy=policy,
        engine=engine,
    )
    is_rare = is_flow and np.isfinite(values).any() and is_intermittent(values, policy, seasons)
    if engine != "ensemble" or is_rare or not has_long_gap(values):
        return forecast(values, floors)
    histories = fill_gaps(values, floors, seasons=seasons, count=fillings, rng=rng)
    answers = [forecast(history, floors) for history in histories]
    if not answers or answers[0].reason:
        return forecast(values, floors)
    paths = interleaved([answer.paths for answer in answers], len(answers))
    return _noted(replace(answers[0], paths=paths), "filled gaps")


def _noted(answer: SeriesForecast, note: str) -> SeriesForecast:
    return replace(answer, note="; ".join(filter(None, (answer.note, note))))
