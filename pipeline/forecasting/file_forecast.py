"""Forecast any file of series with columns unique_id, ds, y by the models of the pipeline."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from multiprocessing import get_context

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.config import Policy, load_policy
from pipeline.config.policy import ForecastPolicy
from pipeline.core.errors import UsageError
from pipeline.core.ids import seed_for
from pipeline.core.progress import progress
from pipeline.forecasting.draws import joint_draws
from pipeline.forecasting.file_frequency import infer_step
from pipeline.forecasting.file_series import read_series
from pipeline.forecasting.series_forecast import Engine, forecast_series

Array = NDArray[np.float64]

_LONGEST_HORIZON = 10_000
_MOST_SEASONS = 2
_LEAST_HISTORY = 1040
_CYCLES = 8
_CHUNK = 250  # series a process takes at a time
_WORTH_PROCESSES = 1000  # below, starting them takes longer than the forecasts


@dataclass(frozen=True)
class FileForecast:
    """What is forecast for the series of a file, in the unit of y; nulls for a series never observed.

    Attributes:
        steps: unique_id, ds, mean, then lo-L and hi-L per level in the order given; sorted.
        totals: unique_id, measure ('sum' over the horizon, 'peak': its highest step), mean, lo-L, hi-L.
    """

    steps: pl.DataFrame
    totals: pl.DataFrame


@dataclass(frozen=True)
class _Request:
    horizon: int
    periods: tuple[int, ...]
    levels: tuple[int, ...]
    rules: ForecastPolicy
    engine: Engine


def forecast_file(
    frame: pl.DataFrame,
    *,
    horizon: int,
    season: Sequence[int] | None = None,
    levels: Sequence[int] = (80, 95),
    policy: Policy | None = None,
    engine: Engine = "ensemble",
) -> FileForecast:
    """Forecast each series `horizon` steps beyond its last row.

    A series' forecast depends on its own rows and name alone. Many series are shared over the processors.

    Args:
        frame: unique_id, ds (date, timestamp or whole number, as such or as text), y (null: not observed).
        horizon: steps ahead, of the file's own frequency.
        season: one or two periods in steps, used where history allows; none given: the usual one of the
            frequency.
        levels: central intervals in per cent.
        policy: by default the one that ships.
        engine: 'ensemble', 'ets' for the model of record alone, or the 'seasonal_naive' baseline.

    Returns:
        Means and intervals, never below zero unless y is.

    Raises:
        UsageError: missing columns, no rows, unreadable times or numbers, duplicated times, mixed
            frequencies, or a horizon, season or level that cannot be.
    """
    chosen, levels = tuple(season or ()), tuple(levels)
    _require_options(horizon, chosen, levels)
    rows = read_series(frame)
    step = infer_step(rows)
    periods = tuple(length for length in (chosen or (step.season(),)) if length > 1)
    rules = (policy or load_policy()).forecast
    rules = replace(rules, residual_weeks=max(rules.residual_weeks, *(2 * length for length in periods), 0))
    request = _Request(horizon, periods, levels, rules, engine)
    last = rows.group_by("unique_id", maintain_order=True).agg(pl.col("ds").last(), pl.len().alias("rows"))
    answers = _forecast_all(last, _histories(rows, step.positions(rows), last, periods), request)
    return FileForecast(
        steps=_frame(
            [_repeated(last["unique_id"], horizon), step.following(last["ds"], horizon)],
            answers[:, :horizon],
            levels,
        ),
        totals=_frame(
            [_repeated(last["unique_id"], 2), pl.Series("measure", ["sum", "peak"] * last.height)],
            answers[:, horizon:],
            levels,
        ),
    )


def _require_options(horizon: int, season: tuple[int, ...], levels: tuple[int, ...]) -> None:
    if not 1 <= horizon <= _LONGEST_HORIZON:
        raise UsageError(f"horizon {horizon}: allowed are 1 to {_LONGEST_HORIZON} steps")
    if len(season) > _MOST_SEASONS or any(length < 1 for length in season):
        raise UsageError(f"season {season}: give one or two periods of at least one step, such as 24,168")
    if not levels or any(not 1 <= level <= 99 for level in levels) or len(set(levels)) < len(levels):  # noqa: PLR2004  per cent
        raise UsageError(f"levels {levels}: give different whole per cents from 1 to 99, such as 80,95")


def _histories(
    rows: pl.DataFrame, places: pl.Series, last: pl.DataFrame, periods: tuple[int, ...]
) -> list[Array]:
    """Lay each series out by its steps, NaN where nothing was observed; the recent part of a long one."""
    longest = max(_LEAST_HISTORY, _CYCLES * max(periods, default=1))
    values, place = rows["y"].fill_null(np.nan).to_numpy(), places.to_numpy()
    ends = np.cumsum([0, *last["rows"]])
    histories = []
    for start, end in pairwise(ends):
        size = int(place[end - 1]) + 1
        history = np.full(min(size, longest), np.nan)
        position = place[start:end] - (size - len(history))
        kept = position >= 0
        history[position[kept]] = values[start:end][kept]
        histories.append(history)
    return histories


def _forecast_all(last: pl.DataFrame, histories: list[Array], request: _Request) -> Array:
    """Shape series x (horizon + 2) x (1 + 2 levels): see `_measures`."""
    names = [str(name) for name in last["unique_id"]]
    chunks = [
        (names[start : start + _CHUNK], histories[start : start + _CHUNK])
        for start in range(0, len(names), _CHUNK)
    ]
    label = f"forecasting series, {_CHUNK} at a time" if len(chunks) > 1 else "forecasting series"
    return np.concatenate(list(progress(_answers(chunks, len(names), request), label, total=len(chunks))))


def _answers(chunks: list[tuple[list[str], list[Array]]], series: int, request: _Request) -> Iterator[Array]:
    forecast = partial(_forecast_chunk, request=request)
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if series < _WORTH_PROCESSES or processors == 1:
        yield from map(forecast, chunks)
        return
    with ProcessPoolExecutor(processors, mp_context=get_context("spawn")) as pool:
        yield from pool.map(forecast, chunks)


def _forecast_chunk(chunk: tuple[list[str], list[Array]], *, request: _Request) -> Array:
    return np.stack([_measures(name, history, request) for name, history in zip(*chunk, strict=True)])


def _measures(name: str, values: Array, request: _Request) -> Array:
    """Mean and bounds of each level, of every step, of their sum and of their peak."""
    rules, horizon = request.rules, request.horizon
    seed = seed_for(rules.seed, "file", name)
    answer = forecast_series(
        values,
        is_flow=not request.periods and bool(np.nanmin(values, initial=0.0) >= 0),
        is_ended=False,
        seasons=request.periods,
        reach=horizon,
        draws=joint_draws(seed, steps=horizon, paths=rules.paths, weeks=rules.residual_weeks),
        rng=np.random.default_rng(seed),
        policy=rules,
        engine=request.engine,
    )
    if answer.reason == "no_observations":
        return np.full((horizon + 2, 1 + 2 * len(request.levels)), np.nan)
    paths = np.vstack([answer.paths, answer.paths.sum(axis=0), answer.paths.max(axis=0)])
    shares = [share for level in request.levels for share in (0.5 - level / 200, 0.5 + level / 200)]
    return np.vstack([paths.mean(axis=1), np.quantile(paths, shares, axis=1)]).T


def _repeated(names: pl.Series, times: int) -> pl.Series:
    return pl.select(pl.lit(names).repeat_by(times).explode().alias("unique_id")).to_series()


def _frame(keys: list[pl.Series], answers: Array, levels: tuple[int, ...]) -> pl.DataFrame:
    names = ["mean", *(f"{side}-{level}" for level in levels for side in ("lo", "hi"))]
    columns = answers.reshape(-1, len(names)).T
    return pl.DataFrame(
        [
            *keys,
            *(pl.Series(name, column, nan_to_null=True) for name, column in zip(names, columns, strict=True)),
        ]
    )
