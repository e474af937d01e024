from datetime import date
from typing import Any

import pytest

from tests.sql.event_log import Log, clock, monday

PLACE = {"customer_id": "c1", "region": "us", "generation": "trn2"}
FIRST, SECOND, THIRD = monday("2026-01-05"), monday("2026-01-12"), monday("2026-01-19")


def deny(log: Log, time: str, requested: int, granted: int = 0, **data: Any) -> None:
    asked = {
        **PLACE,
        "chips_requested": requested,
        "chips_granted": granted,
        "reason": "insufficient_capacity",
    }
    log.add("request.denied", time, asked | data, subject=f"q{len(log.events)}")


def join(
    log: Log, time: str, chips: int, wanted_from: str | None = None, *, name: str = "w1", **data: Any
) -> None:
    wanted = {**PLACE, "chips": chips, "wanted_from": f"{wanted_from or time}T00:00:00Z"}
    log.add("waitlist.joined", time, wanted | data, subject=name)


def deny_v2(log: Log, time: str, requested: int, wanted_from: str, **data: Any) -> None:
    asked = {**PLACE, "chips_requested": requested, "chips_granted": 0, "reason": "insufficient_capacity"}
    terms = asked | {"wanted_from": wanted_from} | data
    log.add("request.denied", time, terms, subject=f"q{len(log.events)}", version=2)


def wait(log: Log, kind: str, time: str, *, name: str = "w1", **data: Any) -> None:
    log.add(f"waitlist.{kind}", time, data, subject=name)


def reserve(log: Log, time: str, chips: int, start: str, **data: Any) -> None:
    terms = {**PLACE, "kind": "odcr", "chips": chips, "start": f"{start}T00:00:00Z"}
    log.add("reservation.scheduled", time, terms | data, subject="r1")


def unmet(log: Log, as_of: str = "2026-01-26", name: str = "unmet_chips") -> dict[date, float]:
    found: dict[date, float] = {}
    for row in log.rows("cloud_unmet", as_of):
        assert row["period_start"] not in found
        found[row["period_start"]] = row[name]
    return found


def open_sizes(log: Log, as_of: str = "2026-01-26") -> list[float]:
    return [row["open_chips"] for row in log.rows("needs", as_of)]


def test_a_denial_is_unmet_from_its_time_on(log: Log) -> None:
    deny(log, "2026-01-06", 14)
    assert unmet(log, "2026-01-19") == {FIRST: 12, SECOND: 14}


def test_what_was_granted_is_not_unmet(log: Log) -> None:
    deny(log, "2026-01-05", 14, 4)
    assert unmet(log, "2026-01-12") == {FIRST: 10}


def test_retries_count_once_at_their_largest(log: Log) -> None:
    for hour, chips in enumerate((8, 16, 12, 16)):
        deny(log, f"2026-01-05T{hour:02}:00:00Z", chips, retry_group_id="g")
    assert open_sizes(log) == [16]


def test_denials_of_one_customer_in_two_regions_are_one_need_of_the_first_region(log: Log) -> None:
    deny(log, "2026-01-05", 8, region="eu")
    deny(log, "2026-01-06", 8, region="us")
    row = log.row("needs", "2026-01-26")
    assert (row["region"], row["open_chips"]) == ("eu", 8)


def test_two_customers_have_two_needs(log: Log) -> None:
    deny(log, "2026-01-05", 8)
    deny(log, "2026-01-05", 8, customer_id="c2")
    assert unmet(log, "2026-01-12") == {FIRST: 16}


def test_a_need_id_keeps_needs_of_one_customer_apart_and_ties_distant_ones(log: Log) -> None:
    deny(log, "2025-10-06", 8, need_id="n1")
    deny(log, "2026-01-05", 8, need_id="n1")
    deny(log, "2026-01-05", 4, need_id="n2")
    assert open_sizes(log) == [8, 4]


