"""What every DAG shares: retries, pools, time limits. The only place that says so."""

from datetime import timedelta
from typing import Any

from airflow.sdk.definitions.retry_policy import ExceptionRetryPolicy, RetryAction, RetryRule

from pipeline.core.errors import TerminalError, TransientError

WRITER_POOL = "warehouse_writer"
"""One slot: DuckDB lets one process write. `home.prepare_database` creates it."""

APPROVAL_TIMEOUT = timedelta(days=3)
"""A proposal made on a Friday is still open on Monday; after that it counts as rejected."""

# A bug does not go away by waiting, so it fails at once. Whatever is in no list, such as a busy Airflow
# database, follows `retries`, as does a task whose process was killed.
_HOPELESS: list[type[BaseException] | str] = [
    TerminalError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    ImportError,
    LookupError,
    NameError,
    TypeError,
    ValueError,
]

RETRY_POLICY = ExceptionRetryPolicy(
    rules=[
        RetryRule(
            exception=TransientError, action=RetryAction.RETRY, reason="the same call may succeed later"
        ),
        RetryRule(exception=_HOPELESS, action=RetryAction.FAIL, reason="the same call would fail again"),
    ]
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
