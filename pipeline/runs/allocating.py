"""The tasks of an allocation: propose, gate, and record what the planner decided."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.core.clock import format_instant
from pipeline.core.crash_points import crash_point
from pipeline.core.durable import sync_path
from pipeline.core.errors import UsageError
from pipeline.reporting import report_csv
from pipeline.runs.context import Run, policy_of, projection, refresh_copy, runs_row, the_settings
from pipeline.runs.gates import gate
from pipeline.runs.publishing import (
    allocation_status,
    decision_event,
    publish_run,
    rows_of_run,
    store_results,
)
from pipeline.runs.tables import write_table
from pipeline.schemas.table import Table
from pipeline.schemas.tables import ALLOCATION, DATA_QUALITY, FORECAST, RUNS, SUPPLY_BALANCE
from pipeline.store import Connection, read_frame, reader, sql_text

INPUTS = (
    "supply",
    "inventory",
    "capacity",
    "margins",
    "fx",
    "contracts",
    "constraints",
    "order_book",
    "generations",
)


def propose(run: dict[str, Any], *, is_report: bool = False) -> dict[str, Any]:
    """Compute the split for a published forecast and put it before the planner.

    Args:
        run: a run whose forecast is published.
        is_report: show the proposal in the run's reports, marked as proposed, instead of holding it back
            until it is approved.

    Returns:
        The run with `is_possible`, a `message` that says what is missing where it is not, `rows`, and a
        `summary` in Markdown for the person who approves.

    Raises:
        GateFailed: the allocation breaks a critical rule.
    """
    from pipeline.allocation import AllocationNotPossible, propose_allocation

    this = Run.from_json(run)
    status, _ = _status(this)
    if status in {"approved", "rejected"}:
        return _answer(run, message=f"the allocation of run {this.run_id} is {status} already")
    with reader(the_settings().published) as connection:
        inputs = {name: projection(connection, name, this) for name in INPUTS}
        forecast = rows_of_run(connection, FORECAST, this.run_id)
        approved = _last_approved(connection, this)
        earlier = rows_of_run(connection, DATA_QUALITY, this.run_id)
    try:
        result = propose_allocation(
            run_id=this.run_id,
            as_of=this.as_of,
            forecast=forecast,
            approved=approved,
            policy=policy_of(this),
            **inputs,
        )
    except AllocationNotPossible as error:
        message = str(error)
        store_results(
            this, {RUNS: runs_row(this, "allocation", status="not possible", message=message)}, event=None
        )
        publish_run(this.run_id)
        return _answer(run, message=message)
    proposed = result.allocation
    findings = pl.concat([gate(this, "allocation", proposed), result.warnings])
    crash_point("proposal.before_write")
    _keep_proposal(this, {SUPPLY_BALANCE: result.supply_balance, ALLOCATION: proposed})
    crash_point("proposal.after_write")
    notes = "; ".join(result.notes) or None
    tables = {
        RUNS: runs_row(this, "allocation", status="proposed", message=notes),
        DATA_QUALITY: pl.concat([earlier.filter(pl.col("table_name") != ALLOCATION.name), findings]),
    }
    if is_report:
        tables |= {ALLOCATION: proposed, SUPPLY_BALANCE: result.supply_balance}
    store_results(this, tables, event=decision_event(this, "trn.allocation.proposed.v1", proposed))
    if is_report:
        publish_run(this.run_id)
    else:
        refresh_copy()
    return _answer(run, rows=proposed.height, summary=_summary(this, result.summary, result.notes))


def approve(run: dict[str, Any], author: str, note: str = "") -> dict[str, Any]:
    """Publish the run's proposal and record who approved it; the same word again finishes what a crash left.

    Raises:
        UsageError: nothing is proposed for the run, or it is decided already.
    """
    this = Run.from_json(run)
    if not _is_said(this, "approved", author, note):
        approved = _proposal(this, ALLOCATION).with_columns(status=pl.lit("approved"))
        balance = _proposal(this, SUPPLY_BALANCE)
        event = decision_event(this, "trn.allocation.approved.v1", approved, author=author, note=note)
        row = runs_row(this, "allocation", status="approved", message=_by(author, note))
        tables = {ALLOCATION: approved, SUPPLY_BALANCE: balance, RUNS: row}
        store_results(this, tables, event=event, expects="proposed")
    report = publish_run(this.run_id)
    return {**run, "report": str(report), "message": f"approved by {author}: {report / 'allocation.csv'}"}


def reject(run: dict[str, Any], author: str, note: str = "") -> dict[str, Any]:
    """Record that the run's proposal was turned down; no allocation of it is published.

    The same word again finishes what a crash left.

    Raises:
        UsageError: nothing is proposed for the run, or it is decided already.
    """
    this = Run.from_json(run)
    if not _is_said(this, "rejected", author, note):
        rejected = _proposal(this, ALLOCATION)
        event = decision_event(this, "trn.allocation.rejected.v1", rejected, author=author, note=note)
        row = runs_row(this, "allocation", status="rejected", message=_by(author, note))
        tables = {ALLOCATION: ALLOCATION.empty(), SUPPLY_BALANCE: SUPPLY_BALANCE.empty(), RUNS: row}
        store_results(this, tables, event=event, expects="proposed")
    publish_run(this.run_id)
    return {**run, "message": f"rejected by {author}: no allocation is published"}


def find_proposal(run_id: str) -> dict[str, Any]:
    """Return the run whose allocation waits for a decision.

    Raises:
        UsageError: no such run.
    """
    with reader(the_settings().published) as connection:
        query = "FROM runs WHERE run_id = $run_id AND kind = 'allocation'"
        rows = read_frame(connection, query, {"run_id": run_id})
    if rows.is_empty():
        raise UsageError(
            f"no allocation is proposed for run '{run_id}': python -m pipeline status lists the runs"
        )
    row = rows.row(0, named=True)
    return Run(run_id, row["as_of"], row["log_position"], row["policy_hash"], row["seed"]).to_json()


def _last_approved(connection: Connection, run: Run) -> pl.DataFrame | None:
    row = connection.execute(sql_text("runs/last_approved"), run.bounds).fetchone()
    return None if row is None else rows_of_run(connection, ALLOCATION, row[0])


def needs_proposal(run: dict[str, Any]) -> bool:
    """Tell whether nothing was proposed yet for a published forecast, or the proposal is lost."""
    this = Run.from_json(run)
    status, _ = _status(this)
    return status is None or (status == "proposed" and not _proposal_file(this).exists())


def _status(run: Run) -> tuple[str | None, str | None]:
    with reader(the_settings().published) as connection:
        return allocation_status(connection, run.run_id)


def _is_said(run: Run, decision: str, author: str, note: str) -> bool:
    """Tell whether this very decision is stored, after bringing the published copy up to the warehouse."""
    refresh_copy()
    return _status(run) == (decision, _by(author, note))


def _proposal_file(run: Run, table: Table = ALLOCATION) -> Path:
    return the_settings().home / "proposals" / run.run_id / f"{table.name}.parquet"


def _keep_proposal(run: Run, proposed: Mapping[Table, pl.DataFrame]) -> None:
    for table, frame in proposed.items():
        file = _proposal_file(run, table)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.with_suffix(".csv").write_text(report_csv(frame), encoding="utf-8")
        write_table(frame, file)
        sync_path(file)
    sync_path(_proposal_file(run).parent)


def _proposal(run: Run, table: Table) -> pl.DataFrame:
    status, _ = _status(run)
    if status != "proposed":
        state = "nothing is proposed" if status is None else f"the allocation is {status} already"
        raise UsageError(f"run {run.run_id}: {state}, so there is nothing to decide")
    if not _proposal_file(run, table).exists():
        instant = format_instant(run.as_of)
        raise UsageError(
            f"run {run.run_id}: {_proposal_file(run, table)} is gone; propose again: "
            f"python -m pipeline run --as-of {instant} --position {run.position}"
        )
    return table.select(pl.read_parquet(_proposal_file(run, table)))


def _by(author: str, note: str) -> str:
    return f"by {author}" + (f": {note}" if note else "")


def _answer(run: dict[str, Any], *, message: str = "", rows: int = 0, summary: str = "") -> dict[str, Any]:
    return {**run, "is_possible": rows > 0, "message": message, "rows": rows, "summary": summary}


def _summary(run: Run, summary: str, notes: list[str]) -> str:
    lines = [f"Run `{run.run_id}`", "", summary, *(f"* {note}" for note in notes)]
    return "\n".join([*lines, "", f"All rows: `{_proposal_file(run).with_suffix('.csv')}`"])
