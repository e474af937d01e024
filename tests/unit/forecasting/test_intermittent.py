import numpy as np
import pytest

from pipeline.forecasting.draws import joint_draws
from pipeline.forecasting.intermittent import intermittent_paths, is_intermittent
from tests.demand_frames import lumpy, small_policy

RULES = small_policy().forecast


def paths_of(values: np.ndarray) -> np.ndarray:
    draws = joint_draws(1, steps=104, paths=500, weeks=104)
    return intermittent_paths(values, draws=draws, rng=np.random.default_rng(1), policy=RULES)[0]


def test_the_mean_of_two_years_stays_near_the_mean_of_the_history() -> None:
    for seed in range(5):
        values = lumpy(140, seed=seed)
        assert 0.5 < paths_of(values).mean() / values.mean() < 1.7


def test_as_many_weeks_stay_without_an_order_as_lately_and_none_is_negative() -> None:
    values = lumpy(140, seed=3, share=0.2)
    paths = paths_of(values)
    assert paths.min() >= 0
    counts = 0.5 ** (np.arange(140)[::-1] / 13)
    assert abs((paths == 0).mean() - counts @ (values == 0) / counts.sum()) < 0.02


def test_late_weeks_are_drawn_more_often_and_on_half_of_the_paths_as_they_were() -> None:
    week = np.arange(104)
    values = np.where(week % 4 == 0, np.where(week < 78, 10.0, 40.0), 0.0)
    draws = joint_draws(1, steps=400, paths=400, weeks=104)
    paths, fit = intermittent_paths(values, draws=draws, rng=np.random.default_rng(1), policy=RULES)
    counts = 0.5 ** ((103 - week) / 13)
    assert fit.late == pytest.approx(counts @ values / counts.sum())
    assert paths.mean() == pytest.approx((fit.late + fit.level) / 2, rel=0.1)
    sizes = [len(np.unique(np.round(path[path > 0] / path.max(), 9))) for path in paths.T]
    assert sum(size == 2 for size in sizes) == 200


def test_a_shorter_horizon_gives_the_same_first_weeks() -> None:
    values = lumpy(120, seed=4)
    short = joint_draws(1, steps=9, paths=100, weeks=104)
    long = joint_draws(1, steps=30, paths=100, weeks=104)
    first, whole = (
        intermittent_paths(values, draws=draws, rng=np.random.default_rng(7), policy=RULES)[0]
        for draws in (short, long)
    )
    np.testing.assert_array_equal(first, whole[:9])


def test_weeks_that_were_not_observed_are_never_drawn() -> None:
    values = lumpy(120, seed=4)
    values[60:70] = np.nan
    paths = paths_of(values)
    assert np.isfinite(paths).all()
    assert 0.3 < paths.mean() / np.nanmean(values) < 3


def test_upper_quantiles_stay_near_the_largest_orders_seen() -> None:
    for seed in range(5):
        values = lumpy(140, seed=seed)
        for step in (0, 103):
            assert np.quantile(paths_of(values)[step], 0.99) < 3 * values.max()


def test_uncertainty_of_a_year_of_orders_is_wider_than_chance_alone() -> None:
    values = lumpy(140, seed=2)
    years = paths_of(values)[:52].sum(axis=0)
    weekly = values[-104:]
    assert years.std() > np.sqrt(52) * weekly.std() * 0.8


def test_a_flow_is_intermittent_when_demand_is_rarer_than_the_policy_says() -> None:
    assert is_intermittent(np.array([0.0, 0.0, 0.0, 5.0] * 5), RULES)
    assert is_intermittent(np.array([4.0, 0.0, 6.0, 5.0, 5.0] * 4), RULES)
    assert not is_intermittent(np.array([4.0, 0.0, 6.0, 5.0, 5.0, *[3.0] * 15]), RULES)


def test_what_was_rare_two_years_ago_and_sells_every_week_since_is_not_intermittent() -> None:
    rare, steady = lumpy(100, seed=1), np.random.default_rng(1).uniform(5, 9, 104)
    assert not is_intermittent(np.concatenate([rare, steady]), RULES)
    assert is_intermittent(np.concatenate([steady, rare]), RULES)


def test_a_flow_that_is_zero_by_season_is_not_intermittent_once_two_seasons_are_known() -> None:
    rng = np.random.default_rng(3)
    day = np.tile(np.maximum(np.sin(np.arange(24) / 24 * 2 * np.pi), 0.0), 6)
    sunlight = day * rng.uniform(20, 60, len(day))
    assert not is_intermittent(sunlight, RULES, (24,))
    assert not is_intermittent(sunlight, RULES, (168, 24))
    assert is_intermittent(sunlight, RULES)
    assert is_intermittent(sunlight[:47], RULES, (24,))


def test_rare_orders_without_a_season_stay_intermittent_whatever_the_season_asked_for() -> None:
    found = [is_intermittent(lumpy(140, seed=seed), RULES, (52,)) for seed in range(40)]
    assert sum(found) >= 39
    fading = [lumpy(140, seed=seed) * (np.arange(140) < 70 + 2 * seed) for seed in range(20)]
    assert sum(is_intermittent(values, RULES, (52,)) for values in fading) >= 19


def test_one_order_in_two_years_is_enough_for_an_answer() -> None:
    values = np.zeros(120)
    values[7] = 64.0
    paths = paths_of(values)
    assert np.isfinite(paths).all()
    assert paths.min() >= 0


def test_values_of_any_size_are_forecast_alike() -> None:
    values = lumpy(120, seed=4) / 64
    for unit in (1e-290, 1e290):
        np.testing.assert_allclose(paths_of(unit * values) / unit, paths_of(values), rtol=1e-6)