def test_a_gap_longer_than_the_window_starts_another_need(log: Log) -> None:
    deny(log, "2025-12-01", 8)
    deny(log, "2026-01-05", 8)
    assert [row["is_open"] for row in log.rows("needs", "2026-01-26")] == [False, True]


def test_a_need_without_hours_ends_after_four_silent_weeks(log: Log) -> None:
    deny(log, "2026-01-05", 14)
    found = unmet(log, "2026-03-02")
    assert list(found) == [monday(day) for day in ("2026-01-05", "2026-01-12", "2026-01-19", "2026-01-26")]
    assert set(found.values()) == {14}


def test_a_retry_keeps_the_need_alive(log: Log) -> None:
    deny(log, "2026-01-05", 14)
    deny(log, "2026-01-26", 7)
    assert log.row("needs", "2026-06-01")["open_until_at"] == clock("2026-02-23")


def test_a_need_that_fell_silent_is_closed_until_it_shows_again(log: Log) -> None:
    deny(log, "2026-01-05", 14, need_id="n")
    deny(log, "2026-02-09", 14, need_id="n")
    found = unmet(log, "2026-02-16")
    assert found[monday("2026-01-26")] == 14
    assert monday("2026-02-02") not in found
    assert found[monday("2026-02-09")] == 14


def test_wanted_hours_end_a_denial(log: Log) -> None:
    deny(log, "2026-01-05", 14, wanted_hours=84)
    assert unmet(log) == {FIRST: 7}


def test_a_denial_that_says_so_is_unmet_from_when_the_chips_were_wanted(log: Log) -> None:
    deny_v2(log, "2026-01-01", 14, "2026-01-12", wanted_until="2026-01-15T12:00:00Z")
    assert unmet(log) == {SECOND: 7}
    assert unmet(log, "2026-01-12") == {}


def test_a_denial_that_is_withdrawn_before_the_chips_were_wanted_is_never_unmet(log: Log) -> None:
    deny_v2(log, "2026-01-01", 14, "2026-01-12", need_id="n")
    join(log, "2026-01-02", 14, "2026-01-12", need_id="n")
    wait(log, "withdrawn", "2026-01-05")
    assert unmet(log) == {}


def test_versions_of_a_denial_are_retries_of_one_need(log: Log) -> None:
    deny(log, "2026-01-05", 14, retry_group_id="g")
    deny_v2(log, "2026-01-06", 9, "2026-01-12", retry_group_id="g")
    assert unmet(log, "2026-01-19") == {FIRST: 14, SECOND: 14}


def test_a_waitlist_entry_of_either_version_takes_the_same_changes(log: Log) -> None:
    join(log, "2026-01-05", 16, wanted_hours=252)
    wanted = {**PLACE, "chips": 8, "wanted_from": "2026-01-12"}
    log.add("waitlist.joined", "2026-01-12", wanted, subject="w1", version=2, id="again")
    wait(log, "converted", "2026-01-14", converted_chips=4)
    states = [(row["waiting_chips"], row["wanted_until_at"]) for row in log.rows("waitlist_states")]
    assert states == [(chips, clock("2026-01-15T12:00:00Z")) for chips in (16, 8, 4)]


def test_a_waitlist_entry_is_unmet_from_when_it_is_wanted(log: Log) -> None:
    join(log, "2026-01-01", 7, "2026-01-12")
    assert unmet(log) == {SECOND: 7, THIRD: 7}
    assert unmet(log, "2026-01-11") == {}


def test_a_denial_and_the_waitlist_entry_that_follows_are_one_need(log: Log) -> None:
    deny(log, "2026-01-05", 16)
    join(log, "2026-01-05", 16)
    assert unmet(log, "2026-01-12") == {FIRST: 16}


def test_a_waitlist_change_states_a_new_total(log: Log) -> None:
    join(log, "2026-01-05", 16)
    wait(log, "changed", "2026-01-12", chips=6)
    assert unmet(log, "2026-01-19") == {FIRST: 16, SECOND: 6}


