"""What is missing stops the allocation with a message that helps; what is odd is told, never dropped."""

from datetime import date

import polars as pl
import pytest

from pipeline.allocation import AllocationNotPossible
from pipeline.core.errors import TerminalError, UsageError
from pipeline.schemas.tables import ALLOCATION, DATA_QUALITY
from tests.allocation_market import (
    chips,
    codes,
    forecast,
    installed,
    margin,
    margins,
    monday,
    propose,
    supply,
)

DEMAND = forecast({("cloud", "trn2", "east"): [4, 4], ("direct", "trn2", "east"): [4, 4]})
MARGINS = margins(margin("cloud", 1.0), margin("direct", 300.0))
SUPPLY = supply([("trn2", 0, 6)])


def test_without_supply_the_message_names_the_events_that_bring_it() -> None:
    with pytest.raises(AllocationNotPossible, match=r"no supply: .*trn\.supply\.scheduled\.v1") as failure:
        propose(forecast=DEMAND, margins=MARGINS)
    assert "margin" not in str(failure.value)
    assert "forecast does not need them and stands" in str(failure.value)
    assert isinstance(failure.value, TerminalError)


def test_without_supply_and_margins_one_message_names_both() -> None:
    with pytest.raises(AllocationNotPossible, match=r"no supply: .*; no margin: .*trn\.margin\.set\.v1"):
        propose(forecast=DEMAND, supply=supply([]), margins=margins())


def test_margins_in_a_unit_that_does_not_suit_their_channel_are_no_margins() -> None:
    with pytest.raises(AllocationNotPossible, match="no margin"):
        propose(forecast=DEMAND, supply=SUPPLY, margins=margins(margin("cloud", 1.0, unit="chip")))


def test_chips_in_stock_are_supply_enough() -> None:
    stock = pl.DataFrame({"generation": ["trn2", "trn2"], "region": ["east", None], "chips": [2.0, 1.0]})
    result = propose(forecast=DEMAND, inventory=stock, margins=MARGINS)
    assert result.figures.supplied_chips == 3


def test_a_forecast_without_rows_of_the_level_cannot_be_planned() -> None:
    with pytest.raises(AllocationNotPossible, match="level 'channel/generation/region'"):
        propose(forecast=DEMAND.with_columns(level=pl.lit("channel")), supply=SUPPLY, margins=MARGINS)


def test_a_forecast_with_a_week_missing_cannot_be_planned() -> None:
    gap = forecast({("cloud", "trn2", "east"): [1, 1, 1]}).filter(pl.col("period_start") != monday(1))
    with pytest.raises(AllocationNotPossible, match="gapless weeks"):
        propose(forecast=gap, supply=SUPPLY, margins=MARGINS)


def test_a_generation_without_margin_is_left_out_and_its_chips_are_held() -> None:
    demand = forecast({("cloud", "trn2", "east"): [4, 4], ("cloud", "trn3", "east"): [4, 4]})
    result = propose(forecast=demand, supply=supply([("trn2", 0, 2), ("trn3", 0, 2)]), margins=MARGINS)
    assert chips(result, "cloud", generation="trn3") == [0, 0]
    assert any("no cloud margin for trn3 in east" in note for note in result.notes)
    held = result.supply_balance.filter(pl.col("generation") == "trn3")["held_chips"].to_list()
    assert held == [2, 2]


def test_orders_of_a_generation_without_margin_are_no_backlog_of_the_plan() -> None:
    demand = forecast({("direct", "trn2", "east"): [4, 4], ("direct", "other", "east"): [50, 50]})
    result = propose(forecast=demand, supply=SUPPLY, margins=MARGINS)
    assert chips(result, "direct", generation="trn2") == [4, 2]
    assert result.figures.backlog_chips == 2


def test_an_unknown_constraint_is_a_warning_row_and_changes_nothing() -> None:
    odd = pl.DataFrame(
        {"name": ["cloud_cieling"], "value": ["5"], "scope": [None], "valid_from": [date(2020, 1, 1)]}
    )
    result = propose(forecast=DEMAND, supply=SUPPLY, margins=MARGINS, constraints=odd)
    plain = propose(forecast=DEMAND, supply=SUPPLY, margins=MARGINS)
    assert result.allocation.equals(plain.allocation)
    row = result.warnings.filter(pl.col("check_name") == "unknown_constraint").row(0, named=True)
    assert "cloud_cieling" in row["observed"]
    assert (row["table_name"], row["severity"], row["is_passed"]) == ("allocation", "warning", False)
    assert result.warnings.schema == DATA_QUALITY.polars_schema


