from datetime import date
from typing import Any

from tests.sql.event_log import Log, clock, monday

PLACE = {"customer_id": "c1", "region": "us", "generation": "trn2", "kind": "odcr"}
FIRST, SECOND, THIRD = monday("2026-01-05"), monday("2026-01-12"), monday("2026-01-19")


def schedule(log: Log, chips: int = 7, start: str = "2026-01-05", end: str | None = "2026-01-19") -> None:
    data = {**PLACE, "chips": chips, "start": f"{start}T00:00:00Z"}
    log.add(
        "reservation.scheduled",
        "2026-01-01",
        data | ({"end": f"{end}T00:00:00Z"} if end else {}),
        subject="r1",
    )


def step(log: Log, kind: str, time: str, **data: Any) -> None:
    log.add(f"reservation.{kind}", time, data, subject="r1")


def held(log: Log, as_of: str = "2026-02-02") -> dict[date, float]:
    return {row["period_start"]: row["held_chips"] for row in log.rows("cloud_usage", as_of)}


def test_a_reservation_is_held_from_its_start_to_its_end(log: Log) -> None:
    schedule(log)
    assert held(log) == {FIRST: 7, SECOND: 7}


def test_a_told_activation_overrules_the_start(log: Log) -> None:
    schedule(log)
    step(log, "activated", "2026-01-07")
    assert held(log) == {FIRST: 5, SECOND: 7}


def test_expiry_ends_it_before_its_end(log: Log) -> None:
    schedule(log)
    step(log, "expired", "2026-01-13")
    assert held(log) == {FIRST: 7, SECOND: 1}


def test_a_reservation_cancelled_before_its_start_holds_nothing(log: Log) -> None:
    schedule(log)
    step(log, "cancelled", "2026-01-02")
    assert held(log) == {}
    assert held(log, "2026-01-01") == {}


def test_an_open_end_is_held_to_the_as_of_instant(log: Log) -> None:
    schedule(log, end=None)
    assert held(log, "2026-01-20") == {FIRST: 7, SECOND: 7, THIRD: 1}


def test_a_change_of_chips_counts_from_its_own_time(log: Log) -> None:
    schedule(log)
    step(log, "changed", "2026-01-12", chips=14)
    assert held(log) == {FIRST: 7, SECOND: 14}


def test_a_change_before_the_start_counts_for_all_of_it(log: Log) -> None:
    schedule(log)
    step(log, "changed", "2026-01-02", chips=14)
    assert held(log) == {FIRST: 14, SECOND: 14}


def test_a_change_of_dates_moves_it(log: Log) -> None:
    schedule(log)
    step(log, "changed", "2026-01-02", start="2026-01-12T00:00:00Z", end="2026-01-26T00:00:00Z")
    assert held(log) == {SECOND: 7, THIRD: 7}


def test_the_row_tells_what_is_known(log: Log) -> None:
    schedule(log)
    step(log, "activated", "2026-01-07")
    row = log.row("reservations")
    assert (row["start_at"], row["activated_at"]) == (clock("2026-01-05"), clock("2026-01-07"))
    assert (row["active_from_at"], row["active_until_at"]) == (clock("2026-01-07"), clock("2026-01-19"))
    assert (row["kind"], row["chips"], row["segment"]) == ("odcr", 7, "unassigned")
