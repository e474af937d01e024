"""The task of a backtest: what production would have said at past origins, replayed through the log."""

from datetime import datetime
from typing import Any

import polars as pl

from pipeline.core.clock import parse_instant
from pipeline.reporting import backtest_text
from pipeline.runs.context import (
    Run,
    demand_history,
    is_finished,
    open_run,
    policy_of,
    runs_row,
    the_settings,
)
from pipeline.runs.publishing import publish_run, report_run, rows_of_run, store_results
from pipeline.schemas.tables import ACCURACY, RUNS, SCORECARD
from pipeline.store import reader


def backtest(as_of: str | None = None, position: int | None = None) -> dict[str, Any]:
    """Replay past origins, judge them by what is known at the as-of instant, publish how they did."""
    from pipeline import backtesting

    run = open_run(parse_instant(as_of) if as_of else None, position)
    if is_finished(run, "backtest"):
        report = report_run(run.run_id)  # where a crash kept it back
        said = f"run {run.run_id}: its backtest is published already\n{_stored_summary(run.run_id)}"
        return {**run.to_json(), "rows": 0, "report": str(report), "summary": said}

    def history_at(origin: datetime) -> pl.DataFrame:
        past = Run(run.run_id, origin, run.position, run.policy_hash, run.seed)
        with reader(the_settings().published) as connection:
            return demand_history(connection, past)

    accuracy = backtesting.backtest(
        history_at, as_of=run.as_of, policy=policy_of(run), seed=run.seed, run_id=run.run_id
    )
    scorecard = backtesting.score(accuracy)
    row = runs_row(run, "backtest", status="published")
    store_results(run, {ACCURACY: accuracy, SCORECARD: scorecard, RUNS: row}, event=None)
    report = publish_run(run.run_id)
    return {
        **run.to_json(),
        "rows": accuracy.height,
        "report": str(report),
        "summary": backtest_text(accuracy, scorecard),
    }


def _stored_summary(run_id: str) -> str:
    with reader(the_settings().published) as connection:
        return backtest_text(*(rows_of_run(connection, table, run_id) for table in (ACCURACY, SCORECARD)))
