from datetime import timedelta

import polars as pl
import pytest

from pipeline.backtesting.accuracy import summarise
from pipeline.backtesting.judgements import judge, naive_scales
from pipeline.features import demand_series, node_demand
from pipeline.schemas.tables import QUANTILES
from tests.demand_frames import AS_OF, MONDAY, series_history, small_policy

POLICY = small_policy()


def series_of(*histories: pl.DataFrame) -> pl.DataFrame:
    return demand_series(pl.concat(histories), as_of=AS_OF, policy=POLICY)


def forecast_row(quantiles: dict[str, float], *, mean: float, step: int = 1) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "level": ["channel"],
            "channel": ["cloud"],
            "segment": ["all"],
            "generation": ["all"],
            "region": ["all"],
            "unit": ["chips_held"],
            "as_of": [AS_OF - timedelta(weeks=4)],
            "period_start": [MONDAY - timedelta(weeks=1)],
            "step": [step],
            "mean": [mean],
            **{name: [value] for name, value in quantiles.items()},
        }
    )


def test_a_node_is_known_where_all_its_series_are() -> None:
    late = series_history([3.0], segment="internal", is_partial=True)
    demand = node_demand(series_of(series_history([10.0, 20.0]), late))
    top = demand.filter(pl.col("level") == "channel")
    assert top["demand_chips"].to_list() == [10.0, None]
    startup = demand.filter(pl.col("level") == "channel/segment", pl.col("segment") == "startup")
    assert startup["demand_chips"].to_list() == [10.0, 20.0]


def test_a_stock_and_a_flow_are_never_one_node() -> None:
    demand = node_demand(series_of(series_history([10.0]), series_history([7.0], channel="direct")))
    assert sorted(demand.filter(pl.col("level") == "channel")["demand_chips"].to_list()) == [7.0, 10.0]


def test_pinball_loss_coverage_and_errors_are_those_computed_by_hand() -> None:
    outcomes = node_demand(series_of(series_history([80.0, 100.0])))
    scales = naive_scales(outcomes, season=52)
    spread = (-60, -40, -30, -10, 0, 10, 30, 40, 60)
    quantiles = {name: 110.0 + gap for name, gap in zip(QUANTILES, spread, strict=True)}
    judged = judge(forecast_row(quantiles, mean=112.0), outcomes, scales, lags=[1], engine="ets")
    row = judged.row(0, named=True)
    losses = [
        max(int(name[1:]) / 100 * (100 - value), (int(name[1:]) / 100 - 1) * (100 - value))
        for name, value in quantiles.items()
    ]
    assert row["pinball"] == pytest.approx(sum(losses) / 9)
    assert (row["is_in_80"], row["is_in_90"]) == (True, True)
    assert row["mean_error"] == 12.0
    assert row["absolute_error"] == 10.0
    assert row["scaled_error"] == 0.5


def test_only_the_lags_asked_for_are_judged() -> None:
    outcomes = node_demand(series_of(series_history([80.0, 100.0])))
    row = forecast_row(dict.fromkeys(QUANTILES, 1.0), mean=1.0, step=2)
    assert judge(row, outcomes, naive_scales(outcomes, season=52), lags=[1, 4], engine="ets").is_empty()


def test_the_scale_is_last_years_change_where_there_is_a_last_year() -> None:
    long = node_demand(series_of(series_history([float(n) for n in range(61)])))
    assert naive_scales(long, season=52)["scale"].unique().to_list() == [52.0]
    short = node_demand(series_of(series_history([float(n) for n in range(59)])))
    assert naive_scales(short, season=52)["scale"].unique().to_list() == [1.0]
    flat = node_demand(series_of(series_history([5.0] * 61)))
    assert naive_scales(flat, season=52)["scale"].unique().to_list() == [None]


def test_accuracy_averages_origins_and_compares_with_the_baseline() -> None:
    outcomes = node_demand(series_of(series_history([80.0, 100.0])))
    scales = naive_scales(outcomes, season=52)
    near = forecast_row(dict.fromkeys(QUANTILES, 90.0), mean=90.0)
    far = forecast_row(dict.fromkeys(QUANTILES, 60.0), mean=60.0)
    judged = pl.concat(
        [
            judge(near, outcomes, scales, lags=[1], engine="ets"),
            judge(far, outcomes, scales, lags=[1], engine="seasonal_naive"),
        ]
    )
    accuracy = summarise(judged, baseline="seasonal_naive")
    node = accuracy.filter(pl.col("level") == "channel")
    assert node.select("model", "pinball_ratio", "bias", "wape", "mase").rows() == [
        ("ets", pytest.approx(0.25), pytest.approx(-0.1), pytest.approx(0.1), pytest.approx(0.5)),
        ("seasonal_naive", 1.0, pytest.approx(-0.4), pytest.approx(0.4), pytest.approx(2.0)),
    ]
    assert accuracy.filter(pl.col("level") == "scorecard/channel").height == 2
