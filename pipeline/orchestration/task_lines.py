"""A listener of Airflow that writes a line for each task that ends."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from airflow.listeners import hookimpl

from pipeline.core.errors import PipelineError
from pipeline.orchestration.console import Console
from pipeline.orchestration.skipping import REASON

if TYPE_CHECKING:
    from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

_Method = TypeVar("_Method")
_hook: Callable[[_Method], _Method] = hookimpl


class TaskLines:
    """Writes task, seconds and what is worth telling; the instances of a mapped task share a line.

    Attributes:
        console: where they go.
        work_seconds: in the tasks' own code, Airflow's share apart.
    """

    def __init__(self, console: Console) -> None:
        self.work_seconds = 0.0
        self.console = console
        self._started = 0.0
        self._task, self._seconds, self._instances, self._remark = "", 0.0, 0, ""

    @_hook
    def on_task_instance_running(self, task_instance: "RuntimeTaskInstance") -> None:
        """Note when it began."""
        if task_instance.task_id != self._task:
            self.flush()
            self._task = task_instance.task_id
        self._started = time.perf_counter()

    @_hook
    def on_task_instance_success(self) -> None:
        """Count it in."""
        self._end("")

    @_hook
    def on_task_instance_skipped(self, task_instance: "RuntimeTaskInstance") -> None:
        """Count it in, with the reason that `skip` kept."""
        self._end(f"skipped: {task_instance.xcom_pull(task_ids=task_instance.task_id, key=REASON)}")

    @_hook
    def on_task_instance_failed(
        self, task_instance: "RuntimeTaskInstance", error: BaseException | str | None
    ) -> None:
        """Count it in, with the error."""
        kind = "" if isinstance(error, PipelineError) else f"{type(error).__name__}: "
        text = str(error).replace("\n", "\n    ")
        self._end(f"{str(task_instance.state.value).replace('_', ' ')}: {kind}{text}")

    def _end(self, remark: str) -> None:
        seconds = time.perf_counter() - self._started
        self.work_seconds += seconds
        self._seconds += seconds
        self._instances += 1
        self._remark = remark or self._remark

    def flush(self) -> None:
        """Write the line of the task that ended last."""
        if self._instances:
            times = f" x{self._instances}" if self._instances > 1 else ""
            self.console.line(f"  {self._task}{times}", self._seconds, self._remark)
        self._task, self._seconds, self._instances, self._remark = "", 0.0, 0, ""
