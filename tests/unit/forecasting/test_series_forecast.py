from typing import Any, Never

import numpy as np
import pytest

from pipeline.forecasting import Engine, kernels, series_forecast
from pipeline.forecasting.draws import Draws, joint_draws
from pipeline.forecasting.series_forecast import SeriesForecast, forecast_series
from tests.demand_frames import growing, lumpy, small_policy

RULES = small_policy().forecast
NAN = float("nan")


def answer_to(
    values: Any,
    *,
    is_flow: bool = False,
    is_ended: bool = False,
    engine: Engine = "ensemble",
    steps: int = 12,
) -> SeriesForecast:
    return forecast_series(
        np.asarray(values, dtype=float),
        is_flow=is_flow,
        is_ended=is_ended,
        seasons=(52,),
        reach=12,
        draws=joint_draws(1, steps=steps, paths=50, weeks=104),
        rng=np.random.default_rng(1),
        policy=RULES,
        engine=engine,
    )


@pytest.mark.parametrize(
    ("values", "reason", "level"),
    [
        ([NAN, NAN, NAN], "no_observations", 0.0),
        ([], "no_observations", 0.0),
        ([0.0] * 30, "all_zero", 0.0),
        ([7.0] * 30, "constant", 7.0),
        ([7.0, NAN, *[7.0] * 7], "constant", 7.0),
    ],
)
def test_what_cannot_be_fitted_gets_a_flat_answer_with_its_reason(
    values: Any, reason: str, level: float
) -> None:
    answer = answer_to(values)
    assert (answer.model, answer.reason) == ("flat", reason)
    assert np.all(answer.paths == level)
    assert answer.paths.shape == (12, 50)


def test_an_ended_series_is_forecast_as_zero() -> None:
    answer = answer_to([5.0, 9.0, 4.0, *[0.0] * 30], is_flow=True, is_ended=True)
    assert answer.reason == "ended"
    assert not answer.paths.any()


@pytest.mark.parametrize("values", [[5.0], [5.0, 9.0], [5.0, 9.0, 7.0, 8.0, 11.0, 10.0, 12.0]])
def test_a_short_stock_goes_on_from_its_last_value(values: Any) -> None:
    answer = answer_to(values)
    assert (answer.model, answer.reason) == ("last_value", "too_short")
    assert abs(np.median(answer.paths[0]) - values[-1]) < 4
    assert answer.paths.min() >= 0


def test_a_short_flow_draws_its_own_weeks_again() -> None:
    answer = answer_to([0.0, 64.0, 0.0, 16.0], is_flow=True)
    assert (answer.model, answer.reason) == ("past_values", "too_short")
    assert (answer.paths == 0).mean() > 0.3
    assert answer.paths.min() >= 0


def test_enough_history_gets_a_model_without_a_reason() -> None:
    assert answer_to(growing(60, seed=1)).model in kernels.COMPONENTS
    assert answer_to(growing(60, seed=1), engine="ets").model == "ets_damped"
    assert answer_to(lumpy(60, seed=1), is_flow=True).model == "intermittent_level"
    assert answer_to(growing(60, seed=1)).reason is None


def test_a_season_needs_the_history_that_the_policy_asks_for() -> None:
    week = np.arange(105)
    values = 1000 + 300 * np.sin(2 * np.pi * week / 52) + np.random.default_rng(1).normal(0, 5, 105)
    assert answer_to(values, engine="ets").model == "ets_damped_season"
    assert answer_to(values[1:], engine="ets").model == "ets_damped"


@pytest.mark.parametrize("engine", ["ensemble", "ets"])
def test_a_failed_fit_is_an_answer_with_a_reason(monkeypatch: pytest.MonkeyPatch, engine: Engine) -> None:
    def fail(*_args: object, **_kwargs: object) -> Never:
        raise np.linalg.LinAlgError("singular")

    monkeypatch.setattr(series_forecast, "damped_ets_paths", fail)
    monkeypatch.setattr(series_forecast, "ensemble_paths", fail)
    answer = answer_to(growing(120, seed=1), engine=engine)
    assert (answer.model, answer.reason) == ("seasonal_naive", "fit_failed")
    assert np.isfinite(answer.paths).all()


def test_paths_that_are_not_finite_count_as_a_failed_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    def overflow(values: Any, *, draws: Draws, **_kwargs: object) -> tuple[np.ndarray, None]:
        return np.full(draws.shape, np.inf), None

    monkeypatch.setattr(series_forecast, "ensemble_paths", overflow)
    assert answer_to(growing(120, seed=1)).reason == "fit_failed"


def test_the_baseline_repeats_last_year_in_the_middle() -> None:
    values = 1000 + 300 * np.sin(2 * np.pi * np.arange(120) / 52) + np.arange(120) % 3
    answer = answer_to(values, engine="seasonal_naive")
    assert answer.model == "seasonal_naive"
    assert answer.reason is None
    assert np.abs(np.median(answer.paths, axis=1) - values[68:80]).max() < 5


def test_weeks_not_yet_reported_are_forecast_over() -> None:
    values = growing(120, seed=2)
    late = answer_to([*values, NAN, NAN, NAN], steps=9)
    prompt = answer_to(values, steps=12)
    assert late.paths.shape == (9, 50)
    gap = np.median(late.paths, axis=1) / np.median(prompt.paths[3:], axis=1) - 1
    assert np.abs(gap).max() < 0.05


@pytest.mark.parametrize(
    "values",
    [
        [1e-9, 2e-9] * 10,
        [5e-324, NAN, 1.0e-299],
        [1e12, 2e12, 1.5e12] * 10,
        [0.0] * 19 + [1.0],
        [1.0] + [0.0] * 19,
        [5.0] * 19 + [5.0000001],
        [NAN] * 15 + [1.0, 2.0, 3.0, 4.0, 3.0, 2.0, 1.0, 5.0],
    ],
)
@pytest.mark.parametrize("is_flow", [True, False])
def test_odd_series_get_finite_answers_that_are_not_negative(values: Any, is_flow: bool) -> None:
    answer = answer_to(values, is_flow=is_flow)
    assert np.isfinite(answer.paths).all()
    assert answer.paths.min() >= 0
