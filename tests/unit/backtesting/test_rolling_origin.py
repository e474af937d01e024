from dataclasses import replace
from datetime import datetime, timedelta

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pipeline.backtesting import backtest, forecast_at, origins
from pipeline.config import Policy
from pipeline.core.errors import UsageError
from pipeline.features import demand_series, node_demand
from pipeline.forecasting import fit_bases, fit_series
from pipeline.reconciliation import coherent_forecast, reconcile_paths
from pipeline.schemas.tables import ACCURACY, LEVELS
from tests.demand_frames import AS_OF, market, small_policy

SEED = 1
MARKET = market(weeks=150)


def policy_of(**backtest_rules: object) -> Policy:
    policy = small_policy(horizon_weeks=30)
    rules = {"lags_weeks": (4, 13), "origins": 2, **backtest_rules}
    return replace(policy, backtest=replace(policy.backtest, **rules))


def history_at(instant: datetime) -> pl.DataFrame:
    return MARKET.filter(pl.col("period_end") <= instant.date())


@pytest.fixture(scope="module")
def accuracy() -> pl.DataFrame:
    return backtest(history_at, as_of=AS_OF, policy=policy_of(), seed=SEED, run_id="run")


def test_origins_lie_a_quarter_apart_at_the_hour_of_production() -> None:
    assert origins(AS_OF, policy_of(origins=3)) == [AS_OF - timedelta(weeks=n) for n in (39, 26, 13)]


def test_a_backtest_at_todays_cutoff_equals_the_production_run() -> None:
    policy = policy_of()
    series = demand_series(history_at(AS_OF), as_of=AS_OF, policy=policy)
    fitted = fit_series(series, policy=policy, seed=SEED)
    bases = fit_bases(node_demand(series), policy=policy, seed=SEED)
    coherent = reconcile_paths(fitted.paths, bases, policy=policy)
    production = coherent_forecast(
        coherent.paths, fitted.models, run_id="run", as_of=AS_OF, base_means=coherent.base_means
    )
    replayed = forecast_at(series, as_of=AS_OF, policy=policy, seed=SEED, run_id="run", horizon_weeks=13)
    # sums over paths of other lengths may differ in their last digit
    assert_frame_equal(replayed, production.filter(pl.col("step") <= 13), rel_tol=1e-12, abs_tol=1e-9)


def test_every_level_lag_and_engine_is_judged(accuracy: pl.DataFrame) -> None:
    assert accuracy.schema == ACCURACY.polars_schema
    assert not accuracy.select(ACCURACY.grain).is_duplicated().any()
    levels = {*LEVELS, *(f"scorecard/{level}" for level in LEVELS)}
    assert set(accuracy["level"].unique().to_list()) == levels
    assert set(accuracy["lag_weeks"].unique().to_list()) == {4, 13}
    assert set(accuracy["model"].unique().to_list()) == {"ensemble", "ets", "seasonal_naive"}


def test_growth_is_forecast_better_than_by_repeating_last_year(accuracy: pl.DataFrame) -> None:
    cloud = accuracy.filter(
        pl.col("level") == "scorecard/channel/generation/region/segment",
        pl.col("channel") == "cloud",
        pl.col("model") == "ets",
    )
    assert (cloud["pinball_ratio"] < 0.8).all()


def test_the_log_is_read_once_as_of_today_and_once_as_of_each_origin() -> None:
    asked: list[datetime] = []

    def record(instant: datetime) -> pl.DataFrame:
        asked.append(instant)
        return history_at(instant)

    policy = policy_of()
    backtest(record, as_of=AS_OF, policy=policy, seed=SEED, run_id="run")
    assert asked == [AS_OF, *origins(AS_OF, policy)]


def test_outcomes_are_those_known_today() -> None:
    """The last reading doubles all demand: a forecast made before it is wrong by half."""

    def doubled_at_the_end(instant: datetime) -> pl.DataFrame:
        factor = 2.0 if instant == AS_OF else 1.0
        return history_at(instant).with_columns(pl.col("demand_observed_chips") * factor)

    judged = backtest(doubled_at_the_end, as_of=AS_OF, policy=policy_of(), seed=SEED, run_id="run")
    cloud = judged.filter(
        pl.col("level") == "scorecard/channel", pl.col("channel") == "cloud", pl.col("lag_weeks") == 4
    )
    assert cloud.filter(pl.col("model") == "ets")["bias"].item() == pytest.approx(-0.5, abs=0.1)


def test_a_lag_that_no_origin_reaches_has_no_row() -> None:
    judged = backtest(
        history_at, as_of=AS_OF, policy=policy_of(lags_weeks=(4, 20), origins=1), seed=SEED, run_id="run"
    )
    assert judged["lag_weeks"].unique().to_list() == [4]


def test_without_history_there_is_nothing_to_judge() -> None:
    empty = backtest(lambda _: MARKET.clear(), as_of=AS_OF, policy=policy_of(), seed=SEED, run_id="run")
    assert empty.is_empty()
    assert empty.schema == ACCURACY.polars_schema


def test_lags_that_all_lie_beyond_the_horizon_are_refused() -> None:
    with pytest.raises(UsageError, match=r"no lag of backtest\.lags_weeks lies within"):
        backtest(
            history_at,
            as_of=AS_OF,
            policy=policy_of(lags_weeks=(31, 52)),
            seed=SEED,
            run_id="run",
        )
