from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from pipeline.features import demand_series, node_demand
from pipeline.forecasting import fit_bases
from pipeline.schemas.tables import BASE_FORECASTS, LEVELS
from tests.demand_frames import AS_OF, MONDAY, market, series_history, small_policy

POLICY = small_policy(horizon_weeks=30)
RULES = POLICY.reconciliation
NODE = ["level", "channel", "segment", "generation", "region", "unit"]


def nodes_of(history: pl.DataFrame) -> pl.DataFrame:
    return node_demand(demand_series(history, as_of=AS_OF, policy=POLICY))


@pytest.fixture(scope="module")
def nodes() -> pl.DataFrame:
    return nodes_of(market(weeks=100))


@pytest.fixture(scope="module")
def bases(nodes: pl.DataFrame) -> pl.DataFrame:
    return fit_bases(nodes, policy=POLICY, seed=1)


def test_upper_nodes_are_forecast_now_and_all_nodes_at_earlier_origins(bases: pl.DataFrame) -> None:
    assert bases.schema == BASE_FORECASTS.polars_schema
    assert not bases.select(BASE_FORECASTS.grain).is_duplicated().any()
    now = bases.filter(pl.col("origin") == MONDAY)
    assert set(now["level"]) == set(LEVELS[:-1])
    assert now["mean_chips"].list.len().unique().to_list() == [30]
    assert set(bases["level"]) == set(LEVELS)
    every = timedelta(weeks=RULES.origins_every_weeks)
    assert bases["origin"].min() == MONDAY - RULES.origins * every
    earlier = bases.filter(pl.col("origin") < MONDAY)
    assert earlier["mean_chips"].list.len().unique().to_list() == [RULES.weeks]


def test_what_came_stands_beside_the_forecast_as_far_as_it_is_known(
    nodes: pl.DataFrame, bases: pl.DataFrame
) -> None:
    origin = MONDAY - timedelta(weeks=RULES.origins_every_weeks)
    is_total = (pl.col("level") == "channel") & (pl.col("channel") == "cloud")
    came = np.array(bases.filter(is_total, pl.col("origin") == origin)["demand_chips"].item())
    known = nodes.filter(is_total, pl.col("period_start") >= origin)["demand_chips"]
    np.testing.assert_array_equal(came[: len(known)], known)
    assert np.isnan(came[len(known) :]).all()


def test_an_earlier_origin_sees_nothing_of_what_came_after_it(
    nodes: pl.DataFrame, bases: pl.DataFrame
) -> None:
    origin = MONDAY - timedelta(weeks=3 * RULES.origins_every_weeks)
    is_later = pl.col("period_start") >= origin
    other = nodes.with_columns(
        pl.when(is_later)
        .then(pl.col("demand_chips") * 3 + 50)
        .otherwise("demand_chips")
        .alias("demand_chips")
    )
    again = fit_bases(other, policy=POLICY, seed=1)
    by_then = pl.col("origin") <= origin
    shown = [*NODE, "origin", "mean_chips"]
    assert again.filter(by_then).select(shown).equals(bases.filter(by_then).select(shown))
    assert not again.filter(~by_then).select(shown).equals(bases.filter(~by_then).select(shown))


def test_nodes_can_be_forecast_apart_and_less_far(nodes: pl.DataFrame, bases: pl.DataFrame) -> None:
    one = nodes.filter(pl.col("level") == "channel/segment")
    apart = fit_bases(one, policy=POLICY, seed=1, horizon_weeks=5)
    expected = bases.filter(pl.col("level") == "channel/segment")
    is_now = pl.col("origin") == MONDAY
    assert apart.filter(~is_now).equals(expected.filter(~is_now))
    begun = expected.filter(is_now)["mean_chips"].list.head(5)
    assert apart.filter(is_now)["mean_chips"].to_list() == begun.to_list()


def test_a_series_that_has_ended_is_not_ended_at_the_origins_before_that() -> None:
    silent = POLICY.forecast.ended_weeks + RULES.origins_every_weeks + 2
    values = [*np.random.default_rng(1).uniform(80, 120, 90), *[0.0] * silent]
    ended = fit_bases(
        nodes_of(pl.concat([series_history(values), series_history([5.0] * 100, segment="internal")])),
        policy=POLICY,
        seed=1,
    )
    startup = ended.filter(pl.col("level") == LEVELS[-1], pl.col("segment") == "startup").sort("origin")
    levels = [np.mean(mean) for mean in startup["mean_chips"].to_list()]
    assert levels[0] > 50
    assert nothing_after(startup) == [MONDAY - timedelta(weeks=RULES.origins_every_weeks)]


def nothing_after(rows: pl.DataFrame) -> list[date]:
    return [origin for origin, mean in rows.select("origin", "mean_chips").iter_rows() if not any(mean)]


def test_a_young_series_has_no_forecast_before_it_began() -> None:
    young = fit_bases(nodes_of(series_history([float(n) for n in range(10, 20)])), policy=POLICY, seed=1)
    assert young.filter(pl.col("level") == LEVELS[-1])["origin"].n_unique() == 2


def test_a_node_never_wholly_known_has_no_forecast_of_its_own() -> None:
    values = [float(n) for n in range(10, 70)]
    known = nodes_of(pl.concat([series_history(values), series_history(values, segment="internal")]))
    hidden = known.with_columns(
        pl.when(pl.col("level") != "channel").then("demand_chips").alias("demand_chips")
    )
    bases = fit_bases(hidden, policy=POLICY, seed=1)
    total = bases.filter(pl.col("level") == "channel")
    assert total["origin"].to_list() == [MONDAY]
    assert np.isnan(total["mean_chips"].item().to_numpy()).all()
    others = bases.filter(pl.col("level") != "channel")
    assert others.equals(fit_bases(known, policy=POLICY, seed=1).filter(pl.col("level") != "channel"))
