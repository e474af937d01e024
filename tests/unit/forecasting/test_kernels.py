"""Every kernel that statsmodels also has, at the same parameters: the same errors and the same forecast."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from statsmodels.tsa.ar_model import AutoReg
from statsmodels.tsa.exponential_smoothing.ets import ETSModel
from statsmodels.tsa.statespace.sarimax import SARIMAX

from pipeline.forecasting import kernels

Array = NDArray[np.float64]
NAN = float("nan")
KINDS = {name: kind for kind, name in enumerate(kernels.MODELS)}


def walk(size: int, *, seed: int, season: int = 1) -> Array:
    rng = np.random.default_rng(seed)
    pattern = 10 * np.sin(2 * np.pi * np.arange(size) / season) if season > 1 else 0
    return np.asarray(100 + np.cumsum(rng.normal(0.1, 1, size)) + pattern + rng.normal(0, 1, size))


def fitted(name: str, values: Array, horizon: int = 8) -> tuple[Array, Array, Array, float]:
    """Parameters, state at the end (two numbers) and at the start (two), forecast, squared errors."""
    parameters, answer, state = np.zeros(3), np.empty(horizon), np.zeros(4)
    kernels.forecast_smoothing(KINDS[name], values, parameters, False, answer)
    total = kernels.model_error(KINDS[name], values, parameters, state)
    return parameters, state, answer, total


def smoothed(values: Array, parameters: dict[str, float], **model: Any) -> Any:
    ets = ETSModel(values, error="add", initialization_method="known", **model)
    return ets.smooth([parameters[name] for name in ets.param_names if name in parameters])


@pytest.mark.parametrize("seed", range(5))
def test_simple_smoothing_is_that_of_statsmodels(seed: int) -> None:
    values = walk(80, seed=seed)
    parameters, state, answer, total = fitted("ses", values)
    result = smoothed(values, {"smoothing_level": parameters[0]}, initial_level=state[2])
    assert total == pytest.approx(result.sse, rel=1e-9)
    assert answer == pytest.approx(np.asarray(result.forecast(8)), rel=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_damped_smoothing_is_that_of_statsmodels(seed: int) -> None:
    values = walk(80, seed=seed)
    (alpha, share, phi), state, answer, total = fitted("damped", values)
    result = smoothed(
        values,
        {"smoothing_level": alpha, "smoothing_trend": alpha * share, "damping_trend": phi},
        trend="add",
        damped_trend=True,
        initial_level=state[2],
        initial_trend=state[3],
    )
    assert total == pytest.approx(result.sse, rel=1e-9)
    assert answer == pytest.approx(np.asarray(result.forecast(8)), rel=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_smoothing_with_drift_is_that_of_statsmodels(seed: int) -> None:
    values = walk(80, seed=seed)
    (alpha, *_), state, answer, total = fitted("drift", values)
    result = smoothed(
        values,
        {"smoothing_level": alpha, "smoothing_trend": 0.0},
        trend="add",
        initial_level=state[2],
        initial_trend=state[3],
    )
    assert total == pytest.approx(result.sse, rel=1e-9)
    assert answer == pytest.approx(np.asarray(result.forecast(8)), rel=1e-9)


@pytest.mark.parametrize("drift", [0.0, 0.2, 5.0])
def test_drift_is_drawn_to_zero_as_far_as_its_standard_error_tells(drift: float) -> None:
    noise = np.random.default_rng(11).normal(0, 1, 60)
    values = 100 + drift * np.arange(60) + noise
    (alpha, *_), state, _, _ = fitted("drift", values)
    rest, design = values.copy(), np.empty((60, 2))
    level, answers = 0.0, np.array([1.0, 0.0])
    for t in range(60):  # of the errors to a level and a drift at the start
        answers[1] += 1.0
        rest[t], design[t] = values[t] - level, answers
        level += alpha * rest[t]
        answers = answers - alpha * design[t]
    best, (square,), *_ = np.linalg.lstsq(design, rest)
    variance = square / 57 * np.linalg.inv(design.T @ design)[1, 1]
    kept = max(0.0, 1 - variance / best[1] ** 2)
    assert state[3] == pytest.approx(kept * best[1], rel=1e-6, abs=1e-9)
    assert kept == 0 if drift == 0 else 0 < kept < 1


@pytest.mark.parametrize("seed", range(3))
def test_the_likelihood_found_is_near_the_best_of_statsmodels(seed: int) -> None:
    values = walk(120, seed=seed)
    parameters, _, _, total = fitted("ses", values)
    best = ETSModel(values, error="add").fit(disp=False)
    assert total <= best.sse * 1.01
    assert parameters[0] == pytest.approx(best.params[0], abs=0.1)


def test_theta_is_simple_smoothing_around_half_of_the_slope() -> None:
    values = walk(60, seed=1)
    times = np.arange(60)
    slope = np.polyfit(times, values, 1)[0] / 2
    parameters, answer = np.zeros(3), np.empty(8)
    kernels.forecast_smoothing(KINDS["theta"], values, parameters, False, answer)
    _, _, plain, _ = fitted("ses", values - slope * times)
    assert answer == pytest.approx(plain + slope * np.arange(60, 68), rel=1e-9)


def test_complex_smoothing_follows_its_recursion() -> None:
    values = walk(60, seed=2)
    (alpha, beta, _), state, answer, total = fitted("ces", values)
    move = np.array([[1.0, beta - 1.0], [1.0, 1.0 - alpha]])
    gain = np.array([alpha - beta, alpha + beta])
    now, squares = state[2:4].copy(), 0.0
    for value in values:
        error = value - now[0]
        squares += error**2
        now = move @ now + gain * error
    ahead = []
    for _ in range(8):
        ahead.append(now[0])
        now = move @ now
    assert total == pytest.approx(squares, rel=1e-9)
    assert answer == pytest.approx(ahead, rel=1e-9)


@pytest.mark.parametrize("is_differenced", [False, True])
def test_autoregression_is_least_squares_as_in_statsmodels(is_differenced: bool) -> None:
    values = walk(150, seed=3)
    changes = np.diff(values) if is_differenced else values
    centred = changes - changes.mean()
    lags = np.arange(1, 6)
    coefficients = np.zeros(5)
    order = kernels.fit_autoregression(centred, lags, coefficients)
    assert 0 < order <= 5
    peer = AutoReg(centred, lags=order, trend="n", hold_back=5).fit()
    assert coefficients[:order] == pytest.approx(np.asarray(peer.params), abs=1e-4)


def test_the_order_is_that_of_the_least_corrected_criterion() -> None:
    rng = np.random.default_rng(4)
    values = np.zeros(400)
    for t in range(2, 400):
        values[t] = 0.5 * values[t - 1] + 0.3 * values[t - 2] + rng.normal()
    assert kernels.fit_autoregression(values, np.arange(1, 7), np.zeros(6)) == 2


def test_airline_is_the_seasonal_arima_of_statsmodels() -> None:
    values = walk(240, seed=5, season=12)
    parameters, answer = np.zeros(3), np.empty(12)
    assert kernels.forecast_airline(values, 12, parameters, False, answer)
    model = SARIMAX(values, order=(0, 1, 1), seasonal_order=(0, 1, 1, 12))
    peer = model.smooth([-parameters[0], -parameters[1], 1.0])
    assert answer == pytest.approx(np.asarray(peer.forecast(12)), rel=2e-3)
    best = model.fit(disp=False)
    assert -parameters[:2] == pytest.approx(np.asarray(best.params)[:2], abs=0.1)


def test_seasonal_smoothing_is_that_of_statsmodels() -> None:
    values, season = walk(96, seed=6, season=12), 12
    pattern = np.zeros(season)
    assert kernels.season_pattern(values, season, False, pattern)
    alpha, share, gamma = 0.3, 0.1, 0.2
    state, phases, start = np.zeros(2), np.empty(season), np.array([values[0], 0.1])
    total = kernels.seasonal_errors(values, pattern, np.array([alpha, share, gamma]), start, state, phases)
    result = smoothed(
        values,
        {
            "smoothing_level": alpha,
            "smoothing_trend": alpha * share,
            "smoothing_seasonal": gamma,
            "damping_trend": 0.97,
        },
        trend="add",
        damped_trend=True,
        seasonal="add",
        seasonal_periods=season,
        initial_level=start[0],
        initial_trend=start[1],
        initial_seasonal=pattern,
    )
    assert total == pytest.approx(result.sse, rel=1e-9)
    assert state[0] == pytest.approx(np.asarray(result.level)[-1], rel=1e-9)


def test_what_is_not_observed_updates_nothing() -> None:
    values = walk(60, seed=7)
    parameters, state, _, _ = fitted("damped", values)
    holes, after = values.copy(), np.zeros(4)
    holes[[20, 21, 59]] = NAN
    kernels.model_error(KINDS["damped"], holes, parameters, after)
    alpha, share, phi = parameters
    level, trend = after[2], after[3]
    for value in holes:
        expected = level + phi * trend
        error = value - expected if np.isfinite(value) else 0.0
        level, trend = expected + alpha * error, phi * trend + alpha * share * error
    assert after[:2] == pytest.approx([level, trend], rel=1e-9)
    assert not np.allclose(after[:2], state[:2])


def test_each_component_stands_where_its_name_says() -> None:
    hours = np.arange(24 * 7 * 6)
    values = 100 + 20 * np.sin(2 * np.pi * hours / 24) + 15.0 * (hours // 24 % 7 >= 5)
    values += np.random.default_rng(12).normal(0, 1, len(values))
    answers = np.full((len(kernels.COMPONENTS), 8), NAN)
    parameters = np.zeros((len(kernels.COMPONENTS), 3))
    pattern, recent = np.empty(168), len(values) - 300
    kernels.forecast_components(values, 168, 24, 300, np.arange(1, 7), parameters, False, answers)
    assert np.isfinite(answers[: len(kernels.DIRECT)]).all()
    for name, place in (("ces", "log"), ("drift", "offset"), ("drift", "ratio_2"), ("ar", "offset_2")):
        season = 24 if place.endswith("_2") else 168
        is_relative = place.startswith("ratio")
        kernels.season_pattern(values, season, is_relative, pattern)
        past, ahead = pattern[hours % season], pattern[np.arange(len(values), len(values) + 8) % season]
        rest = np.log(values) if place == "log" else (values / past if is_relative else values - past)
        answer = np.empty(8)
        if name == "ar":
            kernels.forecast_autoregression(rest[recent:], np.arange(1, 7), 0, answer)
        else:
            kernels.forecast_smoothing(KINDS[name], rest[recent:], np.zeros(3), False, answer)
        expected = np.exp(answer) if place == "log" else (answer * ahead if is_relative else answer + ahead)
        row = kernels.COMPONENTS.index(f"{name}/{place}")
        assert answers[row] == pytest.approx(expected, rel=1e-9), f"{name}/{place}"


def test_better_components_weigh_more_and_bad_ones_nothing() -> None:
    errors = np.array([[1.0, 1.2, 4.0, NAN], [1.1, 1.2, 5.0, NAN]])
    possible, weights = np.array([True, True, True, False]), np.empty(4)
    kernels.weigh(errors, possible, 200, np.array([6.0, 1.8, 0.6, 40.0]), weights)
    assert weights.sum() == pytest.approx(1.0)
    assert weights[0] > weights[1] > 0
    assert weights[2] == weights[3] == 0


def test_no_window_judges_itself() -> None:
    values = np.concatenate([np.zeros(8), [10.0, 10.0], [0.0, 0.0]])
    past = np.zeros((2, 2, 2))
    past[:, 1] = 10.0
    errors, residuals = np.empty((2, 2)), np.empty((2, 2))
    rules = np.array([6.0, 1.8, 0.0, 1e-9])
    kernels.judge_origins(
        values, np.array([10, 8]), past, np.array([True, True]), 10.0, rules, errors, residuals
    )
    assert errors.tolist() == [[0.0, 10.0], [10.0, 0.0]]
    assert residuals.tolist() == [[-10.0, -10.0], [10.0, 10.0]]
