"""The joint sample paths of runs: published beside the copy for people, and kept for the latest runs."""

import glob
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.core.crash_points import crash_point
from pipeline.core.durable import sync_path
from pipeline.core.errors import TransientError
from pipeline.core.wording import counted
from pipeline.runs.context import Run, run_folder, the_settings
from pipeline.store import Connection, read_frame, reader, sql_text, writer_lock

SAMPLE_PATHS_FILE = "sample_paths.parquet"
"""What the task `reconcile` leaves in a run's folder: the file to publish, as it is, and on the disk."""
LATEST = "latest"


def settle_sample_paths(run: Run) -> None:
    """Publish the sample paths of a stored run, point `latest` at the last run's, and drop what is not kept.

    Called again after a crash it finishes: the file is moved whole from the run's folder, once. One process
    does so at a time, and reads which runs there are meanwhile, so that none drops another's paths.

    Raises:
        TransientError: another process settles for too long, or the disk refuses; what stood there stays.
    """
    settings = the_settings()
    folder = settings.paths
    with writer_lock(folder / ".lock", patience_seconds=settings.patience_seconds), _disk(folder):
        with reader(settings.published) as connection:
            query = sql_text("runs/forecasts_kept")
            runs = read_frame(connection, query, {"runs": settings.paths_kept}).to_dicts()
        _publish(run_folder(run) / SAMPLE_PATHS_FILE, _file(folder, run.run_id))
        latest = next(row["run_id"] for row in runs if row["is_latest"])
        _point(_file(folder, LATEST), _file(folder, latest))
        crash_point("paths.after_latest")
        for row in runs:
            if not row["is_kept"]:
                _file(folder, row["run_id"]).unlink(missing_ok=True)
        sync_path(folder)
        crash_point("paths.after_clearing")


def sample_paths_of(run_id: str) -> Path:
    """Return where a run's sample paths stand while they are kept."""
    return _file(the_settings().paths, run_id)


def offer_sample_paths(connection: Connection) -> None:
    """Let a person's question read the files: `sample_paths('<run_id>')`, `sample_paths()` for the latest."""
    connection.execute("SET VARIABLE paths_folder = ?", [_pattern()])
    connection.execute(sql_text("runs/sample_paths"))


def hint_on_sample_paths(refusal: str) -> str:
    """Return how to go on where a question was refused because the paths of a run are not kept."""
    if f"{_pattern()}/" not in refusal:
        return ""
    return "; python -m pipeline paths RUN --out FILE.parquet makes the paths of any run again"


def describe_sample_paths() -> str:
    """Return where paths are kept, of how many runs and how large; nothing where there are none."""
    folder = the_settings().paths
    sizes = [file.stat().st_size for file in folder.glob("*.parquet") if not file.is_symlink()]
    return f"{folder}: {counted(len(sizes), 'run')}, {sum(sizes) / 1e6:,.1f} MB" if sizes else ""


def _pattern() -> str:
    """Return the folder as a pattern that matches it alone: the database reads file names as patterns."""
    return glob.escape(str(the_settings().paths))


def _file(folder: Path, name: str) -> Path:
    return folder / f"{name}.parquet"


def _publish(source: Path, target: Path) -> None:
    if not source.exists():
        return
    crash_point("paths.before_move")
    source.replace(target)
    sync_path(target.parent)
    crash_point("paths.after_move")


def _point(link: Path, target: Path) -> None:
    """Let the link name the file; where the file is not kept or was never made, there is no link."""
    if not target.exists():
        link.unlink(missing_ok=True)
    elif not link.is_symlink() or link.readlink() != Path(target.name):
        fresh = link.with_name(f".{link.name}.fresh")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(target.name)
        fresh.replace(link)


@contextmanager
def _disk(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise TransientError(
            f"{error.filename or folder} cannot be written: {error.strerror}; make room on the disk or allow "
            "writing, and run again"
        ) from error