@pytest.mark.parametrize(
    ("value", "scope"),
    [
        ('"many"', None),
        ("-1", None),
        ("true", None),
        ("[5]", None),
        ("5", '{"segment": "a"}'),
        ("5", "[]"),
        ("x", "{"),
    ],
)
def test_a_floor_that_cannot_be_read_is_told_and_not_followed(value: str, scope: str | None) -> None:
    odd = pl.DataFrame(
        {"name": ["cloud_floor_chips"], "value": [value], "scope": [scope], "valid_from": [date(2020, 1, 1)]},
        schema_overrides={"scope": pl.String},
    )
    result = propose(forecast=DEMAND, supply=SUPPLY, margins=MARGINS, constraints=odd)
    assert "unreadable_constraint" in codes(result)


def test_overdue_supply_counts_for_nothing_and_is_told() -> None:
    late = supply([("trn2", -3, 50), ("trn2", 0, 6)])
    result = propose(forecast=DEMAND, supply=late, margins=MARGINS)
    assert result.figures.supplied_chips == 6
    assert any("50 chips of trn2 were due before 2026-09-07" in note for note in result.notes)


def test_supply_that_nobody_wants_is_held_and_told() -> None:
    result = propose(forecast=DEMAND, supply=supply([("trn2", 0, 6), ("trn9", 0, 5)]), margins=MARGINS)
    assert any("5 chips of trn9" in note for note in result.notes)
    held = result.supply_balance.filter(pl.col("generation") == "trn9")["held_chips"].to_list()
    assert held == [5, 5]


def test_the_same_remark_on_several_places_is_one_remark() -> None:
    demand = forecast({("cloud", "trn2", "east"): [4], ("cloud", "trn2", "west"): [4]})
    notes = propose(forecast=demand, supply=SUPPLY, margins=MARGINS).notes
    assert [note for note in notes if note.startswith("cloud trn2 in east, cloud trn2 in west: no capacity")]


def test_a_cloud_region_without_capacity_is_told() -> None:
    assert "no_capacity" in codes(propose(forecast=DEMAND, supply=SUPPLY, margins=MARGINS))
    with_capacity = propose(forecast=DEMAND, supply=SUPPLY, margins=MARGINS, capacity=installed(east=0))
    assert "no_capacity" not in codes(with_capacity)


def test_warnings_come_before_remarks() -> None:
    many = margins(
        margin("cloud", 1.0, purchase_option="spot"),
        margin("cloud", 2.0, purchase_option="reserved"),
        margin("direct", 300.0, generation="trn3"),
    )
    severities = [r.severity for r in propose(forecast=DEMAND, supply=SUPPLY, margins=many).remarks]
    assert severities == sorted(severities, reverse=True)
    assert set(severities) == {"warning", "info"}


def test_a_missing_column_is_named_with_what_was_got() -> None:
    with pytest.raises(UsageError, match=r"supply: missing column chips_p50; got generation, .*needed"):
        propose(forecast=DEMAND, supply=SUPPLY.drop("chips_p50"), margins=MARGINS)


def test_a_number_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError, match=r"supply\.chips_p50: empty in 1 rows"):
        propose(forecast=DEMAND, supply=SUPPLY.with_columns(chips_p50=pl.lit(float("nan"))), margins=MARGINS)


def test_the_allocation_has_the_declared_columns_for_every_week_and_stream() -> None:
    result = propose(forecast=DEMAND, supply=SUPPLY, margins=MARGINS)
    assert result.allocation.schema == ALLOCATION.polars_schema
    assert result.allocation.height == 2 * 2
    assert result.allocation.select(ALLOCATION.grain).is_unique().all()


def test_the_summary_says_where_the_chips_went_and_what_they_are_worth() -> None:
    summary = propose(forecast=DEMAND, supply=SUPPLY, margins=MARGINS).summary
    assert "6 chips: 4 to the cloud, 2 released to direct orders, 0 held at the end" in summary
    assert (
        "value 3,288 USD in money of the first week: 1,344 cloud, 1,344 cloud beyond the horizon" in summary
    )
