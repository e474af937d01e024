"""From a run to its day and its as-of instant."""

from types import SimpleNamespace
from typing import Any

import pytest

from pipeline.core.errors import UsageError

pytestmark = [
    pytest.mark.airflow,
    pytest.mark.xdist_group("airflow"),
    pytest.mark.usefixtures("airflow_home"),
]


def a_run(key: str | None = None, **conf: str) -> Any:
    return SimpleNamespace(dag_id="land_events", run_id="manual", partition_key=key, conf=conf)


def test_the_partition_key_rules_over_the_conf() -> None:
    from pipeline.orchestration.partitions import partition_day

    assert partition_day(a_run("2026-09-06", partition="2026-01-01")) == "2026-09-06"
    assert partition_day(a_run(partition="2026-01-01")) == "2026-01-01"


@pytest.mark.parametrize("key", ["", "yesterday", "2026-9-6", "20260906", "2026-02-30", "2026-W36-7"])
def test_what_is_no_day_is_refused_with_the_name_of_the_run(key: str) -> None:
    from pipeline.orchestration.partitions import partition_day

    with pytest.raises(UsageError, match="run manual of land_events"):
        partition_day(a_run(key))


@pytest.mark.parametrize(
    ("day", "end_of_its_day", "last_week"),
    [
        ("2026-09-06", "2026-09-07T00:00:00Z", "2026-09-07T00:00:00Z"),  # a Sunday
        ("2026-09-07", "2026-09-08T00:00:00Z", "2026-09-07T00:00:00Z"),
        ("2026-12-31", "2027-01-01T00:00:00Z", "2026-12-28T00:00:00Z"),
        ("2028-02-28", "2028-02-29T00:00:00Z", "2028-02-28T00:00:00Z"),
    ],
)
def test_a_day_ends_at_midnight_and_the_last_week_not_after_it(
    day: str, end_of_its_day: str, last_week: str
) -> None:
    from pipeline.orchestration.partitions import end_of_day, last_week_end

    assert end_of_day(a_run(day)) == end_of_its_day
    assert last_week_end(a_run(day)) == last_week


class Outlets(dict[Any, Any]):
    def __missing__(self, asset: Any) -> Any:
        self[asset] = SimpleNamespace(extra={}, keys=[])
        self[asset].add_partitions = self[asset].keys.append
        return self[asset]


@pytest.mark.parametrize(
    ("key", "user", "added"),
    [("2026-09-06", "ines", []), (None, "ines", ["2026-09-05"]), (None, "dag_test", [])],
)
def test_an_event_gets_the_day_from_the_conf_only_where_the_run_has_no_key_and_a_scheduler_listens(
    key: str | None, user: str, added: list[str]
) -> None:
    from pipeline.orchestration.assets import EVENT_LOG, emit

    outlets = Outlets()
    run = a_run(key, partition="2026-09-05")
    run.triggering_user_name = user

    emit(outlets, EVENT_LOG, run, {"published": "here"})

    assert outlets[EVENT_LOG].keys == added
    assert outlets[EVENT_LOG].extra == {"published": "here"}


def test_a_run_that_events_started_reads_what_the_latest_of_them_carries() -> None:
    from pipeline.orchestration.assets import FORECASTS, carried_by

    events = {FORECASTS: [SimpleNamespace(extra={"run_id": "r1"}), SimpleNamespace(extra={"run_id": "r2"})]}

    assert carried_by(events, FORECASTS) == {"run_id": "r2"}
    assert carried_by({}, FORECASTS) is None


@pytest.mark.parametrize(
    ("answer", "user", "is_approved", "author"),
    [
        (None, "ines", False, "nobody"),
        (None, "dag_test", True, "make run"),
        (
            {"chosen_options": ["Approve"], "params_input": {}, "responded_by_user": None},
            "ines",
            False,
            "nobody",
        ),
        (
            {"chosen_options": ["Approve"], "params_input": None, "responded_by_user": {"name": "bo"}},
            "x",
            True,
            "bo",
        ),
        (
            {"chosen_options": ["Reject"], "params_input": {}, "responded_by_user": {"name": "bo"}},
            "x",
            False,
            "bo",
        ),
    ],
)
def test_only_a_person_or_a_local_run_approves(
    answer: dict[str, Any] | None, user: str, is_approved: bool, author: str
) -> None:
    from pipeline.orchestration.approval import read_decision

    run = a_run("2026-09-06", approve_as="make run")
    run.triggering_user_name = user

    decision = read_decision(answer, run)

    assert (decision.is_approved, decision.author) == (is_approved, author)
