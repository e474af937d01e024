"""A random walk with noise, drift, season and regressors, by statsmodels with its fast settings."""

import warnings
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from pipeline.forecasting.season import fit_season, harmonics

Array = NDArray[np.float64]

_NOISE = (-0.999, 0.5)  # of the moving average: from all noise around a line to changes that persist
_PRECISION = 1e-3
_MOST_HARMONICS = 6  # a filter's cost grows with the square of its states; finer seasons are noise to it


def fit_state_space(scaled: Array, design: Array) -> Any:  # noqa: ANN401  statsmodels is untyped
    """Fit ARIMA(0,1,1) with regression on the columns of `design`; results of statsmodels, None: not finite.

    The coefficients are states (Durbin and Koopman 2012, Time Series Analysis by State Space Methods,
    doi:10.1093/acprof:oso/9780199641178.001.0001, section 6.2) and the scale follows from the errors, so that
    one number is searched: a bounded search takes a tenth of the time of `fit`. NaN is not observed.
    """
    from statsmodels.tsa.statespace.sarimax import SARIMAX

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what overflows is told by results that are not finite
            model = SARIMAX(
                scaled, exog=design, order=(0, 1, 1), mle_regression=False, concentrate_scale=True
            )
            best = minimize_scalar(
                lambda noise: -model.loglike([noise]),
                bounds=_NOISE,
                method="bounded",
                options={"xatol": _PRECISION},
            )
            result = model.filter([best.x], cov_type="none")
    except (ValueError, ArithmeticError, np.linalg.LinAlgError):
        return None
    return result if np.isfinite(result.llf) else None


def draw_histories(result: Any, *, count: int, rng: np.random.Generator) -> list[Array]:  # noqa: ANN401
    """Draw what was not observed, given all that was, on the scale of the model; the observed stays.

    Durbin and Koopman (2002), doi:10.1093/biomet/89.3.603.
    """
    from statsmodels.tsa.statespace.sarimax import SARIMAX

    fitted = result.model
    model = SARIMAX(fitted.endog, exog=fitted.exog, order=(0, 1, 1), mle_regression=False)
    model.update([*result.params, result.scale])
    smoother = model.simulation_smoother()
    drawn = []
    with warnings.catch_warnings(), suppress(ValueError, np.linalg.LinAlgError):
        warnings.simplefilter("ignore")  # draws that are not finite, or cannot be made, are left out
        for _ in range(count):
            smoother.simulate(rng=rng)
            drawn.append(np.sum(model.ssm["design"][0] * smoother.simulated_state, axis=0))
    return [history for history in drawn if np.all(np.isfinite(history))]


def trend_and_season(scaled: Array, seasons: tuple[int, ...]) -> Array:
    """Return columns for a model: a line, and the harmonics of the first season where it was seen twice."""
    positions = np.arange(len(scaled))
    line = (positions / len(scaled))[:, None]
    if not seasons or np.isfinite(scaled).sum() < 2 * seasons[0]:
        return line
    season = fit_season(scaled, seasons[0])
    if season is None:
        return line
    count = min(season.parameters // 2, _MOST_HARMONICS)
    return np.hstack([line, harmonics(positions, seasons[0], count)])
