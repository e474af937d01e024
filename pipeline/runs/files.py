"""Stages on files that a person brings: CSV or Parquet in, CSV or Parquet out."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from pipeline.core.errors import UsageError
from pipeline.reporting import render_table
from pipeline.runs.context import the_policy

_WRITTEN = (".csv", ".parquet")


def forecast_series_file(
    source: Path,
    target: Path,
    *,
    totals: Path | None = None,
    models: Path | None = None,
    horizon: int,
    season: Sequence[int],
    levels: Sequence[int],
) -> dict[Path, int]:
    """Forecast the series of a file; return how many rows were written to which file.

    Sums and peaks over the horizon go to `totals`, by what each series was forecast to `models`. All files
    take their places together at the end, or none does.

    Raises:
        UsageError: the file cannot be read, its series cannot be used (the message names the first fault), or
            a place that cannot be written or is named twice; told before anything is forecast.
        WorkerKilledError: a process that shared the work was killed.
    """
    from pipeline.forecasting import forecast_file

    named = {"--input": source, "--out": target, "--totals": totals, "--models": models}
    _require_places({option: file for option, file in named.items() if file})
    result = forecast_file(read_table(source), horizon=horizon, season=season, levels=levels)
    frames = {target: result.steps, totals: result.totals, models: result.models}
    written = {file: frame for file, frame in frames.items() if file}
    write_tables(written)
    return {file: frame.height for file, frame in written.items()}


def _require_places(files: Mapping[str, Path]) -> None:
    """Refuse what could not be written once all is computed; the first of the files is only read."""
    places: dict[Path, str] = {}
    for option, file in files.items():
        if other := places.get(file.resolve()):
            raise UsageError(f"{file}: {other} and {option} name the same file; give each its own")
        is_read = not places
        places[file.resolve()] = option
        if not is_read and file.suffix not in _WRITTEN:
            raise UsageError(f"{file}: only .csv and .parquet can be written")
        if not is_read and (file.is_dir() or not file.parent.is_dir()):
            why = "it is a folder" if file.is_dir() else f"there is no folder {file.parent}"
            raise UsageError(f"{file} cannot be written: {why}")


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
    write_tables({file: frame})


def write_tables(frames: Mapping[Path, pl.DataFrame]) -> None:
    """Write frames as `write_table` does; none takes its place before all are written."""
    with _staged(frames) as fresh:
        for file, frame in frames.items():
            if file.suffix not in _WRITTEN:
                raise UsageError(f"{file}: only .csv and .parquet can be written")
            with _told(file):
                if file.suffix == ".csv":
                    text = render_table(frame, csv=True)
                    fresh[file].write_text(text, encoding="utf-8", newline="")
                else:
                    frame.write_parquet(fresh[file])


@contextmanager
def _staged(files: Iterable[Path]) -> Iterator[dict[Path, Path]]:
    """Give a place beside each file to write to; at the end all are moved, or all removed."""
    fresh = {file: file.with_name(f".{file.name}.part") for file in files}
    try:
        yield fresh
        for file, part in fresh.items():
            with _told(file):
                part.replace(file)
    finally:
        for part in fresh.values():
            part.unlink(missing_ok=True)


@contextmanager
def _told(file: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, pl.exceptions.ComputeError) as error:
        why = getattr(error, "strerror", None) or error
        raise UsageError(f"{file} cannot be written: {why}") from None
