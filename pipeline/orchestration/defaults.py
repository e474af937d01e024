"""What every DAG shares: retries, pools, time limits. The only place that says so."""

from datetime import timedelta
from typing import Any

from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryRule
from airflow.sdk.exceptions import AirflowRuntimeError

from pipeline.core.errors import TerminalError, TransientError

WRITER_POOL = "warehouse_writer"
"""One slot: DuckDB lets one process write. `home.prepare_database` creates it."""

APPROVAL_TIMEOUT = timedelta(days=3)
"""A proposal made on a Friday is still open on Monday; after that it counts as rejected."""

# What is in no list is a bug, and fails at once: waiting does not cure it. A task whose process was killed
# raises nothing, so it follows `retries`.
_MAY_PASS: list[type[BaseException] | str] = [
    TransientError,
    ConnectionError,
    TimeoutError,
    AirflowRuntimeError,  # Airflow's own API could not answer, for instance from a busy database
]

RETRY_POLICY = ExceptionRetryPolicy(
    rules=[
        RetryRule(exception=_MAY_PASS, action=RetryAction.RETRY, reason="the same call may succeed later"),
        RetryRule(exception=TerminalError, action=RetryAction.FAIL, reason="the same call would fail again"),
    ],
    default=RetryAction.FAIL,
)

TASK_DEFAULTS: dict[str, Any] = {
    "owner": "planning",
    "retries": 3,
    "retry_delay": timedelta(seconds=10),
    "retry_exponential_backoff": 2.0,
    "max_retry_delay": timedelta(minutes=5),
    "retry_policy": RETRY_POLICY,
    "execution_timeout": timedelta(hours=2),
}

DAG_DEFAULTS: dict[str, Any] = {"catchup": False, "default_args": TASK_DEFAULTS}
"""`catchup` is off: past days are filled by `airflow backfill create`, on purpose and day by day."""
