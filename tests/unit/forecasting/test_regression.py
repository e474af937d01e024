import numpy as np
import pytest
from statsmodels.tsa.statespace.sarimax import SARIMAX

from pipeline.forecasting.regression import Effects, fit_effects
from tests.demand_frames import growing

RNG = np.random.default_rng
NAN = float("nan")


def promotions(steps: int, *, seed: int = 1) -> np.ndarray:
    """A promotion in a tenth of the steps, and a temperature around 15 degrees."""
    rng = RNG(seed)
    return np.column_stack([(rng.random(steps) < 0.1).astype(float), 15 + rng.normal(0, 5, steps)])


def effects_of(values: np.ndarray, regressors: np.ndarray, *, seasons: tuple[int, ...] = ()) -> Effects:
    found = fit_effects(values, regressors, seasons=seasons)
    assert found is not None
    return found


def within(found: Effects, truth: list[float], *, errors: float = 4.0) -> bool:
    return bool(np.all(abs(found.coefficients - truth) < errors * np.sqrt(np.diag(found.covariance))))


def test_relative_effects_are_found_where_they_multiply() -> None:
    x = promotions(200)
    found = effects_of(growing(200, seed=1) * np.exp(x @ [0.3, -0.02]), x)
    assert found.is_relative
    assert found.coefficients == pytest.approx([0.3, -0.02], abs=0.02)
    assert within(found, [0.3, -0.02])


def test_absolute_effects_are_found_where_they_add() -> None:
    x = promotions(200)
    base = 100 * np.exp(0.01 * np.arange(200))  # the same promotion adds as much to ten times the level
    found = effects_of(base + RNG(1).normal(0, 3, 200) + x @ [80.0, 3.0], x)
    assert not found.is_relative
    assert found.coefficients == pytest.approx([80.0, 3.0], rel=0.1)


def test_effects_do_not_depend_on_the_unit_of_series_or_regressor() -> None:
    x = promotions(150)
    values = growing(150, seed=2) * np.exp(x @ [0.3, -0.02])
    one, other = effects_of(values, x), effects_of(1e9 * values, x * [1.0, 1e-6])
    assert other.coefficients == pytest.approx(one.coefficients * [1.0, 1e6], rel=1e-3)
    assert other.is_relative


def test_a_season_is_not_taken_for_an_effect() -> None:
    steps = np.arange(240)
    season = np.sin(2 * np.pi * steps / 12)
    x = (5 * season + RNG(1).normal(0, 1, 240))[:, None]
    found = effects_of(np.exp(5 + 0.5 * season + RNG(2).normal(0, 0.05, 240)), x, seasons=(12,))
    assert abs(found.coefficients[0]) < 0.02
    without = effects_of(np.exp(5 + 0.5 * season + RNG(2).normal(0, 0.05, 240)), x)
    assert without.coefficients[0] > 0.05


def test_taking_off_and_putting_on_leads_back() -> None:
    x = promotions(120)
    values = growing(120, seed=3) * np.exp(x @ [0.4, 0.01])
    found = effects_of(values, x)
    off = found.taken_off(values, x)
    on = found.put_on(np.repeat(off[:, None], 4000, axis=1), x, RNG(1))
    assert on.mean(axis=1) == pytest.approx(values, rel=0.01)
    assert on.std(axis=1).max() > 0


def test_what_is_not_told_is_not_observed_and_changes_no_effect() -> None:
    x = promotions(150)
    values = growing(150, seed=4) * np.exp(x @ [0.3, -0.02])
    holes = x.copy()
    holes[[20, 21, 90], 1] = NAN
    lost = values.copy()
    lost[[20, 21, 90]] = NAN
    assert effects_of(values, holes).coefficients == pytest.approx(effects_of(lost, x).coefficients)
    assert np.flatnonzero(np.isnan(effects_of(values, holes).taken_off(values, holes))).tolist() == [
        20,
        21,
        90,
    ]


def test_zeros_stay_zeros_and_tell_nothing() -> None:
    x = promotions(200)
    values = np.where(RNG(3).random(200) < 0.2, 0.0, growing(200, seed=5) * np.exp(x @ [0.3, -0.02]))
    found = effects_of(values, x)
    assert found.is_relative
    assert found.coefficients[0] == pytest.approx(0.3, abs=0.06)
    assert np.all((found.taken_off(values, x) == 0) == (values == 0))


