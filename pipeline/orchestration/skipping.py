"""Ending a task early without failing it."""

from typing import NoReturn

from airflow.sdk import get_current_context
from airflow.sdk.exceptions import AirflowSkipException

REASON = "skipped_because"


def skip(reason: str) -> NoReturn:
    """Skip this task and what depends on it; the reason is kept as the task's XCom `skipped_because`.

    Raises:
        AirflowSkipException: always.
    """
    get_current_context()["ti"].xcom_push(key=REASON, value=reason)
    raise AirflowSkipException(reason)
