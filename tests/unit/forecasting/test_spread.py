import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.forecasting.spread import fit_spread

Array = NDArray[np.float64]
SHARES = np.array([0.025, 0.1, 0.5, 0.9, 0.975])


def windows(
    *, growth: float, is_relative: bool, count: int = 200, steps: int = 12
) -> tuple[Array, Array, Array]:
    """Residuals and observed values with a standard deviation of a tenth one step ahead, and a history."""
    rng = np.random.default_rng(1)
    forecast = np.exp(rng.normal(5, 0.8, (count, 1))) * np.ones(steps)
    errors = rng.normal(0, 0.1, (count, steps)) * np.arange(1, steps + 1) ** growth
    observed = forecast * np.exp(errors) if is_relative else forecast + 100 * errors
    return observed - forecast, observed, np.exp(rng.normal(5, 0.1, 300))


@pytest.mark.parametrize("growth", [0.0, 0.5, 0.8])
def test_growth_and_scale_are_those_of_the_errors(growth: float) -> None:
    residuals, observed, values = windows(growth=growth, is_relative=True)
    spread = fit_spread(residuals, observed, values, lag=1)
    assert spread.growth == pytest.approx(growth, abs=0.05)
    assert spread.scale == pytest.approx(0.1, rel=0.15)
    assert spread.offset < 0.5 * values.mean()


def test_errors_that_do_not_grow_with_the_level_are_absolute() -> None:
    residuals, observed, values = windows(growth=0.3, is_relative=False)
    spread = fit_spread(residuals, observed, values, lag=1)
    assert spread.offset >= 10 * values.mean()
    low, high = spread.quantiles(np.array([100.0]), SHARES), spread.quantiles(np.array([200.0]), SHARES)
    assert (high[4] - high[0])[0] == pytest.approx((low[4] - low[0])[0], rel=0.15)


def test_sums_of_independent_errors_are_narrower_than_those_of_equal_ones() -> None:
    rng = np.random.default_rng(2)
    forecast = np.full((300, 12), 100.0)
    apart = fit_spread(
        *_both(rng.normal(0, 5, (300, 12)), forecast), np.full(50, 100.0) + rng.normal(0, 5, 50), lag=1
    )
    equal = fit_spread(
        *_both(rng.normal(0, 5, (300, 1)) * np.ones(12), forecast),
        np.full(50, 100.0) + rng.normal(0, 5, 50),
        lag=1,
    )
    assert apart.correlation < 0.15
    assert equal.correlation > 0.9


def _both(residuals: Array, forecast: Array) -> tuple[Array, Array]:
    return residuals, forecast + residuals


def test_quantiles_rise_and_widen_and_grow_faster_beyond_what_was_judged() -> None:
    residuals, observed, values = windows(growth=0.3, is_relative=True)
    quantiles = fit_spread(residuals, observed, values, lag=1).quantiles(np.full(36, 100.0), SHARES)
    assert (np.diff(quantiles, axis=0) > 0).all()
    width = quantiles[4] - quantiles[0]
    assert (np.diff(width) > 0).all()
    assert width[23] / width[11] > 1.5 > width[11] / width[5]


def test_without_windows_the_usual_change_tells() -> None:
    values = 100 + 10.0 * (np.arange(20) % 2)
    spread = fit_spread(np.empty((0, 4)), np.empty((0, 4)), values, lag=1)
    width = np.ptp(spread.quantiles(np.full(4, 105.0), SHARES[[1, 3]]), axis=0)
    assert spread.windows == 0
    assert 10 < width[0] < 60


def test_calm_windows_do_not_tell_that_a_series_is_calm() -> None:
    rng = np.random.default_rng(5)
    steps = rng.normal(0, 1, 300)
    residuals = rng.normal(0, 2, (8, 6))

    def scale(restless: float, count: int) -> float:
        values = 1000 + np.cumsum(np.where(np.arange(300) < 300 - count, restless, 1.0) * steps)
        return fit_spread(residuals, 1000 + residuals, values, lag=1).scale

    even = scale(1.0, 60)
    assert scale(2.0, 60) > 1.1 * even
    assert scale(0.5, 60) < even * 1.01
    assert scale(1e3, 60) < 4 * even


def test_fewer_windows_leave_wider_intervals() -> None:
    residuals, observed, values = windows(growth=0.3, is_relative=True, count=8)
    spreads = [fit_spread(residuals[:count], observed[:count], values, lag=1) for count in range(1, 9)]
    relative = [
        np.ptp(np.log(each.quantiles(np.full(1, 100.0), SHARES[[0, 4]]) + each.offset)) / each.scale
        for each in spreads
    ]
    assert (np.diff(relative) < 1e-9).all()
    assert relative[0] > 1.7 * relative[-1]


def test_histories_that_are_short_for_the_horizon_leave_wider_intervals() -> None:
    residuals, observed, values = windows(growth=0.3, is_relative=True, count=8)
    short, long = (fit_spread(residuals, observed, values[-size:], lag=1) for size in (60, 96))
    assert (short.windows, short.apart, long.apart) == (8, 5, 8)
    assert short.quantiles(np.full(1, 100.0), SHARES)[4] > long.quantiles(np.full(1, 100.0), SHARES)[4]


def test_values_below_zero_have_absolute_errors() -> None:
    rng = np.random.default_rng(3)
    residuals = rng.normal(0, 5, (50, 6))
    spread = fit_spread(residuals, residuals - 20, rng.normal(-20, 5, 60), lag=1)
    low, high = spread.quantiles(np.array([-20.0]), SHARES[[1, 3]])[:, 0]
    assert low < -20 < high
    assert high + 20 == pytest.approx(-20 - low, rel=0.05)


def test_what_was_not_observed_in_a_window_tells_nothing() -> None:
    residuals, observed, values = windows(growth=0.3, is_relative=True)
    holes = np.random.default_rng(4).random(residuals.shape) < 0.3
    spread = fit_spread(np.where(holes, np.nan, residuals), np.where(holes, np.nan, observed), values, lag=1)
    assert spread.growth == pytest.approx(0.3, abs=0.1)
    assert spread.scale == pytest.approx(0.1, rel=0.15)


@pytest.mark.parametrize("every", [2, 3])
def test_a_series_observed_every_few_steps_is_as_uncertain_as_its_observations_say(every: int) -> None:
    walk = 100 * np.exp(np.cumsum(np.random.default_rng(3).normal(0, 0.05, 150)))
    sparse = np.where(np.arange(150) % every == 0, walk, np.nan)
    forecast = np.concatenate([np.full((1, 12), sparse[start - every]) for start in (108, 120, 132)])
    observed = np.stack([sparse[start : start + 12] for start in (108, 120, 132)])
    spread = fit_spread(observed - forecast, observed, sparse, lag=1)
    whole = fit_spread(np.empty((0, 12)), np.empty((0, 12)), walk, lag=1)
    width = np.ptp(spread.quantiles(np.full(1, 100.0), SHARES[[1, 3]]), axis=0)
    assert width > 0.5 * np.ptp(whole.quantiles(np.full(1, 100.0), SHARES[[1, 3]]), axis=0)


def test_one_season_repeated_by_chance_makes_nothing_certain() -> None:
    year = np.random.default_rng(4).uniform(50, 150, 12)
    spread = fit_spread(np.empty((0, 12)), np.empty((0, 12)), np.append(year, year[0]), lag=12)
    assert spread.quantiles(np.full(1, year[1]), SHARES)[3] > 1.2 * year[1]
