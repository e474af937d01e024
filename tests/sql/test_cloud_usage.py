from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.core.clock import format_instant
from tests.sql.event_log import Log, instant, monday

PLACE = {"customer_id": "c1", "region": "us", "generation": "trn2"}
FIRST, SECOND = monday("2026-01-05"), monday("2026-01-12")
WEEK_HOURS = 168


def meter(log: Log, start: str, end: str, chip_hours: float, kind: str = "usage.metered", **data: Any) -> str:
    period = {"period_start": f"{start}T00:00:00Z", "period_end": f"{end}T00:00:00Z"}
    payload = {**PLACE, **period, "chip_hours": chip_hours, "purchase_option": "on_demand", **data}
    return log.add(kind, start, payload)


def reserve(
    log: Log, chips: int, start: str, end: str | None = None, *, time: str = "2026-01-01", name: str = "r1"
) -> None:
    data = {**PLACE, "kind": "odcr", "chips": chips, "start": f"{start}T00:00:00Z"}
    log.add("reservation.scheduled", time, data | ({"end": f"{end}T00:00:00Z"} if end else {}), subject=name)


def weeks(log: Log, name: str, as_of: str = "2026-03-02") -> dict[date, float]:
    return {row["period_start"]: row[name] for row in log.rows("cloud_usage", as_of)}


def test_chips_are_chip_hours_over_the_hours_of_the_week(log: Log) -> None:
    meter(log, "2026-01-05", "2026-01-06", 10 * 24)
    assert weeks(log, "metered_chips") == {FIRST: pytest.approx(10 / 7)}


def test_a_long_period_is_spread_over_its_weeks_in_proportion_to_time(log: Log) -> None:
    meter(log, "2026-01-01", "2026-02-01", 31 * 24 * 5)
    found = weeks(log, "metered_chips")
    assert list(found) == [
        monday(day) for day in ("2025-12-29", "2026-01-05", "2026-01-12", "2026-01-19", "2026-01-26")
    ]
    assert found[monday("2025-12-29")] == pytest.approx(5 * 4 / 7)
    assert found[FIRST] == pytest.approx(5)
    assert found[monday("2026-01-26")] == pytest.approx(5 * 6 / 7)


def test_a_correction_applies_to_its_own_period(log: Log) -> None:
    meter(log, "2026-01-05", "2026-01-12", 1680)
    meter(log, "2026-01-12", "2026-01-19", 1680)
    meter(log, "2026-01-05", "2026-01-12", -840, "usage.adjusted")
    assert weeks(log, "held_chips") == {FIRST: 5, SECOND: 10}


def test_held_never_falls_below_zero_and_metered_stays_exact(log: Log) -> None:
    meter(log, "2026-01-05", "2026-01-12", -168, "usage.adjusted")
    assert weeks(log, "metered_chips") == {FIRST: -1}
    assert weeks(log, "held_chips") == {FIRST: 0}


PERIODS = st.lists(
    st.tuples(
        st.integers(0, 60 * 86_400),
        st.integers(1, 31 * 86_400),
        st.floats(0.001, 1e6),
        st.sampled_from([None, "r"]),
    ),
    min_size=1,
    max_size=12,
)


@given(st.lists(PERIODS, min_size=2, max_size=4))
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_weeks_add_up_to_the_chip_hours_that_landed(
    log: Log, regions: list[list[tuple[int, int, float, str | None]]]
) -> None:
    log.events.clear()
    used = [(f"region {number}", *period) for number, periods in enumerate(regions) for period in periods]
    for region, start, seconds, hours, reservation in used:
        start_at = instant("2026-01-01") + timedelta(seconds=start)
        bounds = {
            "period_start": format_instant(start_at),
            "period_end": format_instant(start_at + timedelta(seconds=seconds)),
        }
        data = {
            **PLACE,
            **bounds,
            "region": region,
            "chip_hours": hours,
            "purchase_option": "spot",
            "reservation_id": reservation,
        }
        log.add("usage.metered", bounds["period_start"], data)
    found = [(row["region"], row["metered_chips"]) for row in log.rows("cloud_usage")]
    for name in {region for region, *_ in used}:
        spread = sum(chips for region, chips in found if region == name) * WEEK_HOURS
        assert spread == pytest.approx(
            sum(hours for region, _, _, hours, _ in used if region == name), rel=1e-9
        )


