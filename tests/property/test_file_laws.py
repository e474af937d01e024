"""Laws of a series file: whatever it holds, every series gets an answer, and all that is told agrees."""

from typing import Any

import numpy as np
import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.forecasting import forecast_file
from pipeline.forecasting.file_forecast import FileForecast
from tests.demand_frames import small_policy

POLICY = small_policy(paths=40)
HORIZON = 5
LAW = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])

AMOUNTS = np.array([np.nan, 0.0, 1e12, 1e-9, 5e-324, 1e100, 7.0, 12.5, 300.0])
CELLS = np.array([np.nan, 0.0, 1.0, -7.5, 1e9, 1e-12, 2.5])

seeds = st.integers(0, 10_000)
lengths = st.one_of(st.integers(1, 12), st.integers(13, 90))


def amounts(kind: str, size: int, rng: np.random.Generator) -> np.ndarray:
    """Demand of one kind."""
    return {
        "level": rng.gamma(20.0, 10.0, size),
        "rare": np.where(rng.random(size) < 0.2, rng.integers(1, 90, size), 0.0),
        "holes": np.where(rng.random(size) < 0.5, np.nan, rng.gamma(5.0, 10.0, size)),
        "gap": np.where(abs(np.arange(size) - 0.55 * size) < 14, np.nan, rng.gamma(20.0, 10.0, size)),
        "wild": rng.choice(AMOUNTS, size),
        "below zero": rng.normal(0.0, 50.0, size),
        "constant": np.full(size, 4.0),
        "zero": np.zeros(size),
        "nothing": np.full(size, np.nan),
    }[kind]


def told(kind: str, x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A regressor of one kind, beside another one."""
    size = len(x)
    return {
        "told": rng.normal(0.0, 2.0, size),
        "promotion": (rng.random(size) < 0.2).astype(float),
        "wild": rng.choice(CELLS, size),
        "constant": np.ones(size),
        "at the end": np.append(np.zeros(size - 1), 1.0),
        "the same": 2.0 * x - 1.0,
        "nothing": np.full(size, np.nan),
    }[kind]


def flags(kind: str, size: int, rng: np.random.Generator) -> np.ndarray:
    """Which values are censored."""
    share = {"none": 0.0, "some": 0.3, "all": 1.0, "tail": 0.0}[kind]
    tail = np.arange(size) > size / 2 if kind == "tail" else np.zeros(size, dtype=bool)
    return (rng.random(size) < share) | tail


DEMAND = ["level", "rare", "holes", "gap", "wild", "below zero", "constant", "zero", "nothing"]
REGRESSOR = ["told", "promotion", "wild", "constant", "at the end", "the same", "nothing"]
history = st.fixed_dictionaries(
    {
        "demand": st.sampled_from(DEMAND),
        "x": st.sampled_from([kind for kind in REGRESSOR if kind != "the same"]),
        "z": st.sampled_from(REGRESSOR),
        "censored": st.sampled_from(["none", "some", "all", "tail"]),
        "size": lengths,
        "seed": seeds,
    }
)


def rows_of(name: str, draw: int | None, made: dict[str, Any]) -> pl.DataFrame:
    size, rng = made["size"], np.random.default_rng(made["seed"])
    x = told(made["x"], np.zeros(size), rng)
    columns = {
        "unique_id": [name] * size,
        "ds": list(range(size)),
        "y": amounts(made["demand"], size, rng),
        "draw": pl.Series([draw] * size, dtype=pl.Int64),
        "censored": flags(made["censored"], size, rng),
        "x": x,
        "z": told(made["z"], x, rng),
    }
    return pl.DataFrame(columns, nan_to_null=True)


def future_of(name: str, start: int, seed: int) -> pl.DataFrame:
    """Floors, some far above everything and some not known, and regressors."""
    rng = np.random.default_rng(seed)
    columns = {
        "unique_id": [name] * HORIZON,
        "ds": list(range(start, start + HORIZON)),
        "lower": rng.choice([np.nan, 0.0, 100.0, 1e13], HORIZON),
        "x": rng.choice(CELLS[1:], HORIZON),
        "z": rng.normal(0.0, 2.0, HORIZON),
    }
    return pl.DataFrame(columns, nan_to_null=True)


@st.composite
def files(draw: Any) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Series with and without draws, and what is known of their future."""
    frames, future = [], []
    for name in draw(st.lists(st.sampled_from("abc"), min_size=1, max_size=3, unique=True)):
        numbers: list[int | None] = draw(st.sampled_from([[None], [0, 1], [7, 2, 30]]))
        histories = [rows_of(name, number, draw(history)) for number in numbers]
        frames += histories
        longest = max(part.height for part in histories)
        future.append(future_of(name, longest, draw(seeds)))
    return pl.concat(frames), pl.concat(future)


def forecast(frame: pl.DataFrame, future: pl.DataFrame) -> tuple[FileForecast, pl.DataFrame]:
    parts: list[pl.DataFrame] = []
    result = forecast_file(
        frame,
        horizon=HORIZON,
        policy=POLICY,
        future=future,
        regressors=("x", "z"),
        receive_paths=parts.append,
    )
    return result, pl.concat(parts)


@LAW
@given(files())
def test_every_series_gets_an_answer_that_says_by_what_it_was_made(
    file: tuple[pl.DataFrame, pl.DataFrame],
) -> None:
    frame, future = file
    result, paths = forecast(frame, future)
    names = sorted(frame["unique_id"].unique())
    assert result.models["unique_id"].to_list() == names
    assert result.models["model"].null_count() == 0
    assert result.steps.height == HORIZON * len(names)
    unknown = result.models.filter(reason="no_observations")["unique_id"]
    told = result.steps.filter(~pl.col("unique_id").is_in(unknown.implode()))
    assert told.null_count().sum_horizontal().item() == 0
    assert paths.height == HORIZON * len(names) * POLICY.forecast.paths
    for column in ("mean", "lo-80", "hi-80", "lo-95", "hi-95"):
        assert np.isfinite(told[column].to_numpy()).all()


@LAW
@given(files())
def test_quantiles_never_cross_and_no_path_is_below_zero_or_the_floor(
    file: tuple[pl.DataFrame, pl.DataFrame],
) -> None:
    frame, future = file
    result, paths = forecast(frame, future)
    for table in (result.steps, result.totals):
        bounds = table.select("lo-95", "lo-80", "hi-80", "hi-95").drop_nulls().to_numpy()
        assert np.all(np.diff(bounds, axis=1) >= 0)
    negative = frame.filter(pl.col("y") < 0)["unique_id"].unique()
    held = paths.filter(~pl.col("unique_id").is_in(negative.implode()))["value"].drop_nulls()
    assert (held >= 0).all()
    floored = paths.join(future, on=["unique_id", "ds"]).filter(pl.col("lower").is_not_null())
    assert floored["value"].null_count() == 0
    assert (floored["value"] >= floored["lower"]).all()


@LAW
@given(files())
def test_another_series_in_the_file_changes_nothing(file: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    frame, future = file
    whole, _ = forecast(frame, future)
    name = frame["unique_id"][0]
    alone, _ = forecast(frame.filter(unique_id=name), future.filter(unique_id=name))
    assert whole.steps.filter(unique_id=name).equals(alone.steps)
    assert whole.models.filter(unique_id=name).equals(alone.models)
