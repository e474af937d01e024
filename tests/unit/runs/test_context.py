"""A run's identity and what it reads, on a small log."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.config import load_policy
from pipeline.config.policy import SHIPPED_POLICY
from pipeline.core.errors import TerminalError, UsageError
from pipeline.landing import append_events
from pipeline.projecting import read_state
from pipeline.runs import context
from pipeline.runs.publishing import decision_event
from pipeline.schemas.tables import FORECAST
from pipeline.store import reader, writer

MONDAY = datetime(2026, 9, 7, tzinfo=UTC)


def denial(number: int, time: str, *, recorded: str | None = None) -> dict[str, object]:
    event: dict[str, object] = {
        "specversion": "1.0",
        "id": f"denied-{number}",
        "source": "/test",
        "type": "trn.request.denied.v1",
        "subject": f"request-{number}",
        "time": time,
        "data": {
            "customer_id": "c1",
            "region": "east",
            "generation": "trn2",
            "chips_requested": 16,
            "chips_granted": 0,
            "reason": "insufficient_capacity",
        },
    }
    return event | ({"recordedtime": recorded} if recorded else {})


def land(*events: dict[str, object]) -> None:
    with writer(context.the_settings()) as connection:
        append_events(connection, list(events))


@pytest.fixture(autouse=True)
def home(tmp_path: Path, empty_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(empty_home, tmp_path / "home")
    monkeypatch.setenv("TRN_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("TRN_POLICY", raising=False)


def test_the_default_instant_is_the_latest_that_became_known() -> None:
    land(
        denial(1, "2026-09-01T00:00:00Z"), denial(2, "2026-09-02T00:00:00Z", recorded="2026-09-05T08:00:00Z")
    )
    assert context.open_run(None, None).as_of == datetime(2026, 9, 5, 8, tzinfo=UTC)


def test_what_becomes_known_in_the_future_moves_no_default() -> None:
    land(denial(1, "2026-09-01T00:00:00Z"), denial(2, "2199-01-01T00:00:00Z"))
    assert context.open_run(None, None).as_of == datetime(2026, 9, 1, tzinfo=UTC)


def test_an_empty_log_has_no_run() -> None:
    with pytest.raises(UsageError, match="land events first"):
        context.open_run(None, None)


def test_an_instant_before_the_first_event_has_no_run() -> None:
    land(denial(1, "2026-09-01T00:00:00Z"))
    with pytest.raises(UsageError, match="later --as-of"):
        context.open_run(datetime(2020, 1, 1, tzinfo=UTC), None)


def test_events_known_later_leave_an_earlier_run_as_it_was() -> None:
    land(denial(1, "2026-09-01T00:00:00Z"))
    before = context.open_run(MONDAY, None)
    land(denial(2, "2026-09-02T00:00:00Z", recorded="2026-09-08T00:00:00Z"))
    assert context.open_run(MONDAY, None) == before


def test_a_late_event_that_was_known_by_then_makes_another_run_and_the_position_names_the_old_one() -> None:
    land(denial(1, "2026-09-01T00:00:00Z"))
    before = context.open_run(MONDAY, None)
    land(denial(2, "2026-09-02T00:00:00Z"))
    after = context.open_run(MONDAY, None)
    assert after.run_id != before.run_id
    assert context.open_run(MONDAY, before.position) == before


def test_the_pipelines_own_outputs_do_not_make_a_new_run_and_an_approval_does_once_known() -> None:
    land(denial(1, "2026-09-01T00:00:00Z"))
    run = context.open_run(MONDAY, None)
    land(decision_event(run, "trn.forecast.published.v1", FORECAST.empty()))
    far = datetime.now(UTC).replace(year=2190)
    assert context.open_run(far, None).position == run.position
    land(decision_event(run, "trn.allocation.approved.v1", FORECAST.empty(), author="Ada"))
    assert context.open_run(MONDAY, None) == run
    assert context.open_run(far, None).position > run.position


def test_a_run_survives_being_handed_from_task_to_task() -> None:
    land(denial(1, "2026-09-01T00:00:00.000001Z"))
    run = context.open_run(None, None)
    assert context.Run.from_json(run.to_json()) == run


def unmet_chips() -> float:
    run = context.open_run(MONDAY, None)
    with reader(context.the_settings().published) as connection:
        return float(context.demand_history(connection, run)["unmet_chips"].sum())


def test_the_policy_says_when_a_silent_need_has_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    land(denial(1, "2026-08-03T00:00:00Z"))
    shipped = unmet_chips()
    impatient = tmp_path / "policy.toml"
    impatient.write_text(SHIPPED_POLICY.read_text().replace("need_silent_days = 28", "need_silent_days = 7"))
    monkeypatch.setenv("TRN_POLICY", str(impatient))
    assert unmet_chips() == pytest.approx(shipped / 4)


def test_a_run_goes_on_only_under_the_policy_it_was_opened_under(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    land(denial(1, "2026-08-03T00:00:00Z"))
    run = context.open_run(MONDAY, None)
    assert context.policy_of(run) == load_policy()
    other = tmp_path / "policy.toml"
    other.write_text(SHIPPED_POLICY.read_text().replace("paths = 500", "paths = 400"))
    monkeypatch.setenv("TRN_POLICY", str(other))
    with pytest.raises(TerminalError, match=f"opened under policy {run.policy_hash}"):
        context.policy_of(run)


def test_the_macros_defaults_are_the_shipped_policys() -> None:
    land(denial(1, "2026-08-03T00:00:00Z"))
    demand = load_policy().demand
    assert (demand.need_window_days, demand.need_silent_days) == (30, 28)
    run = context.open_run(MONDAY, None)
    with reader(context.the_settings().published) as connection:
        asked = context.projection(connection, "demand_history", run)["unmet_chips"].sum()
    assert asked == unmet_chips()


def is_kept(run: context.Run) -> bool:
    with reader(context.the_settings().published) as connection:
        return bool(connection.execute("FROM coverage(?, ?)", [run.as_of, run.position]).fetchall())


def test_a_run_reads_what_is_kept_for_its_instant_and_position() -> None:
    land(denial(1, "2026-09-01T00:00:00Z"), denial(2, "2026-09-06T00:00:00Z"))
    assert is_kept(context.open_run(None, None))
    assert is_kept(context.open_run(MONDAY, None))
    before_the_second = context.open_run(datetime(2026, 9, 5, tzinfo=UTC), None)
    assert is_kept(before_the_second)
    assert before_the_second.position == 1


def test_decisions_that_land_during_a_run_leave_it_what_is_kept() -> None:
    land(denial(1, "2026-09-01T00:00:00Z"))
    run = context.open_run(None, None)
    land(decision_event(run, "trn.forecast.published.v1", FORECAST.empty()))
    context.refresh_copy()
    assert is_kept(run)


def test_the_first_run_keeps_what_will_be_asked_though_it_is_one_of_the_long_past() -> None:
    land(denial(1, "2011-05-01T00:00:00Z"), denial(2, "2026-09-06T00:00:00Z"))
    past = context.open_run(datetime(2011, 6, 1, tzinfo=UTC), None)
    assert past.position == 1
    assert not is_kept(past)
    with reader(context.the_settings().published) as connection:
        assert read_state(connection).known_from == datetime(2026, 9, 6, tzinfo=UTC)


def test_a_run_of_the_long_past_moves_nothing_that_is_kept() -> None:
    land(denial(1, "2026-05-01T00:00:00Z"), denial(2, "2026-09-06T00:00:00Z"))
    today = context.open_run(None, None)
    past = context.open_run(datetime(2026, 6, 1, tzinfo=UTC), None)
    assert not is_kept(past)
    assert is_kept(today)
