"""`run_locally`: what a person sees of it, in a process of its own and with the real work."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipeline.orchestration.home import AirflowHome, fail_interrupted_runs
from pipeline.orchestration.home_lock import hold_home
from pipeline.orchestration.local_run import run_locally

from .conftest import DAY, PROJECT, StandIns

pytestmark = [pytest.mark.airflow, pytest.mark.xdist_group("airflow")]

LAST_DAY = "2024-08-04"  # the Sunday after 30 weeks from 2024-01-01
CONF = {"partition": LAST_DAY, "approve_as": "make run", "note": "without review"}

# Twice in one process: before anything has arrived, and after.
CODE = """
import json, shutil, sys
from pathlib import Path
from pipeline.orchestration.local_run import run_locally
conf, project, inbox = json.loads(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])
codes = [run_locally(conf, project=project)]
print("====", flush=True)
shutil.copy(project / ".airflow/logs/local_run.log", project / "first.log")
shutil.copytree(project / "events", inbox)
codes.append(run_locally(conf, project=project))
print("====", *codes)
"""


@pytest.fixture(scope="session")
def apart(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A project folder and what two local runs in it printed, and their exit codes."""
    project = tmp_path_factory.mktemp("apart")
    (project / "dags").symlink_to(PROJECT / "dags")
    simulate = [sys.executable, "-m", "pipeline", "simulate", "--out", str(project), "--seed", "3"]
    subprocess.run([*simulate, "--weeks", "30"], cwd=PROJECT, check=True, capture_output=True)
    state = project / "state"
    ran = subprocess.run(
        [sys.executable, "-c", CODE, json.dumps(CONF), str(project), str(state / "inbox" / LAST_DAY)],
        cwd=PROJECT,
        env={**os.environ, "TRN_HOME": str(state)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert ran.stderr == ""
    return project, [part.strip() for part in ran.stdout.split("====")]


def test_the_first_failure_ends_the_run_and_names_error_and_log(apart: tuple[Path, list[str]]) -> None:
    project, (shown, _, codes) = apart

    assert codes.split()[0] == "1"
    assert "skipped: no file arrived on that day" in shown
    assert "failed: nothing in the log was known by 2024-08-05T00:00:00Z" in shown
    assert f"Airflow's log of this run: {project}/.airflow/logs/local_run.log" in shown
    assert "backtest_weekly" not in shown
    assert "Traceback" in (project / "first.log").read_text(encoding="utf-8")


def test_a_day_goes_all_the_way_from_files_to_an_approved_allocation(apart: tuple[Path, list[str]]) -> None:
    project, (_, shown, codes) = apart

    assert codes.split()[1] == "0", shown
    heads = [line for line in shown.splitlines() if not line.startswith("  ")]
    assert heads[:-1] == ["land_events", "forecast_demand", "backtest_weekly", "allocate_supply"]
    assert re.fullmatch(r"imports \d+\.\d s, Airflow \d+\.\d s, work \d+\.\d s", heads[-1])
    assert re.search(r"^  land_files x\d+ +\d+\.\d s$", shown, re.MULTILINE)
    with duckdb.connect(project / "state" / "published" / "warehouse.duckdb", read_only=True) as connection:
        said = connection.execute(
            "SELECT type, data->>'author', data->>'note' FROM events WHERE source = '/trn/pipeline'"
        ).fetchall()
    assert sorted(said, key=str) == [
        ("trn.allocation.approved.v1", "make run", "without review"),
        ("trn.allocation.proposed.v1", None, None),
        ("trn.forecast.published.v1", None, None),
    ]


def test_while_a_scheduler_has_the_home_local_runs_keep_their_own_database(
    airflow_home: AirflowHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = []
    monkeypatch.setattr(
        "pipeline.orchestration.local_run._run_all", lambda home, *_: used.append(home.database.name) or True
    )

    with hold_home(airflow_home.folder, alone=True):
        assert run_locally({"partition": DAY}, project=airflow_home.folder.parent) == 0
    assert run_locally({"partition": DAY}, project=airflow_home.folder.parent) == 0

    assert used == ["local_runs.db", "airflow.db"]


def test_a_local_run_that_a_crash_left_under_way_is_failed(play: Any, runs: StandIns) -> None:
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy import select, update

    play("backtest_weekly")
    with create_session() as session:
        latest = session.scalar(select(DagRun.id).order_by(DagRun.id.desc()))
        session.execute(update(DagRun).where(DagRun.id == latest).values(state="running"))

    fail_interrupted_runs()

    with create_session() as session:
        assert session.scalar(select(DagRun.state).where(DagRun.id == latest)) == "failed"
