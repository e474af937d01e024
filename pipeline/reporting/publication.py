"""Reports of a run, published so that a reader sees the old ones or the new ones, never a mixture.

    reports/<run_id>  → .versions/<hash>/<run_id>     links, replaced in one step
    reports/latest    → .versions/<hash>/<run_id>
    reports/.versions/<hash>/<run_id>/*.csv            written once, named by its content

A run's reports may change, since backtest and approval add to them; hence the versions. The one that was
replaced last is kept for whoever is still reading it.
"""

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from pipeline.core.crash_points import crash_point
from pipeline.core.errors import TerminalError, TransientError
from pipeline.core.ids import canonical_json, content_hash
from pipeline.reporting.csv_text import report_csv
from pipeline.reporting.data_package import describe_package
from pipeline.schemas.tables import ALL_TABLES, RUNS

_TABLES = {table.name: table for table in ALL_TABLES}
_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_VERSIONS = ".versions"
_LATEST = "latest"


def write_reports(
    folder: Path, run_id: str, tables: Mapping[str, pl.DataFrame], *, is_latest: bool = True
) -> Path:
    """Publish the tables as `<folder>/<run_id>/<table>.csv` and point `<folder>/latest` at them.

    Reports that stand already, byte for byte, are left alone, and so is `latest`. The caller sees to it that
    one process publishes at a time.

    Args:
        folder: the folder of all reports.
        run_id: the run, which names its folder.
        tables: declared tables by name; RUNS goes into `datapackage.json`, all others become files.
        is_latest: move `latest`; it is also set where there is none yet.

    Returns:
        `<folder>/<run_id>`.

    Raises:
        TerminalError: an unknown table, a run id that is no name, or something else in the place of a link.
        TransientError: the disk refused; what was published before stays in place.
    """
    files = _contents(run_id, tables)
    digest = content_hash(canonical_json({name: content_hash(content) for name, content in files.items()}))
    place = Path(_VERSIONS) / digest[:16] / run_id
    run_link, latest = folder / run_id, folder / _LATEST
    for link in (run_link, latest):
        if link.exists() and not link.is_symlink():
            raise TerminalError(f"{link} is no link of the reports: move it away and run again")
    previous = run_link.readlink() if run_link.is_symlink() else None
    if previous == place and run_link.exists():
        return run_link
    with _disk(folder):
        crash_point("report.before_version")
        _write_version(folder / place, files)
        crash_point("report.after_version")
        # The run's own link comes last: as long as it is old, publishing again does the whole of it again.
        if is_latest or not latest.is_symlink() or latest.readlink() == previous:
            _point(latest, place)
            crash_point("report.after_latest")
        _point(run_link, place)
        crash_point("report.after_run")
        _sync(folder)
        _drop_versions(folder / _VERSIONS, run_id, keep={place, previous})
        crash_point("report.after_clearing")
    return run_link


def _contents(run_id: str, tables: Mapping[str, pl.DataFrame]) -> dict[str, bytes]:
    if not _RUN_ID.fullmatch(run_id) or run_id == _LATEST:
        raise TerminalError(f"'{run_id}' cannot name a folder of reports: letters, digits, '.', '_', '-'")
    if unknown := sorted(tables.keys() - _TABLES.keys()):
        raise TerminalError(f"no table is declared as {', '.join(unknown)}; see pipeline/schemas/tables")
    csv = {}
    for name in sorted(tables.keys() - {RUNS.name}):
        table = _TABLES[name]
        rows = table.select(tables[name]).sort(table.grain, nulls_last=True, maintain_order=True)
        csv[table] = report_csv(rows).encode()
    package = describe_package(run_id, csv, tables.get(RUNS.name))
    return {**{f"{table.name}.csv": content for table, content in csv.items()}, "datapackage.json": package}


@contextmanager
def _disk(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise TransientError(
            f"the reports could not be written to {folder}: {error}; "
            "what was published before stays in place: make room or allow writing, then run again"
        ) from error


def _write_version(target: Path, files: Mapping[str, bytes]) -> None:
    version = target.parent
    if version.exists():
        return
    partial = version.with_name(f".partial-{target.name}")
    shutil.rmtree(partial, ignore_errors=True)
    inner = partial / target.name
    inner.mkdir(parents=True)
    try:
        for name, content in files.items():
            with (inner / name).open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            crash_point("report.within_version")
        _sync(inner)
        _sync(partial)
        partial.rename(version)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    _sync(version.parent)


def _point(link: Path, target: Path) -> None:
    fresh = link.with_name(f".{link.name}.fresh")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target, target_is_directory=True)
    fresh.replace(link)


def _drop_versions(versions: Path, run_id: str, keep: set[Path | None]) -> None:
    names = {place.parent.name for place in keep if place is not None}
    for version in versions.iterdir():
        if (version / run_id).exists() and version.name not in names:
            shutil.rmtree(version, ignore_errors=True)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
