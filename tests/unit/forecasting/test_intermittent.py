import numpy as np

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


def test_most_weeks_stay_without_an_order_and_none_is_negative() -> None:
    values = lumpy(140, seed=3, share=0.2)
    paths = paths_of(values)
    assert paths.min() >= 0
    assert abs((paths == 0).mean() - (values[-104:] == 0).mean()) < 0.02


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
    assert not is_intermittent(np.array([4.0, 0.0, 6.0, 5.0, 5.0] * 4), RULES)


def test_one_order_in_two_years_is_enough_for_an_answer() -> None:
    values = np.zeros(120)
    values[7] = 64.0
    paths = paths_of(values)
    assert np.isfinite(paths).all()
    assert paths.min() >= 0
