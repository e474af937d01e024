from datetime import date
from typing import Any

import pytest

from tests.sql.event_log import Log, monday

FIRST, SECOND, THIRD = monday("2026-01-05"), monday("2026-01-12"), monday("2026-01-19")


def schedule(
    log: Log, start: str, end: str, p50: int, *, kind: str = "scheduled", time: str = "2026-01-01"
) -> None:
    quantiles = {"chips_p10": p50 // 2, "chips_p50": p50, "chips_p90": p50 * 2}
    terms = {"generation": "trn2", "period_start": start, "period_end": end, **quantiles}
    log.add(f"supply.{kind}", time, terms, subject="s1")


def step(log: Log, kind: str, time: str, **data: Any) -> None:
    log.add(f"supply.{kind}", time, data, subject="s1")


def to_come(log: Log, as_of: str = "2026-01-05", name: str = "chips_p50") -> dict[date, float]:
    return {row["period_start"]: row[name] for row in log.rows("supply", as_of)}


def test_supply_is_spread_over_the_days_of_its_period(log: Log) -> None:
    schedule(log, "2026-01-08", "2026-01-22", 140)
    assert to_come(log) == {FIRST: 40, SECOND: 70, THIRD: 30}
    assert to_come(log, name="chips_p10") == {FIRST: 20, SECOND: 35, THIRD: 15}
    assert to_come(log, name="chips_p90") == {FIRST: 80, SECOND: 140, THIRD: 60}


def test_what_was_received_is_not_to_come_any_more(log: Log) -> None:
    schedule(log, "2026-01-12", "2026-01-19", 70)
    step(log, "received", "2026-01-04", generation="trn2", chips=50)
    assert to_come(log) == {SECOND: 20}
    assert to_come(log, name="chips_p10") == {SECOND: 0}


def test_receiving_more_than_was_scheduled_leaves_nothing_to_come(log: Log) -> None:
    schedule(log, "2026-01-12", "2026-01-19", 70)
    step(log, "received", "2026-01-04", generation="trn2", chips=500)
    assert set(to_come(log, name="chips_p90").values()) == {0}


def test_a_revision_replaces_period_and_quantities(log: Log) -> None:
    schedule(log, "2026-01-12", "2026-01-19", 70)
    schedule(log, "2026-01-19", "2026-01-26", 40, kind="revised", time="2026-01-03")
    assert to_come(log) == {THIRD: 40}
    assert to_come(log, "2026-01-02") == {SECOND: 70}


def test_nothing_comes_of_cancelled_supply(log: Log) -> None:
    schedule(log, "2026-01-12", "2026-01-19", 70)
    step(log, "cancelled", "2026-01-04")
    assert to_come(log) == {}


def test_in_a_running_period_the_rest_comes_in_the_days_that_are_left(log: Log) -> None:
    schedule(log, "2026-01-05", "2026-01-26", 100)
    step(log, "received", "2026-01-10", generation="trn2", chips=20)
    assert to_come(log, "2026-01-16T09:00:00Z") == {SECOND: pytest.approx(24), THIRD: pytest.approx(56)}


def test_overdue_supply_is_listed_and_not_expected(log: Log) -> None:
    schedule(log, "2026-01-05", "2026-01-12", 100)
    step(log, "received", "2026-01-10", generation="trn2", chips=20)
    assert to_come(log, "2026-01-12") == {}
    row = log.row("supply_commitments", "2026-01-12")
    assert (row["is_overdue"], row["to_come_p50"], row["received_chips"]) == (True, 80, 20)


def test_receipts_of_a_ref_that_nobody_scheduled_wait(log: Log) -> None:
    step(log, "received", "2026-01-04", generation="trn2", chips=50)
    assert log.rows("supply_commitments") == []
    schedule(log, "2026-01-12", "2026-01-19", 70)
    assert to_come(log) == {SECOND: 20}
