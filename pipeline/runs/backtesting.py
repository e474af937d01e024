"""The task of a backtest: what production would have said at past origins, replayed through the log."""

from datetime import datetime
from typing import Any

import polars as pl

from pipeline.core.clock import parse_instant
from pipeline.runs.context import (
    Run,
    demand_history,
    is_finished,
    open_run,
    policy_of,
    runs_row,
    the_settings,
)
from pipeline.runs.publishing import publish_run, report_run, store_results
from pipeline.schemas.tables import ACCURACY, LEVELS, RUNS
from pipeline.store import reader


def backtest(as_of: str | None = None, position: int | None = None) -> dict[str, Any]:
    """Replay past origins, judge them by what is known at the as-of instant, publish accuracy.csv."""
    from pipeline import backtesting

    run = open_run(parse_instant(as_of) if as_of else None, position)
    if is_finished(run, "backtest"):
        report_run(run.run_id)  # where a crash kept it back
        return {
            **run.to_json(),
            "rows": 0,
            "summary": f"run {run.run_id}: its backtest is published already\n",
        }

    def history_at(origin: datetime) -> pl.DataFrame:
        past = Run(run.run_id, origin, run.position, run.policy_hash, run.seed)
        with reader(the_settings().published) as connection:
            return demand_history(connection, past)

    accuracy = backtesting.backtest(
        history_at, as_of=run.as_of, policy=policy_of(run), seed=run.seed, run_id=run.run_id
    )
    store_results(run, {ACCURACY: accuracy, RUNS: runs_row(run, "backtest", status="published")}, event=None)
    report = publish_run(run.run_id)
    return {
        **run.to_json(),
        "rows": accuracy.height,
        "report": str(report),
        "summary": _scorecard(accuracy),
    }


def _scorecard(accuracy: pl.DataFrame) -> str:
    """Show production's pooled figures by channel, for the total and for the single series."""
    from pipeline.reporting import render_table

    shown = {f"scorecard/{LEVELS[0]}": "channel total", f"scorecard/{LEVELS[-1]}": "single series"}
    pooled = accuracy.filter(pl.col("level").is_in(list(shown)), pl.col("model") == "ensemble")
    return render_table(
        pooled.select(
            pl.col("level").replace(shown).alias("judged"),
            "channel",
            "lag_weeks",
            "origins",
            pl.col("pinball_ratio").alias("pinball_to_naive"),
            "coverage_80",
            "bias",
            "wape",
        ).sort("judged", "channel", "lag_weeks"),
        csv=False,
    )
