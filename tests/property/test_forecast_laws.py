"""Laws that hold for every market: coherence, order of quantiles, stocks and flows apart, no look-ahead."""

from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.features import demand_series, node_demand
from pipeline.forecasting import FittedChunk, fit_bases, fit_series
from pipeline.reconciliation import (
    chips_needed,
    coherent_forecast,
    forecast_quarters,
    reconcile_paths,
)
from pipeline.schemas.tables import LEVELS, ORDER_BOOK, QUANTILES
from tests.demand_frames import AS_OF, KEY, paths_frame, series_history, small_policy

Market = dict[tuple[str, str, str, str], list[float | None]]
POLICY = small_policy(paths=40, horizon_weeks=16)
LINEAGE = pl.DataFrame(
    schema={"generation": pl.String, "predecessor": pl.String, "equivalent_chips": pl.Float64}
)
CALENDAR = pl.DataFrame(schema={"fiscal_year": pl.String, "start_date": pl.Date, "pattern": pl.String})
LAW = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])

names = st.tuples(
    st.sampled_from(["cloud", "direct"]),
    st.sampled_from(["startup", "internal"]),
    st.sampled_from(["trn1", "trn2"]),
    st.sampled_from(["us", "eu"]),
)
chips = st.one_of(st.none(), st.just(0.0), st.floats(0, 1e6), st.integers(1, 64).map(float))
series_values = st.one_of(
    st.lists(chips, min_size=1, max_size=40).filter(lambda values: values[0] is not None),
    st.tuples(st.integers(0, 10_000), st.integers(8, 130)).map(
        lambda made: list(np.random.default_rng(made[0]).gamma(0.7, 300, made[1]).round())
    ),
)
markets = st.dictionaries(names, series_values, min_size=1, max_size=6)


def history_of(market: Market) -> pl.DataFrame:
    return pl.concat(
        series_history(values, **dict(zip(KEY, name, strict=True))) for name, values in market.items()
    )


def fit(history: pl.DataFrame) -> tuple[pl.DataFrame, FittedChunk]:
    series = demand_series(history, as_of=AS_OF, policy=POLICY)
    return series, fit_series(series, policy=POLICY, seed=1)


def forecast_of(history: pl.DataFrame) -> pl.DataFrame:
    series, fitted = fit(history)
    bases = fit_bases(node_demand(series), policy=POLICY, seed=1)
    coherent = reconcile_paths(fitted.paths, bases, policy=POLICY)
    return coherent_forecast(
        coherent.paths, fitted.models, run_id="run", as_of=AS_OF, base_means=coherent.base_means
    )


@LAW
@given(markets)
def test_every_series_gets_a_finite_forecast_that_is_never_negative(market: Market) -> None:
    series, fitted = fit(history_of(market))
    values = fitted.paths["path_chips"].explode()
    assert fitted.models.height == series.select(KEY).unique().height
    assert values.is_finite().all()
    assert values.min() >= 0


@LAW
@given(markets)
def test_children_sum_to_their_parents_and_quantiles_never_cross(market: Market) -> None:
    forecast = forecast_of(history_of(market))
    bottom = forecast.filter(pl.col("level") == "channel/generation/region/segment")
    for level in LEVELS:
        kept = level.split("/")
        sums = bottom.group_by(*kept, "step").agg(pl.col("mean").sum().alias("sum"))
        parents = forecast.filter(pl.col("level") == level).join(sums, on=[*kept, "step"])
        assert parents.height == forecast.filter(pl.col("level") == level).height
        assert ((parents["mean"] - parents["sum"]).abs() <= 1e-9 * parents["sum"].clip(1.0)).all()
    quantiles = forecast.select(QUANTILES).to_numpy()
    assert (np.diff(quantiles, axis=1) >= 0).all()
    assert (quantiles >= 0).all()


@LAW
@given(markets)
def test_no_row_adds_a_stock_to_a_flow(market: Market) -> None:
    _, fitted = fit(history_of(market))
    forecast = forecast_of(history_of(market))
    quarters = forecast_quarters(
        fitted.paths, run_id="run", as_of=AS_OF, fiscal_calendar=CALENDAR, policy=POLICY
    )
    for frame in (forecast, quarters):
        pairs = set(frame.select("channel", "unit").unique().rows())
        assert pairs <= {("cloud", "chips_held"), ("direct", "chips_ordered")}
    is_flow = quarters["unit"] == "chips_ordered"
    assert set(quarters.filter(is_flow)["statistic"].to_list()) <= {"sum"}
    assert set(quarters.filter(~is_flow)["statistic"].to_list()) <= {"mean", "peak"}


@LAW
@given(markets, names, series_values)
def test_one_more_series_changes_no_other_forecast(market: Market, name: Any, values: Any) -> None:
    market.pop(name, None)
    if not market:
        return
    end = series_history([0.0])["period_end"].max()
    reported = {key: [*found[:-1], found[-1] or 0.0] for key, found in market.items()}
    _, alone = fit(history_of(reported))
    _, joined = fit(history_of({**reported, name: values}))
    assert alone.paths["period_start"].min() == end
    assert joined.paths.join(alone.paths, on=list(KEY), how="semi").equals(alone.paths)


@LAW
@given(markets, st.integers(1, 4))
def test_chunks_of_any_size_stack_to_the_same_forecast(market: Market, size: int) -> None:
    series, whole = fit(history_of(market))
    groups = series.partition_by(*KEY, maintain_order=True)
    parts = [
        fit_series(pl.concat(groups[start : start + size]), policy=POLICY, seed=1)
        for start in range(0, len(groups), size)
    ]
    assert pl.concat(part.paths for part in parts).equals(whole.paths)
    assert pl.concat(part.models for part in parts).equals(whole.models)


@LAW
@given(markets, st.integers(0, 20), st.floats(0, 1e6))
def test_what_happens_after_the_instant_changes_nothing(market: Market, weeks: Any, later: float) -> None:
    as_of = AS_OF - timedelta(weeks=weeks)
    history = history_of(market)
    is_known = pl.col("period_end") <= as_of.date()
    changed = history.with_columns(
        pl.when(is_known).then("demand_observed_chips").otherwise(later).alias("demand_observed_chips"),
        (pl.col("is_partial") | ~is_known).alias("is_partial"),
    )
    expected = demand_series(history.filter(is_known), as_of=as_of, policy=POLICY)
    assert demand_series(changed, as_of=as_of, policy=POLICY).equals(expected)


@LAW
@given(st.lists(st.lists(st.floats(0, 1e5), min_size=3, max_size=3), min_size=1, max_size=12))
def test_installs_needed_add_up_to_the_highest_requirement_beyond_capacity(weeks: Any) -> None:
    paths = paths_frame({("cloud", "startup", "trn2", "us-east-1"): weeks})
    series = demand_series(series_history([100.0] * 10, sellable=500.0), as_of=AS_OF, policy=POLICY)
    needed = chips_needed(
        paths,
        series,
        order_book=ORDER_BOOK.empty(),
        generations=LINEAGE,
        run_id="run",
        as_of=AS_OF,
        policy=POLICY,
    )
    total = needed.filter(pl.col("channel") == "cloud", pl.col("region") == "us-east-1")["mean"].sum()
    required = np.max(np.array(weeks), axis=0) / (1 - POLICY.demand.spare_share)
    assert np.isclose(total, np.maximum(required - 500.0, 0.0).mean())
