from typing import Any, Never

import numpy as np
import polars as pl
import pytest

from pipeline.features import demand_series
from pipeline.forecasting import explain_series, fit_series, series_forecast
from tests.demand_frames import AS_OF, growing, series_history, small_policy

POLICY = small_policy()


def series_of(values: Any, *, unknown: tuple[int, ...] = ()) -> pl.DataFrame:
    series = demand_series(series_history(values), as_of=AS_OF, policy=POLICY)
    is_unknown = pl.int_range(pl.len()).is_in(list(unknown))
    return series.with_columns(pl.when(~is_unknown).then("demand_chips").alias("demand_chips"))


def test_the_forecast_is_that_of_the_run() -> None:
    series = series_of(growing(140, seed=1))
    found = explain_series(series.reverse(), policy=POLICY, seed=7)
    for chunk, engine in ((found.forecast, "ensemble"), (found.record_forecast, "ets")):
        assert chunk
        run = fit_series(series, policy=POLICY, seed=7, engine=engine)
        assert chunk.paths.equals(run.paths)
        assert chunk.models.equals(run.models)


def test_origins_are_weeks_of_the_calendar_where_the_first_are_not_known() -> None:
    found = explain_series(series_of(growing(60, seed=1), unknown=(0, 1, 2)), policy=POLICY, seed=1)
    assert found.ensemble
    weeks = series_of(growing(60, seed=1))["period_start"]
    assert found.ensemble.origins[0] == weeks[-found.ensemble.window_weeks]


def test_a_season_is_told_by_its_states_in_order() -> None:
    week = np.arange(130)
    noise = np.random.default_rng(5).normal(0, 0.01, 130)
    values = 1000 * np.exp(0.3 * np.sin(2 * np.pi * week / 52) + noise)
    found = explain_series(series_of(values), policy=POLICY, seed=1)
    assert found.record
    assert found.record.model == "ETS(A,Ad,A)"
    season = [found.record.initial_states[f"initial_seasonal.{place}"] for place in range(52)]
    assert np.corrcoef(season, np.sin(2 * np.pi * np.arange(52) / 52))[0, 1] > 0.99


def test_weeks_that_were_interpolated_are_counted() -> None:
    found = explain_series(series_of(growing(60, seed=1), unknown=(20, 21, 40)), policy=POLICY, seed=1)
    assert found.record
    assert (found.record.weeks, found.record.interpolated_weeks) == (60, 3)


def test_what_too_few_weeks_cannot_tell_is_left_open() -> None:
    found = explain_series(series_of(growing(8, seed=1)), policy=POLICY, seed=1)
    assert found.record
    assert (found.record.ljung_box.statistic, found.record.ljung_box.p) == (None, None)
    assert found.record.jarque_bera.p is not None


def test_a_model_of_record_that_cannot_be_fitted_leaves_the_ensemble(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: object, **_kwargs: object) -> Never:
        raise np.linalg.LinAlgError("singular")

    monkeypatch.setattr(series_forecast, "damped_ets_paths", fail)
    found = explain_series(series_of(growing(60, seed=1)), policy=POLICY, seed=1)
    assert found.ensemble
    assert (found.record, found.record_forecast) == (None, None)
