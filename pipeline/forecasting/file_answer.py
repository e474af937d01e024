"""One series of a file, one answer: its paths, what they say of every step, and what made them."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.config.policy import ForecastPolicy
from pipeline.core.ids import seed_for
from pipeline.forecasting.draws import Draws, calendar_draws
from pipeline.forecasting.file_layout import LaidSeries
from pipeline.forecasting.history_forecast import forecast_history, interleaved
from pipeline.forecasting.intermittent import is_intermittent
from pipeline.forecasting.series_forecast import Engine, SeriesForecast

Array = NDArray[np.float64]

_FILLINGS = 5  # draws of what a long gap held, over the histories of a series: more change little


@dataclass(frozen=True)
class Request:
    """What is asked of every series."""

    horizon: int
    periods: tuple[int, ...]
    levels: tuple[int, ...]
    rules: ForecastPolicy
    engine: Engine
    wants_paths: bool

    @property
    def shares(self) -> list[float]:
        """Quantiles asked for: lower and upper of each level in turn."""
        return [share for level in self.levels for share in (0.5 - level / 200, 0.5 + level / 200)]


@dataclass(frozen=True)
class MadeBy:
    """What made the answer of a series: model, reason of a fallback, note; None: there is none to tell."""

    model: str
    reason: str | None
    note: str | None


@dataclass(frozen=True)
class ChunkAnswer:
    """Answers to some series, in their order.

    Attributes:
        measures: series x (horizon + 2) x (1 + 2 levels): mean and bounds of every step, of their sum, of
            their peak; NaN where never observed and no floor is known.
        made_by: of each series.
        paths: series x horizon x paths where they were asked for; NaN as above.
    """

    measures: Array
    made_by: list[MadeBy]
    paths: Array | None


def answer_chunk(chunk: list[LaidSeries], *, request: Request) -> ChunkAnswer:
    """Forecast some series; each depends on its own rows and name alone."""
    measures, made_by, kept = [], [], []
    for series in chunk:
        paths, made = _answer(series, request)
        measures.append(_measures(paths, request))
        made_by.append(made)
        if request.wants_paths:
            kept.append(paths)
    return ChunkAnswer(np.stack(measures), made_by, np.stack(kept) if request.wants_paths else None)


def _answer(series: LaidSeries, request: Request) -> tuple[Array, MadeBy]:
    """Return paths, none below what is surely there, and what made them."""
    paths, made_by = _over_histories(series, request)
    if series.lower is not None:
        paths = np.fmax(paths, series.lower[:, None])
    return paths, made_by


def _over_histories(series: LaidSeries, request: Request) -> tuple[Array, MadeBy]:
    """Take path p from history p modulo their number, histories without a value left out.

    What made most of the histories' forecasts is told.
    """
    rules = request.rules
    draws = calendar_draws(
        rules.seed, end=series.end, steps=request.horizon, paths=rules.paths, weeks=rules.residual_weeks
    )
    told = series.told[: rules.paths]
    if not told:
        return np.full(draws.shape, np.nan), MadeBy("flat", "no_observations", None)
    made_by = []

    def drawn() -> Iterator[Array]:
        for history in told:
            answer = _forecast(series, history, draws, request, fillings=-(-_FILLINGS // len(told)))
            made_by.append(MadeBy(answer.model, answer.reason, answer.note))
            yield answer.paths

    paths = interleaved(drawn(), len(told))
    most, _ = Counter(made_by).most_common(1)[0]
    return paths, most


def _forecast(
    series: LaidSeries, history: int, draws: Draws, request: Request, *, fillings: int
) -> SeriesForecast:
    values = series.values[history]
    floors = np.full_like(values, np.nan) if series.floors is None else series.floors[history]
    return forecast_history(
        values,
        floors,
        series.regressors,
        is_flow=_is_flow(values, request),
        seasons=request.periods,
        draws=draws,
        rng=np.random.default_rng(seed_for(request.rules.seed, "file", series.name)),
        policy=request.rules,
        engine=request.engine,
        fillings=fillings,
    )


def _is_flow(values: Array, request: Request) -> bool:
    """Whether values are amounts and not a level: none below zero, and rare or without season."""
    if np.nanmin(values, initial=0.0) < 0:
        return False
    return not request.periods or is_intermittent(values, request.rules, request.periods)


def _measures(drawn: Array, request: Request) -> Array:
    paths = np.vstack([drawn, drawn.sum(axis=0), drawn.max(axis=0)])
    return np.vstack([paths.mean(axis=1), np.quantile(paths, request.shares, axis=1)]).T
