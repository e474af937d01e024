"""The assets that lead from one DAG to the next, and what their events carry."""

from typing import TYPE_CHECKING, Any

from airflow.sdk import Asset, PartitionedAssetTimetable

from pipeline.orchestration.partitions import partition_day

if TYPE_CHECKING:
    from airflow.sdk.execution_time.context import TriggeringAssetEventsAccessor
    from airflow.sdk.types import DagRunProtocol, OutletEventAccessorsProtocol

EVENT_LOG = Asset("event_log")
FORECASTS = Asset("forecasts")

LOCAL_USER = "dag_test"
"""The user name that `dag.test()` gives its runs."""


def on_partition_of(asset: Asset) -> PartitionedAssetTimetable:
    """Return the timetable that starts a run for each partition of the asset, under the same key."""
    return PartitionedAssetTimetable(assets=asset)


def emit(
    outlet_events: "OutletEventAccessorsProtocol",
    asset: Asset,
    dag_run: "DagRunProtocol",
    carried: dict[str, Any],
) -> None:
    """Let the task's event of the asset carry a value, under the day of the run.

    A run that was started with `conf["partition"]` has no key of its own, and a keyless event starts nothing:
    the day is then given to the event itself. Not so in `dag.test()`, whose caller starts the next DAG.
    """
    event = outlet_events[asset]
    event.extra = carried
    if not dag_run.partition_key and dag_run.triggering_user_name != LOCAL_USER:
        event.add_partitions(partition_day(dag_run))


def carried_by(
    triggering_asset_events: "TriggeringAssetEventsAccessor", asset: Asset
) -> dict[str, Any] | None:
    """Return what the latest event that started this run carries; None when no such event started it."""
    events = list(triggering_asset_events.get(asset) or ())
    return dict(events[-1].extra) if events else None
