import numpy as np
import pytest

from pipeline.forecasting.last_value import last_value_paths


def paths(values: list[float], share: float = 0.05) -> np.ndarray:
    rng = np.random.default_rng(1)
    return last_value_paths(np.array(values), shape=(52, 2000), rng=rng, least_change_share=share)


@pytest.mark.parametrize("values", [[8.0], [8.0, 8.0], [5.0, 7.0, np.nan, 8.0]])
def test_a_short_history_has_an_uncertainty_that_grows(values: list[float]) -> None:
    spread = np.quantile(paths(values), 0.9, axis=1) - np.quantile(paths(values), 0.1, axis=1)
    assert 0 < spread[0] < spread[12] < spread[51]


def test_its_middle_stays_at_the_last_value() -> None:
    assert np.median(paths([5.0, 8.0, 8.4], 0.01)[0]) == pytest.approx(8.4, abs=3.1)
    assert paths([100.0], 0.01).mean() == pytest.approx(100, rel=0.01)


def test_it_never_falls_below_zero_unless_the_series_does() -> None:
    assert paths([1.0, 9.0]).min() == 0
    assert paths([-1.0, 9.0]).min() < 0
