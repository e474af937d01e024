"""Stages on files that a person brings: CSV or Parquet in, CSV or Parquet out."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from pipeline.core.errors import UsageError
from pipeline.runs.context import the_policy
from pipeline.runs.tables import TableFiles, read_table, require_places, write_table


def forecast_series_file(
    source: Path,
    target: Path,
    *,
    totals: Path | None = None,
    models: Path | None = None,
    paths: Path | None = None,
    future: Path | None = None,
    regressors: Sequence[str] = (),
    horizon: int,
    season: Sequence[int],
    levels: Sequence[int],
) -> dict[Path, int]:
    """Forecast the series of a file; return how many rows were written to which file.

    Sums and peaks over the horizon go to `totals`, by what each series was forecast to `models`, the joint
    sample paths to `paths` (Parquet alone) as they are made. What is known of the periods to be forecast, and
    the regressors' values there, stand in `future`. All files take their places together at the end,
    or none does.

    Raises:
        UsageError: the file cannot be read, its series cannot be used (the message names the first fault), or
            a place that cannot be written or is named twice; told before anything is forecast.
        WorkerKilledError: a process that shared the work was killed.
    """
    from pipeline.forecasting import forecast_file

    read = {"--input": source, "--future": future}
    written = {"--out": target, "--totals": totals, "--models": models, "--paths": paths}
    require_places(*({option: file for option, file in part.items() if file} for part in (read, written)))
    if paths and paths.suffix != ".parquet":
        raise UsageError(f"{paths}: paths are many rows; only .parquet can be written")
    forecast = partial(
        forecast_file,
        read_table(source),
        horizon=horizon,
        season=season,
        levels=levels,
        future=read_table(future) if future else None,
        regressors=regressors,
    )
    with TableFiles() as files:
        result = forecast(receive_paths=files.opened(paths) if paths else None)
        frames = {target: result.steps, totals: result.totals, models: result.models}
        for file, answer in frames.items():
            if file:
                files.write(answer, file)
    return {file: files.rows[file] for file in (*frames, paths) if file}


def allocate_files(sources: Mapping[str, Path], target: Path) -> str:
    """Propose an allocation from tables alone and write it; return its summary for a terminal.

    Args:
        sources: file by the name of the table: forecast, supply and margins at least.
        target: gets ALLOCATION rows.

    Raises:
        UsageError: a file cannot be read, a column is missing, or a value is none.
        AllocationNotPossible: no supply or no margin in the files.
    """
    from pipeline.allocation import allocate_frames

    frames = {name: read_table(file) for name, file in sources.items()}
    result = allocate_frames(policy=the_policy(), **frames)
    write_table(result.allocation, target)
    return "\n".join([result.summary, *result.notes, f"{target}: {result.allocation.height} rows"])
