import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.forecasting import kernels
from pipeline.forecasting.draws import joint_draws
from pipeline.forecasting.ensemble import forecast_ensemble
from pipeline.forecasting.ensemble_paths import ensemble_paths
from tests.demand_frames import growing

Array = NDArray[np.float64]
NAN = float("nan")


def paths_of(values: Array, *, steps: int = 12, reach: int = 12, seasons: tuple[int, ...] = ()) -> Array:
    draws = joint_draws(1, steps=steps, paths=200, weeks=104)
    rng = np.random.default_rng(1)
    return ensemble_paths(values, seasons=seasons, reach=reach, draws=draws, rng=rng, recent=104)[0]


def test_the_forecast_is_the_mean_of_the_components_by_weight() -> None:
    values = growing(120, seed=1)
    ensemble = forecast_ensemble(values, seasons=(), horizon=8)
    assert ensemble.weights.sum() == pytest.approx(1.0)
    assert ensemble.weights.min() >= 0
    assert len(ensemble.weights) == len(kernels.COMPONENTS)
    assert ensemble.residuals.shape == ensemble.observed.shape == (8, 8)
    assert ensemble.observed[0] == pytest.approx(values[-8:])


def test_scale_and_unit_change_nothing_but_themselves() -> None:
    values = growing(120, seed=2)
    plain = forecast_ensemble(values, seasons=(), horizon=8)
    huge = forecast_ensemble(values * 1e12, seasons=(), horizon=8)
    assert huge.mean / 1e12 == pytest.approx(plain.mean, rel=1e-6)


def test_two_seasons_of_hours_are_carried_on() -> None:
    hours = np.arange(24 * 7 * 6)
    values = 100 + 20 * np.sin(2 * np.pi * hours / 24) + 15.0 * (hours // 24 % 7 >= 5)
    noisy = values + np.random.default_rng(1).normal(0, 1, len(values))
    ahead = np.arange(len(hours), len(hours) + 48)
    truth = 100 + 20 * np.sin(2 * np.pi * ahead / 24) + 15.0 * (ahead // 24 % 7 >= 5)
    forecast = forecast_ensemble(noisy, seasons=(24, 168), horizon=48).mean
    assert np.abs(forecast - truth).mean() < 2


def test_a_season_seen_hardly_three_times_is_carried_on() -> None:
    quarters = np.arange(26)
    truth = 100 + np.array([30.0, -10.0, -30.0, 10.0])[quarters % 4]
    noisy = truth + np.random.default_rng(2).normal(0, 2, 26)
    for size in (16, 18, 20):
        ensemble = forecast_ensemble(noisy[:size], seasons=(4,), horizon=6)
        assert all(cut >= 2 * 4 + 3 for cut in ensemble.cuts)
        assert np.abs(ensemble.mean - truth[size : size + 6]).mean() < 6


def test_gaps_are_not_zeros() -> None:
    values = growing(120, seed=3)
    holes = values.copy()
    holes[[30, 31, 70, 90]] = NAN
    whole, gapped = (forecast_ensemble(each, seasons=(), horizon=8).mean for each in (values, holes))
    assert gapped == pytest.approx(whole, rel=0.1)


def test_a_shorter_draw_is_the_beginning_of_a_longer_one() -> None:
    values = growing(120, seed=1)
    assert np.array_equal(paths_of(values, steps=6), paths_of(values, steps=12)[:6])


def test_series_that_moved_together_stay_together_and_others_apart() -> None:
    rng = np.random.default_rng(5)
    shared = np.cumsum(rng.normal(0, 0.05, 160))
    first, second = (np.exp(5 + shared + rng.normal(0, 0.01, 160)) for _ in range(2))
    others = [np.exp(5 + np.cumsum(rng.normal(0, 0.05, 160))) for _ in range(8)]
    a, b, *rest = (paths_of(values)[-1] for values in (first, second, *others))
    assert np.corrcoef(a, b)[0, 1] > 0.8
    assert abs(np.mean([np.corrcoef(a, c)[0, 1] for c in rest])) < 0.3


def test_neighbouring_steps_of_a_path_stay_together() -> None:
    paths = paths_of(growing(160, seed=4))
    assert np.corrcoef(paths[5], paths[6])[0, 1] > 0.5


def test_nothing_falls_below_zero_and_zero_is_never_certain() -> None:
    values = np.random.default_rng(6).poisson(1.0, 100).astype(float)
    paths = paths_of(values)
    assert paths.min() == 0
    assert (paths.max(axis=1) > 1).all()


@pytest.mark.parametrize("fall", [0.03, 0.06])
def test_what_falls_away_stays_away_and_errs_less_than_when_it_was_large(fall: float) -> None:
    """As a generation does that gives way to the next: a plateau, then less every week."""
    level = 8000.0 * np.concatenate([np.ones(60), (1 - fall) ** np.arange(1, 51)])
    values = level * np.exp(np.random.default_rng(1).normal(0, 0.01, 110))
    paths = paths_of(values, steps=104, reach=104, seasons=(52,))
    mean, last = paths.mean(axis=1), values[-1]
    assert (mean < last).all()
    assert mean[51] < 0.5 * last
    assert mean[-1] < 0.3 * last
    low, high = np.quantile(paths[0], [0.1, 0.9])
    assert high - low < 1.5 * last
    assert paths[-1].max() > 0
