"""Floors, contracts, frozen weeks and backlog: what binds the split, and what is told when it cannot hold."""

from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest

from pipeline.allocation import AllocationResult
from tests.allocation_market import (
    chips,
    codes,
    forecast,
    installed,
    margin,
    margins,
    monday,
    policy,
    prices,
    propose,
    supply,
)

CLOUD, DIRECT = ("cloud", "trn2", "east"), ("direct", "trn2", "east")
SALES_PAY = margins(margin("cloud", 0.1), margin("direct", 500.0))
EAST = '{"generation": "trn2", "region": "east"}'
SIX = supply([("trn2", 0, 6)])


def floor(value: float, scope: str | None = EAST, **valid: Any) -> pl.DataFrame:
    row = {"name": "cloud_floor_chips", "value": str(value), "scope": scope, "valid_from": date(2020, 1, 1)}
    return pl.DataFrame([row | valid], schema_overrides={"scope": pl.String})


def contract(**changes: Any) -> dict[str, Any]:
    return {
        "contract_id": "c-1",
        "channel": "cloud",
        "generation": "trn2",
        "region": "east",
        "basis": "stock",
        "start_at": monday(0),
        "end_at": monday(2),
        "chips": 3.0,
        "penalty_per_chip": 1000.0,
        "currency": "USD",
    } | changes


def plan(**frames: Any) -> AllocationResult:
    defaults = {
        "forecast": forecast({CLOUD: [6, 6], DIRECT: [6, 0]}),
        "supply": SIX,
        "margins": SALES_PAY,
        "capacity": installed(east=0),
    }
    return propose(**(defaults | frames))


def test_without_a_floor_the_better_margin_takes_all() -> None:
    assert (chips(plan(), "cloud"), chips(plan(), "direct")) == ([0, 0], [6, 0])


def test_a_floor_keeps_chips_for_the_cloud() -> None:
    result = plan(constraints=floor(4))
    assert (chips(result, "cloud"), chips(result, "direct")) == ([4, 0], [2, 0])
    assert result.figures.floor_missing_chips == 0


def test_chips_already_installed_count_towards_a_floor() -> None:
    assert sum(chips(plan(constraints=floor(4), capacity=installed(east=3)), "cloud")) == 1


def test_a_floor_binds_only_in_its_weeks() -> None:
    result = plan(constraints=floor(4, valid_from=monday(1)), supply=supply([("trn2", 0, 2), ("trn2", 1, 4)]))
    assert chips(result, "cloud") == [0, 4]


def test_a_floor_that_has_ended_binds_no_more() -> None:
    assert chips(plan(constraints=floor(4, valid_to=monday(0))), "cloud") == [0, 0]


def test_a_floor_over_regions_may_be_met_in_any() -> None:
    west = ("cloud", "trn2", "west")
    paid = margins(margin("cloud", 0.1), margin("cloud", 0.2, region="west"), margin("direct", 500.0))
    result = plan(
        forecast=forecast({CLOUD: [6, 6], west: [6, 6], DIRECT: [6, 0]}),
        margins=paid,
        constraints=floor(4, '{"generation": "trn2"}'),
        capacity=installed(east=0, west=0),
    )
    assert (sum(chips(result, "cloud", "east")), sum(chips(result, "cloud", "west"))) == (0, 4)


def test_a_floor_above_the_supply_takes_what_there_is_and_is_told_as_missed() -> None:
    result = plan(constraints=floor(10))
    assert (chips(result, "cloud"), chips(result, "direct")) == ([6, 0], [0, 0])
    assert result.figures.floor_missing_chips == 4
    told = [note for note in result.notes if "conflicts with the supply" in note]
    assert told
    assert "cloud_floor_chips = 10 for trn2 in east" in told[0]
    assert "by up to 4 chips" in told[0]


def test_a_missed_floor_does_not_blow_up_the_shadow_price() -> None:
    assert max(prices(plan(constraints=floor(10)))) <= 500.0 + 1e-3


def test_a_floor_holds_even_where_the_cloud_has_no_margin() -> None:
    result = plan(margins=margins(margin("direct", 500.0)), constraints=floor(4))
    assert (chips(result, "cloud"), chips(result, "direct")) == ([4, 0], [2, 0])


