import numpy as np
import pytest

from pipeline.reconciliation.choosing import Past, choose_method, judge_methods
from pipeline.reconciliation.methods import METHODS

SUMS = np.ones((1, 3))
LEVELS = np.array(["total", "series", "series", "series"])


def past_of(total_error: float, series_error: float, *, origins: int = 12, seed: int = 0) -> Past:
    rng = np.random.default_rng(seed)
    bottom = rng.uniform(90, 110, (3, origins, 4))
    observed = np.concatenate([bottom.sum(axis=0, keepdims=True), bottom])
    size = np.array([3 * total_error, *[series_error] * 3])[:, None, None]
    means = observed + size * rng.normal(1.0, 0.3, observed.shape)
    return Past(means, observed, every=2, error_steps=4)


def best(past: Past, origins: int = 6) -> str:
    losses = judge_methods(SUMS, LEVELS, past, origins=origins)
    assert list(losses) == list(METHODS)
    assert losses["bottom-up"] == 1.0
    return min(losses, key=lambda name: losses[name])


def test_series_that_were_right_are_believed_and_a_total_that_was_right_moves_them() -> None:
    losses = judge_methods(SUMS, LEVELS, past_of(20.0, 1.0), origins=6)
    assert losses["ols"] > 2
    losses = judge_methods(SUMS, LEVELS, past_of(0.0, 20.0), origins=6)
    assert losses["mint_shrink"] < 0.5
    assert losses["wls_variance"] < 0.5


def test_a_method_knows_at_an_origin_only_what_was_known_there() -> None:
    past = past_of(5.0, 5.0)
    assert past.errors_known(0).shape[1] == 2 + 4 * 10  # the origin before: two steps by then
    assert past.errors_known(-1).shape[1] == 2 + 4 * 11
    later = np.array(past.observed)
    later[:, 3, 2:] = 1e6  # known only when origin 2 had passed
    changed = Past(past.means, later, past.every, past.error_steps)
    np.testing.assert_array_equal(changed.errors_known(2), past.errors_known(2))
    assert not np.array_equal(changed.errors_known(1), past.errors_known(1))


def test_what_came_after_the_last_origin_judged_changes_no_choice_there() -> None:
    past = past_of(5.0, 5.0)
    unknown = np.array(past.observed)
    unknown[:, 0, 2:] = np.nan
    losses = judge_methods(SUMS, LEVELS, Past(past.means, unknown, 2, 4), origins=6)
    assert all(np.isfinite(loss) for loss in losses.values())


def test_nodes_that_did_not_exist_yet_are_left_out() -> None:
    past = past_of(20.0, 1.0)
    means = np.array(past.means)
    means[3, 4:] = np.nan
    assert best(Past(means, past.observed, 2, 4)) in METHODS


@pytest.mark.parametrize("origins", [0, 6])
def test_nothing_to_judge_gives_no_losses(origins: int) -> None:
    none = np.zeros((4, 0, 4))
    assert judge_methods(SUMS, LEVELS, Past(none, none, 2, 4), origins=origins) == {}


def test_minimum_trace_is_used_unless_another_method_erred_a_tenth_less() -> None:
    assert choose_method({}) == "bottom-up"
    assert choose_method({"bottom-up": 1.0, "ols": 0.85, "mint_shrink": 0.9}) == "mint_shrink"
    assert choose_method({"bottom-up": 1.0, "ols": 0.80, "mint_shrink": 0.9}) == "ols"
    assert choose_method({"bottom-up": 1.0, "ols": 1.5, "mint_shrink": 1.2}) == "bottom-up"
