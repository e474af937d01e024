import itertools
from datetime import date, timedelta

import polars as pl
import pytest

from pipeline.config.policy import FiscalPolicy
from pipeline.core.errors import TerminalError
from pipeline.reconciliation.fiscal_calendar import FiscalQuarter, fiscal_quarters_between

POLICY = FiscalPolicy(pattern="monthly", year_start_month=1)
NONE_STATED: list[tuple[str, date, str]] = []


def quarters(
    start: date, end: date, stated: list[tuple[str, date, str]] = NONE_STATED, policy: FiscalPolicy = POLICY
) -> list[FiscalQuarter]:
    calendar = pl.DataFrame(
        stated,
        schema={"fiscal_year": pl.String, "start_date": pl.Date, "pattern": pl.String},
        orient="row",
    )
    return fiscal_quarters_between(start, end, fiscal_calendar=calendar, policy=policy)


def test_without_events_quarters_are_those_of_the_policy() -> None:
    found = quarters(date(2026, 9, 7), date(2027, 2, 1))
    assert [(q.fiscal_year, q.number, q.start, q.end) for q in found] == [
        ("2026", 3, date(2026, 7, 1), date(2026, 10, 1)),
        ("2026", 4, date(2026, 10, 1), date(2027, 1, 1)),
        ("2027", 1, date(2027, 1, 1), date(2027, 4, 1)),
    ]


def test_a_year_that_begins_in_february_is_named_after_the_year_it_ends_in() -> None:
    found = quarters(date(2026, 1, 5), date(2026, 3, 2), policy=FiscalPolicy("monthly", 2))
    assert [(q.fiscal_year, q.number) for q in found] == [("2026", 4), ("2027", 1)]


@pytest.mark.parametrize("pattern", ["4-4-5", "4-5-4", "5-4-4"])
def test_patterns_of_weeks_have_quarters_of_thirteen_weeks(pattern: str) -> None:
    found = quarters(date(2026, 2, 2), date(2027, 1, 25), [("FY2026", date(2026, 2, 2), pattern)])
    assert [q.number for q in found] == [1, 2, 3, 4]
    assert {q.end - q.start for q in found} == {timedelta(weeks=13)}


def test_the_fourth_quarter_takes_the_fifty_third_week() -> None:
    stated = [("FY26", date(2026, 2, 2), "4-4-5"), ("FY27", date(2027, 2, 8), "4-4-5")]
    last = quarters(date(2026, 2, 2), date(2027, 2, 8), stated)[-1]
    assert (last.number, last.end - last.start) == (4, timedelta(weeks=14))


def test_years_after_the_last_stated_one_continue_it() -> None:
    found = quarters(date(2026, 2, 2), date(2028, 2, 1), [("FY09", date(2026, 2, 1), "monthly")])
    assert [q.fiscal_year for q in found[::4]] == ["FY09", "FY10"]
    assert found[-1].end == date(2028, 2, 1)


def test_a_year_left_out_between_stated_ones_is_filled() -> None:
    stated = [("2026", date(2026, 1, 1), "monthly"), ("2028", date(2028, 1, 1), "monthly")]
    found = quarters(date(2026, 1, 5), date(2028, 3, 6), stated)
    assert [(q.fiscal_year, q.number) for q in found] == [
        *(("2026", n) for n in range(1, 5)),
        *(("2027", n) for n in range(1, 5)),
        ("2028", 1),
    ]


@pytest.mark.parametrize(
    ("stated", "policy"),
    [
        (NONE_STATED, POLICY),
        (NONE_STATED, FiscalPolicy("4-4-5", 10)),
        ([("FY27", date(2027, 2, 1), "4-5-4")], FiscalPolicy("monthly", 7)),
        ([("FY20", date(2020, 1, 31), "monthly")], POLICY),
    ],
)
def test_quarters_follow_each_other_without_gap_or_overlap(
    stated: list[tuple[str, date, str]], policy: FiscalPolicy
) -> None:
    start, end = date(2026, 9, 7), date(2031, 9, 1)
    found = quarters(start, end, stated, policy)
    assert found[0].start <= start
    assert found[-1].end >= end
    for one, after in itertools.pairwise(found):
        assert one.end == after.start
        assert one.start < one.end


def test_an_unknown_pattern_is_refused() -> None:
    with pytest.raises(TerminalError, match="pattern '4-4-4'; allowed are 4-4-5"):
        quarters(date(2026, 1, 1), date(2026, 2, 1), [("2026", date(2026, 1, 1), "4-4-4")])


def test_two_years_that_start_together_are_refused() -> None:
    stated = [("2026", date(2026, 1, 1), "monthly"), ("FY26", date(2026, 1, 1), "monthly")]
    with pytest.raises(TerminalError, match="both start on 2026-01-01"):
        quarters(date(2026, 1, 1), date(2026, 2, 1), stated)
