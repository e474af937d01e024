from datetime import date

import polars as pl

from pipeline.reconciliation import forecast_quarters
from pipeline.schemas.tables import FORECAST_QUARTERS
from tests.demand_frames import AS_OF, paths_frame, small_policy

CALENDAR = pl.DataFrame(schema={"fiscal_year": pl.String, "start_date": pl.Date, "pattern": pl.String})


def quarters_of(paths: pl.DataFrame, calendar: pl.DataFrame = CALENDAR) -> pl.DataFrame:
    return forecast_quarters(
        paths, run_id="run", as_of=AS_OF, fiscal_calendar=calendar, policy=small_policy()
    )


def weekly(value: float, weeks: int) -> list[list[float]]:
    return [[value * (week + 1), value * (weeks - week)] for week in range(weeks)]


def test_a_stock_is_given_by_mean_and_peak_and_a_flow_by_its_sum() -> None:
    quarters = quarters_of(
        paths_frame(
            {
                ("cloud", "s", "trn2", "us"): weekly(1.0, 3),
                ("direct", "s", "trn2", "us"): weekly(10.0, 3),
            }
        )
    )
    top = quarters.filter(pl.col("level") == "channel")
    assert top.select("channel", "statistic", "mean").rows() == [
        ("cloud", "mean", 2.0),
        ("cloud", "peak", 3.0),
        ("direct", "sum", 60.0),
    ]


def test_the_peak_is_taken_along_each_path_not_over_the_medians() -> None:
    quarters = quarters_of(
        paths_frame({("cloud", "s", "trn2", "us"): [[9, 0, 0], [0, 9, 0], [0, 0, 9]]})
    ).filter(pl.col("level") == "channel", pl.col("statistic") == "peak")
    assert quarters["p50"].item() == 9.0


def test_a_week_belongs_to_the_quarter_of_its_monday() -> None:
    quarters = quarters_of(paths_frame({("direct", "s", "trn2", "us"): [[1.0, 1.0]] * 18}))
    top = quarters.filter(pl.col("level") == "channel")
    assert top.select("fiscal_year", "fiscal_quarter", "weeks", "is_whole", "mean").rows() == [
        ("2026", 3, 4, False, 4.0),
        ("2026", 4, 13, True, 13.0),
        ("2027", 1, 1, False, 1.0),
    ]


def test_stated_fiscal_years_overrule_the_policy() -> None:
    calendar = pl.DataFrame(
        {"fiscal_year": ["FY27"], "start_date": [date(2026, 9, 7)], "pattern": ["4-4-5"]},
        schema=CALENDAR.schema,
    )
    quarters = quarters_of(paths_frame({("direct", "s", "trn2", "us"): [[1.0, 1.0]] * 18}), calendar)
    top = quarters.filter(pl.col("level") == "channel")
    assert top.select("fiscal_year", "fiscal_quarter", "weeks", "is_whole").rows() == [
        ("FY27", 1, 13, True),
        ("FY27", 2, 5, False),
    ]


def test_the_grain_is_unique_and_the_columns_are_declared(two_by_two: pl.DataFrame) -> None:
    quarters = quarters_of(two_by_two)
    assert quarters.schema == FORECAST_QUARTERS.polars_schema
    assert not quarters.select(FORECAST_QUARTERS.grain).is_duplicated().any()
