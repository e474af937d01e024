"""What customers of simulated markets ordered by week, each market in a process of its own."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import polars as pl

from benchmarks.event_log.processes import Result, report


def direct_flows(seed: int, weeks: int, folder: str, out: str) -> Result:
    """Simulate a market, land it, and write its direct series as a run would forecast them."""
    os.environ["TRN_HOME"] = str(Path(folder, "home"))
    from pipeline.cli.main import main
    from pipeline.runs.context import Run, run_folder
    from pipeline.runs.forecasting import project, start_run
    from pipeline.simulation import simulate

    simulate(Path(folder, "market"), weeks=weeks, seed=seed)
    if main(["land", str(Path(folder, "market", "events"))]):
        raise SystemExit("the events did not land")
    run = project(start_run())
    series = pl.read_parquet(run_folder(Run.from_json(run)) / "series.parquet")
    flows = series.filter(pl.col("channel") == "direct").select(
        unique_id=pl.concat_str("segment", "generation", "region", separator=" "),
        ds="period_start",
        y=pl.col("demand_chips").cast(pl.Float64),
    )
    flows.sort("unique_id", "ds").write_parquet(out)
    return {"series": flows["unique_id"].n_unique()}


JOBS: dict[str, Callable[..., Result]] = {"direct_flows": direct_flows}

if __name__ == "__main__":
    report(JOBS[sys.argv[1]](**json.loads(sys.argv[2])))
