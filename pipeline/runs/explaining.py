"""Why a run forecast a series as it did: the series as the run saw it, fitted again, and what fitted."""

from dataclasses import asdict
from datetime import date, datetime
from difflib import get_close_matches
from math import isfinite
from typing import TYPE_CHECKING, Any

import polars as pl

from pipeline.core.clock import format_instant
from pipeline.core.errors import TerminalError, UsageError
from pipeline.runs.context import Run, demand_history, forecast_run, policy_of, the_settings
from pipeline.schemas.tables import LEVELS
from pipeline.store import Connection, read_frame, reader, require_current, sql_text

if TYPE_CHECKING:
    from pipeline.forecasting import FittedChunk

STEPS = (4, 13, 26, 52, 104)
"""Weeks ahead that are told: a month, a quarter, half a year, one year and two."""
_CLOSE = 5
_KEY = ("channel", "segment", "generation", "region")
_TOLD = ("mean", "p10", "p50", "p90")
_SAME = 1e-9


def explain(series: str, run_id: str | None = None) -> dict[str, Any]:
    """Tell what a run forecast for a series and from what; finite numbers, texts, lists and objects alone.

    Nothing that the run did not read is read: the history is laid out as of its instant, up to its position.

    Args:
        series: channel/segment/generation/region.
        run_id: a run whose forecast is published; default: the one published last.

    Raises:
        UsageError: no such run, it forecast no such series, or an earlier version published what is read.
        TerminalError: another policy is in force than the run's, or this code sees no such series.
    """
    from pipeline.features import demand_series
    from pipeline.forecasting import explain_series

    with reader(the_settings().published) as connection:
        require_current(connection)
        stored = forecast_run(connection, run_id)
        run = Run(*(stored[name] for name in ("run_id", "as_of", "log_position", "policy_hash", "seed")))
        policy = policy_of(run)
        told = _model(connection, run, series)
        forecast = read_frame(
            connection, sql_text("runs/forecast_of_series"), {"run_id": run.run_id, "series": series}
        )
        reconciled = read_frame(
            connection,
            sql_text("runs/reconciliation_of_channel"),
            {"run_id": run.run_id, "channel": told["channel"], "unit": told["unit"]},
        ).to_dicts()
        history = demand_history(connection, run)
    rows = demand_series(history, as_of=run.as_of, policy=policy)
    rows = rows.filter(*(pl.col(name) == told[name] for name in _KEY))
    if rows.is_empty():
        raise TerminalError(
            f"run {run.run_id} forecast {series!r}, and the log as this code reads it has no such series: "
            f"explain it with the version that made the run ({stored['code_version']})"
        )
    found = explain_series(rows, policy=policy, seed=run.seed)
    beside = found.record_forecast
    answer = {
        "series": series,
        **{name: stored[name] for name in ("run_id", "as_of", "log_position", "policy_hash", "code_version")},
        **{name: told[name] for name in ("unit", "observations", "first_week", "last_week")},
        "zero_gap_weeks": rows.select((pl.col("is_gap") & pl.col("demand_chips").is_not_null()).sum()).item(),
        "unknown_weeks": rows["demand_chips"].null_count(),
        "model": told["model"],
        "reason": told["reason"],
        "forecast": forecast.filter(pl.col("step").is_in(STEPS)).to_dicts(),
        "reconciliation": reconciled[0] if reconciled else None,
        "again": _again(run, forecast, told, rows, found.forecast),
        "ensemble": found.ensemble and asdict(found.ensemble),
        "intermittent": found.intermittent and asdict(found.intermittent),
        "record": found.record and asdict(found.record),
        "record_forecast": beside and _told(_quantiles(run, beside)),
    }
    return {name: _plain(value) for name, value in answer.items()}


def _model(connection: Connection, run: Run, series: str) -> dict[str, Any]:
    models = read_frame(connection, sql_text("runs/forecast_series"), {"run_id": run.run_id})
    found = models.filter(pl.col("series") == series)
    if found.is_empty():
        from pipeline.reporting import plain_text

        close = get_close_matches(series, models["series"].to_list(), _CLOSE, 0.5)
        hint = f"close to it: {', '.join(map(plain_text, close))}; " if close else ""
        if "all" in series.split("/"):
            hint = f"levels are made up of series, and only these are explained; {hint}"
        listing = f"python -m pipeline sql \"FROM forecast_models WHERE run_id = '{run.run_id}'\" --csv"
        raise UsageError(
            f"run {run.run_id} forecast no series {series!r}: {hint}{listing} lists all {models.height:,}"
        )
    return found.row(0, named=True)


def _again(
    run: Run, stored: pl.DataFrame, told: dict[str, Any], rows: pl.DataFrame, chunk: "FittedChunk"
) -> dict[str, Any]:
    """Compare what the series gives now with what the run stored: other code may have made it.

    The run moved the series by itself to where all levels agree: what is made now is moved as far.
    """
    both = stored.join(_quantiles(run, chunk), on="step", how="full", suffix="_again")
    moved = pl.col("mean") / pl.coalesce(pl.when(pl.col("base_mean") > 0).then("base_mean"), "mean_again")
    factor = pl.when(moved.is_finite()).then(moved).otherwise(1.0)
    alone = pl.coalesce("base_mean", "mean")
    differences = [
        _relative(alone, pl.col("mean_again")),
        *(_relative(pl.col(name), factor * pl.col(f"{name}_again")) for name in _TOLD),
    ]
    largest = both.select(pl.max_horizontal(pl.max_horizontal(differences).fill_null(1.0).max())).item()
    model, reason, observations = chunk.models.select("model", "reason", "observations").row(0)
    is_same = (model, reason, observations) == (told["model"], told["reason"], told["observations"])
    return {
        "is_same": bool(is_same and largest <= _SAME and rows["period_start"][-1] == told["last_week"]),
        "model": model,
        "largest_relative_difference": largest,
    }


def _relative(one: pl.Expr, other: pl.Expr) -> pl.Expr:
    return (one - other).abs() / pl.max_horizontal(one.abs(), 1.0)


def _quantiles(run: Run, chunk: "FittedChunk") -> pl.DataFrame:
    from pipeline.reconciliation import coherent_forecast

    forecast = coherent_forecast(chunk.paths, chunk.models, run_id=run.run_id, as_of=run.as_of)
    return forecast.filter(pl.col("level") == LEVELS[-1]).select("step", *_TOLD).sort("step")


def _told(forecast: pl.DataFrame) -> list[dict[str, Any]]:
    return forecast.filter(pl.col("step").is_in(STEPS)).to_dicts()


def _plain(value: object) -> object:
    """Bring a value into what JSON holds; numbers that are not finite become null."""
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, datetime):
        return format_instant(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return value if isfinite(value) else None
    return value
