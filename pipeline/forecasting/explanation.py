"""One series forecast again, with what its forecast was made of and the model of record beside it."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.config import Policy
from pipeline.forecasting import kernels
from pipeline.forecasting.damped_ets import DampedEts
from pipeline.forecasting.ensemble_paths import EnsembleFit
from pipeline.forecasting.fit_series import FittedChunk, fit_groups
from pipeline.forecasting.intermittent import IntermittentFit
from pipeline.forecasting.spread import Spread

Array = NDArray[np.float64]
_LAG = 10
_QUARTER = 13


@dataclass(frozen=True)
class Component:
    """A model of the ensemble that carries weight.

    Attributes:
        name: of `kernels.COMPONENTS`.
        weight: its share of the mean forecast.
        mean_absolute_error: over the origins, in chips; None where there was none.
        relative_error: to the least of those that carry weight.
    """

    name: str
    weight: float
    mean_absolute_error: float | None
    relative_error: float | None


@dataclass(frozen=True)
class EnsembleFacts:
    """How the models were weighed.

    Attributes:
        candidates: models that could have had weight.
        components: the heaviest first.
        origins: first week forecast from each past origin, the latest first.
        window_weeks: weeks judged from each.
        errors: their scale.
        quarter_growth: how many times as large as a week ahead errors are a quarter ahead.
    """

    candidates: int
    components: tuple[Component, ...]
    origins: tuple[date, ...]
    window_weeks: int
    errors: Spread
    quarter_growth: float


@dataclass(frozen=True)
class IntermittentFacts:
    """The weeks drawn again, and what they were relative to a level.

    Attributes:
        level: chips a week, smoothed.
        late_mean: chips a week, late weeks counting more, as they are drawn more often.
        weeks: of the history, observed.
        weeks_with_demand: of these.
        mean_interval_weeks: from one week with demand to the next.
        largest_ratio: of a week's demand to the level of its time.
        ratio_variation: standard deviation of all ratios; their mean is 1.
    """

    level: float
    late_mean: float
    weeks: int
    weeks_with_demand: int
    mean_interval_weeks: float
    largest_ratio: float
    ratio_variation: float


@dataclass(frozen=True)
class Verdict:
    """A test's statistic and p-value; None where there are too few weeks or nothing varies."""

    statistic: float | None
    p: float | None


@dataclass(frozen=True)
class RecordFacts:
    """What statsmodels says of the model of record.

    Attributes:
        model: error, trend and season, as statsmodels writes them.
        log_offset: the model is of log(demand + this many chips); None: of demand / `unit`.
        unit: chips.
        parameters: estimated, by statsmodels' names.
        initial_states: known beforehand, from regression.
        interpolated_weeks: not observed, and bridged for the fit.
        residual_deviation: standard deviation of the errors one week ahead, on the model's scale.
        ljung_box: of residuals up to lag 10: small p, errors follow each other.
        jarque_bera: small p, errors are not normal.
        heteroskedasticity: last third to first: small p, the size of errors changed.
    """

    model: str
    log_offset: float | None
    unit: float
    weeks: int
    interpolated_weeks: int
    parameters: dict[str, float]
    initial_states: dict[str, float]
    log_likelihood: float
    aicc: float
    residual_deviation: float
    ljung_box: Verdict
    jarque_bera: Verdict
    heteroskedasticity: Verdict


@dataclass(frozen=True)
class Explanation:
    """What is behind the forecast of one series.

    Attributes:
        forecast: made again.
        ensemble: None where another model or a fallback answered.
        intermittent: likewise.
        record: None for fallbacks, and where the fit failed.
        record_forecast: of the engine `ets`, where the ensemble has one beside it.
    """

    forecast: FittedChunk
    ensemble: EnsembleFacts | None
    intermittent: IntermittentFacts | None
    record: RecordFacts | None
    record_forecast: FittedChunk | None


