"""Each DAG played by `dag.test()`, with stand-ins for the work."""

from collections.abc import Callable
from typing import Any

import pytest

from pipeline.core.errors import TerminalError, TransientError
from pipeline.runs import allocating, forecasting, landing, replaying

from .conftest import DAY, Person, Played, StandIns

pytestmark = [
    pytest.mark.airflow,
    pytest.mark.xdist_group("airflow"),
]

Play = Callable[..., Played]
ALL_OF_FORECAST = ["project", "list_chunks", "fit_chunk", "reconcile", "publish_forecast"]


def raising(error: Exception, *, times: int) -> Callable[..., Any]:
    left = [error] * times

    def behave(*_: Any) -> str:
        if left:
            raise left.pop()
        return "done"

    return behave


def test_a_day_is_landed_file_by_file_gated_and_published(play: Play, runs: StandIns) -> None:
    files = [{"path": f"/in/{name}", "mapping": None} for name in ("a", "b", "c")]
    runs.let(landing, "list_inbox", lambda _day: files)

    played = play("land_events")

    assert played.state == "success"
    assert played.tasks["land_files"] == ["success"] * 3
    assert sorted(file["path"] for ((file,),) in runs.named("land_inbox_files")) == [
        "/in/a",
        "/in/b",
        "/in/c",
    ]
    assert [name for name, _ in runs.calls][-2:] == ["check_landing", "refresh_published"]
    assert runs.named("list_inbox") == [(DAY,)]


def test_a_file_that_cannot_be_landed_keeps_no_other_out_but_the_published_copy(
    play: Play, runs: StandIns
) -> None:
    files = [{"path": f"/in/{name}", "mapping": None} for name in ("a", "b", "c")]
    runs.let(landing, "list_inbox", lambda _day: files)
    runs.let(landing, "land_inbox_files", raising(TerminalError("a is no gzip"), times=1))

    played = play("land_events")

    assert played.state == "failed"
    assert sorted(played.tasks["land_files"]) == ["failed", "success", "success"]
    assert not runs.named("refresh_published")


def test_a_day_without_files_is_skipped_and_publishes_nothing(play: Play, runs: StandIns) -> None:
    runs.let(landing, "list_inbox", lambda _day: [])

    played = play("land_events")

    assert played.state == "success"
    assert played["refresh_published"] == "skipped"
    assert not runs.named("refresh_published")


def test_a_closed_gate_keeps_what_was_landed_from_the_published_copy(play: Play, runs: StandIns) -> None:
    runs.let(landing, "check_landing", raising(TerminalError("the account does not balance"), times=9))

    played = play("land_events")

    assert played.state == "failed"
    assert len(runs.named("check_landing")) == 1
    assert not runs.named("refresh_published")


def test_a_transient_error_is_tried_again(play: Play, runs: StandIns, hurried: Any) -> None:
    runs.let(landing, "refresh_published", raising(TransientError("another process writes"), times=1))

    played = play("land_events")

    assert played.state == "success"
    assert len(runs.named("refresh_published")) == 2


@pytest.mark.parametrize("error", [TerminalError("bad input"), KeyError("a bug")])
def test_an_error_that_waiting_cannot_cure_is_not_tried_again(
    play: Play, runs: StandIns, hurried: Any, error: Exception
) -> None:
    runs.let(landing, "refresh_published", raising(error, times=9))

    assert play("land_events").state == "failed"
    assert len(runs.named("refresh_published")) == 1


def test_a_forecast_is_made_as_of_the_midnight_that_ends_the_day(play: Play, runs: StandIns) -> None:
    played = play("forecast_demand")

    assert played.state == "success"
    assert played.tasks["fit_chunk"] == ["success"] * 2
    assert runs.named("start_run") == [("2026-09-07T00:00:00Z",)]
    assert len(runs.named("publish_forecast")) == 1


def test_a_published_run_is_not_forecast_again(play: Play, runs: StandIns) -> None:
    runs.let(forecasting, "start_run", lambda as_of: {"run_id": "r1", "as_of": as_of, "is_published": True})

    played = play("forecast_demand")

    assert played.state == "success"
    assert {played[task] for task in ALL_OF_FORECAST} == {"skipped"}
    assert [name for name, _ in runs.calls] == ["start_run"]


