from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from pipeline.core.errors import TerminalError
from pipeline.features import demand_series
from tests.demand_frames import AS_OF, MONDAY, series_history, small_policy

POLICY = small_policy()


def demand_of(history: pl.DataFrame, as_of: datetime = AS_OF) -> list[float | None]:
    return demand_series(history, as_of=as_of, policy=POLICY)["demand_chips"].to_list()


def test_demand_is_what_was_observed_and_what_was_unmet() -> None:
    assert demand_of(series_history([10, 20], unmet=5.0)) == [15.0, 25.0]


def test_a_week_without_a_row_is_zero_demand_and_said_to_be_a_gap() -> None:
    series = demand_series(series_history([10, None, 30]), as_of=AS_OF, policy=POLICY)
    assert series["demand_chips"].to_list() == [10.0, 0.0, 30.0]
    assert series["is_gap"].to_list() == [False, True, False]
    assert series["is_partial"].to_list() == [False, False, False]


def test_weeks_follow_each_other_without_a_hole() -> None:
    series = demand_series(series_history([1, None, None, None, 5]), as_of=AS_OF, policy=POLICY)
    assert series["period_start"].diff().drop_nulls().unique().to_list() == [timedelta(weeks=1)]
    assert (series["period_end"] - series["period_start"]).unique().to_list() == [timedelta(weeks=1)]


def test_a_partial_week_has_no_demand_yet_but_keeps_what_was_observed() -> None:
    history = pl.concat(
        [
            series_history([10, 20], end=MONDAY - timedelta(weeks=1)),
            series_history([3], is_partial=True),
        ]
    )
    series = demand_series(history, as_of=AS_OF, policy=POLICY)
    assert series["demand_chips"].to_list() == [10.0, 20.0, None]
    assert series["demand_observed_chips"].to_list() == [10.0, 20.0, 3.0]


def test_the_running_week_is_left_out() -> None:
    history = series_history([10, 20, 99], end=MONDAY + timedelta(weeks=1))
    assert demand_of(history) == [10.0, 20.0]


def test_a_week_that_ends_at_the_very_instant_is_whole() -> None:
    history = series_history([10, 20])
    assert demand_of(history, datetime(2026, 9, 7, tzinfo=UTC)) == [10.0, 20.0]
    assert demand_of(history, datetime(2026, 9, 6, 23, 59, tzinfo=UTC)) == [10.0]


def test_a_cloud_that_falls_silent_at_once_has_not_reported() -> None:
    history = pl.concat(
        [
            series_history([10, 20], end=MONDAY - timedelta(weeks=2)),
            series_history([1, 2], region="eu-west-1", end=MONDAY - timedelta(weeks=3)),
        ]
    )
    series = demand_series(history, as_of=AS_OF, policy=POLICY)
    home = series.filter(pl.col("region") == "us-east-1")
    other = series.filter(pl.col("region") == "eu-west-1")
    assert home["demand_chips"].to_list() == [10.0, 20.0, None, None]
    assert other["demand_chips"].to_list() == [1.0, 2.0, 0.0, None, None]


def test_a_direct_channel_without_orders_has_no_demand() -> None:
    history = series_history([10, 20], channel="direct", end=MONDAY - timedelta(weeks=2))
    assert demand_of(history) == [10.0, 20.0, 0.0, 0.0]


def test_a_missing_row_in_a_week_that_is_partial_everywhere_is_unknown() -> None:
    history = pl.concat(
        [
            series_history([10, 20], channel="direct", end=MONDAY - timedelta(weeks=1)),
            series_history([5], channel="direct", region="eu-west-1", is_partial=True),
        ]
    )
    series = demand_series(history, as_of=AS_OF, policy=POLICY).filter(pl.col("region") == "us-east-1")
    assert series["demand_chips"].to_list() == [10.0, 20.0, None]
    assert series["is_partial"].to_list() == [False, False, True]


@pytest.mark.parametrize(("silent_weeks", "is_ended"), [(26, False), (27, True)])
def test_a_series_has_ended_after_more_silent_weeks_than_the_policy_allows(
    silent_weeks: int, is_ended: bool
) -> None:
    quiet = series_history([5, 5], channel="direct", end=MONDAY - timedelta(weeks=silent_weeks))
    assert demand_series(quiet, as_of=AS_OF, policy=POLICY)["is_ended"].unique().to_list() == [is_ended]


def test_a_cloud_silent_for_longer_than_that_has_ended_too() -> None:
    quiet = series_history([5, 5], end=MONDAY - timedelta(weeks=60))
    series = demand_series(quiet, as_of=AS_OF, policy=POLICY)
    assert series["is_ended"].all()
    assert series["demand_chips"].null_count() == 0


def test_nothing_that_ends_after_the_instant_is_read() -> None:
    early = datetime(2026, 6, 3, tzinfo=UTC)
    history = series_history(range(1, 60))
    known = history.filter(pl.col("period_end") <= date(2026, 6, 1))
    changed = history.with_columns(
        pl.when(pl.col("period_end") > date(2026, 6, 1))
        .then(pl.lit(1e9))
        .otherwise("demand_observed_chips")
        .alias("demand_observed_chips")
    )
    expected = demand_series(known, as_of=early, policy=POLICY)
    assert demand_series(changed, as_of=early, policy=POLICY).equals(expected)


def test_capacity_of_a_gap_comes_from_the_site() -> None:
    history = pl.concat(
        [
            series_history([1, None, 3], sellable=50.0),
            series_history([1, 1, 1], segment="internal", sellable=70.0),
        ]
    )
    series = demand_series(history, as_of=AS_OF, policy=POLICY).filter(pl.col("segment") == "startup")
    assert series["sellable_chips"].to_list() == [50.0, 70.0, 50.0]


def test_two_rows_for_one_week_are_refused_with_the_place() -> None:
    history = pl.concat([series_history([1, 2]), series_history([3])])
    with pytest.raises(TerminalError, match="two rows for cloud / startup / trn2 / us-east-1 in the week"):
        demand_series(history, as_of=AS_OF, policy=POLICY)


def test_a_missing_column_is_named() -> None:
    with pytest.raises(TerminalError, match="lacks unmet_chips"):
        demand_series(series_history([1]).drop("unmet_chips"), as_of=AS_OF, policy=POLICY)


def test_no_history_gives_no_series() -> None:
    series = demand_series(series_history([1]).clear(), as_of=AS_OF, policy=POLICY)
    assert series.is_empty()
    assert "demand_chips" in series.columns
