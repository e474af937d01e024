import numpy as np
import pytest

from pipeline.forecasting.damped_ets import damped_ets_paths
from pipeline.forecasting.draws import joint_draws
from tests.demand_frames import growing, small_policy

RULES = small_policy().forecast


def paths_of(
    values: np.ndarray, *, steps: int = 104, seasons: tuple[int, ...] = (52,), seed: int = 1
) -> tuple[np.ndarray, str]:
    draws = joint_draws(seed, steps=steps, paths=200, weeks=104)
    paths, fit = damped_ets_paths(
        values, seasons=seasons, draws=draws, rng=np.random.default_rng(seed), policy=RULES
    )
    return paths, fit.model


def test_the_same_smoothing_by_hand_gives_the_model_of_record() -> None:
    """Errors of zero in the future: the path is the forecast that statsmodels makes of its own states."""
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    values = growing(80, seed=3)
    paths, _ = paths_of(values, steps=30, seasons=())
    offset = 0.5 * values.mean()
    log = np.log(values + offset)
    slope, level = np.polyfit(np.arange(1, 11), log[:10], 1)
    model = ETSModel(
        log,
        error="add",
        trend="add",
        damped_trend=True,
        initialization_method="known",
        initial_level=level,
        initial_trend=slope,
        bounds={"smoothing_trend": (1e-4, RULES.trend_limit), "damping_trend": (0.8, 61.54 / 62.54)},
    )
    expected = np.exp(model.fit(disp=False).forecast(30)) - offset
    assert np.abs(np.median(paths, axis=1) / expected - 1).max() < 0.05


def test_a_season_seen_twice_comes_back() -> None:
    week = np.arange(130)
    noise = np.random.default_rng(5).normal(0, 0.01, 130)
    values = 1000 * np.exp(0.3 * np.sin(2 * np.pi * week / 52) + noise)
    paths, model = paths_of(values, steps=52)
    truth = 1000 * np.exp(0.3 * np.sin(2 * np.pi * (130 + np.arange(52)) / 52))
    assert model == "ets_damped_season"
    assert np.abs(np.median(paths, axis=1) / truth - 1).mean() < 0.08


@pytest.mark.parametrize("growth", [0.005, 0.01, 0.02])
def test_growth_goes_on_without_running_away(growth: float) -> None:
    for seed in range(5):
        values = growing(120, seed=seed, growth=growth)
        paths, _ = paths_of(values)
        p50, p99 = np.quantile(paths[-1], [0.5, 0.99])
        assert p50 > 0.7 * values[-1]
        assert p50 < 3 * values[-1] * np.exp(104 * growth)
        assert p99 < 12 * p50


def test_a_launch_from_nothing_does_not_explode() -> None:
    ramp = np.concatenate([np.zeros(3), 5 * np.exp(0.25 * np.arange(20))])
    paths, model = paths_of(ramp, seasons=())
    assert model == "ets_damped"
    assert np.quantile(paths[-1], 0.5) < 12 * ramp.max()
    assert paths.max() <= RULES.path_ceiling * ramp.max() * (1 + 1e-9)


def test_a_product_that_fades_out_does_not_come_back() -> None:
    week = np.arange(150)
    for seed in range(5):
        noise = np.cumsum(np.random.default_rng(seed).normal(0, 0.04, 150))
        faded = np.round(3000 / (1 + np.exp((week - 85) / 12)) * np.exp(noise))
        paths, _ = paths_of(faded)
        assert paths[52:].mean() < 0.1 * faded.max()
        assert np.median(paths[-1]) <= max(2 * faded[-1], 5)


def test_noise_does_not_spread_without_end() -> None:
    rng = np.random.default_rng(1)
    values = 1000 * np.exp(np.cumsum(rng.normal(0, 0.2, 130)))
    paths, _ = paths_of(values)
    p10, p50, p99 = np.quantile(paths[-1], [0.1, 0.5, 0.99])
    assert p99 < 20 * p50
    assert p10 < 0.6 * p50


def test_unobserved_weeks_are_bridged_not_answered_with_nan() -> None:
    values = growing(120, seed=4)
    holes = values.copy()
    holes[[10, 11, 60, 100]] = np.nan
    whole, _ = paths_of(values, steps=26)
    partly, _ = paths_of(holes, steps=26)
    assert np.isfinite(partly).all()
    assert np.abs(np.median(partly, axis=1) / np.median(whole, axis=1) - 1).max() < 0.1


def test_intervals_cover_what_they_say_on_simulated_growth() -> None:
    hits = []
    for seed in range(60):
        values = growing(156, seed=100 + seed)
        paths, _ = paths_of(values[:130], steps=26)
        low, high = np.quantile(paths, [0.1, 0.9], axis=1)
        hits.append(np.mean((values[130:] >= low) & (values[130:] <= high)))
    assert 0.7 < np.mean(hits) < 0.92


def test_two_seasons_of_hours_are_both_followed() -> None:
    hour = np.arange(24 * 7 * 5)
    values = 100 + 30 * np.sin(2 * np.pi * hour / 24) + 20 * np.sin(2 * np.pi * hour / 168)
    values = values + np.random.default_rng(1).normal(0, 1, len(hour))
    paths, _ = paths_of(values[:-48], steps=48, seasons=(24, 168))
    assert np.abs(np.median(paths, axis=1) - values[-48:]).mean() < 6
