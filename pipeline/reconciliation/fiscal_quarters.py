"""The forecast by fiscal quarter: a stock by mean and by peak, a flow by sum, along every path."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.config import Policy
from pipeline.core.clock import week_start
from pipeline.reconciliation.fiscal_calendar import FiscalQuarter, fiscal_quarters_between
from pipeline.reconciliation.joint_paths import (
    JointPaths,
    group_members,
    quantile_columns,
    read_joint_paths,
    stamp_run,
)
from pipeline.schemas.tables import FORECAST_QUARTERS, LEVELS

Array = NDArray[np.float64]
STOCK_UNIT = "chips_held"


@dataclass(frozen=True)
class _Span:
    """The forecast weeks whose Monday lies in one quarter: positions first … last-1."""

    quarter: FiscalQuarter
    first: int
    last: int

    @property
    def weeks(self) -> int:
        return self.last - self.first

    @property
    def is_whole(self) -> bool:
        mondays = range((-self.quarter.start.weekday()) % 7, (self.quarter.end - self.quarter.start).days, 7)
        return self.weeks == len(mondays)


def forecast_quarters(
    paths: pl.DataFrame, *, run_id: str, as_of: datetime, fiscal_calendar: pl.DataFrame, policy: Policy
) -> pl.DataFrame:
    """Turn FORECAST_PATHS into FORECAST_QUARTERS: every level of the hierarchy, per fiscal quarter.

    Quarters at either end hold only the weeks that are forecast (`weeks`; `is_whole` is then false).
    `fiscal_calendar` as for `fiscal_quarters_between`; empty → the policy's calendar.

    Raises:
        TerminalError: series differ in weeks or number of paths, or the calendar cannot be.
    """
    joint = read_joint_paths(paths)
    if joint.keys.is_empty():
        return FORECAST_QUARTERS.empty()
    spans = _spans(joint, fiscal_calendar, policy)
    rows = [
        {**key, "level": level, **row}
        for level in LEVELS
        for key, members in group_members(joint.keys, tuple(level.split("/")))
        for row in _node_rows(joint.values[members].sum(axis=0), spans, is_stock=key["unit"] == STOCK_UNIT)
    ]
    return FORECAST_QUARTERS.select(stamp_run(pl.DataFrame(rows), run_id=run_id, as_of=as_of))


def _spans(joint: JointPaths, fiscal_calendar: pl.DataFrame, policy: Policy) -> list[_Span]:
    mondays = [week_start(day) for day in joint.weeks["period_start"]]
    end = joint.weeks["period_end"][-1]
    quarters = fiscal_quarters_between(mondays[0], end, fiscal_calendar=fiscal_calendar, policy=policy.fiscal)
    spans = []
    for quarter in quarters:
        inside = [n for n, monday in enumerate(mondays) if quarter.start <= monday < quarter.end]
        if inside:
            spans.append(_Span(quarter, inside[0], inside[-1] + 1))
    return spans


def _node_rows(total: Array, spans: list[_Span], *, is_stock: bool) -> list[dict[str, object]]:
    return [
        {
            "period_start": span.quarter.start,
            "period_end": span.quarter.end,
            "fiscal_year": span.quarter.fiscal_year,
            "fiscal_quarter": span.quarter.number,
            "weeks": span.weeks,
            "is_whole": span.is_whole,
            "statistic": statistic,
            "mean": float(values.mean()),
            **{name: float(value) for name, value in quantile_columns(values).items()},
        }
        for span in spans
        for statistic, values in _over_weeks(total[span.first : span.last], is_stock=is_stock)
    ]


def _over_weeks(weeks: Array, *, is_stock: bool) -> list[tuple[str, Array]]:
    if is_stock:
        return [("mean", weeks.mean(axis=0)), ("peak", weeks.max(axis=0))]
    return [("sum", weeks.sum(axis=0))]
