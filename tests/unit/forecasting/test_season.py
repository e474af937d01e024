import numpy as np

from pipeline.forecasting.season import fit_season


def test_a_yearly_pattern_in_noise_and_growth_is_found() -> None:
    rng = np.random.default_rng(1)
    week = np.arange(140)
    truth = 0.3 * np.cos(2 * np.pi * week / 52)
    season = fit_season(0.01 * week + truth + rng.normal(0, 0.05, 140), 52)
    assert season is not None
    assert np.abs(season.over(0, 52) - truth[:52]).max() < 0.08
    assert abs(season.pattern.sum()) < 1e-9


def test_noise_is_not_taken_for_a_season() -> None:
    rng = np.random.default_rng(2)
    found = [fit_season(rng.normal(0, 1, 140), 52) for _ in range(40)]
    assert sum(season is not None for season in found) <= 4


def test_unobserved_weeks_change_little() -> None:
    week = np.arange(156)
    values = np.sin(2 * np.pi * week / 52) + np.random.default_rng(3).normal(0, 0.02, 156)
    holes = values.copy()
    holes[[5, 40, 41, 100, 155]] = np.nan
    whole, partly = fit_season(values, 52), fit_season(holes, 52)
    assert whole is not None
    assert partly is not None
    assert np.abs(whole.pattern - partly.pattern).max() < 0.05


def test_the_pattern_continues_in_phase() -> None:
    season = fit_season(np.sin(2 * np.pi * np.arange(120) / 12) + 0.001 * np.arange(120) ** 0.5, 12)
    assert season is not None
    assert np.allclose(season.over(120, 12), season.over(0, 12))
    assert np.allclose(season.over(7, 3), season.over(0, 10)[7:])
