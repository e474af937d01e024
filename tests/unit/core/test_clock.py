from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.clock import format_instant, parse_instant, week_start
from pipeline.core.errors import UsageError

instants = st.datetimes(datetime(2000, 1, 1), datetime(2199, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


@given(instants)
def test_an_instant_survives_being_written_and_read(instant: datetime) -> None:
    assert parse_instant(format_instant(instant)) == instant


def test_offsets_are_brought_to_utc() -> None:
    assert parse_instant("2026-09-07T02:30:00+02:30") == datetime(2026, 9, 7, tzinfo=UTC)


def test_nanoseconds_are_cut_to_microseconds() -> None:
    assert parse_instant("2026-09-07T00:00:00.123456789Z").microsecond == 123456


@pytest.mark.parametrize(
    "text",
    [
        "2026-09-07T00:00:00",
        "2026-09-07",
        "2026-02-30T00:00:00Z",
        "1999-12-31T23:59:59Z",
        "10000-01-01T00:00:00Z",
        "2200-01-01T00:00:00Z",
        "2026-09-07T24:00:00Z",
        "yesterday",
        "",
    ],
)
def test_what_is_no_instant_of_ours_is_refused_by_name(text: str) -> None:
    with pytest.raises(UsageError, match=text or "no instant"):
        parse_instant(text)


@given(st.dates())
def test_a_week_starts_on_the_monday_at_or_before(day: date) -> None:
    start = week_start(day) if day >= date(1, 1, 8) else None
    if start is not None:
        assert start.weekday() == 0
        assert 0 <= (day - start).days <= 6


def test_an_instant_counts_by_its_utc_day() -> None:
    assert week_start(parse_instant("2026-09-06T23:30:00-02:00")) == date(2026, 9, 7)
