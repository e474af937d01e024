"""The tasks of a forecast: start, project, gate, fit by chunk, reconcile, gate, publish."""

import shutil
from typing import Any

import polars as pl

from pipeline.core.clock import parse_instant
from pipeline.core.crash_points import crash_point
from pipeline.runs.context import (
    Run,
    demand_history,
    is_finished,
    keep_frame,
    open_run,
    policy_of,
    projection,
    run_folder,
    runs_row,
    the_settings,
)
from pipeline.runs.gates import gate
from pipeline.runs.sample_paths import SAMPLE_PATHS_FILE, settle_sample_paths
from pipeline.schemas.tables import (
    CHIPS_NEEDED,
    DATA_QUALITY,
    FORECAST,
    FORECAST_MODELS,
    FORECAST_QUARTERS,
    FORECAST_RECONCILIATION,
    LEVELS,
    RUNS,
)
from pipeline.store import reader

INPUTS = ("order_book", "generations", "fiscal_calendar")


def start_run(as_of: str | None = None, position: int | None = None) -> dict[str, Any]:
    """Fix the run; `is_published` tells that an identical one stands already and nothing is left to do.

    Its reports are written again where a crash kept them back; else they stay untouched. What a failed try
    of it left in the work folder goes.
    """
    from pipeline.runs.publishing import report_run

    run = open_run(parse_instant(as_of) if as_of else None, position)
    is_published = is_finished(run, "forecast")
    if is_published:
        report_run(run.run_id)
        settle_sample_paths(run)
        shutil.rmtree(run_folder(run))
    return {**run.to_json(), "is_published": is_published}


def project(run: dict[str, Any]) -> dict[str, Any]:
    """Read the projections as of the run, gate the demand history and lay out the series to forecast.

    Raises:
        GateFailed: the demand history breaks a critical rule.
    """
    from pipeline.features import demand_series, node_demand

    this = Run.from_json(run)
    shutil.rmtree(run_folder(this))  # what a failed try of the run left
    folder = run_folder(this)
    with reader(the_settings().published) as connection:
        history = demand_history(connection, this)
        for name in INPUTS:
            keep_frame(projection(connection, name, this), folder / f"{name}.parquet")
    keep_frame(gate(this, "demand_history", history), folder / "gate-demand_history.parquet")
    series = demand_series(history, as_of=this.as_of, policy=policy_of(this))
    nodes = node_demand(series)
    keep_frame(series, folder / "series.parquet")
    keep_frame(nodes, folder / "nodes.parquet")
    return {**run, "nodes": _keys(nodes).height}


