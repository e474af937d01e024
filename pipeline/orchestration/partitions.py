"""From a DAG run to the day that it works on. A partition is one UTC day, its key `YYYY-MM-DD`.

`logical_date` is None in runs that an asset, a person or a backfill started, so nothing here reads it.
"""

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from airflow.sdk import CronPartitionTimetable

from pipeline.core.clock import format_instant, week_start
from pipeline.core.errors import UsageError

if TYPE_CHECKING:
    from airflow.sdk.types import DagRunProtocol

KEY_FORMAT = "%Y-%m-%d"


def daily() -> CronPartitionTimetable:
    """Return the timetable whose run at midnight UTC works on the day that just ended."""
    return CronPartitionTimetable("0 0 * * *", timezone="UTC", run_offset=-1, key_format=KEY_FORMAT)


def weekly() -> CronPartitionTimetable:
    """Return the timetable that runs on Mondays, after the night's landing; the key is that Monday."""
    return CronPartitionTimetable("0 6 * * MON", timezone="UTC", key_format=KEY_FORMAT)


def partition_day(dag_run: "DagRunProtocol") -> str:
    """Return the day of a run: its partition key, else `conf["partition"]`.

    Raises:
        UsageError: neither is given, or it is no day written as YYYY-MM-DD.
    """
    key = dag_run.partition_key or (dag_run.conf or {}).get("partition")
    where = f"run {dag_run.run_id} of {dag_run.dag_id}"
    if not key:
        raise UsageError(
            f'{where} names no day: trigger it with a partition key or conf {{"partition": "2026-09-07"}}'
        )
    try:
        day = date.fromisoformat(str(key)).isoformat()
    except ValueError:
        day = ""
    if day != key:
        raise UsageError(f"{where} got the partition {key!r}: write a day as YYYY-MM-DD")
    return day


def end_of_day(dag_run: "DagRunProtocol") -> str:
    """Return the as-of instant of a daily run: the midnight UTC that ends its day."""
    return format_instant(_next_midnight(partition_day(dag_run)))


def last_week_end(dag_run: "DagRunProtocol") -> str:
    """Return the as-of instant of a weekly run: the last Monday 00:00 UTC not after the end of its day."""
    monday = week_start(_next_midnight(partition_day(dag_run)))
    return format_instant(datetime(monday.year, monday.month, monday.day, tzinfo=UTC))


def _next_midnight(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=UTC) + timedelta(days=1)