def test_a_contract_wins_while_its_penalty_is_higher_than_the_margin() -> None:
    owed = pl.DataFrame([contract(penalty_per_chip=1000.0)])
    result = plan(contracts=owed)
    assert (chips(result, "cloud"), chips(result, "direct")) == ([3, 0], [3, 0])
    assert result.figures.penalties == 0.0


def test_a_contract_is_broken_where_the_sale_earns_more_and_the_penalty_is_counted() -> None:
    # A cloud chip earns 4 weeks x 16.80 on top of the penalty it saves: 400 + 67.20 < 500.
    result = plan(contracts=pl.DataFrame([contract(penalty_per_chip=400.0)]))
    assert (chips(result, "cloud"), chips(result, "direct")) == ([0, 0], [6, 0])
    assert result.figures.penalties == pytest.approx(3 * 400.0)
    assert result.figures.value == pytest.approx(6 * 500.0 - 3 * 400.0)
    assert any("contract c-1: 3 of 3 chips" in note for note in result.notes)


def test_two_contracts_for_one_stock_need_the_chips_of_both() -> None:
    owed = pl.DataFrame([contract(), contract(contract_id="c-2", region=None, chips=2.0)])
    assert sum(chips(plan(contracts=owed), "cloud")) == 5


def test_a_flow_contract_takes_installs_of_its_own_weeks() -> None:
    owed = pl.DataFrame([contract(basis="flow", start_at=monday(1), end_at=monday(2))])
    assert chips(plan(contracts=owed), "cloud") == [0, 3]


def test_no_chip_counts_for_two_flow_contracts() -> None:
    terms = contract(basis="flow", channel="direct", chips=2.0)
    owed = pl.DataFrame([terms, terms | {"contract_id": "c-2"}])
    paid = margins(margin("cloud", 1.0), margin("direct", 1.0))
    result = plan(contracts=owed, margins=paid)
    assert sum(chips(result, "direct")) == 4


def test_a_direct_contract_beyond_the_orders_can_be_served() -> None:
    owed = pl.DataFrame([contract(basis="flow", channel="direct", chips=4.0)])
    result = plan(forecast=forecast({CLOUD: [6, 6], DIRECT: [1, 0]}), contracts=owed)
    assert sum(chips(result, "direct")) == 4


def test_a_direct_contract_of_any_region_is_served_where_orders_are() -> None:
    owed = pl.DataFrame([contract(basis="flow", channel="direct", region=None, chips=4.0)])
    paid = margins(margin("cloud", 1.0), margin("direct", 1.0))
    result = plan(contracts=owed, margins=paid)
    released = result.allocation.filter(pl.col("channel") == "direct")["chips"].sum()
    assert released == 4


def test_a_flow_contract_that_began_earlier_is_owed_in_proportion() -> None:
    owed = pl.DataFrame([contract(basis="flow", start_at=monday(-2), chips=4.0)])
    assert sum(chips(plan(contracts=owed), "cloud")) == 2


def test_a_penalty_in_other_money_is_converted_or_told() -> None:
    owed = pl.DataFrame([contract(penalty_per_chip=400.0, currency="EUR")])
    fx = pl.DataFrame(
        [{"currency_from": "EUR", "currency_to": "USD", "rate": 2.0, "valid_from": date(2020, 1, 1)}]
    )
    assert sum(chips(plan(contracts=owed, fx=fx), "cloud")) == 3
    without = plan(contracts=owed)
    assert sum(chips(without, "cloud")) == 0
    assert "contract_no_rate" in codes(without)


def test_a_stock_in_the_direct_channel_is_no_contract_that_can_be_planned() -> None:
    assert "contract_kind" in codes(plan(contracts=pl.DataFrame([contract(channel="direct")])))


def approved(rows: list[tuple[int, str, int]]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "period_start": monday(week),
                "generation": "trn2",
                "channel": channel,
                "region": "east",
                "chips": amount,
            }
            for week, channel, amount in rows
        ]
    )


def test_frozen_weeks_keep_the_approved_decisions() -> None:
    result = plan(
        approved=approved([(0, "cloud", 5), (0, "direct", 0), (1, "cloud", 0)]), policy=policy(frozen_weeks=1)
    )
    assert (chips(result, "cloud"), chips(result, "direct")) == ([5, 0], [0, 1])
    frozen = result.allocation.sort("period_start", "channel")["is_frozen"].to_list()
    assert frozen == [True, True, False, False]


