"""Fiscal years and their quarters: as stated by calendar events, else by the policy."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

import polars as pl

from pipeline.config.policy import FiscalPolicy
from pipeline.core.errors import TerminalError

MONTHLY = "monthly"
PATTERNS = ("4-4-5", "4-5-4", "5-4-4", MONTHLY)
_QUARTER_WEEKS = 13
_YEAR_WEEKS = 52
_LONG_YEAR_DAYS = 373
_MONTHS = 12


@dataclass(frozen=True)
class FiscalQuarter:
    """One quarter; `end` is the day after its last day."""

    fiscal_year: str
    number: int
    start: date
    end: date


@dataclass(frozen=True)
class _Year:
    name: str
    start: date
    pattern: str


def fiscal_quarters_between(
    start: date, end: date, *, fiscal_calendar: pl.DataFrame, policy: FiscalPolicy
) -> list[FiscalQuarter]:
    """List the quarters that meet [start, end), in order and without gaps.

    `fiscal_calendar`: fiscal_year, start_date, pattern; empty → the policy's default. Patterns of weeks
    differ in their months, not in their quarters: 13 weeks each, the fourth longer where the next year
    starts a week later. Years after the last stated one continue its pattern; before the first, the policy
    holds.

    Raises:
        TerminalError: an unknown pattern, or years that start on the same day.
    """
    years = _without_holes(_stated_years(fiscal_calendar))
    if not years:
        years = _policy_years(start, end, policy)
    elif start < years[0].start:
        stated = years[0].start
        years = [*(year for year in _policy_years(start, stated, policy) if year.start < stated), *years]
    while years[-1].start < end:
        years.append(_following(years[-1]))
    quarters = [quarter for year, after in pairwise(years) for quarter in _quarters(year, after.start)]
    return [quarter for quarter in quarters if quarter.start < end and quarter.end > start]


def _stated_years(fiscal_calendar: pl.DataFrame) -> list[_Year]:
    rows = fiscal_calendar.select("fiscal_year", "start_date", "pattern").sort("start_date", "fiscal_year")
    years = [_Year(str(name), start, pattern) for name, start, pattern in rows.iter_rows()]
    for year in years:
        if year.pattern not in PATTERNS:
            raise TerminalError(
                f"fiscal year {year.name}: pattern {year.pattern!r}; allowed are {', '.join(PATTERNS)}"
            )
    for year, after in pairwise(years):
        if year.start == after.start:
            raise TerminalError(
                f"fiscal years {year.name} and {after.name} both start on {year.start}: correct one"
            )
    return years


def _without_holes(stated: list[_Year]) -> list[_Year]:
    """Put the years that follow from a stated one where the next stated one is more than a year away."""
    years: list[_Year] = []
    for year in stated:
        while years and (year.start - years[-1].start).days > _LONG_YEAR_DAYS:
            years.append(_following(years[-1]))
        years.append(year)
    return years


def _policy_years(start: date, end: date, policy: FiscalPolicy) -> list[_Year]:
    """Years of the policy from one that begins by `start` to the first that begins at `end` or after."""
    if policy.pattern not in PATTERNS:
        raise TerminalError(f"policy fiscal.pattern {policy.pattern!r}; allowed are {', '.join(PATTERNS)}")
    number = start.year
    while _policy_start(number, policy) > start:
        number -= 1
    years: list[_Year] = []
    while not years or years[-1].start < end:
        named = number if policy.year_start_month == 1 else number + 1
        years.append(_Year(str(named), _policy_start(number, policy), policy.pattern))
        number += 1
    return years


def _policy_start(year: int, policy: FiscalPolicy) -> date:
    """First day of a policy year: the first of its month; for patterns of weeks the nearest Monday."""
    first = date(year, policy.year_start_month, 1)
    if policy.pattern == MONTHLY:
        return first
    return first - timedelta(days=first.weekday()) + timedelta(days=7 if first.weekday() > 3 else 0)  # noqa: PLR2004


def _following(year: _Year) -> _Year:
    if year.pattern == MONTHLY:
        return _Year(_next_name(year.name), _add_months(year.start, _MONTHS), year.pattern)
    return _Year(_next_name(year.name), year.start + timedelta(weeks=_YEAR_WEEKS), year.pattern)


def _next_name(name: str) -> str:
    digits = re.search(r"\d+$", name)
    if not digits:
        return f"{name}+1"
    return f"{name[: digits.start()]}{int(digits.group()) + 1:0{len(digits.group())}d}"


def _quarters(year: _Year, next_start: date) -> list[FiscalQuarter]:
    """Split a year that lasts until the next one starts."""
    if year.pattern == MONTHLY:
        starts = [_add_months(year.start, 3 * quarter) for quarter in range(4)]
    else:
        starts = [year.start + timedelta(weeks=_QUARTER_WEEKS * quarter) for quarter in range(4)]
    starts = [start for start in starts if start < next_start]
    ends = [*starts[1:], next_start]
    return [
        FiscalQuarter(year.name, number, start, end)
        for number, (start, end) in enumerate(zip(starts, ends, strict=True), start=1)
    ]


def _add_months(day: date, months: int) -> date:
    total = day.year * _MONTHS + day.month - 1 + months
    year, month = divmod(total, _MONTHS)
    last = (date(year + month // 11, (month + 1) % _MONTHS + 1, 1) - timedelta(days=1)).day
    return date(year, month + 1, min(day.day, last))
