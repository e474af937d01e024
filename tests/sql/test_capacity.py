from datetime import date
from typing import Any

import pytest

from tests.sql.event_log import Log, monday

PLACE = {"region": "us", "generation": "trn2"}
FIRST, SECOND, THIRD = monday("2026-01-05"), monday("2026-01-12"), monday("2026-01-19")


def move(log: Log, kind: str, time: str, **data: Any) -> None:
    log.add(f"capacity.{kind}", time, PLACE | data)


def weeks(log: Log, name: str, as_of: str = "2026-01-26") -> dict[date, float]:
    return {row["period_start"]: row[name] for row in log.rows("capacity", as_of)}


def test_capacity_is_the_running_sum_of_installed_and_retired(log: Log) -> None:
    move(log, "installed", "2026-01-05", chips=100)
    move(log, "installed", "2026-01-12", chips=50)
    move(log, "retired", "2026-01-19", chips=30)
    assert weeks(log, "installed_chips") == {FIRST: 100, SECOND: 150, THIRD: 120}
    assert weeks(log, "sellable_chips") == {FIRST: 100, SECOND: 150, THIRD: 120}
    assert weeks(log, "retired_chips") == {FIRST: 0, SECOND: 0, THIRD: 30}


def test_the_week_is_a_time_weighted_mean(log: Log) -> None:
    move(log, "installed", "2026-01-05", chips=70)
    move(log, "installed", "2026-01-15", chips=70)
    assert weeks(log, "installed_chips") == {FIRST: 70, SECOND: 110, THIRD: 140}


def test_the_running_week_is_the_mean_of_what_has_passed(log: Log) -> None:
    move(log, "installed", "2026-01-05", chips=70)
    assert weeks(log, "installed_chips", "2026-01-13") == {FIRST: 70, SECOND: 70}


def test_a_statement_overrules_the_sum_and_later_moves_go_on_from_it(log: Log) -> None:
    move(log, "installed", "2026-01-05", chips=100)
    move(log, "stated", "2026-01-12", installed=90, sellable=80)
    move(log, "installed", "2026-01-19", chips=10)
    assert weeks(log, "installed_chips") == {FIRST: 100, SECOND: 90, THIRD: 100}
    assert weeks(log, "sellable_chips") == {FIRST: 100, SECOND: 80, THIRD: 90}


def test_retiring_more_than_was_installed_leaves_nothing(log: Log) -> None:
    move(log, "installed", "2026-01-05", chips=10)
    move(log, "retired", "2026-01-12", chips=30)
    assert weeks(log, "installed_chips") == {FIRST: 10, SECOND: 0, THIRD: 0}


def test_a_soldout_window_marks_its_weeks(log: Log) -> None:
    move(log, "installed", "2026-01-05", chips=100)
    window = {"window_start": "2026-01-12T00:00:00Z", "window_end": "2026-01-15T12:00:00Z", "cap_chips": 95}
    move(log, "soldout", "2026-01-12", **window)
    assert weeks(log, "is_soldout") == {FIRST: False, SECOND: True, THIRD: False}
    assert weeks(log, "cap_chips") == {FIRST: None, SECOND: 95, THIRD: None}
    assert weeks(log, "soldout_share") == {FIRST: 0, SECOND: pytest.approx(0.5), THIRD: 0}


def test_a_soldout_window_without_capacity_has_a_cap_and_no_capacity(log: Log) -> None:
    window = {"window_start": "2026-01-12T00:00:00Z", "window_end": "2026-01-19T00:00:00Z", "cap_chips": 95}
    move(log, "soldout", "2026-01-12", **window)
    row = log.row("capacity", "2026-01-26")
    assert (row["installed_chips"], row["sellable_chips"], row["cap_chips"]) == (None, None, 95)


def test_a_soldout_window_is_not_known_before_its_end(log: Log) -> None:
    window = {"window_start": "2026-01-12T00:00:00Z", "window_end": "2026-02-09T00:00:00Z", "cap_chips": 95}
    move(log, "soldout", "2026-01-12", **window)
    assert weeks(log, "cap_chips", "2026-01-20") == {}
    assert list(weeks(log, "cap_chips", "2026-02-09"))[:2] == [SECOND, THIRD]