def test_a_failed_chunk_publishes_nothing(play: Play, runs: StandIns) -> None:
    runs.let(forecasting, "fit_chunk", raising(TerminalError("no series"), times=1))

    played = play("forecast_demand")

    assert played.state == "failed"
    assert not runs.named("publish_forecast")


def test_the_weekly_backtest_ends_with_the_last_whole_week(play: Play, runs: StandIns) -> None:
    assert play("backtest_weekly", partition="2026-09-09").state == "success"
    assert runs.named("backtest") == [("2026-09-07T00:00:00Z",)]


def test_log_and_projections_are_proved_and_left_as_they_are(play: Play, runs: StandIns) -> None:
    played = play("replay_events")

    assert played.state == "success"
    assert played["rebuild_projections"] == "skipped"
    assert [name for name, _ in runs.calls] == ["require_sound_log", "require_equal"]


def test_projections_are_rebuilt_where_that_is_asked_for(play: Play, runs: StandIns) -> None:
    assert play("replay_events", rebuild=True).state == "success"
    assert [name for name, _ in runs.calls] == ["require_sound_log", "replay", "require_equal"]


def test_nothing_is_rebuilt_from_a_log_that_was_changed(play: Play, runs: StandIns) -> None:
    runs.let(replaying, "require_sound_log", raising(TerminalError("broken: batch b"), times=9))

    assert play("replay_events", rebuild=True).state == "failed"
    assert [name for name, _ in runs.calls] == ["require_sound_log"]


def test_a_projection_that_is_not_what_the_log_says_fails_the_run(play: Play, runs: StandIns) -> None:
    runs.let(replaying, "require_equal", raising(TerminalError("kept 1, computed 2"), times=9))

    assert play("replay_events").state == "failed"


def test_a_person_who_approves_publishes_under_their_name(
    play: Play, runs: StandIns, answers: Callable[..., Person]
) -> None:
    with answers("Approve", user="ines", note="as discussed"):
        played = play("allocate_supply", is_attended=True)

    assert played.state == "success"
    assert [(author, note) for _, author, note in runs.named("approve")] == [("ines", "as discussed")]
    assert played["record_rejection"] == "skipped"


def test_a_person_who_rejects_is_recorded_with_their_note(
    play: Play, runs: StandIns, answers: Callable[..., Person]
) -> None:
    with answers("Reject", user="ines", note="too much for one customer"):
        played = play("allocate_supply", is_attended=True)

    assert played.state == "success"
    assert played["publish_allocation"] == "skipped"
    assert [call[1:] for call in runs.named("reject")] == [("ines", "too much for one customer")]
    assert not runs.named("approve")


def test_an_approval_that_nobody_gives_in_time_is_recorded_as_a_rejection(
    play: Play, runs: StandIns, nobody: Person
) -> None:
    with nobody:
        played = play("allocate_supply", is_attended=True)

    assert played.state == "success"
    assert [call[1:] for call in runs.named("reject")] == [("nobody", "nobody answered in time")]
    assert not runs.named("approve")


def test_a_local_run_approves_only_when_it_is_told_under_which_name(play: Play, runs: StandIns) -> None:
    play("allocate_supply", approve_as="make run", note="without review")
    play("allocate_supply")

    assert [call[1:] for call in runs.named("approve")] == [("make run", "without review")]
    assert [call[1:] for call in runs.named("reject")] == [("nobody", "nobody was asked")]


def test_where_no_allocation_is_possible_everything_is_skipped_and_nothing_recorded(
    play: Play, runs: StandIns
) -> None:
    runs.let(allocating, "propose", lambda run: {**run, "is_possible": False, "message": "no supply"})

    played = play("allocate_supply", approve_as="make run")

    assert played.state == "success"
    assert {played[task] for task in ("approve", "publish_allocation", "record_rejection")} == {"skipped"}
    assert not runs.named("approve")
    assert not runs.named("reject")


def test_a_publication_that_fails_is_a_failed_run_and_no_rejection(play: Play, runs: StandIns) -> None:
    runs.let(allocating, "approve", raising(TerminalError("disk full"), times=9))

    played = play("allocate_supply", approve_as="make run")

    assert played.state == "failed"
    assert not runs.named("reject")


def test_a_run_that_names_no_day_fails_before_it_touches_anything(play: Play, runs: StandIns) -> None:
    assert play("land_events", partition="yesterday").state == "failed"
    assert runs.calls == []
