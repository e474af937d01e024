"""Our part: forecasts of a file of series, each job in a process of its own."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median

import polars as pl

from benchmarks.event_log.processes import Result, cpu_seconds, report
from pipeline.forecasting import forecast_file
from pipeline.forecasting.series_forecast import Engine


def forecast(
    series: str, out: str, engine: Engine, seasons: list[int], *, horizon: int, levels: list[int], runs: int
) -> Result:
    """Write steps and totals of every series; one series first, so that none compiles."""
    rows = pl.read_parquet(series)
    first = rows.filter(pl.col("unique_id") == rows["unique_id"][0])
    forecast_file(first, horizon=horizon, season=seasons, levels=levels, engine=engine)
    spent = []
    for _ in range(runs):
        start = cpu_seconds()
        answer = forecast_file(rows, horizon=horizon, season=seasons, levels=levels, engine=engine)
        spent.append(cpu_seconds() - start)
    answer.steps.write_parquet(Path(out, "forecasts.parquet"))
    answer.totals.write_parquet(Path(out, "totals.parquet"))
    return {"cpu": median(spent)}


JOBS: dict[str, Callable[..., Result]] = {"forecast": forecast}

if __name__ == "__main__":
    report(JOBS[sys.argv[1]](**json.loads(sys.argv[2])))
