"""A run's sample paths once more, from the log: by the very tasks that made them, in a folder of its own."""

import shutil
from dataclasses import replace
from pathlib import Path

import polars as pl

from pipeline.core.errors import TerminalError, UsageError
from pipeline.core.progress import stages
from pipeline.runs import forecasting
from pipeline.runs.context import Run, forecast_run, policy_of, run_folder, the_settings
from pipeline.runs.sample_paths import SAMPLE_PATHS_FILE
from pipeline.schemas.tables import FORECAST, NODE_KEY, QUANTILES
from pipeline.store import read_frame, reader, writer_lock

_GRAIN = [*(column.name for column in NODE_KEY), "level", "period_start"]
_SAME = 1e-9


def repeat_paths(run_id: str, target: Path) -> str:
    """Make a stored run's sample paths again, hold them to its forecast and write them; say what is there.

    Nothing that the run did not read is read, and nothing is published. Waits for a run under way.

    Raises:
        UsageError: no such run, or a target that is no Parquet file or cannot be written.
        TerminalError: another policy is in force than the run's, or this code does not forecast what it did.
    """
    if target.suffix != ".parquet":
        raise UsageError(f"{target}: paths are written as Parquet; name a file that ends in .parquet")
    settings = the_settings()
    with reader(settings.published) as connection:
        told = forecast_run(connection, run_id)
        stored = read_frame(connection, "FROM forecast WHERE run_id = $run_id", {"run_id": told["run_id"]})
    run = Run(*(told[name] for name in ("run_id", "as_of", "log_position", "policy_hash", "seed")))
    policy_of(run)
    again = replace(run, run_id=f"{run.run_id}-again")
    with writer_lock(settings.home / "run.lock", patience_seconds=settings.patience_seconds):
        try:
            _forecast(again)
            made = pl.read_parquet(run_folder(again) / f"{FORECAST.name}.parquet")
            _require_same(stored, made, told)
            _copy(run_folder(again) / SAMPLE_PATHS_FILE, target)
        finally:
            shutil.rmtree(run_folder(again))
    return f"{target}: the sample paths of run {run.run_id}; they give the forecast that it published"


def _forecast(run: Run) -> None:
    with stages() as now:
        now("projecting demand")
        task = forecasting.project(run.to_json())
        now("fitting series")
        for chunk in forecasting.list_chunks(task):
            forecasting.fit_chunk(task, chunk)
        now("reconciling")
        forecasting.reconcile(task)


def _require_same(stored: pl.DataFrame, made: pl.DataFrame, told: dict[str, str]) -> None:
    both = stored.join(made, on=_GRAIN, how="full", suffix="_again")
    differences = [
        (pl.col(name) - pl.col(f"{name}_again")).abs() / pl.max_horizontal(pl.col(name).abs(), 1.0)
        for name in ("mean", *QUANTILES)
    ]
    changed = both.select((pl.max_horizontal(differences).fill_null(1.0) > _SAME).sum()).item()
    if changed:
        raise TerminalError(
            f"run {told['run_id']} was made by other code (version {told['code_version']}): with this one "
            f"{changed:,} of {both.height:,} rows of its forecast come out otherwise, so these would not be "
            "its paths; use the code that made it"
        )


def _copy(source: Path, target: Path) -> None:
    fresh = target.with_name(f".{target.name}.part")
    try:
        shutil.copyfile(source, fresh)
        fresh.replace(target)
    except OSError as error:
        raise UsageError(f"{target} cannot be written: {error.strerror}") from None
    finally:
        fresh.unlink(missing_ok=True)
