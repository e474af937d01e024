"""Forecast any file of series with columns unique_id, ds, y by the models of the pipeline."""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import islice

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.config import Policy, load_policy
from pipeline.core.errors import UsageError
from pipeline.core.progress import progress
from pipeline.forecasting.file_answer import ChunkAnswer, MadeBy, Request, answer_chunk
from pipeline.forecasting.file_frequency import Step, infer_step
from pipeline.forecasting.file_future import read_future, require_told
from pipeline.forecasting.file_layout import LaidSeries, lay_out, list_series, regressors_told
from pipeline.forecasting.file_series import read_series
from pipeline.forecasting.file_workers import in_processes, processors
from pipeline.forecasting.series_forecast import Engine

Array = NDArray[np.float64]

_COLUMNS = ("unique_id", "ds", "y", "censored", "draw", "lower")
_LONGEST_HORIZON = 10_000
_MOST_SEASONS = 2
_CHUNK = 250  # series a process takes at a time
_CHUNK_VALUES = 2**20  # of paths in memory at a time, where they are asked for
_WORTH_PROCESSES = 1000  # below, starting them takes longer than the forecasts


@dataclass(frozen=True)
class FileForecast:
    """What is forecast for the series of a file, in the unit of y; nulls where nothing is known of a series.

    Attributes:
        steps: unique_id, ds, mean, then lo-L and hi-L per level in the order given; sorted.
        totals: unique_id, measure ('sum' over the horizon, 'peak': its highest step), mean, lo-L, hi-L.
        models: unique_id, model (the component that weighs most, or the fallback), reason (of the fallback;
            null where none was needed), note (what else to know: `low_information` where the last values
            are all censored), observations, censored (steps), draws (histories), first_ds, last_ds.
    """

    steps: pl.DataFrame
    totals: pl.DataFrame
    models: pl.DataFrame


def forecast_file(
    frame: pl.DataFrame,
    *,
    horizon: int,
    season: Sequence[int] | None = None,
    levels: Sequence[int] = (80, 95),
    policy: Policy | None = None,
    engine: Engine = "ensemble",
    future: pl.DataFrame | None = None,
    regressors: Sequence[str] = (),
    receive_paths: Callable[[pl.DataFrame], None] | None = None,
) -> FileForecast:
    """Forecast each series `horizon` steps beyond its last row.

    A series' forecast depends on its own rows and name alone. Many series are shared over the processors.
    What one path of several series says of one time belongs together.

    Args:
        frame: unique_id, ds (date, timestamp or whole number, as such or as text), y (null: not observed);
            where they are there also censored (0 or 1: y is the least that demand was, not demand) and draw
            (a whole number: one of several possible histories of a series; path p continues the one at
            place p modulo their number).
        horizon: steps ahead, of the file's own frequency.
        season: one or two periods in steps, used where history allows; none given: the usual one of the
            frequency.
        levels: central intervals in per cent.
        policy: by default the one that ships.
        engine: 'ensemble', 'ets' for the model of record alone, or the 'seasonal_naive' baseline.
        future: unique_id, ds, where it is there lower (the least that a step to be forecast will be: no path
            is below it), and the regressors.
        regressors: columns of `frame` and `future` that y depends on; a series may leave one empty.
        receive_paths: is given the sample paths of some series after the other: path (from 0 on), unique_id,
            ds, value; sorted by unique_id, ds, path. Without it none are kept.

    Returns:
        Means and intervals, never below zero unless y is.

    Raises:
        UsageError: missing columns, no rows, what cannot be read, duplicated times, mixed frequencies, a
            future that does not fit or leaves a regressor out, or a horizon, season, level or regressor that
            cannot be.
        WorkerKilledError: a process that shared the work was killed.
    """
    chosen, levels, regressors = tuple(season or ()), tuple(levels), tuple(regressors)
    _require_options(horizon, chosen, levels)
    _require_regressors(regressors, future)
    rows = read_series(frame, regressors)
    step = infer_step(rows.select("unique_id", "ds").unique(maintain_order=True).sort("unique_id", "ds"))
    periods = tuple(length for length in (chosen or (step.season(),)) if length > 1)
    rules = (policy or load_policy()).forecast
    rules = replace(rules, residual_weeks=max(rules.residual_weeks, *(2 * length for length in periods), 0))
    request = Request(horizon, periods, levels, rules, engine, receive_paths is not None)
    listed = list_series(rows)
    names, times = listed["unique_id"], step.following(listed["last_ds"], horizon)
    known = read_future(future, regressors, names=names, times=times)
    require_told(known, regressors_told(rows, regressors), regressors, names=names, times=times)
    laid = lay_out(rows, listed, step, periods, regressors=regressors, future=known)
    answers, made_by = _forecast_all(laid, listed, step, request, receive_paths)
    return FileForecast(
        steps=_frame(
            [_repeated(names, horizon), times],
            answers[:, :horizon],
            levels,
        ),
        totals=_frame(
            [_repeated(names, 2), pl.Series("measure", ["sum", "peak"] * listed.height)],
            answers[:, horizon:],
            levels,
        ),
        models=_models(listed, made_by),
    )


