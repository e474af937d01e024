import numpy as np
import pytest

from pipeline.forecasting.draws import joint_draws
from pipeline.forecasting.gap_filling import fill_gaps, has_long_gap
from pipeline.forecasting.history_forecast import forecast_history, interleaved
from pipeline.forecasting.series_forecast import SeriesForecast, forecast_series
from tests.demand_frames import growing, lumpy, small_policy

RULES = small_policy().forecast
RNG = np.random.default_rng
NAN = float("nan")


def with_gap(values: np.ndarray, *, start: int, steps: int) -> np.ndarray:
    missing = (np.arange(len(values)) >= start) & (np.arange(len(values)) < start + steps)
    return np.where(missing, NAN, values)


def filled(
    values: np.ndarray, *, count: int = 40, seasons: tuple[int, ...] = (), floors: float = NAN
) -> np.ndarray:
    return np.array(fill_gaps(values, np.full(len(values), floors), seasons=seasons, count=count, rng=RNG(1)))


def answer_to(values: np.ndarray, *, is_flow: bool = False) -> SeriesForecast:
    return forecast_history(
        values,
        np.full(len(values), NAN),
        None,
        is_flow=is_flow,
        seasons=(52,),
        draws=joint_draws(1, steps=8, paths=100, weeks=104),
        rng=RNG(1),
        policy=RULES,
        engine="ensemble",
        fillings=5,
    )


@pytest.mark.parametrize(
    ("values", "is_long"),
    [
        (with_gap(growing(100, seed=1), start=50, steps=26), True),
        (with_gap(growing(100, seed=1), start=50, steps=25), False),
        (with_gap(growing(100, seed=1), start=70, steps=30), False),
        (with_gap(growing(100, seed=1), start=0, steps=30), False),
        (with_gap(growing(55, seed=1), start=20, steps=26), False),
        (with_gap(growing(200, seed=1), start=50, steps=72), True),
        (with_gap(growing(200, seed=1), start=50, steps=71), False),
        (growing(100, seed=1), False),
        (np.full(50, NAN), False),
    ],
)
def test_a_gap_is_long_between_enough_observations(values: np.ndarray, is_long: bool) -> None:
    assert has_long_gap(values) is is_long


def test_what_was_observed_stays_and_only_gaps_are_filled() -> None:
    values = np.append(with_gap(growing(120, seed=1), start=60, steps=30), [NAN, NAN])
    histories = filled(values)
    seen = np.isfinite(values)
    assert np.all(histories[:, seen] == values[seen])
    assert np.isfinite(histories[:, 60:90]).all()
    assert np.isnan(histories[:, -2:]).all()


def test_draws_are_as_far_apart_as_what_is_hidden_is_from_their_mean() -> None:
    inside = []
    for seed in range(30):
        truth = growing(160, seed=seed)
        drawn = filled(with_gap(truth, start=60, steps=40))[:, 60:100]
        low, high = np.quantile(drawn, [0.1, 0.9], axis=0)
        inside.append(np.mean((truth[60:100] >= low) & (truth[60:100] <= high)))
    assert 0.65 < np.mean(inside) < 0.95


def test_a_season_goes_on_through_the_gap() -> None:
    steps = np.arange(240)
    values = 100 + 40 * np.sin(2 * np.pi * steps / 12) + RNG(1).normal(0, 2, 240)
    drawn = filled(with_gap(values, start=120, steps=36), seasons=(12,)).mean(axis=0)
    assert np.abs(drawn - values)[120:156].max() < 15


@pytest.mark.parametrize("scale", [1e12, 1e-9])
def test_the_unit_does_not_matter(scale: float) -> None:
    values = with_gap(growing(120, seed=1), start=60, steps=30)
    assert filled(scale * values, count=2) / scale == pytest.approx(filled(values, count=2), rel=1e-6)


def test_no_draw_is_below_zero_or_a_floor_or_runs_away() -> None:
    values = with_gap(np.where(RNG(1).random(120) < 0.4, 0.0, growing(120, seed=1)), start=60, steps=40)
    drawn = filled(values)[:, 60:100]
    assert drawn.min() >= 0
    assert drawn.max() <= 2 * np.nanmax(values)
    assert filled(values, floors=70.0)[:, 60:100].min() >= 70.0


def test_a_series_below_zero_is_filled_below_zero() -> None:
    values = with_gap(-50 + RNG(1).normal(0, 3, 120), start=60, steps=40)
    drawn = filled(values)[:, 60:100]
    assert -80 < drawn.min() < drawn.max() < -20


def test_the_forecast_after_a_gap_is_nearer_than_over_it() -> None:
    over, after = [], []
    for seed in range(12):
        truth = growing(168, seed=seed, growth=0.002)
        values = with_gap(truth[:160], start=118, steps=30)
        answer = answer_to(values)
        assert answer.note == "filled gaps"
        plain = forecast_series(
            values,
            is_flow=False,
            is_ended=False,
            seasons=(52,),
            reach=8,
            draws=joint_draws(1, steps=8, paths=100, weeks=104),
            rng=RNG(1),
            policy=RULES,
        )
        shares = np.arange(0.05, 1, 0.1)
        for found, losses in ((answer, after), (plain, over)):
            errors = truth[160:] - np.quantile(found.paths, shares, axis=1)
            losses.append(
                float(np.mean(np.maximum(shares[:, None] * errors, (shares[:, None] - 1) * errors)))
            )
    assert np.mean(after) < 0.9 * np.mean(over)


def test_rare_demand_has_no_gaps_to_fill() -> None:
    values = with_gap(lumpy(120, seed=1), start=60, steps=30)
    assert answer_to(values, is_flow=True).note is None


def test_paths_are_taken_from_each_part_in_turn() -> None:
    parts = [np.full((2, 7), float(number)) for number in range(3)]
    assert interleaved(iter(parts), 3)[1].tolist() == [0, 1, 2, 0, 1, 2, 0]
