import numpy as np
import pytest

from pipeline.reconciliation.methods import METHODS, reconcile_means
from pipeline.reconciliation.projection import Fixed

SUMS = np.array([[1.0, 1.0, 1.0], [1.0, 1.0, 0.0]])
ALL = np.vstack([SUMS, np.eye(3)])
BASE = np.array([[120.0], [70.0], [30.0], [35.0], [40.0]])


def errors_of(seed: int, observations: int = 30) -> np.ndarray:
    rng = np.random.default_rng(seed)
    shared = rng.normal(0, 1, observations)
    return np.array([3.0, 2.0, 1.0, 1.0, 2.0])[:, None] * (shared + rng.normal(0, 0.7, (5, observations)))


def generalised(base: np.ndarray, dense: np.ndarray) -> np.ndarray:
    inverse = np.linalg.inv(dense)
    return np.asarray(np.linalg.solve(ALL.T @ inverse @ ALL, ALL.T @ inverse @ base))


def shrunk(errors: np.ndarray) -> np.ndarray:
    """Schäfer and Strimmer as written, element by element."""
    count = errors.shape[1]
    covariance = errors @ errors.T / count
    scales = np.sqrt(np.diag(covariance))
    scaled = errors / scales[:, None]
    correlation = covariance / np.outer(scales, scales)
    above = below = 0.0
    for one in range(5):
        for other in range(5):
            if one != other:
                products = scaled[one] * scaled[other]
                above += products.var(ddof=1) / count
                below += correlation[one, other] ** 2
    intensity = min(1.0, above / below)
    assert 0 < intensity < 1
    mixed = (1 - intensity) * correlation + intensity * np.eye(5)
    return np.asarray(mixed * np.outer(scales, scales))


def test_bottom_up_believes_the_series_alone() -> None:
    assert reconcile_means(SUMS, BASE, errors_of(1), method="bottom-up")[:, 0].tolist() == [30, 35, 40]


@pytest.mark.parametrize(
    ("method", "diagonal"),
    [
        ("ols", np.ones(5)),
        ("wls_structural", np.array([3.0, 2.0, 1.0, 1.0, 1.0])),
        ("wls_variance", (errors_of(2) ** 2).mean(axis=1)),
    ],
)
def test_weighted_least_squares(method: str, diagonal: np.ndarray) -> None:
    found = reconcile_means(SUMS, BASE, errors_of(2), method=method)
    np.testing.assert_allclose(found, generalised(BASE, np.diag(diagonal)))


@pytest.mark.parametrize("seed", range(4))
def test_minimum_trace_shrinks_correlations_as_schaefer_and_strimmer_do(seed: int) -> None:
    errors = errors_of(seed)
    expected = generalised(BASE, shrunk(errors))
    np.testing.assert_allclose(reconcile_means(SUMS, BASE, errors, method="mint_shrink"), expected)


@pytest.mark.parametrize("method", METHODS)
def test_nodes_without_errors_are_reconciled_by_the_usual_one(method: str) -> None:
    errors = errors_of(1)
    errors[3] = np.nan
    found = reconcile_means(SUMS, BASE, errors, method=method)
    assert np.isfinite(found).all()
    assert (found > 0).all()
    nothing_known = reconcile_means(SUMS, BASE, np.zeros((5, 0)), method=method)
    assert np.isfinite(nothing_known).all()


def test_a_node_that_never_erred_is_not_certain() -> None:
    errors = errors_of(1)
    errors[2:] = 0.0
    found = reconcile_means(SUMS, BASE, errors, method="wls_variance")
    assert (np.abs(found[:, 0] - [30, 35, 40]) > 0).all()


@pytest.mark.parametrize("method", METHODS)
def test_no_series_falls_below_a_fifth_of_its_own_forecast_unless_a_node_above_it_is_fixed(
    method: str,
) -> None:
    base = np.array([[-300.0], [-200.0], [30.0], [35.0], [40.0]])
    found = reconcile_means(SUMS, base, errors_of(1), method=method)
    assert (found[:, 0] >= 0.2 * base[2:, 0] - 1e-12).all()
    if method != "bottom-up":
        assert (np.abs(found[:, 0] - 0.2 * base[2:, 0]) < 1e-9).any()
    fixed = Fixed(SUMS[1:], np.array([[3.0]]))
    moved = reconcile_means(SUMS, base, errors_of(1), method=method, fixed=fixed)
    assert moved[:2].sum() == pytest.approx(3.0, rel=1e-9)


@pytest.mark.parametrize("method", METHODS)
def test_where_nothing_is_wanted_nothing_is_forecast(method: str) -> None:
    """As for a channel whose series have all ended."""
    nothing = reconcile_means(SUMS, np.zeros((5, 2)), np.zeros((5, 30)), method=method)
    np.testing.assert_array_equal(nothing, np.zeros((3, 2)))


def test_a_node_is_fixed_where_nothing_was_forecast() -> None:
    fixed = Fixed(SUMS[:1], np.array([[30.0]]))
    found = reconcile_means(
        SUMS, np.zeros((5, 1)), np.full((5, 0), np.nan), method="mint_shrink", fixed=fixed
    )
    assert found.sum() == pytest.approx(30.0)
