import numpy as np

from pipeline.forecasting.draws import calendar_draws, joint_draws


def test_two_series_meet_the_errors_of_one_past_week() -> None:
    draws = joint_draws(1, steps=5, paths=50, weeks=40)
    weeks = np.arange(60.0)
    one = draws.of(weeks, np.random.default_rng(1))
    other = draws.of(weeks + 1000, np.random.default_rng(2))
    assert np.array_equal(one + 1000, other)
    assert one.min() >= 20


def test_a_short_history_draws_its_own_weeks_where_the_joint_one_is_missing() -> None:
    draws = joint_draws(1, steps=5, paths=50, weeks=40)
    drawn = draws.of(np.arange(50.0, 60.0), np.random.default_rng(1))
    joint = draws.of(np.arange(60.0), np.random.default_rng(2))
    is_shared = joint >= 50
    assert np.array_equal(drawn[is_shared], joint[is_shared])
    assert drawn.min() >= 50


def test_unknown_errors_are_never_drawn() -> None:
    errors = np.array([1.0, np.nan, 3.0, np.nan])
    drawn = joint_draws(1, steps=20, paths=20, weeks=4).of(errors, np.random.default_rng(1))
    assert set(np.unique(drawn)) == {1.0, 3.0}


def test_more_steps_leave_the_first_ones_as_they_are() -> None:
    short, long = (joint_draws(7, steps=steps, paths=30, weeks=20) for steps in (4, 9))
    assert np.array_equal(short.weeks_back, long.weeks_back[:4])


def test_every_week_is_used_nearly_equally_often_at_every_step() -> None:
    draws = joint_draws(7, steps=3, paths=100, weeks=20)
    for step in draws.weeks_back:
        assert np.bincount(step, minlength=20).tolist() == [5] * 20


def test_a_history_that_ended_earlier_still_meets_the_joint_weeks() -> None:
    draws = joint_draws(3, steps=6, paths=40, weeks=30)
    errors = np.arange(50.0)
    joint = draws.of(errors, np.random.default_rng(1))
    late = draws.from_earlier(2).of(errors[:-2], np.random.default_rng(1))[2:]
    is_known = joint < 48
    assert np.array_equal(late[is_known], joint[is_known])


def test_series_that_end_apart_meet_the_errors_of_one_past_step_at_one_time() -> None:
    drawn = [calendar_draws(1, end=end, steps=80, paths=50, weeks=40) for end in (100, 103)]
    met = [
        draws.of(np.arange(end + 1.0), np.random.default_rng(1))
        for draws, end in zip(drawn, (100, 103), strict=True)
    ]
    early, late = met[0][3:], met[1][:77]
    is_known = late <= 100
    assert np.array_equal(early[is_known], late[is_known])
    assert np.array_equal(early[~is_known], late[~is_known] - 40)
    assert 0 < (~is_known).sum() < is_known.sum()


def test_a_calendar_uses_every_past_step_nearly_equally_often() -> None:
    draws = calendar_draws(7, end=1000, steps=3, paths=100, weeks=20)
    for step in draws.weeks_back:
        assert np.bincount(step, minlength=20).tolist() == [5] * 20


def test_a_calendar_may_begin_before_its_origin() -> None:
    draws = calendar_draws(7, end=-3, steps=6, paths=20, weeks=20)
    assert sorted(draws.weeks_back[0]) == list(range(20))


def test_fading_draws_halve_the_chance_of_a_week_with_every_half_life() -> None:
    draws = joint_draws(1, steps=200, paths=520, weeks=104)
    late = draws.fading(13.0, weeks=104, length=90, rng=np.random.default_rng(2))
    chosen = np.bincount(late.weeks_back.ravel(), minlength=90) / late.weeks_back.size
    expected = 0.5 ** (np.arange(90) / 13)
    np.testing.assert_allclose(chosen, expected / expected.sum(), rtol=0.15, atol=2e-4)


def test_series_of_one_length_meet_nearly_one_week_when_draws_fade() -> None:
    draws = joint_draws(1, steps=50, paths=500, weeks=104)
    first, second = (
        draws.fading(13.0, weeks=104, length=90, rng=np.random.default_rng(seed)).weeks_back
        for seed in (1, 2)
    )
    assert np.median(np.abs(first - second)) == 0
    assert np.mean(np.abs(first - second) <= 1) > 0.9
