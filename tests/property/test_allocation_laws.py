"""Laws of the allocation on random small markets: the balance, the optimum, the prices, and repeatability."""

import json
from dataclasses import replace

import numpy as np
import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.allocation import AllocationResult
from pipeline.allocation.rounding import whole_chips
from tests.allocation_market import monday, propose
from tests.random_market import Market, a_market, optimum_by_vintage

LAW = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def balance_holds(result: AllocationResult) -> bool:
    given_out = (
        result.allocation.group_by("generation", "period_start")
        .agg(chips=pl.col("chips").sum())
        .join(result.supply_balance, on=["generation", "period_start"], how="right")
        .with_columns(pl.col("chips").fill_null(0))
    )
    carried = result.supply_balance.select(
        (
            pl.col("opening_chips")
            == pl.col("held_chips").shift(1, fill_value=0).over("generation", order_by="period_start")
        ).all()
    ).item()
    closed = given_out.select(
        (pl.col("opening_chips") + pl.col("supplied_chips") == pl.col("chips") + pl.col("held_chips")).all()
    ).item()
    return bool(carried and closed and (given_out["held_chips"] >= 0).all())


@LAW
@given(market=a_market())
def test_the_optimum_is_that_of_an_independent_programme(market: Market) -> None:
    value = propose(**market.frames()).figures.value
    expected = optimum_by_vintage(market)
    assert abs(value - expected) <= 1e-6 * max(1.0, abs(expected))


@LAW
@given(market=a_market())
def test_allocated_and_held_are_supplied_in_every_generation_and_week(market: Market) -> None:
    result = propose(**market.frames())
    assert balance_holds(result)
    supplied = {
        generation: result.supply_balance.filter(pl.col("generation") == generation)[
            "supplied_chips"
        ].to_list()
        for generation in market.supply
    }
    assert supplied == market.supply
    assert (result.allocation["chips"] >= 0).all()


@LAW
@given(market=a_market(), data=st.data())
def test_a_shadow_price_is_the_value_of_a_little_more_supply(market: Market, data: st.DataObject) -> None:
    """The supply is counted in whole chips, so the market is counted in thousandths of chips instead."""
    unit = 1000
    fine = replace(
        market,
        cloud=market.cloud * unit,
        direct=market.direct * unit,
        supply={generation: [n * unit for n in chips] for generation, chips in market.supply.items()},
        stock=[n * unit for n in market.stock],
    )
    generation = data.draw(st.sampled_from(sorted(fine.supply)))
    week = data.draw(st.integers(0, fine.weeks - 1))
    more = {g: list(chips) for g, chips in fine.supply.items()}
    more[generation][week] += 1
    before = propose(**fine.frames())
    after = propose(**replace(fine, supply=more).frames())
    price = before.supply_balance.filter(
        (pl.col("generation") == generation) & (pl.col("period_start") == monday(week))
    )["shadow_price"].item()
    gained = after.figures.value - before.figures.value
    assert abs(price - gained) <= 0.001 * max(abs(gained), 1.0)


@LAW
@given(market=a_market())
def test_the_same_market_gives_the_same_bytes_whatever_the_order_of_rows(market: Market) -> None:
    frames = market.frames()
    once = propose(**frames)
    shuffled = {
        name: frame.sample(fraction=1.0, shuffle=True, seed=7) if isinstance(frame, pl.DataFrame) else frame
        for name, frame in frames.items()
    }
    again = propose(**shuffled)
    assert once.allocation.write_csv() == again.allocation.write_csv()
    assert once.supply_balance.write_csv() == again.supply_balance.write_csv()
    assert once.figures == again.figures


@LAW
@given(market=a_market(), data=st.data())
def test_floors_that_the_supply_can_meet_hold_to_the_chip(market: Market, data: st.DataObject) -> None:
    """A floor at what the cloud can have by the last week, over a region, a generation or everything."""
    first = market.weeks - 1
    generation = data.draw(st.sampled_from([None, *sorted(market.supply)]))
    region = data.draw(st.sampled_from([None, *sorted({r for _, r in market.streams})]))
    inside = [
        number
        for number, (g, r) in enumerate(market.streams)
        if generation in {None, g} and region in {None, r}
    ]
    names = {market.streams[number][0] for number in inside}
    arrived = {g: sum(market.supply[g]) for g in names}
    ageing = market.policy.allocation.useful_life_weeks <= first
    reachable = sum(market.stock[number] for number in inside) + sum(arrived.values())
    reserve = len(names) - 1 + (len(names) if ageing else 0)
    needed = data.draw(st.integers(0, max(0, reachable - reserve)))
    scope = json.dumps({"generation": generation, "region": region})
    row = {"name": "cloud_floor_chips", "value": str(needed), "scope": scope, "valid_from": monday(first)}
    constraints = pl.DataFrame([row])
    result = propose(**market.frames(), constraints=constraints)
    assert balance_holds(result)
    if not ageing:
        assert result.figures.floor_missing_chips == 0


@LAW
@given(
    flows=st.integers(1, 6).flatmap(
        lambda streams: st.lists(
            st.lists(st.floats(0, 5, allow_nan=False), min_size=streams, max_size=streams),
            min_size=1,
            max_size=12,
        )
    )
)
def test_rounded_sums_stay_within_a_chip_of_each_stream_and_of_all(flows: list[list[float]]) -> None:
    chips = np.array(flows).T
    rounded = whole_chips(chips)
    slack = 1e-3
    sums, whole = np.cumsum(chips, axis=1), np.cumsum(rounded, axis=1)
    assert (rounded >= 0).all()
    assert (whole >= np.floor(sums - slack)).all()
    assert (whole <= np.ceil(sums + slack)).all()
    totals = sums.sum(axis=0)
    assert (whole.sum(axis=0) <= totals + slack).all()
    assert (whole.sum(axis=0) > totals - 1 - slack).all()
