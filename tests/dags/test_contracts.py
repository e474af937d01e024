"""What every DAG keeps to, read off the parsed DAGs and their files."""

import ast
from pathlib import Path
from typing import Any

import pytest

from pipeline.core.errors import TerminalError, TransientError, UsageError

from .conftest import PROJECT

pytestmark = [pytest.mark.airflow, pytest.mark.xdist_group("airflow")]

FILES = sorted((PROJECT / "dags").glob("*.py"))
DAGS = ("allocate_supply", "backtest_weekly", "forecast_demand", "land_events", "replay_events")
WRITERS = {
    "land_events": {"land_files", "check_landing", "refresh_published"},
    "forecast_demand": {"start_run", "publish_forecast"},
    "allocate_supply": {"find_run", "propose", "publish_allocation", "record_rejection"},
    "backtest_weekly": set(),
    "replay_events": {"verify_log", "rebuild_projections", "verify_projections"},
}


def test_all_dags_are_read_without_an_error(dag_bag: Any) -> None:
    assert dag_bag.import_errors == {}
    assert sorted(dag_bag.dags) == list(DAGS) == [file.stem for file in FILES]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_dag_file_is_thin_and_knows_runs_and_orchestration_only(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    imported = {
        node.module.rpartition(".")[0] if node.module.startswith("pipeline.orch") else node.module
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ImportFrom) and node.module
    }

    assert len(text.splitlines()) <= 60
    assert imported <= {"airflow.sdk", "pipeline.orchestration", "pipeline.runs"}


@pytest.mark.parametrize("dag_id", DAGS)
def test_the_docstring_of_the_file_is_what_the_web_ui_shows(dag_bag: Any, dag_id: str) -> None:
    docstring = ast.get_docstring(ast.parse((PROJECT / "dags" / f"{dag_id}.py").read_text(encoding="utf-8")))

    assert docstring
    assert dag_bag.dags[dag_id].doc_md.strip() == docstring


@pytest.mark.parametrize("dag_id", DAGS)
def test_every_task_tries_again_with_growing_pauses_under_one_policy(dag_bag: Any, dag_id: str) -> None:
    from pipeline.orchestration.defaults import RETRY_POLICY

    for task in dag_bag.dags[dag_id].tasks:
        assert (task.retries, task.retry_exponential_backoff) == (3, 2.0), task.task_id
        assert task.retry_policy is RETRY_POLICY, task.task_id
        assert task.execution_timeout is not None, task.task_id


@pytest.mark.parametrize(
    ("error", "action"),
    [
        (TransientError("busy"), "retry"),
        (TerminalError("bad"), "fail"),
        (UsageError("no such day"), "fail"),
        (KeyError("a bug"), "fail"),
        (ConnectionError("the API is busy"), "retry"),
        (OSError("disk full"), "fail"),
    ],
)
def test_only_what_waiting_may_cure_is_tried_again(airflow_home: Any, error: Exception, action: str) -> None:
    from pipeline.orchestration.defaults import RETRY_POLICY

    assert RETRY_POLICY.evaluate(error, try_number=1, max_tries=3).action.value == action


@pytest.mark.parametrize("dag_id", DAGS)
def test_whatever_opens_the_warehouse_waits_for_the_one_slot(dag_bag: Any, dag_id: str) -> None:
    pools = {task.task_id: task.pool for task in dag_bag.dags[dag_id].tasks}

    assert {task for task, pool in pools.items() if pool == "warehouse_writer"} == WRITERS[dag_id]


def test_the_pool_of_writers_has_one_slot(airflow_home: Any) -> None:
    from airflow.models.pool import Pool

    pool = Pool.get_pool("warehouse_writer")

    assert pool is not None
    assert pool.slots == 1


def test_assets_lead_from_landing_to_forecast_to_allocation(dag_bag: Any) -> None:
    emitted = {
        dag_id: {asset.name for task in dag.tasks for asset in task.outlets}
        for dag_id, dag in dag_bag.dags.items()
    }
    awaited = {
        dag_id: dag_bag.dags[dag_id].timetable.asset_condition.name
        for dag_id in ("forecast_demand", "allocate_supply")
    }

    assert emitted["land_events"] == {"event_log"}
    assert emitted["forecast_demand"] == {"forecasts"}
    assert awaited == {"forecast_demand": "event_log", "allocate_supply": "forecasts"}


def test_the_nightly_run_works_on_the_day_that_just_ended(dag_bag: Any) -> None:
    from airflow._shared.timezones.timezone import parse
    from airflow.serialization.encoders import coerce_to_core_timetable

    nightly = coerce_to_core_timetable(dag_bag.dags["land_events"].timetable)
    days = nightly.iter_partition_dagrun_infos(earliest=parse("2026-09-05"), latest=parse("2026-09-06"))

    assert [info.partition_key for info in days] == ["2026-09-05", "2026-09-06"]
    assert nightly._get_partition_info(parse("2026-09-07T00:00:00+00:00"))[1] == "2026-09-06"


def test_nothing_is_landed_twice_to_catch_up(dag_bag: Any) -> None:
    assert not any(dag.catchup for dag in dag_bag.dags.values())
