"""Kill commands at random instants; `make soak` does the same many more times."""

import pytest

from tests.crash_trials import Trials

SEEDS = range(20)


@pytest.mark.xdist_group("crashes")
@pytest.mark.parametrize("seed", SEEDS)
def test_a_kill_at_any_instant_loses_and_doubles_nothing(trials: Trials, seed: int) -> None:
    trials.kill(seed)
