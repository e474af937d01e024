"""Run the DAGs of one day in this process, through Airflow's `dag.test()`: what `make run` does.

`python -m pipeline.orchestration.local_run --partition 2026-09-06 [--dags land_events,forecast_demand]`

No scheduler and no web UI are needed. Nobody can answer an approval here: the decision is the one given by
`--approve-as`, and is recorded under that name; without it the proposal is recorded as rejected.
"""

import argparse
import importlib
import sys
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.config.settings import PROJECT
from pipeline.orchestration.console import Console, output_to
from pipeline.orchestration.home import AirflowHome, prepare_database, prepare_home
from pipeline.orchestration.home_lock import hold_home

if TYPE_CHECKING:
    from pipeline.orchestration.task_lines import TaskLines

DAGS = ("land_events", "forecast_demand", "backtest_weekly", "allocate_supply")

# Tasks import the heavy ones when they need them. Here that happens ahead, so that it is not taken for work.
IMPORTED_AHEAD = (
    "airflow.models.dagbag",
    "airflow.api_fastapi.execution_api.app",
    "airflow.sdk.execution_time.supervisor",
    "duckdb",
    "polars",
    "pipeline.forecasting.kernels",
    "statsmodels.tsa.exponential_smoothing.ets",
    "highspy",
    "great_expectations",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m pipeline.orchestration.local_run", description=__doc__)
    parser.add_argument(
        "--partition",
        required=True,
        metavar="DAY",
        type=date.fromisoformat,
        help="the day to work on, YYYY-MM-DD",
    )
    parser.add_argument("--dags", default=",".join(DAGS), help="which DAGs, in order (default: %(default)s)")
    parser.add_argument("--approve-as", metavar="NAME", help="approve the allocation under this name")
    parser.add_argument("--note", default="", help="kept with the approval")
    options = parser.parse_args(arguments)
    conf = {"partition": options.partition.isoformat()}
    if options.approve_as:
        conf |= {"approve_as": options.approve_as, "note": options.note}
    return run_locally(conf, options.dags.split(","))


def run_locally(conf: dict[str, str], dag_ids: Sequence[str] = DAGS, *, project: Path = PROJECT) -> int:
    """Run DAGs one after the other and print a line for each of their tasks; returns 1 when one fails.

    Args:
        conf: `partition`, and `approve_as` and `note` where the allocation is to be approved.
        dag_ids: in the order in which they run; the first failure ends it.
        project: holds `dags/` and gets `.airflow/`.

    Airflow's own log goes to a file under `.airflow/logs`, named where something fails. While `make airflow`
    uses the home, the metadata of local runs goes to a database of their own.
    """
    with hold_home(project / ".airflow", alone=False) as is_free:
        home = prepare_home(project, database="airflow.db" if is_free else "local_runs.db")
        log = home.logs / "local_run.log"
        with output_to(log) as console:
            is_done = _run_all(home, conf, dag_ids, console)
            if not is_done:
                console.print(f"Airflow's log of this run: {log}")
    return 0 if is_done else 1


def _run_all(home: AirflowHome, conf: dict[str, str], dag_ids: Sequence[str], console: Console) -> bool:
    started = time.perf_counter()
    for module in IMPORTED_AHEAD:
        importlib.import_module(module)
    imported = time.perf_counter()

    from airflow.dag_processing.dagbag import DagBag
    from airflow.sdk.listener import get_listener_manager

    from pipeline.orchestration.task_lines import TaskLines

    prepare_database(home)
    bag = DagBag(home.environment["AIRFLOW__CORE__DAGS_FOLDER"])
    for file, error in bag.import_errors.items():
        console.print(f"{file} cannot be imported: {error.strip().splitlines()[-1]}")
    lines = TaskLines(console)
    get_listener_manager().add_listener(lines)
    try:
        is_done = all(_run(bag.dags, dag_id, conf, lines) for dag_id in dag_ids)
    finally:
        get_listener_manager().pm.unregister(lines)
    work = lines.work_seconds
    overhead = time.perf_counter() - imported - work
    console.print(f"imports {imported - started:.1f} s, Airflow {overhead:.1f} s, work {work:.1f} s")
    return is_done


def _run(dags: dict[str, Any], dag_id: str, conf: dict[str, str], lines: "TaskLines") -> bool:
    from pipeline.orchestration.approval import APPROVAL_TASK

    if dag_id not in dags:
        lines.console.print(f"{dag_id} cannot be run; there are: {', '.join(sorted(dags)) or 'no DAGs'}")
        return False
    lines.console.print(dag_id)
    try:
        run = dags[dag_id].test(run_conf=conf, mark_success_pattern=APPROVAL_TASK)
    finally:
        lines.flush()
    if run.state != "success":
        lines.console.print(f"{dag_id} {run.state}")
    return bool(run.state == "success")


if __name__ == "__main__":
    sys.exit(main())
