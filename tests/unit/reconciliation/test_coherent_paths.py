from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from pipeline.config import Policy
from pipeline.core.errors import UsageError
from pipeline.features import demand_series, node_demand
from pipeline.forecasting import fit_bases, fit_series
from pipeline.reconciliation import CoherentPaths, coherent_forecast, reconcile_paths
from pipeline.schemas.tables import FORECAST_PATHS, FORECAST_RECONCILIATION, LEVELS, QUANTILES
from tests.demand_frames import AS_OF, KEY, market, small_policy

POLICY = small_policy(horizon_weeks=8)
ROWS = ["channel", "unit", "period_start"]
TOTAL = ("channel", "cloud", "all", "all", "all", "chips_held")


@pytest.fixture(scope="module")
def fitted() -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    series = demand_series(market(weeks=120), as_of=AS_OF, policy=POLICY)
    chunk = fit_series(series, policy=POLICY, seed=1)
    return chunk.paths, chunk.models, fit_bases(node_demand(series), policy=POLICY, seed=1)


@pytest.fixture(scope="module")
def coherent(fitted: tuple[pl.DataFrame, ...]) -> CoherentPaths:
    return reconcile_paths(fitted[0], fitted[2], policy=POLICY)


def with_rules(**rules: int) -> Policy:
    return replace(POLICY, reconciliation=replace(POLICY.reconciliation, **rules))


def test_one_method_a_channel_is_used_and_none_did_clearly_better(coherent: CoherentPaths) -> None:
    names = [name for name in FORECAST_RECONCILIATION.names if name not in {"run_id", "as_of"}]
    assert coherent.methods.columns == names
    for _, rows in coherent.methods.group_by("channel"):
        assert rows["is_used"].sum() == 1
        assert 0.9 * rows.filter("is_used")["relative_error"].item() <= rows["relative_error"].min()
        assert rows["origins"].unique().to_list() == [POLICY.reconciliation.judged_origins]
    assert "bottom-up" not in coherent.methods.filter("is_used")["method"].to_list()


def test_means_and_quantiles_of_every_level_are_those_of_the_moved_paths(
    fitted: tuple[pl.DataFrame, ...], coherent: CoherentPaths
) -> None:
    forecast = coherent_forecast(
        coherent.paths, fitted[1], run_id="run", as_of=AS_OF, base_means=coherent.base_means
    )
    values = np.stack(coherent.paths["path_chips"].to_numpy())
    assert (values >= 0).all()
    for level in LEVELS:
        kept = level.split("/")
        rows = forecast.filter(pl.col("level") == level)
        for row in rows.iter_rows(named=True):
            is_below = coherent.paths.select(
                pl.all_horizontal(pl.col(name) == row[name] for name in [*kept, "unit", "period_start"])
            ).to_series()
            total = values[is_below.to_numpy()].sum(axis=0)
            assert row["mean"] == pytest.approx(total.mean(), rel=1e-9)
            assert row["p50"] == pytest.approx(np.quantile(total, 0.5), rel=1e-9)
    assert (np.diff(forecast.select(QUANTILES).to_numpy(), axis=1) >= 0).all()
    assert forecast["base_mean"].null_count() == 0


def test_a_series_is_moved_by_one_factor_a_week_and_what_was_zero_stays_zero(
    fitted: tuple[pl.DataFrame, ...], coherent: CoherentPaths
) -> None:
    before = fitted[0].sort(*KEY, "period_start")
    after = coherent.paths.sort(*KEY, "period_start")
    assert after.schema == FORECAST_PATHS.polars_schema
    assert after.select(*KEY, "period_start").equals(before.select(*KEY, "period_start"))
    was, now = (np.stack(frame["path_chips"].to_numpy()) for frame in (before, after))
    assert ((was == 0) == (now == 0)).all()
    factors = np.where(was > 0, now / np.where(was > 0, was, 1.0), np.nan)
    assert np.nanmax(np.nanmax(factors, axis=1) - np.nanmin(factors, axis=1)) < 1e-9
    assert (np.abs(factors - 1) > 0.001).any()
    assert np.nanmin(factors) >= 0.2 - 1e-9


def test_where_no_origin_can_be_judged_the_paths_stay(fitted: tuple[pl.DataFrame, ...]) -> None:
    paths, _, bases = fitted
    same = reconcile_paths(paths, bases, policy=with_rules(judged_origins=0))
    assert same.methods.filter("is_used")["method"].unique().to_list() == ["bottom-up"]
    assert same.methods["relative_error"].null_count() == same.methods.height
    before = paths.sort(*KEY, "period_start")
    was, now = (np.stack(frame["path_chips"].to_numpy()) for frame in (before, same.paths))
    np.testing.assert_allclose(now, was, rtol=1e-12)


@pytest.mark.parametrize("judged_origins", [0, 8])
def test_a_fixed_node_holds_on_the_paths_and_the_rest_agrees(
    fitted: tuple[pl.DataFrame, ...], judged_origins: int
) -> None:
    paths, _, bases = fitted
    target = np.linspace(9000.0, 12_000.0, POLICY.forecast.horizon_weeks)
    moved = reconcile_paths(
        paths, bases, policy=with_rules(judged_origins=judged_origins), fixed={TOTAL: target}
    )
    cloud = moved.paths.filter(pl.col("channel") == "cloud").sort("period_start")
    means = cloud.with_columns(pl.col("path_chips").list.mean()).group_by("period_start", maintain_order=True)
    np.testing.assert_allclose(means.agg(pl.col("path_chips").sum())["path_chips"], target, rtol=1e-9)
    direct = pl.col("channel") == "direct"
    unmoved = reconcile_paths(paths, bases, policy=with_rules(judged_origins=judged_origins)).paths
    assert moved.paths.filter(direct).equals(unmoved.filter(direct))


def test_a_fixed_node_that_is_not_forecast_is_named(fitted: tuple[pl.DataFrame, ...]) -> None:
    node = ("channel/generation", "cloud", "all", "trn9", "all", "chips_held")
    with pytest.raises(UsageError, match="trn9"):
        reconcile_paths(fitted[0], fitted[2], policy=POLICY, fixed={node: np.zeros(8)})


def test_no_series_gives_no_paths_and_no_methods() -> None:
    bases = fit_bases(
        node_demand(demand_series(market().clear(), as_of=AS_OF, policy=POLICY)), policy=POLICY, seed=1
    )
    none = reconcile_paths(FORECAST_PATHS.empty(), bases, policy=POLICY)
    assert none.paths.is_empty()
    assert none.methods.is_empty()


def test_a_node_without_forecast_of_its_own_sums_its_series(fitted: tuple[pl.DataFrame, ...]) -> None:
    paths, _, bases = fitted
    is_total = (pl.col("level") == "channel") & (pl.col("channel") == "cloud")
    is_now = pl.col("origin") == pl.col("origin").max()
    unknown = bases.filter(~is_total | is_now).with_columns(
        pl.when(is_total)
        .then(pl.col("mean_chips").list.eval(pl.lit(np.nan)))
        .otherwise("mean_chips")
        .alias("mean_chips")
    )
    coherent = reconcile_paths(paths, unknown, policy=POLICY)
    alone = coherent.base_means.filter(is_total).sort("period_start")["base_mean"].to_numpy()
    series = paths.filter(pl.col("channel") == "cloud").with_columns(pl.col("path_chips").list.mean())
    summed = series.group_by("period_start").agg(pl.col("path_chips").sum()).sort("period_start")
    np.testing.assert_allclose(alone, summed["path_chips"])