def _require_options(horizon: int, season: tuple[int, ...], levels: tuple[int, ...]) -> None:
    if not 1 <= horizon <= _LONGEST_HORIZON:
        raise UsageError(f"horizon {horizon}: allowed are 1 to {_LONGEST_HORIZON} steps")
    if len(season) > _MOST_SEASONS or any(length < 1 for length in season):
        raise UsageError(f"season {season}: give one or two periods of at least one step, such as 24,168")
    if not levels or any(not 1 <= level <= 99 for level in levels) or len(set(levels)) < len(levels):  # noqa: PLR2004  per cent
        raise UsageError(f"levels {levels}: give different whole per cents from 1 to 99, such as 80,95")


def _require_regressors(regressors: tuple[str, ...], future: pl.DataFrame | None) -> None:
    if taken := [name for name in regressors if name in _COLUMNS]:
        raise UsageError(f"regressor {taken[0]}: the name has a meaning of its own; rename the column")
    if len(set(regressors)) < len(regressors):
        raise UsageError(f"regressors {', '.join(regressors)}: name each once")
    if regressors and future is None:
        raise UsageError("regressors need their values in the periods to be forecast: give --future too")


def _forecast_all(
    series: Iterator[LaidSeries],
    listed: pl.DataFrame,
    step: Step,
    request: Request,
    receive_paths: Callable[[pl.DataFrame], None] | None,
) -> tuple[Array, list[MadeBy]]:
    """Return `ChunkAnswer.measures` and what made them, of all series; paths are handed on."""
    measures: list[Array] = []
    made_by: list[MadeBy] = []
    with closing(_answers(series, listed.height, request)) as answers:
        for answer in answers:
            if receive_paths and answer.paths is not None:
                some = listed.slice(len(made_by), len(answer.made_by))
                times = step.following(some["last_ds"], request.horizon)
                receive_paths(_paths_frame(some["unique_id"], times, answer.paths))
            measures.append(answer.measures)
            made_by += answer.made_by
    return np.concatenate(measures), made_by


def _answers(
    series: Iterator[LaidSeries], count: int, request: Request
) -> Generator[ChunkAnswer, None, None]:
    size = _CHUNK
    if request.wants_paths:
        size = max(1, min(size, _CHUNK_VALUES // (request.horizon * request.rules.paths)))
    chunks = -(-count // size)
    answers = in_processes(
        partial(answer_chunk, request=request),
        _chunked(series, size),
        processes=processors() if count >= _WORTH_PROCESSES else 1,
    )
    label = f"forecasting series, {size} at a time" if chunks > 1 else "forecasting series"
    yield from progress(answers, label, total=chunks)


def _chunked(series: Iterator[LaidSeries], size: int) -> Iterator[list[LaidSeries]]:
    while chunk := list(islice(series, size)):
        yield chunk


def _models(listed: pl.DataFrame, made_by: list[MadeBy]) -> pl.DataFrame:
    schema = dict.fromkeys(("model", "reason", "note"), pl.String)
    told = pl.DataFrame([asdict(made) for made in made_by], schema=schema)
    return pl.concat([listed, told], how="horizontal").select(
        "unique_id", *schema, "observations", "censored", "draws", "first_ds", "last_ds"
    )


def _paths_frame(names: pl.Series, times: pl.Series, paths: Array) -> pl.DataFrame:
    series, horizon, count = paths.shape
    return pl.DataFrame(
        [
            pl.Series("path", np.tile(np.arange(count, dtype=np.int32), series * horizon)),
            _repeated(names, horizon * count),
            pl.select(pl.lit(times).repeat_by(count).explode().alias("ds")).to_series(),
            pl.Series("value", paths.ravel(), nan_to_null=True),
        ]
    )


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
