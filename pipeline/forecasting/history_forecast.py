"""One history of a series, one answer: regressors taken off, the rest forecast, regressors put on again."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from pipeline.config.policy import ForecastPolicy
from pipeline.forecasting.censored_forecast import forecast_censored
from pipeline.forecasting.draws import Draws
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
) -> SeriesForecast:
    """Forecast one history as `forecast_censored` does, with the effects of regressors where these are told.

    Where a regressor is not told, the value is not observed. The model is told as `component + regressors`;
    regressors whose effect cannot be told (constant so far, following from others, too few values) are noted
    as `unused`.
    """
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
    if regressors is None:
        return forecast(values, floors)
    effects = fit_effects(values, regressors.known, seasons=seasons)
    if effects is None:
        return _noted(forecast(values, floors), regressors.names)
    answer = forecast(*(effects.taken_off(part, regressors.known) for part in (values, floors)))
    used = [regressors.names[place] for place in effects.used]
    told = replace(
        answer,
        paths=effects.put_on(answer.paths, regressors.coming, rng),
        model=f"{answer.model} + {' + '.join(used)}",
    )
    return _noted(told, [name for name in regressors.names if name not in used])


def _noted(answer: SeriesForecast, unused: Sequence[str]) -> SeriesForecast:
    notes = [answer.note, f"unused: {', '.join(unused)}" if unused else None]
    return replace(answer, note="; ".join(note for note in notes if note) or None)
