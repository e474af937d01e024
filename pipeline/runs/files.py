"""Stages on files that a person brings: CSV or Parquet in, CSV or Parquet out."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from pipeline.core.errors import UsageError
from pipeline.reporting import render_table
from pipeline.runs.context import the_policy


def forecast_series_file(
    source: Path,
    target: Path,
    *,
    totals: Path | None,
    horizon: int,
    season: Sequence[int],
    levels: Sequence[int],
) -> dict[Path, int]:
    """Forecast the series of a file; return how many rows were written to which file.

    Sums and peaks over the horizon go to `totals`.

    Raises:
        UsageError: the file cannot be read, its series cannot be used (the message names the first fault), or
            both results were to go to one file.
    """
    from pipeline.forecasting import forecast_file

    if totals and totals.resolve() == target.resolve():
        raise UsageError(f"{totals}: --out and --totals name the same file; give each its own")
    result = forecast_file(read_table(source), horizon=horizon, season=season, levels=levels)
    written = {target: result.steps} | ({totals: result.totals} if totals else {})
    for file, frame in written.items():
        write_table(frame, file)
    return {file: frame.height for file, frame in written.items()}


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


def read_table(file: Path) -> pl.DataFrame:
    """Read a CSV or Parquet file by its suffix; cells of a CSV stay text, for the stage to judge by row.

    Raises:
        UsageError: no such file, another suffix, or content that does not fit it.
    """
    readers = {
        ".csv": lambda: pl.read_csv(file, infer_schema=False),
        ".parquet": lambda: pl.read_parquet(file),
    }
    if file.suffix not in readers:
        raise UsageError(f"{file}: only .csv and .parquet can be read")
    try:
        return readers[file.suffix]()
    except (OSError, pl.exceptions.PolarsError) as error:
        raise UsageError(f"{file} cannot be read: {error}") from None


def write_table(frame: pl.DataFrame, file: Path) -> None:
    """Write a frame as CSV or Parquet by the file's suffix, whole or not at all.

    Raises:
        UsageError: another suffix, or a place that cannot be written.
    """
    if file.suffix not in {".csv", ".parquet"}:
        raise UsageError(f"{file}: only .csv and .parquet can be written")
    fresh = file.with_name(f".{file.name}.part")
    try:
        if file.suffix == ".csv":
            fresh.write_text(render_table(frame, csv=True), encoding="utf-8", newline="")
        else:
            frame.write_parquet(fresh)
        fresh.replace(file)
    except (OSError, pl.exceptions.ComputeError) as error:
        why = getattr(error, "strerror", None) or error
        raise UsageError(f"{file} cannot be written: {why}") from None
    finally:
        fresh.unlink(missing_ok=True)
