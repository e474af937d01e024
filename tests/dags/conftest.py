import importlib
import os
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.orchestration.home import AirflowHome, prepare_database, prepare_home
from pipeline.orchestration.local_run import IMPORTED_AHEAD
from pipeline.runs import allocating, backtesting, forecasting, landing, replaying

PROJECT = Path(__file__).resolve().parents[2]
DAY = "2026-09-06"
RUN = {"run_id": "r1", "as_of": "2026-09-07T00:00:00Z", "is_published": False}


@pytest.fixture(scope="session")
def airflow_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AirflowHome]:
    """The one Airflow of the session; its DAGs are the project's."""
    project = tmp_path_factory.mktemp("project")
    (project / "dags").symlink_to(PROJECT / "dags")
    before = dict(os.environ)
    home = prepare_home(project)
    with warnings.catch_warnings():
        # What the imports of Airflow are warned of is not ours to mend; its runs keep to "error".
        warnings.simplefilter("ignore")
        for module in IMPORTED_AHEAD:
            importlib.import_module(module)
        prepare_database(home)
    yield home
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="session")
def dag_bag(airflow_home: AirflowHome) -> Any:
    from airflow.dag_processing.dagbag import DagBag

    return DagBag(airflow_home.environment["AIRFLOW__CORE__DAGS_FOLDER"])


class StandIns:
    """Stands in for `pipeline.runs`: what each function was called with, and what it does instead."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls: list[tuple[str, tuple[Any, ...]]] = []
        self._monkeypatch = monkeypatch
        self.let(landing, "list_inbox", lambda _day: [{"path": "/in/a.jsonl", "mapping": None}])
        self.let(landing, "land_inbox_files", lambda files: {"files": files})
        self.let(landing, "check_landing", lambda _day: {})
        self.let(landing, "refresh_published", lambda: "/published")
        self.let(forecasting, "start_run", lambda as_of: {**RUN, "as_of": as_of})
        self.let(forecasting, "project", lambda run: run)
        self.let(forecasting, "list_chunks", lambda _run: [0, 1])
        self.let(forecasting, "fit_chunk", lambda _run, chunk: f"chunk-{chunk}")
        self.let(forecasting, "reconcile", lambda run: run)
        self.let(forecasting, "publish_forecast", lambda run: run)
        self.let(backtesting, "backtest", lambda as_of: {"as_of": as_of})
        self.let(replaying, "require_sound_log", lambda: {"is_sound": True})
        self.let(replaying, "replay", lambda: {"log_position": 1})
        self.let(replaying, "require_equal", lambda: {"difference": None})
        self.let(allocating, "propose", lambda run: {**run, "is_possible": True, "summary": "| chips |"})
        self.let(allocating, "approve", lambda run, _author, _note: run)
        self.let(allocating, "reject", lambda run, _author, _note: run)

    def let(self, module: Any, name: str, behaviour: Callable[..., Any]) -> None:
        def stand_in(*arguments: Any) -> Any:
            self.calls.append((name, arguments))
            return behaviour(*arguments)

        self._monkeypatch.setattr(module, name, stand_in)

    def named(self, name: str) -> list[tuple[Any, ...]]:
        return [arguments for called, arguments in self.calls if called == name]


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> StandIns:
    return StandIns(monkeypatch)


class Played:
    """A finished run of `dag.test()`: its state and those of its tasks."""

    def __init__(self, run: Any) -> None:
        self.state = str(run.state)
        self.tasks: dict[str, list[str]] = {}
        for instance in run.get_task_instances():
            self.tasks.setdefault(instance.task_id, []).append(str(instance.state))

    def __getitem__(self, task_id: str) -> str:
        (state,) = set(self.tasks[task_id])
        return state


@pytest.fixture
def play(dag_bag: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Played]:
    """Run a DAG of the project for a day; `approve` is passed over unless somebody is to answer."""
    sleep = time.sleep
    monkeypatch.setattr(time, "sleep", lambda seconds: sleep(min(seconds, 0.02)))

    def play(dag_id: str, *, is_attended: bool = False, **conf: Any) -> Played:
        passed_over = None if is_attended else "approve"
        dag = dag_bag.dags[dag_id]
        return Played(dag.test(run_conf={"partition": DAY, **conf}, mark_success_pattern=passed_over))

    return play


@pytest.fixture
def hurried(dag_bag: Any) -> Iterator[Any]:
    """The project's DAGs, whose tasks do not wait before they try again."""
    tasks = [task for dag in dag_bag.dags.values() for task in dag.tasks]
    before = [task.retry_delay for task in tasks]
    for task in tasks:
        task.retry_delay = timedelta(0)
    yield dag_bag
    for task, delay in zip(tasks, before, strict=True):
        task.retry_delay = delay


class Person:
    """Somebody in front of the web UI, who does something once an approval waits for it."""

    def __init__(self, act: Callable[[Any, Any], None]) -> None:
        self._act = act
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._thread.join()

    def _watch(self) -> None:
        from airflow.models.taskinstance import TaskInstance
        from airflow.utils.session import create_session
        from sqlalchemy import select

        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with create_session(scoped=False) as session:
                waiting = session.scalar(select(TaskInstance).where(TaskInstance.state == "awaiting_input"))
                if waiting is not None:
                    self._act(waiting, session)
                    return
            time.sleep(0.1)


@pytest.fixture
def answers() -> Callable[..., Person]:
    """A person who answers an approval through the function behind the web UI's button."""

    def answers(choice: str, *, user: str, note: str) -> Person:
        def act(waiting: Any, session: Any) -> None:
            from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
            from airflow.api_fastapi.core_api.datamodels.hitl import UpdateHITLDetailPayload
            from airflow.api_fastapi.core_api.routes.public.hitl import update_hitl_detail

            update_hitl_detail(
                dag_id=waiting.dag_id,
                dag_run_id=waiting.run_id,
                task_id=waiting.task_id,
                update_hitl_detail_payload=UpdateHITLDetailPayload(
                    chosen_options=[choice], params_input={"note": note}
                ),
                user=SimpleAuthManagerUser(username=user, role="admin"),
                session=session,
            )

        return Person(act)

    return answers


@pytest.fixture
def nobody() -> Person:
    """Nobody: the scheduler looks for approvals whose time is over, and finds one."""

    def act(waiting: Any, session: Any) -> None:
        from airflow.jobs.job import Job
        from airflow.jobs.scheduler_job_runner import SchedulerJobRunner

        waiting.trigger_timeout = waiting.start_date - timedelta(days=1)
        session.commit()
        SchedulerJobRunner(job=Job()).check_awaiting_input_timeouts()

    return Person(act)