def test_an_idle_reservation_is_held(log: Log) -> None:
    reserve(log, 10, "2026-01-05", "2026-01-12")
    assert weeks(log, "held_chips") == {FIRST: 10}
    assert weeks(log, "reserved_idle_chips") == {FIRST: 10}
    assert weeks(log, "metered_chips") == {FIRST: 0}


def test_use_inside_a_reservation_is_not_counted_twice(log: Log) -> None:
    reserve(log, 10, "2026-01-05", "2026-01-12")
    meter(log, "2026-01-05", "2026-01-12", 4 * WEEK_HOURS, reservation_id="r1")
    meter(log, "2026-01-05", "2026-01-12", 3 * WEEK_HOURS)
    row = log.row("cloud_usage", "2026-03-02")
    assert (row["metered_chips"], row["reserved_idle_chips"], row["held_chips"]) == (7, 6, 13)


def test_idle_chips_of_one_reservation_do_not_pay_for_the_overuse_of_another(log: Log) -> None:
    reserve(log, 10, "2026-01-05", "2026-01-12")
    reserve(log, 5, "2026-01-05", "2026-01-12", name="r2")
    meter(log, "2026-01-05", "2026-01-12", 8 * WEEK_HOURS, reservation_id="r2")
    row = log.row("cloud_usage", "2026-03-02")
    assert (row["metered_chips"], row["reserved_idle_chips"], row["held_chips"]) == (8, 10, 18)


def test_use_in_a_reservation_that_nobody_scheduled_is_held(log: Log) -> None:
    meter(log, "2026-01-05", "2026-01-12", 8 * WEEK_HOURS, reservation_id="unknown")
    assert weeks(log, "held_chips") == {FIRST: 8}


def test_no_reservation_is_held_after_the_as_of_instant(log: Log) -> None:
    reserve(log, 14, "2026-01-05")
    assert weeks(log, "held_chips", "2026-01-13") == {FIRST: 14, SECOND: 2}


def test_the_peak_is_the_highest_daily_mean(log: Log) -> None:
    reserve(log, 7, "2026-01-08", "2026-01-10")
    meter(log, "2026-01-05", "2026-01-06", 20 * 24)
    meter(log, "2026-01-08", "2026-01-09", 16 * 24)
    assert weeks(log, "peak_chips") == {FIRST: 23}


def test_there_is_no_peak_where_metering_is_coarser_than_a_day(log: Log) -> None:
    meter(log, "2026-01-05", "2026-01-06", 20 * 24)
    meter(log, "2026-01-05", "2026-01-12", 20 * 24)
    assert weeks(log, "peak_chips") == {FIRST: None}


def test_a_monthly_correction_does_not_take_the_peak_away(log: Log) -> None:
    meter(log, "2026-01-05", "2026-01-06", 20 * 24)
    meter(log, "2026-01-05", "2026-01-12", -7 * 24, "usage.adjusted")
    assert weeks(log, "peak_chips") == {FIRST: 19}


def test_the_segment_is_the_payloads_else_the_customers_as_last_described(log: Log) -> None:
    log.add("customer.described", "2026-01-01", {"segment": "old"}, subject="c1")
    log.add("customer.described", "2026-02-01", {"segment": "new"}, subject="c1")
    log.add("customer.described", "2026-02-02", {"country": "DE"}, subject="c1")
    meter(log, "2026-01-05", "2026-01-12", 1)
    meter(log, "2026-01-05", "2026-01-12", 1, segment="own")
    meter(log, "2026-01-05", "2026-01-12", 1, customer_id="nobody")
    assert [row["segment"] for row in log.rows("cloud_usage")] == ["new", "own", "unassigned"]
    assert [row["segment"] for row in log.rows("cloud_usage", "2026-01-20")] == ["old", "own", "unassigned"]


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kolkata"])
def test_the_session_time_zone_shifts_no_week(log: Log, zone: str) -> None:
    meter(log, "2026-01-05", "2026-01-12", 1680)
    reserve(log, 10, "2026-01-05", "2026-01-12")
    expected = log.rows("cloud_usage")
    log.connection.execute(f"SET TimeZone = '{zone}'")
    try:
        assert log.project("cloud_usage") == expected
    finally:
        log.connection.execute("SET TimeZone = 'UTC'")