def test_converted_chips_are_met_for_the_denials_of_the_need_too(log: Log) -> None:
    deny(log, "2026-01-05", 16)
    join(log, "2026-01-05", 16)
    wait(log, "converted", "2026-01-12", converted_chips=10)
    assert unmet(log, "2026-01-19") == {FIRST: 16, SECOND: 6}
    wait(log, "converted", "2026-01-19", converted_chips=10)
    assert unmet(log) == {FIRST: 16, SECOND: 6}


def test_a_withdrawal_closes_the_entry_and_the_denials_before_it(log: Log) -> None:
    deny(log, "2026-01-05", 16)
    join(log, "2026-01-05", 16)
    wait(log, "withdrawn", "2026-01-12")
    assert unmet(log) == {FIRST: 16}


def test_a_withdrawal_leaves_another_entry_of_the_need_open(log: Log) -> None:
    join(log, "2026-01-05", 16)
    join(log, "2026-01-05", 9, name="w2", region="eu")
    wait(log, "withdrawn", "2026-01-12")
    assert unmet(log, "2026-01-19") == {FIRST: 16, SECOND: 9}


def test_an_activated_reservation_meets_the_need(log: Log) -> None:
    deny(log, "2026-01-05", 16)
    reserve(log, "2026-01-06", 16, "2026-01-12")
    assert unmet(log) == {FIRST: 16}


def test_a_waitlist_converted_into_a_reservation_is_met_once(log: Log) -> None:
    join(log, "2026-01-05", 16)
    wait(log, "converted", "2026-01-12", converted_chips=10)
    reserve(log, "2026-01-12", 10, "2026-01-12")
    assert unmet(log, "2026-01-26") == {FIRST: 16, SECOND: 6, THIRD: 6}


def test_a_reservation_that_activates_late_was_unmet_in_between(log: Log) -> None:
    reserve(log, "2026-01-01", 14, "2026-01-05")
    log.add("reservation.activated", "2026-01-06", subject="r1")
    assert unmet(log) == {FIRST: 2}


def test_a_partly_granted_retry_lowers_what_is_open(log: Log) -> None:
    deny(log, "2026-01-05", 16)
    deny(log, "2026-01-12", 16, 10)
    assert unmet(log, "2026-01-19") == {FIRST: 16, SECOND: 6}


@pytest.mark.parametrize("reason", ["quota", "price"])
def test_denials_for_quota_and_price_stand_apart(log: Log, reason: str) -> None:
    deny(log, "2026-01-05", 14, reason=reason)
    deny(log, "2026-01-05", 7)
    assert unmet(log, "2026-01-12") == {FIRST: 7}
    assert unmet(log, "2026-01-12", f"unmet_{reason}_chips") == {FIRST: 14}


def test_a_reason_that_the_contract_does_not_know_is_not_unmet(log: Log) -> None:
    deny(log, "2026-01-05", 14, reason="maintenance")
    assert unmet(log) == {}


def test_an_order_that_names_the_need_meets_it(log: Log) -> None:
    deny(log, "2026-01-05", 16, need_id="n")
    order = {"chips": 16, "generation": "trn2", "need_id": "n"}
    log.add("order.placed", "2026-01-12", order, subject="o")
    assert unmet(log) == {FIRST: 16}


def test_policy_can_change_window_and_silence(log: Log) -> None:
    deny(log, "2026-01-05", 14)
    log.land(log.events)
    query = "FROM cloud_unmet(TIMESTAMPTZ '2026-03-02 00:00:00+00', need_silent_days := 7)"
    assert len(log.connection.execute(query).fetchall()) == 1


def test_a_retraction_removes_the_need_from_then_on(log: Log) -> None:
    deny(log, "2026-01-05", 14)
    log.add("event.retracted", "2026-01-20", {"retracted_source": "/test"}, subject="e0001")
    assert unmet(log, "2026-01-19") == {FIRST: 14, SECOND: 14}
    assert unmet(log, "2026-01-20") == {}