def test_beyond_the_frozen_weeks_the_plan_is_free() -> None:
    result = plan(approved=approved([(0, "cloud", 5)]), policy=policy(frozen_weeks=0))
    assert chips(result, "direct") == [6, 0]
    assert not result.allocation["is_frozen"].any()


def test_a_frozen_release_stands_though_the_demand_fell() -> None:
    result = plan(forecast=forecast({CLOUD: [6, 6], DIRECT: [1, 0]}), approved=approved([(0, "direct", 4)]))
    assert chips(result, "direct") == [4, 0]


def test_a_frozen_decision_without_the_chips_for_it_is_told() -> None:
    result = plan(approved=approved([(0, "cloud", 9)]), policy=policy(frozen_weeks=1))
    assert chips(result, "cloud")[0] == 6
    assert any(
        "approved installs of trn2 in east conflict with the supply: 3 chips" in n for n in result.notes
    )
    assert max(prices(result)) <= 500.0 + 1e-3


def test_a_frozen_decision_goes_before_a_floor() -> None:
    result = plan(approved=approved([(0, "direct", 5)]), constraints=floor(4), policy=policy(frozen_weeks=1))
    assert chips(result, "direct")[0] == 5
    assert result.figures.floor_missing_chips == 4
    assert chips(result, "cloud") == [0, 1]


def order(chips_open: float, requested: date | None, **changes: Any) -> dict[str, Any]:
    return {
        "generation": "trn2",
        "region": "east",
        "placed_at": datetime(2026, 8, 1, tzinfo=UTC),
        "chips_ordered": chips_open,
        "chips_cancelled": 0.0,
        "chips_open": chips_open,
        "requested_date": requested,
    } | changes


def test_backlog_is_due_in_the_week_it_was_requested_for_or_at_once() -> None:
    book = pl.DataFrame([order(1, monday(1)), order(2, date(2026, 1, 1)), order(3, None, region=None)])
    result = plan(forecast=forecast({DIRECT: [0, 0]}), order_book=book)
    assert chips(result, "direct") == [2, 1]
    assert chips(result, "direct", "unassigned") == [3, 0]


def test_backlog_without_a_requested_date_is_due_when_it_was_promised() -> None:
    book = pl.DataFrame(
        [order(2, None, promised_date=monday(1)), order(3, monday(0), promised_date=monday(1))]
    )
    result = plan(forecast=forecast({DIRECT: [0, 0]}), order_book=book)
    assert chips(result, "direct") == [3, 2]


def test_backlog_wanted_after_the_horizon_is_not_planned_but_told() -> None:
    book = pl.DataFrame([order(5, monday(30))])
    result = plan(forecast=forecast({DIRECT: [0, 0]}), order_book=book)
    assert chips(result, "direct") == [0, 0]
    assert any("5 chips on order are wanted after" in note for note in result.notes)


def test_orders_that_are_not_served_wait_and_are_served_later() -> None:
    result = plan(forecast=forecast({DIRECT: [5, 0, 0]}), supply=supply([("trn2", 0, 2), ("trn2", 2, 9)]))
    assert chips(result, "direct") == [2, 0, 3]
    rows = result.allocation.filter(pl.col("channel") == "direct").sort("period_start")
    assert rows["demand_chips"].to_list() == [5, 3, 3]
    assert rows["served_chips"].to_list() == [2, 0, 3]
    assert result.figures.backlog_chips == 0


def test_lumpy_orders_count_with_their_means_as_they_wait_and_add_up() -> None:
    lumpy = forecast({DIRECT: [0, 0]}).with_columns(mean=pl.lit(2.0))
    result = plan(forecast=lumpy)
    assert sum(chips(result, "direct")) == 4
    assert "direct_mean" in codes(result)


def test_the_cloud_is_planned_by_its_median() -> None:
    skewed = forecast({CLOUD: [2, 2]}).with_columns(mean=pl.lit(5.0))
    assert sum(chips(plan(forecast=skewed), "cloud")) == 2


def test_orders_placed_in_the_running_week_are_not_counted_twice() -> None:
    running = order(2, monday(0), placed_at=datetime(2026, 9, 8, tzinfo=UTC))
    result = plan(forecast=forecast({DIRECT: [5, 0]}), order_book=pl.DataFrame([running]))
    assert sum(chips(result, "direct")) == 5
