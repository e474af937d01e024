import numpy as np
import pytest
from scipy.optimize import minimize, nnls

from pipeline.reconciliation.projection import Covariance, Fixed, FixedNodesContradictError, project

# total, a, b over the series a1, a2, b1, b2
SUMS = np.array([[1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 1.0]])
ALL = np.vstack([SUMS, np.eye(4)])


def correlated(seed: int) -> tuple[Covariance, np.ndarray]:
    rng = np.random.default_rng(seed)
    covariance = Covariance(rng.uniform(0.5, 2.0, 7), rng.normal(0, 1.0, (7, 3)))
    return covariance, np.diag(covariance.diagonal) + covariance.factor @ covariance.factor.T


def nearest_non_negative(base: np.ndarray, dense: np.ndarray) -> np.ndarray:
    root = np.linalg.cholesky(np.linalg.inv(dense)).T
    return np.column_stack([nnls(root @ ALL, root @ column)[0] for column in base.T])


@pytest.mark.parametrize("seed", range(5))
def test_minimum_trace_in_the_form_of_constraints_is_generalised_least_squares(seed: int) -> None:
    covariance, dense = correlated(seed)
    base = np.random.default_rng(seed).uniform(90, 110, (7, 6)) * ALL.sum(axis=1)[:, None]
    inverse = np.linalg.inv(dense)
    expected = np.linalg.solve(ALL.T @ inverse @ ALL, ALL.T @ inverse @ base)
    np.testing.assert_allclose(project(SUMS, base, covariance), expected, rtol=1e-9)


@pytest.mark.parametrize("seed", range(20))
def test_what_would_be_negative_is_held_at_zero_and_the_rest_is_the_nearest_then(seed: int) -> None:
    covariance, dense = correlated(seed)
    base = np.random.default_rng(seed).normal(0, 10, (7, 5))
    base[3:] = np.abs(base[3:])
    expected = nearest_non_negative(base, dense)
    assert (expected == 0).any()
    np.testing.assert_allclose(project(SUMS, base, covariance), expected, atol=1e-8)


def test_forecasts_that_agree_stay_as_they_are() -> None:
    bottom = np.array([[1.0, 2.0], [3.0, 0.0], [5.0, 6.0], [7.0, 8.0]])
    np.testing.assert_allclose(project(SUMS, ALL @ bottom, correlated(1)[0]), bottom, atol=1e-12)


def test_what_is_forecast_as_nothing_stays_nothing_unless_it_is_fixed() -> None:
    base = np.array([[120.0], [70.0], [50.0], [0.0], [50.0], [20.0], [20.0]])
    covariance = Covariance(np.ones(7), np.zeros((7, 0)))
    assert project(SUMS, base, covariance)[0] == 0
    fixed = Fixed(np.eye(1, 4, 0), np.array([[9.0]]))
    assert project(SUMS, base, covariance, fixed)[0] == pytest.approx(9.0)


def test_fixed_nodes_hold_exactly_and_the_rest_is_nearest_to_the_base() -> None:
    covariance, dense = correlated(3)
    base = np.array([[100.0], [60.0], [40.0], [30.0], [25.0], [20.0], [15.0]])
    fixed = Fixed(SUMS[1:2], np.array([[80.0]]))
    found = project(SUMS, base, covariance, fixed)
    assert found[:2].sum() == pytest.approx(80.0, rel=1e-12)
    inverse = np.linalg.inv(dense)

    def distance(bottom: np.ndarray) -> float:
        miss = ALL @ bottom - base[:, 0]
        return float(miss @ inverse @ miss)

    best = minimize(
        distance,
        np.full(4, 25.0),
        bounds=[(0, None)] * 4,
        constraints={"type": "eq", "fun": lambda bottom: bottom[:2].sum() - 80.0},
        tol=1e-12,
    )
    np.testing.assert_allclose(found[:, 0], best.x, atol=1e-4)


def test_a_fixed_total_of_nothing_leaves_nothing_below_it() -> None:
    base = np.array([[100.0], [60.0], [40.0], [30.0], [25.0], [20.0], [15.0]])
    found = project(SUMS, base, correlated(3)[0], Fixed(SUMS[:1], np.array([[0.0]])))
    assert (found == 0).all()


def test_fixed_nodes_that_contradict_each_other_are_refused() -> None:
    base = np.array([[100.0], [60.0], [40.0], [30.0], [25.0], [20.0], [15.0]])
    fixed = Fixed(np.vstack([SUMS[1], np.eye(1, 4, 0)[0]]), np.array([[10.0], [50.0]]))
    with pytest.raises(FixedNodesContradictError, match="cannot all hold"):
        project(SUMS, base, correlated(3)[0], fixed)


def test_without_upper_nodes_only_fixed_ones_move_anything() -> None:
    base = np.array([[30.0], [25.0], [20.0], [15.0]])
    covariance = Covariance(np.array([4.0, 1.0, 1.0, 1.0]), np.zeros((4, 0)))
    np.testing.assert_array_equal(project(SUMS[:0], base, covariance), base)
    moved = project(SUMS[:0], base, covariance, Fixed(SUMS[1:2], np.array([[65.0]])))
    np.testing.assert_allclose(moved[:, 0], [38.0, 27.0, 20.0, 15.0])


def test_each_step_is_reconciled_by_itself() -> None:
    covariance, _ = correlated(2)
    base = np.abs(np.random.default_rng(2).normal(0, 10, (7, 9)))
    base[4, ::2] = 0.0
    whole = project(SUMS, base, covariance)
    steps = [project(SUMS, base[:, step : step + 1], covariance) for step in range(9)]
    np.testing.assert_allclose(whole, np.hstack(steps), atol=1e-9)
