import numpy as np
import polars as pl
import pytest

from pipeline.features import demand_series
from pipeline.forecasting import fit_series
from pipeline.schemas.tables import FORECAST_MODELS, FORECAST_PATHS
from tests.demand_frames import AS_OF, KEY, MONDAY, market, series_history, small_policy

POLICY = small_policy()


@pytest.fixture(scope="module")
def series() -> pl.DataFrame:
    return demand_series(market(), as_of=AS_OF, policy=POLICY)


def test_every_series_gets_every_week_and_a_model(series: pl.DataFrame) -> None:
    fitted = fit_series(series, policy=POLICY, seed=1)
    keys = series.select(KEY).unique().height
    assert fitted.models.height == keys
    assert fitted.paths.height == keys * 20
    assert fitted.paths.schema == FORECAST_PATHS.polars_schema
    assert fitted.models.columns == [name for name in FORECAST_MODELS.names if name != "run_id"]
    assert fitted.paths["path_chips"].list.len().unique().to_list() == [100]


def test_the_first_forecast_week_follows_the_last_whole_one(series: pl.DataFrame) -> None:
    fitted = fit_series(series, policy=POLICY, seed=1)
    assert fitted.paths["period_start"].min() == MONDAY
    assert set(fitted.models["last_week"].to_list()) == {series["period_start"].max()}


def test_chunks_stack_to_what_one_call_gives(series: pl.DataFrame) -> None:
    whole = fit_series(series, policy=POLICY, seed=1)
    groups = series.partition_by(*KEY, maintain_order=True)
    parts = [
        fit_series(pl.concat(groups[start : start + 3]), policy=POLICY, seed=1)
        for start in range(0, len(groups), 3)
    ]
    assert pl.concat(part.paths for part in parts).equals(whole.paths)
    assert pl.concat(part.models for part in parts).equals(whole.models)


def test_a_shorter_horizon_is_the_beginning_of_a_longer_one(series: pl.DataFrame) -> None:
    long = fit_series(series, policy=POLICY, seed=1).paths
    short = fit_series(series, policy=POLICY, seed=1, horizon_weeks=6).paths
    assert long.join(short, on=[*KEY, "period_start"], how="semi").equals(short)


def test_the_same_seed_gives_the_same_paths_and_another_seed_others(series: pl.DataFrame) -> None:
    few = series.filter(pl.col("generation") == "trn3")
    once, again, other = (fit_series(few, policy=POLICY, seed=seed).paths for seed in (1, 1, 2))
    assert once.equals(again)
    assert not once.equals(other)


def test_shocks_that_hit_two_series_together_stay_together_in_the_paths() -> None:
    rng = np.random.default_rng(1)
    shocks = np.cumsum(rng.normal(0, 0.05, 120))
    history = pl.concat(
        [
            series_history(500 * np.exp(shocks + rng.normal(0, 0.005, 120)), region=region)
            for region in ("us-east-1", "eu-west-1")
        ]
        + [series_history(500 * np.exp(np.cumsum(rng.normal(0, 0.05, 120))), region="alone")]
    )
    fitted = fit_series(demand_series(history, as_of=AS_OF, policy=POLICY), policy=POLICY, seed=1)
    last = fitted.paths.filter(pl.col("period_start") == fitted.paths["period_start"].max())
    values = {row["region"]: np.array(row["path_chips"]) for row in last.iter_rows(named=True)}
    together = np.corrcoef(values["us-east-1"], values["eu-west-1"])[0, 1]
    apart = np.corrcoef(values["us-east-1"], values["alone"])[0, 1]
    assert together > 0.8
    assert abs(apart) < 0.4


def test_no_series_gives_empty_tables() -> None:
    fitted = fit_series(demand_series(market().clear(), as_of=AS_OF, policy=POLICY), policy=POLICY, seed=1)
    assert fitted.paths.is_empty()
    assert fitted.paths.schema == FORECAST_PATHS.polars_schema
    assert fitted.models.is_empty()
