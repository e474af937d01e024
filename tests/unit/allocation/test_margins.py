"""Which margin counts when, and in which money."""

from datetime import date
from typing import Any

import numpy as np
import polars as pl
import pytest

from pipeline.allocation import AllocationResult
from tests.allocation_market import (
    codes,
    forecast,
    installed,
    margin,
    margins,
    monday,
    policy,
    propose,
    supply,
)

WEEK_HOURS = 168.0


def cloud_earnings(*rows: dict[str, Any], fx: pl.DataFrame | None = None) -> AllocationResult:
    """One chip, installed before, in use for two weeks."""
    return propose(
        forecast=forecast({("cloud", "trn2", "east"): [1, 1]}),
        supply=supply([("trn2", 0, 0)]),
        capacity=installed(east=1),
        margins=margins(*rows),
        fx=fx,
        policy=policy(useful_life_weeks=1),
    )


def rate(have: str, want: str, value: float, valid_from: date = date(2020, 1, 1)) -> dict[str, Any]:
    return {"currency_from": have, "currency_to": want, "rate": value, "valid_from": valid_from}


def hours(result: AllocationResult) -> float:
    return result.figures.value / WEEK_HOURS


def test_a_margin_counts_from_the_week_in_which_it_becomes_valid() -> None:
    result = cloud_earnings(margin("cloud", 1.0), margin("cloud", 3.0, valid_from=monday(1)))
    assert hours(result) == pytest.approx(1.0 + 3.0)


def test_a_margin_ends_with_its_validity_and_an_older_open_one_counts_again() -> None:
    result = cloud_earnings(
        margin("cloud", 1.0), margin("cloud", 3.0, valid_from=date(2026, 1, 1), valid_to=monday(1))
    )
    assert hours(result) == pytest.approx(3.0 + 1.0)


def test_a_margin_that_ends_without_successor_is_carried_on_and_told() -> None:
    result = cloud_earnings(margin("cloud", 2.0, valid_to=monday(1)))
    assert hours(result) == pytest.approx(2.0 + 2.0)
    assert "margin_ended" in codes(result)


def test_before_its_first_margin_a_chip_earns_nothing_and_it_is_told() -> None:
    result = cloud_earnings(margin("cloud", 2.0, valid_from=monday(1)))
    assert hours(result) == pytest.approx(0.0 + 2.0)
    assert "margin_later" in codes(result)


def test_the_region_s_margin_goes_before_the_general_one() -> None:
    general = margin("cloud", 9.0)
    assert hours(cloud_earnings(general, margin("cloud", 2.0, region="east"))) == pytest.approx(4.0)
    assert hours(cloud_earnings(general, margin("cloud", 2.0, region="west"))) == pytest.approx(18.0)


def test_where_the_region_s_margin_is_not_valid_the_general_one_counts() -> None:
    result = cloud_earnings(margin("cloud", 1.0), margin("cloud", 5.0, region="east", valid_from=monday(1)))
    assert hours(result) == pytest.approx(1.0 + 5.0)


def test_a_margin_without_purchase_option_goes_before_those_with_one() -> None:
    result = cloud_earnings(margin("cloud", 1.0), margin("cloud", 9.0, purchase_option="spot"))
    assert hours(result) == pytest.approx(2.0)


def test_margins_by_purchase_option_count_with_their_mean_and_it_is_told() -> None:
    result = cloud_earnings(
        margin("cloud", 1.0, purchase_option="spot"), margin("cloud", 3.0, purchase_option="reserved")
    )
    assert hours(result) == pytest.approx(2.0 * 2)
    assert "margin_mean" in codes(result)


def test_money_is_converted_by_the_rate_of_the_week() -> None:
    fx = pl.DataFrame([rate("EUR", "USD", 2.0), rate("EUR", "USD", 4.0, monday(1))])
    usd = [margin("direct", 1.0), margin("direct", 1.0, region="west")]
    result = cloud_earnings(margin("cloud", 1.0, currency="EUR"), *usd, fx=fx)
    assert result.figures.currency == "USD"
    assert hours(result) == pytest.approx(2.0 + 4.0)


def test_where_only_the_opposite_rate_is_set_its_inverse_counts() -> None:
    usd = [margin("direct", 1.0), margin("direct", 1.0, region="west")]
    fx = pl.DataFrame([rate("USD", "EUR", 0.5)])
    assert hours(cloud_earnings(margin("cloud", 1.0, currency="EUR"), *usd, fx=fx)) == pytest.approx(4.0)


def test_without_a_rate_nothing_is_converted_and_the_stream_is_left_out_loudly() -> None:
    usd = [margin("direct", 1.0), margin("direct", 1.0, region="west")]
    fx = pl.DataFrame([rate("EUR", "GBP", 1.0), rate("GBP", "USD", 1.0)])
    result = cloud_earnings(margin("cloud", 1.0, currency="EUR"), *usd, fx=fx)
    assert result.figures.value == 0.0
    assert any("no cloud margin for trn2 in east" in n and "trn.fx.set.v1" in n for n in result.notes)


def test_a_single_currency_needs_no_rates() -> None:
    result = cloud_earnings(margin("cloud", 1.0, currency="JPY"))
    assert result.figures.currency == "JPY"
    assert np.isclose(hours(result), 2.0)
