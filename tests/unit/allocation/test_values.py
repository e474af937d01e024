"""What a chip is worth, by hand: a stock earns every week, a flow once, nothing beyond its demand."""

import pytest

from tests.allocation_market import (
    chips,
    codes,
    forecast,
    installed,
    margin,
    margins,
    policy,
    prices,
    propose,
    supply,
)

ONE_EACH = {("cloud", "trn2", "east"): [1, 1], ("direct", "trn2", "east"): [1, 0]}
CLOUD_WEEK = 168.0  # one chip-hour of 1.00 at full utilisation


def split(cloud: float, direct: float, **changes: object) -> tuple[list[int], list[int], float]:
    result = propose(
        forecast=forecast(ONE_EACH),
        supply=supply([("trn2", 0, 1)]),
        margins=margins(margin("cloud", cloud), margin("direct", direct)),
        policy=policy(**changes),
    )
    return chips(result, "cloud"), chips(result, "direct"), result.figures.value


def test_one_chip_in_the_cloud_earns_in_every_week_of_its_life() -> None:
    assert split(1.0, 0.0, useful_life_weeks=2) == ([1, 0], [0, 0], pytest.approx(2 * CLOUD_WEEK))


def test_one_direct_chip_earns_once() -> None:
    assert split(0.0, 500.0) == ([0, 0], [1, 0], pytest.approx(500.0))


def test_the_chip_goes_to_the_cloud_only_where_its_whole_life_earns_more_than_the_sale() -> None:
    life = 4 * CLOUD_WEEK
    assert split(1.0, life - 1)[:2] == ([1, 0], [0, 0])
    assert split(1.0, life + 1)[:2] == ([0, 0], [1, 0])


def test_utilisation_lowers_what_a_cloud_chip_earns() -> None:
    assert split(1.0, 0.0, utilisation=0.5)[2] == pytest.approx(4 * CLOUD_WEEK * 0.5)


def test_life_beyond_the_horizon_is_discounted_week_by_week() -> None:
    result = propose(
        forecast=forecast(ONE_EACH),
        supply=supply([("trn2", 0, 1)]),
        margins=margins(margin("cloud", 1.0)),
        policy=policy(discount_rate_year=0.10, useful_life_weeks=5),
    )
    week = [CLOUD_WEEK * 1.10 ** (-t * 7 / 365.25) for t in range(5)]
    assert result.figures.horizon_value == pytest.approx(week[0] + week[1], rel=1e-9)
    assert result.figures.terminal_value == pytest.approx(week[2] + week[3] + week[4], rel=1e-9)
    assert prices(result) == pytest.approx([0.0, 0.0], abs=0.1)


def test_a_life_that_ends_within_the_horizon_earns_nothing_after_it() -> None:
    result = propose(
        forecast=forecast({("cloud", "trn2", "east"): [1, 1, 1, 1]}),
        supply=supply([("trn2", 0, 1)]),
        margins=margins(margin("cloud", 1.0)),
        policy=policy(useful_life_weeks=2),
    )
    assert result.figures.value == pytest.approx(2 * CLOUD_WEEK)
    assert result.allocation.sort("period_start")["served_chips"].to_list() == [1, 1, 0, 0]


def test_a_chip_in_use_counts_against_the_last_week_s_demand_beyond_the_horizon() -> None:
    result = propose(
        forecast=forecast({("cloud", "trn2", "east"): [5, 2]}),
        supply=supply([("trn2", 0, 5)]),
        margins=margins(margin("cloud", 1.0)),
        policy=policy(useful_life_weeks=3),
    )
    # At once, all five earn week 0 and two of them week 1 and the week beyond. One or two installed a week
    # later would earn the week after, too, but lose the first: all the same to two chips, so the early one.
    assert result.figures.value == pytest.approx((5 + 2 + 2) * CLOUD_WEEK)


def test_installed_chips_serve_first_and_only_the_gap_is_installed() -> None:
    result = propose(
        forecast=forecast({("cloud", "trn2", "east"): [10, 12]}),
        supply=supply([("trn2", 0, 9)]),
        margins=margins(margin("cloud", 1.0)),
        capacity=installed(east=10),
    )
    assert chips(result, "cloud") == [0, 2]
    assert result.supply_balance["held_chips"].to_list() == [9, 7]
    assert "no_capacity" not in codes(result)


def test_chips_beyond_all_demand_are_held_and_worth_nothing() -> None:
    result = propose(
        forecast=forecast(ONE_EACH),
        supply=supply([("trn2", 0, 10)]),
        margins=margins(margin("cloud", 1.0), margin("direct", 500.0)),
    )
    assert (chips(result, "cloud"), chips(result, "direct")) == ([1, 0], [1, 0])
    assert result.supply_balance["held_chips"].to_list() == [8, 8]
    assert prices(result) == pytest.approx([0.0, 0.0], abs=0.1)


def test_a_chip_that_loses_money_is_not_sold() -> None:
    assert split(-1.0, -5.0) == ([0, 0], [0, 0], pytest.approx(0.0))


def test_what_arrives_later_is_not_given_earlier() -> None:
    result = propose(
        forecast=forecast({("direct", "trn2", "east"): [5, 0, 0]}),
        supply=supply([("trn2", 1, 2), ("trn2", 2, 1)]),
        margins=margins(margin("direct", 500.0)),
    )
    assert chips(result, "direct") == [0, 2, 1]


def test_a_shadow_price_stands_in_money_of_the_first_week() -> None:
    result = propose(
        forecast=forecast({("direct", "trn2", "east"): [9, 0, 0]}),
        supply=supply([("trn2", 0, 1)]),
        margins=margins(margin("direct", 1000.0)),
        policy=policy(discount_rate_year=0.10),
    )
    assert prices(result) == pytest.approx([1000.0 * 1.10 ** (-t * 7 / 365.25) for t in range(3)], rel=1e-5)
