"""Store a run's results in one transaction with the event that records it, then publish copy and reports."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from pipeline import __version__
from pipeline.core.clock import format_instant, utc_now
from pipeline.core.crash_points import crash_point
from pipeline.core.errors import UsageError
from pipeline.core.ids import content_hash
from pipeline.runs.context import PIPELINE_SOURCE, Run, refresh_copy, the_settings
from pipeline.schemas.table import Table
from pipeline.schemas.tables import RESULT_TABLES, RUNS
from pipeline.store import (
    Connection,
    read_frame,
    reader,
    replace_rows,
    require_current,
    sql_text,
    writer,
    writer_lock,
)

Event = dict[str, Any]


def decision_event(
    run: Run, event_type: str, result: pl.DataFrame, *, author: str = "", note: str = ""
) -> Event:
    """Return the event that records what the pipeline or a planner decided about a run's result.

    The hash of a result is that of its rows as CSV, so it does not depend on storage.
    """
    data: dict[str, Any] = {
        "as_of": format_instant(run.as_of),
        "content_hash": content_hash(result.write_csv()),
        "rows": result.height,
    }
    if event_type == "trn.forecast.published.v1":
        data |= {
            "log_position": run.position,
            "policy_hash": run.policy_hash,
            "code_version": __version__,
            "seed": run.seed,
        }
    data |= {key: value for key, value in (("author", author), ("note", note)) if value}
    return {
        "specversion": "1.0",
        "id": f"{run.run_id}:{event_type}",
        "source": PIPELINE_SOURCE,
        "type": event_type,
        "subject": run.run_id,
        "time": format_instant(utc_now()),
        "data": data,
    }


def store_results(
    run: Run, results: Mapping[Table, pl.DataFrame], *, event: Event | None, expects: str | None = None
) -> None:
    """Put a run's rows and its event into the warehouse, all or nothing.

    Args:
        run: whose rows they are.
        results: frame by table; in RUNS the one row of this kind of result.
        event: goes into the log with them.
        expects: the status that the run's allocation must have until then.

    Raises:
        UsageError: the allocation has another status by now.
    """
    from pipeline.landing import append_events

    with writer(the_settings()) as connection:
        connection.begin()
        status, _ = allocation_status(connection, run.run_id)
        if expects is not None and status != expects:
            raise UsageError(f"run {run.run_id}: the allocation is {status} already")
        for table, frame in results.items():
            if table is RUNS:
                _replace_run(connection, frame)
            else:
                replace_rows(connection, table, frame, run_id=run.run_id)
        if event and not _is_recorded(connection, event):
            append_events(connection, [event])
        crash_point("results.before_commit")
        connection.commit()
        crash_point("results.after_commit")


def _replace_run(connection: Connection, row: pl.DataFrame) -> None:
    """Keep the run's other kinds: its forecast, allocation and backtest share one name."""
    run_id = row["run_id"][0]
    others = read_frame(
        connection,
        "SELECT * FROM runs WHERE run_id = $run_id AND kind <> $kind",
        {"run_id": run_id, "kind": row["kind"][0]},
    )
    replace_rows(connection, RUNS, pl.concat([RUNS.select(others), RUNS.select(row)]), run_id=run_id)


def allocation_status(connection: Connection, run_id: str) -> tuple[str | None, str | None]:
    """Return status and message of the run's allocation; nothing where none was tried."""
    query = "SELECT status, message FROM runs WHERE run_id = ? AND kind = 'allocation'"
    row = connection.execute(query, [run_id]).fetchone()
    return (None, None) if row is None else (row[0], row[1])


def _is_recorded(connection: Connection, event: Event) -> bool:
    query = "SELECT 1 FROM events WHERE source = ? AND id = ?"
    return connection.execute(query, [event["source"], event["id"]]).fetchone() is not None


def publish_run(run_id: str) -> Path:
    """Publish the database copy and the run's reports; return the folder of the reports."""
    settings = the_settings()
    refresh_copy()
    return report_run(run_id, settings.reports)


def report_run(run_id: str, out: Path | None = None) -> Path:
    """Write a stored run's reports into `<out>/<run_id>`; `<out>/latest` is the run forecast last.

    Deciding on an older run, or judging it, changes its own reports and leaves `latest` where it is. One
    process reads and writes reports at a time, so that none puts older rows over newer ones.

    Raises:
        UsageError: no such run, or an earlier version published the copy that is read.
    """
    from pipeline.reporting import write_reports

    settings = the_settings()
    folder = out or settings.reports
    with writer_lock(folder / ".lock", patience_seconds=settings.patience_seconds):
        with reader(settings.published) as connection:
            require_current(connection)
            tables = {table.name: rows_of_run(connection, table, run_id) for table in RESULT_TABLES}
            latest = connection.execute(sql_text("runs/latest_forecast")).fetchone()
        if tables[RUNS.name].is_empty():
            raise UsageError(f"run '{run_id}' is not stored: python -m pipeline status lists the latest")
        filled = {name: frame for name, frame in tables.items() if not frame.is_empty()}
        return write_reports(folder, run_id, filled, is_latest=latest == (run_id,))


def rows_of_run(connection: Connection, table: Table, run_id: str) -> pl.DataFrame:
    """Return a stored run's rows of a result table, in a fixed order."""
    query = f"FROM {table.name} WHERE run_id = $run_id ORDER BY ALL"
    return table.select(read_frame(connection, query, {"run_id": run_id}))
