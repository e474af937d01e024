"""Forecast any file of series with columns unique_id, ds, y by the models of the pipeline."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.config import Policy, load_policy
from pipeline.config.policy import ForecastPolicy
from pipeline.core.errors import UsageError
from pipeline.core.ids import seed_for
from pipeline.core.progress import progress
from pipeline.forecasting.draws import joint_draws
from pipeline.forecasting.file_frequency import Step, infer_step
from pipeline.forecasting.series_forecast import Engine, forecast_series

_COLUMNS = ("unique_id", "ds", "y")
_LONGEST_HORIZON = 10_000
_MOST_SEASONS = 2
_LEAST_HISTORY = 1040
_CYCLES = 8


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
    engine: Engine = "ets",
) -> pl.DataFrame:
    """Forecast each series `horizon` steps beyond its last row.

    Args:
        frame: unique_id, ds (date, timestamp or whole number, as such or as text), y (null: not observed).
        horizon: steps ahead, of the file's own frequency.
        season: one or two periods in steps, used where history allows; none given: the usual one of the
            frequency.
        levels: central intervals in per cent.
        policy: by default the one that ships.
        engine: 'ets', or the 'seasonal_naive' baseline.

    Returns:
        unique_id, ds, mean, then lo-L and hi-L per level in the order given; in the unit of y. Sorted by
        series and time. A series without any observation gets nulls. Never below zero unless y is.

    Raises:
        UsageError: missing columns, no rows, unreadable times or numbers, duplicated times, mixed
            frequencies, or a horizon, season or level that cannot be.
    """
    chosen, levels = tuple(season or ()), tuple(levels)
    _require_options(horizon, chosen, levels)
    rows = _read_columns(frame)
    groups = rows.partition_by("unique_id", maintain_order=True)
    step = infer_step(groups)
    periods = tuple(length for length in (chosen or (step.season(),)) if length > 1)
    rules = (policy or load_policy()).forecast
    rules = replace(rules, residual_weeks=max(rules.residual_weeks, *(2 * length for length in periods), 0))
    request = _Request(horizon, periods, levels, rules, engine)
    shown = [
        _forecast_group(group, step, request)
        for group in progress(groups, "forecasting series", total=len(groups))
    ]
    return pl.concat(shown)


def _require_options(horizon: int, season: tuple[int, ...], levels: tuple[int, ...]) -> None:
    if not 1 <= horizon <= _LONGEST_HORIZON:
        raise UsageError(f"horizon {horizon}: allowed are 1 to {_LONGEST_HORIZON} steps")
    if len(season) > _MOST_SEASONS or any(length < 1 for length in season):
        raise UsageError(f"season {season}: give one or two periods of at least one step, such as 24,168")
    if not levels or any(not 1 <= level <= 99 for level in levels) or len(set(levels)) < len(levels):  # noqa: PLR2004  per cent
        raise UsageError(f"levels {levels}: give different whole per cents from 1 to 99, such as 80,95")


def _read_columns(frame: pl.DataFrame) -> pl.DataFrame:
    if missing := [name for name in _COLUMNS if name not in frame.columns]:
        raise UsageError(
            f"missing column {', '.join(missing)}: needed are unique_id, ds, y; "
            f"got {', '.join(frame.columns)}"
        )
    if frame.is_empty():
        raise UsageError("no rows: the file has the columns unique_id, ds, y but nothing to forecast")
    times = _read_times(frame["ds"])
    rows = pl.DataFrame([frame["unique_id"], times, _read_values(frame["y"])])
    for name in ("unique_id", "ds"):
        if rows[name].null_count():
            raise UsageError(f"row {_first(rows[name].is_null())}: {name} is empty; every row needs one")
    rows = rows.sort("unique_id", "ds")
    doubled = rows.filter(pl.struct("unique_id", "ds").is_duplicated())
    if doubled.height:
        raise UsageError(
            f"duplicated date: series {doubled['unique_id'][0]!r} has {doubled['ds'][0]} more than once; "
            "sum or drop the repeats"
        )
    return rows


def _read_times(times: pl.Series) -> pl.Series:
    if times.dtype.is_integer() or isinstance(times.dtype, pl.Date | pl.Datetime):
        return times
    if times.dtype != pl.String:
        raise UsageError(f"ds is of type {times.dtype}; allowed are dates, timestamps and whole numbers")
    has_offset = bool(times.str.contains(r"(Z|[+-]\d{2}:?\d{2})$").any())
    readings = (
        times.cast(pl.Int64, strict=False),
        _try_times(times, pl.Date()),
        _try_times(times, pl.Datetime("us", "UTC" if has_offset else None)),
    )
    best = min(readings, key=pl.Series.null_count)
    if best.null_count() > times.null_count():
        bad = best.is_null() & times.is_not_null()
        raise UsageError(
            f"row {_first(bad)}: ds {times.filter(bad)[0]!r} is no date, timestamp or whole number; "
            "write 2026-09-07 or 2026-09-07T00:00:00"
        )
    return best


def _try_times(times: pl.Series, dtype: pl.Date | pl.Datetime) -> pl.Series:
    try:
        return times.str.strptime(dtype, strict=False)
    except pl.exceptions.ComputeError:  # no value looks like a time at all
        return pl.Series(times.name, [None] * len(times), dtype=dtype)


def _read_values(values: pl.Series) -> pl.Series:
    numbers = values.cast(pl.Float64, strict=False)
    bad = numbers.is_null() & values.is_not_null() & (values.cast(pl.String) != "")
    if bad.any():
        raise UsageError(
            f"row {_first(bad)}: y {values.filter(bad)[0]!r} is no number; leave unknown values empty"
        )
    return pl.select(pl.when(numbers.is_finite()).then(numbers).alias("y"))["y"]


def _first(bad: pl.Series) -> int:
    return int(bad.arg_true()[0]) + 1


def _forecast_group(group: pl.DataFrame, step: Step, request: _Request) -> pl.DataFrame:
    places = step.positions(group["ds"]).to_numpy()
    values = np.full(int(places[-1]) + 1, np.nan)
    values[places] = group["y"].fill_null(np.nan).to_numpy()
    values = values[-max(_LEAST_HISTORY, _CYCLES * max(request.periods, default=1)) :]
    name = str(group["unique_id"][0])
    rules, horizon = request.rules, request.horizon
    seed = seed_for(rules.seed, "file", name)
    answer = forecast_series(
        values,
        is_flow=not request.periods and bool(np.nanmin(values, initial=0.0) >= 0),
        is_ended=False,
        seasons=request.periods,
        draws=joint_draws(seed, steps=horizon, paths=rules.paths, weeks=rules.residual_weeks),
        rng=np.random.default_rng(seed),
        policy=rules,
        engine=request.engine,
    )
    paths = np.full_like(answer.paths, np.nan) if answer.reason == "no_observations" else answer.paths
    times = step.following(group["ds"][-1], horizon, group["ds"].dtype)
    series_id = pl.Series("unique_id", [group["unique_id"][0]] * horizon, dtype=group["unique_id"].dtype)
    return pl.DataFrame([series_id, times, *_distribution(paths, request.levels)])


def _distribution(paths: NDArray[np.float64], levels: tuple[int, ...]) -> list[pl.Series]:
    shares = [share for level in levels for share in (0.5 - level / 200, 0.5 + level / 200)]
    names = [f"{side}-{level}" for level in levels for side in ("lo", "hi")]
    quantiles = np.quantile(paths, shares, axis=1)
    columns = [("mean", paths.mean(axis=1)), *zip(names, quantiles, strict=True)]
    return [pl.Series(name, column, nan_to_null=True) for name, column in columns]