def test_a_series_below_zero_gets_absolute_effects() -> None:
    x = promotions(150)
    values = -50 + RNG(1).normal(0, 5, 150) + x @ [30.0, 1.0]
    found = effects_of(values, x)
    assert not found.is_relative
    assert within(found, [30.0, 1.0])


def test_constant_and_dependent_columns_are_left_out() -> None:
    x = promotions(120)
    columns = np.column_stack(
        [np.ones(120), x[:, 0], 3 - 2 * x[:, 0], x[:, 1], np.zeros(120), 7 * x[:, 1] + x[:, 0]]
    )
    assert effects_of(growing(120, seed=1), columns).used == (1, 3)


def test_coefficients_are_those_of_statsmodels_at_the_same_parameters() -> None:
    x = promotions(150)
    values = growing(150, seed=6) * np.exp(x @ [0.3, -0.02])
    found = effects_of(values, x)
    model = found.result.model
    smoothed = SARIMAX(
        model.endog, exog=model.exog, order=(0, 1, 1), mle_regression=False, concentrate_scale=True
    ).smooth(found.result.params)
    assert smoothed.llf == pytest.approx(found.result.llf)
    told = smoothed.smoothed_state[-model.k_exog :][:2, 0] * found.unit / x.std(axis=0)
    assert found.coefficients == pytest.approx(told, rel=1e-4)


@pytest.mark.parametrize(
    ("values", "regressors"),
    [
        (np.full(50, 4.0), promotions(50)),
        (growing(50, seed=1), np.ones((50, 1))),
        (growing(50, seed=1), np.full((50, 1), NAN)),
        (np.full(50, NAN), promotions(50)),
        (growing(7, seed=1), promotions(7)),
        (np.zeros(50), promotions(50)),
        (np.where(np.arange(50) == 20, 5.0, 0.0), promotions(50)),
    ],
)
def test_where_effects_cannot_be_told_there_are_none(values: np.ndarray, regressors: np.ndarray) -> None:
    assert fit_effects(values, regressors, seasons=()) is None


def test_no_exponent_runs_away() -> None:
    x = promotions(120)
    found = effects_of(growing(120, seed=3) * np.exp(x @ [0.4, 0.01]), x)
    beyond = found.put_on(np.full((2, 50), 10.0), np.array([[1e6, 1e6], [-1e6, -1e6]]), RNG(1))
    assert beyond.max() <= 200.0 * (1 + 1e-9)
    assert beyond.min() >= 0.5 * (1 - 1e-9)


@pytest.mark.parametrize("zero", [-100.0, 900.0])
@pytest.mark.parametrize("is_relative", [True, False])
def test_where_a_regressor_has_its_zero_changes_nothing(zero: float, *, is_relative: bool) -> None:
    price = 100 + RNG(1).normal(0, 8, (150, 1))
    noise = RNG(2).normal(0, 1, 150)
    values = (
        np.exp(12 - 0.05 * price[:, 0] + 0.05 * noise)
        if is_relative
        else 2700 - 20 * price[:, 0] + 20 * noise
    )
    here, there = effects_of(values, price), effects_of(values, price + zero)
    assert there.is_relative == here.is_relative == is_relative
    assert there.coefficients == pytest.approx(here.coefficients, rel=1e-4)
    off = here.taken_off(values, price)
    np.testing.assert_allclose(there.taken_off(values, price + zero), off, rtol=1e-4)
    assert np.median(off) == pytest.approx(np.median(values), rel=0.05)  # as at the usual price
    coming = np.array([[80.0], [110.0]])
    told = here.put_on(np.full((2, 500), np.median(off)), coming, RNG(3)).mean(axis=1)
    again = there.put_on(np.full((2, 500), np.median(off)), coming + zero, RNG(3)).mean(axis=1)
    np.testing.assert_allclose(again, told, rtol=1e-3)
    truth = np.exp(12 - 0.05 * coming[:, 0]) if is_relative else 2700 - 20 * coming[:, 0]
    np.testing.assert_allclose(told, truth, rtol=0.05)