def list_chunks(run: dict[str, Any]) -> list[int]:
    """Number the chunks of nodes that can be forecast apart; a log without any series has one empty chunk."""
    return list(range(max(1, -(-int(run["nodes"]) // policy_of(Run.from_json(run)).forecast.chunk_nodes))))


def fit_chunk(run: dict[str, Any], chunk: int) -> str:
    """Forecast one chunk of nodes; return the stem of the files with paths, models and base forecasts.

    Paths and models are those of the series among the nodes; base forecasts those of every node.
    """
    from pipeline.forecasting import fit_bases, fit_series

    this = Run.from_json(run)
    policy = policy_of(this)
    folder = run_folder(this)
    series = pl.read_parquet(folder / "series.parquet")
    nodes = pl.read_parquet(folder / "nodes.parquet")
    size = policy.forecast.chunk_nodes
    keys = _keys(nodes).slice(chunk * size, size)
    bottom = keys.filter(pl.col("level") == LEVELS[-1]).drop("level")
    fitted = fit_series(series.join(bottom, on=bottom.columns, how="semi"), policy=policy, seed=this.seed)
    bases = fit_bases(nodes.join(keys, on=keys.columns, how="semi"), policy=policy, seed=this.seed)
    stem = f"chunk-{chunk:04}"
    for name, frame in (("paths", fitted.paths), ("models", fitted.models), ("bases", bases)):
        keep_frame(frame, folder / f"{stem}.{name}.parquet")
    return stem


def reconcile(run: dict[str, Any]) -> dict[str, Any]:
    """Join the chunks into coherent forecasts by week and quarter and into the chips needed; gate them.

    Raises:
        GateFailed: the forecast breaks a critical rule.
    """
    from pipeline import reconciliation
    from pipeline.reporting import write_sample_paths

    this = Run.from_json(run)
    policy = policy_of(this)
    folder = run_folder(this)
    paths, models, bases = (
        pl.concat(pl.read_parquet(file) for file in sorted(folder.glob(f"chunk-*.{name}.parquet")))
        for name in ("paths", "models", "bases")
    )
    coherent = reconciliation.reconcile_paths(paths, bases, policy=policy)
    inputs = {name: pl.read_parquet(folder / f"{name}.parquet") for name in ("series", *INPUTS)}
    weeks = reconciliation.coherent_forecast(
        coherent.paths, models, run_id=this.run_id, as_of=this.as_of, base_means=coherent.base_means
    )
    horizon = {"horizon_weeks": policy.forecast.horizon_weeks}
    keep_frame(gate(this, "forecast", weeks, parameters=horizon), folder / "gate-forecast.parquet")
    quarters = reconciliation.forecast_quarters(
        coherent.paths,
        run_id=this.run_id,
        as_of=this.as_of,
        fiscal_calendar=inputs["fiscal_calendar"],
        policy=policy,
    )
    needed = reconciliation.chips_needed(
        coherent.paths,
        inputs["series"],
        order_book=inputs["order_book"],
        generations=inputs["generations"],
        run_id=this.run_id,
        as_of=this.as_of,
        policy=policy,
    )
    results = {
        FORECAST.name: weeks,
        FORECAST_QUARTERS.name: quarters,
        FORECAST_MODELS.name: models.with_columns(run_id=pl.lit(this.run_id)),
        FORECAST_RECONCILIATION.name: coherent.methods.with_columns(
            pl.lit(this.run_id).alias("run_id"), pl.lit(this.as_of).alias("as_of")
        ),
        CHIPS_NEEDED.name: needed,
    }
    for name, frame in results.items():
        keep_frame(frame, folder / f"{name}.parquet")
    write_sample_paths(coherent.paths, folder / SAMPLE_PATHS_FILE)
    return {**run, "rows": weeks.height}


def publish_forecast(run: dict[str, Any]) -> dict[str, Any]:
    """Store the forecast, record it in the log and publish database copy and reports.

    Called again after a crash, it goes on from what is stored: the frames may be gone by then.
    """
    from pipeline.runs.publishing import publish_run

    this = Run.from_json(run)
    if not is_finished(this, "forecast"):
        _store_forecast(this)
    report = publish_run(this.run_id)
    settle_sample_paths(this)
    crash_point("work.before_clearing")
    shutil.rmtree(run_folder(this))
    crash_point("work.after_clearing")
    return {**run, "is_published": True, "report": str(report)}


def _store_forecast(this: Run) -> None:
    from pipeline.runs.publishing import decision_event, store_results

    folder = run_folder(this)
    tables = (FORECAST, FORECAST_QUARTERS, FORECAST_MODELS, FORECAST_RECONCILIATION, CHIPS_NEEDED)
    frames = {table: pl.read_parquet(folder / f"{table.name}.parquet") for table in tables}
    event = decision_event(this, "trn.forecast.published.v1", frames[FORECAST])
    frames[DATA_QUALITY] = pl.concat(pl.read_parquet(file) for file in sorted(folder.glob("gate-*.parquet")))
    store_results(this, {**frames, RUNS: runs_row(this, "forecast", status="published")}, event=event)


def _keys(nodes: pl.DataFrame) -> pl.DataFrame:
    return nodes.select("level", "channel", "segment", "generation", "region").unique().sort(pl.all())