def explain_series(series: pl.DataFrame, *, policy: Policy, seed: int) -> Explanation:
    """Forecast one series as `fit_series` does, and tell what that was made of.

    Args:
        series: the rows of one series in the frame of `demand_series`.
        policy: of the run.
        seed: of the run.
    """
    again, (answer,) = fit_groups([series], policy=policy, seed=seed)
    values = series.sort("period_start")["demand_chips"]
    fit = answer.fit
    if isinstance(fit, IntermittentFit):
        return Explanation(again, None, _of_intermittent(fit), _of_level(fit), None)
    if not isinstance(fit, EnsembleFit):
        return Explanation(again, None, None, None, None)
    beside, (ets,) = fit_groups([series], policy=policy, seed=seed, engine="ets")
    seen = np.flatnonzero(values.is_finite().fill_null(value=False).to_numpy())
    weeks = series["period_start"].sort()[int(seen[0]) :].to_list()
    if not isinstance(ets.fit, DampedEts):
        return Explanation(again, _of_ensemble(fit, weeks), None, None, None)
    return Explanation(again, _of_ensemble(fit, weeks), None, _of_damped(ets.fit), beside)


def _of_ensemble(fit: EnsembleFit, weeks: list[date]) -> EnsembleFacts:
    ensemble = fit.ensemble
    heavy = [
        int(place) for place in np.argsort(-ensemble.weights, kind="stable") if ensemble.weights[place] > 0
    ]
    known = ensemble.errors[np.isfinite(ensemble.errors[:, heavy]).all(axis=1)]
    errors = known.mean(axis=0) if len(known) else np.full(len(ensemble.weights), np.nan)
    least = float(errors[heavy].min())
    components = tuple(
        Component(
            kernels.COMPONENTS[place],
            float(ensemble.weights[place]),
            _finite(errors[place]),
            _finite(errors[place] / least) if least > 0 else None,
        )
        for place in heavy
    )
    return EnsembleFacts(
        len(kernels.COMPONENTS),
        components,
        tuple(weeks[cut] for cut in ensemble.cuts),
        ensemble.residuals.shape[1],
        fit.spread,
        float(fit.spread.growths(np.array([_QUARTER]))[0]),
    )


def _of_intermittent(fit: IntermittentFit) -> IntermittentFacts:
    ratios = fit.ratios[np.isfinite(fit.ratios)]
    count = int(np.count_nonzero(ratios > 0))
    return IntermittentFacts(
        fit.level, fit.late, len(ratios), count, len(ratios) / count, float(ratios.max()), float(ratios.std())
    )


def _of_level(fit: IntermittentFit) -> RecordFacts:
    return _record(fit.result, log_offset=None, unit=fit.unit, interpolated=0)


def _of_damped(fit: DampedEts) -> RecordFacts:
    missing = int(np.count_nonzero(~np.isfinite(fit.observed)))
    return _record(fit.result, log_offset=fit.scale.offset, unit=1.0, interpolated=missing)


def _record(
    result: Any,  # noqa: ANN401  statsmodels is untyped
    *,
    log_offset: float | None,
    unit: float,
    interpolated: int,
) -> RecordFacts:
    error, *parts = result.model.short_name
    trend = "".join(parts[:-1])
    return RecordFacts(
        f"ETS({error},{trend},{parts[-1]})",
        log_offset,
        unit,
        int(result.nobs),
        interpolated,
        dict(zip(result.param_names, map(float, result.params), strict=True)),
        dict(zip(result.model.initial_state_names, map(float, result.initial_state), strict=True)),
        float(result.llf),
        float(result.aicc),
        float(np.std(np.asarray(result.resid), ddof=1)),
        *_residual_tests(result),
    )


def _residual_tests(result: Any) -> tuple[Verdict, Verdict, Verdict]:  # noqa: ANN401  statsmodels is untyped
    if not result.scale_resid > 0:
        return (Verdict(None, None),) * 3
    serial = Verdict(None, None)
    if result.nobs > _LAG:
        serial = _verdict(result.test_serial_correlation("ljungbox", lags=[_LAG])[0][:, 0])
    normal = _verdict(result.test_normality("jarquebera")[0])
    return serial, normal, _verdict(result.test_heteroskedasticity("breakvar")[0])


def _verdict(numbers: Array) -> Verdict:
    return Verdict(_finite(numbers[0]), _finite(numbers[1]))


def _finite(number: float) -> float | None:
    return float(number) if np.isfinite(number) else None
