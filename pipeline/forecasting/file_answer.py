"""One series of a file, one answer: its paths, what they say of every step, and what made them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.config.policy import ForecastPolicy
from pipeline.core.ids import seed_for
from pipeline.forecasting.draws import calendar_draws
from pipeline.forecasting.file_layout import LaidSeries
from pipeline.forecasting.series_forecast import Engine, SeriesForecast, forecast_series

Array = NDArray[np.float64]


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
class ChunkAnswer:
    """Answers to some series, in their order.

    Attributes:
        measures: series x (horizon + 2) x (1 + 2 levels): mean and bounds of every step, of their sum, of
            their peak; NaN where never observed.
        made_by: model and reason of each series.
        paths: series x horizon x paths where they were asked for; NaN where never observed.
    """

    measures: Array
    made_by: list[tuple[str, str | None]]
    paths: Array | None


def answer_chunk(chunk: list[LaidSeries], *, request: Request) -> ChunkAnswer:
    """Forecast some series; each depends on its own rows and name alone."""
    answers = [_forecast(series, request) for series in chunk]
    paths = [
        np.full_like(answer.paths, np.nan) if answer.reason == "no_observations" else answer.paths
        for answer in answers
    ]
    return ChunkAnswer(
        np.stack([_measures(drawn, request) for drawn in paths]),
        [(answer.model, answer.reason) for answer in answers],
        np.stack(paths) if request.wants_paths else None,
    )


def _forecast(series: LaidSeries, request: Request) -> SeriesForecast:
    rules = request.rules
    return forecast_series(
        series.values,
        is_flow=not request.periods and bool(np.nanmin(series.values, initial=0.0) >= 0),
        is_ended=False,
        seasons=request.periods,
        reach=request.horizon,
        draws=calendar_draws(
            rules.seed, end=series.end, steps=request.horizon, paths=rules.paths, weeks=rules.residual_weeks
        ),
        rng=np.random.default_rng(seed_for(rules.seed, "file", series.name)),
        policy=rules,
        engine=request.engine,
    )


def _measures(drawn: Array, request: Request) -> Array:
    paths = np.vstack([drawn, drawn.sum(axis=0), drawn.max(axis=0)])
    return np.vstack([paths.mean(axis=1), np.quantile(paths, request.shares, axis=1)]).T
