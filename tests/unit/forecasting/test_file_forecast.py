from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from pipeline.core.errors import UsageError
from pipeline.forecasting import file_forecast, forecast_file
from pipeline.forecasting.kernels import COMPONENTS
from tests.demand_frames import growing, lumpy, small_policy

POLICY = small_policy()


def file_of(values: Any, *, times: Any = None, name: Any = "a") -> pl.DataFrame:
    times = times if times is not None else list(range(len(values)))
    return pl.DataFrame({"unique_id": [name] * len(values), "ds": times, "y": values}, strict=False)


def forecast(frame: pl.DataFrame, **options: Any) -> pl.DataFrame:
    return forecast_file(frame, **({"horizon": 4, "policy": POLICY} | options)).steps


def test_the_columns_are_those_that_the_ecosystem_uses() -> None:
    result = forecast(file_of(growing(40, seed=1)), levels=(80, 95))
    assert result.columns == ["unique_id", "ds", "mean", "lo-80", "hi-80", "lo-95", "hi-95"]
    assert result["ds"].to_list() == [40, 41, 42, 43]
    assert result["unique_id"].unique().to_list() == ["a"]


def test_wider_levels_contain_narrower_ones() -> None:
    result = forecast(file_of(growing(40, seed=1)), levels=(95, 50))
    assert (result["lo-95"] <= result["lo-50"]).all()
    assert (result["hi-50"] <= result["hi-95"]).all()
    assert (result["lo-50"] < result["hi-50"]).all()


LOCAL = datetime(2026, 1, 1, 22)  # noqa: DTZ001  files without offsets keep their local times
MONTH_ENDS = [date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 31), date(2024, 4, 30)]


@pytest.mark.parametrize(
    ("times", "following"),
    [
        ([date(2026, 1, 5) + timedelta(weeks=n) for n in range(4)], [date(2026, 2, 2), date(2026, 2, 9)]),
        ([date(2026, 1, 5) + timedelta(days=n) for n in range(4)], [date(2026, 1, 9), date(2026, 1, 10)]),
        ([date(2025, n, 1) for n in (10, 11, 12)], [date(2026, 1, 1), date(2026, 2, 1)]),
        (MONTH_ENDS, [date(2024, 5, 31), date(2024, 6, 30)]),
        ([date(2025, n, 1) for n in (1, 4, 7, 10)], [date(2026, 1, 1), date(2026, 4, 1)]),
        ([date(n, 3, 1) for n in (2020, 2021, 2022)], [date(2023, 3, 1), date(2024, 3, 1)]),
        ([LOCAL + timedelta(hours=n) for n in range(3)], [LOCAL + timedelta(hours=n) for n in (3, 4)]),
        ([10, 20, 30, 50], [60, 70]),
        (["2026-01-05", "2026-01-12", "2026-01-19"], [date(2026, 1, 26), date(2026, 2, 2)]),
        (["1", "2", "3"], [4, 5]),
        (pl.Series([253, 254, 255], dtype=pl.UInt8), [256, 257]),
    ],
)
def test_the_frequency_is_that_of_the_file(times: Any, following: list[Any]) -> None:
    result = forecast(file_of([float(n) for n in range(len(times))], times=times), horizon=2)
    assert result["ds"].to_list() == following


def test_instants_as_text_keep_their_instant() -> None:
    times = [f"2026-01-05T0{n}:00:00Z" for n in range(1, 5)]
    result = forecast(file_of([1.0, 2.0, 3.0, 4.0], times=times), horizon=1)
    assert result["ds"].dt.to_string("iso:strict").to_list() == ["2026-01-05T05:00:00.000000+00:00"]


def test_months_use_their_twelve_as_season_by_themselves() -> None:
    times = pl.date_range(date(2018, 1, 1), date(2025, 12, 1), "1mo", eager=True)
    season = np.where(
        np.arange(12) == 11, 180.0, 100.0
    )  # one month stands out: no short memory sees it coming
    values = np.tile(season, 8) + np.random.default_rng(1).normal(0, 1, 96)
    result = forecast(file_of(values, times=times), horizon=12)
    truth = season
    assert np.abs(result["mean"].to_numpy() - truth).max() < 8
    plain = forecast(file_of(values, times=times), horizon=12, season=(1,))
    assert np.abs(plain["mean"].to_numpy() - truth).max() > 20


def test_nulls_and_missing_rows_are_not_observed() -> None:
    values = list(growing(60, seed=2))
    frame = file_of(values)
    holes = frame.with_columns(pl.when(~pl.col("ds").is_in([10, 30, 31])).then("y").alias("y"))
    dropped = frame.filter(~pl.col("ds").is_in([10, 30, 31]))
    result = forecast(holes)
    assert result.null_count().sum_horizontal().item() == 0
    assert result.equals(forecast(dropped))


def test_a_series_without_any_observation_gets_nulls_and_the_others_their_forecast() -> None:
    frame = pl.concat(
        [file_of(growing(40, seed=1), name="a"), file_of([None] * 40, name="b").cast({"y": pl.Float64})]
    )
    result = forecast(frame)
    assert result.filter(pl.col("unique_id") == "b")["mean"].null_count() == 4
    assert result.filter(pl.col("unique_id") == "a")["mean"].null_count() == 0


def test_values_below_zero_may_stay_below_zero() -> None:
    values = -100 + np.random.default_rng(1).normal(0, 5, 60)
    assert forecast(file_of(values))["hi-95"].max() < 0


def test_another_series_in_the_file_changes_nothing() -> None:
    alone = file_of(growing(60, seed=1), name="a")
    both = pl.concat([file_of(growing(60, seed=9), name="b"), alone])
    assert forecast(both).filter(pl.col("unique_id") == "a").equals(forecast(alone))


def test_order_of_the_rows_does_not_matter() -> None:
    frame = file_of(growing(60, seed=1))
    assert forecast(frame.sample(fraction=1.0, shuffle=True, seed=1)).equals(forecast(frame))


def test_the_baseline_runs_on_the_same_file() -> None:
    result = forecast(file_of([1.0, 2.0, 3.0, 4.0] * 10), season=(4,), engine="seasonal_naive")
    assert result["mean"].to_list() == pytest.approx([1.0, 2.0, 3.0, 4.0])


DAYS = [date(2026, 1, 1) + timedelta(days=n) for n in range(4)]


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (file_of([1.0, 2.0]).rename({"y": "value"}), "missing column y.*got unique_id, ds, value"),
        (file_of([1.0, 2.0]).clear(), "no rows"),
        (file_of([1.0, 2.0], times=[1, 1]), "duplicated date: series 'a' has 1 more than once"),
        (file_of([1.0, 2.0], times=[1, None]), "row 2: ds is empty"),
        (file_of([1.0, 2.0, 3.0], times=[1, 3, 6]), "mixed frequencies: series 'a'.*6 does not lie"),
        (
            pl.concat(
                [
                    file_of([1.0] * 4, times=DAYS, name="a"),
                    file_of([1.0] * 3, times=[DAYS[0] + timedelta(weeks=n) for n in range(3)], name="b"),
                ]
            ),
            "mixed frequencies: series 'a' has steps of 1 day.*series 'b' of 7 days",
        ),
        (file_of(["1", "x"]), "row 2: y 'x' is no number"),
        (file_of([1.0, 2.0], times=["2026-01-01", "soon"]), "row 2: ds 'soon' is no date"),
        (file_of([1.0], times=[date(2026, 1, 1)]), "no series has two rows"),
        (file_of([1.0, 2.0], times=[1.5, 2.5]), "ds is of type Float64"),
        (
            file_of([1.0, 2.0]).with_columns(pl.Series("y", [[1.0], [2.0]])),
            r"column y is of type List\(Float64\)",
        ),
        (file_of([1.0, 2.0], times=["01/01/2020", "02/01/2020"]), "row 1: ds '01/01/2020' is no date"),
        (file_of([1.0, 2.0], times=[202312, 202401]), "row 1: ds 202312 is a date .*; write 2023-12-01"),
        (file_of([1.0, 2.0], times=["20240131", "20240201"]), "row 1: ds 20240131 is a date .*2024-01-31"),
    ],
)
def test_what_cannot_be_forecast_is_refused_with_the_place(frame: pl.DataFrame, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        forecast(frame)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"horizon": 0}, "horizon 0: allowed"),
        ({"season": (24, 168, 8760)}, "season"),
        ({"season": (0,)}, "season"),
        ({"levels": (100,)}, "levels"),
        ({"levels": ()}, "levels"),
        ({"levels": (80, 80)}, "levels"),
    ],
)
def test_options_that_cannot_be_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        forecast(file_of([1.0, 2.0, 3.0]), **options)


def test_every_series_says_by_what_it_was_forecast() -> None:
    frame = pl.concat(
        [
            file_of(growing(40, seed=1), name="fitted"),
            file_of([None] * 3 + [0.0] * 9, name="nothing sold").cast({"y": pl.Float64}),
            file_of([5.0] * 20, name="still"),
            file_of([None, None], name="unseen").cast({"y": pl.Float64}),
            file_of([1.0, 4.0], name="young"),
        ]
    )
    models = forecast_file(frame, horizon=4, policy=POLICY).models
    assert models.columns == [
        *("unique_id", "model", "reason", "note", "observations", "censored", "draws", "first_ds", "last_ds")
    ]
    assert models["unique_id"].to_list() == ["fitted", "nothing sold", "still", "unseen", "young"]
    assert models["reason"].to_list() == [None, "all_zero", "constant", "no_observations", "too_short"]
    assert models["model"][0] in COMPONENTS
    assert models["observations"].to_list() == [40, 9, 20, 0, 2]
    assert models.select("first_ds", "last_ds").rows() == [(0, 39), (0, 11), (0, 19), (0, 1), (0, 1)]


def test_goods_that_are_rarely_sold_are_forecast_as_such_whatever_the_season_of_the_file() -> None:
    weeks = [date(2024, 1, 1) + timedelta(weeks=n) for n in range(80)]
    rare = lumpy(80, seed=1)
    frame = pl.concat([file_of(rare, times=weeks, name="rare"), file_of(-rare, times=weeks, name="returned")])
    answer = forecast_file(frame, horizon=13, policy=POLICY)
    assert answer.models["model"][0] == "intermittent_level"
    assert answer.models["model"][1] in COMPONENTS
    steps = answer.steps.filter(pl.col("unique_id") == "rare")
    assert (steps["lo-80"] == 0).all()
    assert (steps["hi-95"] < 3 * rare.max()).all()


def test_what_is_zero_every_night_is_forecast_by_its_season() -> None:
    hours = [LOCAL + timedelta(hours=n) for n in range(24 * 8)]
    rng = np.random.default_rng(1)
    day = np.maximum(np.sin(np.arange(len(hours)) / 24 * 2 * np.pi), 0) * rng.uniform(80, 120, len(hours))
    steps = forecast(file_of(day.round(1), times=hours), horizon=24)
    assert steps["mean"].to_numpy()[:12].max() > 60
    assert steps["mean"].to_numpy()[13:].max() < 30


def test_models_agree_with_the_forecast_whatever_the_chunk() -> None:
    frame = pl.concat(file_of(growing(20, seed=n), name=f"{n:02}") for n in range(7))
    whole = forecast_file(frame, horizon=4, policy=POLICY)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(file_forecast, "_CHUNK", 3)
        parted = forecast_file(frame, horizon=4, policy=POLICY)
    assert parted.steps.equals(whole.steps)
    assert parted.models.equals(whole.models)


def drawn_paths(frame: pl.DataFrame, **options: Any) -> tuple[pl.DataFrame, list[int]]:
    parts: list[pl.DataFrame] = []
    forecast_file(frame, **({"horizon": 4, "policy": POLICY} | options), receive_paths=parts.append)
    return pl.concat(parts), [part.height for part in parts]


def test_paths_agree_with_the_steps_and_the_totals() -> None:
    frame = pl.concat([file_of(growing(40, seed=1), name="a"), file_of([None, None], name="b")])
    paths, _ = drawn_paths(frame)
    result = forecast_file(frame, horizon=4, policy=POLICY)
    assert paths["path"].n_unique() == POLICY.forecast.paths
    assert paths.filter(pl.col("unique_id") == "b")["value"].null_count() == 4 * POLICY.forecast.paths
    seen = paths.filter(pl.col("unique_id") == "a")
    steps = seen.group_by("ds", maintain_order=True).agg(
        pl.col("value").mean().alias("mean"),
        pl.col("value").quantile(0.9, "linear").alias("hi-80"),
    )
    told = result.steps.filter(pl.col("unique_id") == "a")
    assert steps["ds"].equals(told["ds"])
    for name in ("mean", "hi-80"):
        assert steps[name].to_list() == pytest.approx(told[name].to_list())
    peaks = seen.group_by("path").agg(pl.col("value").max())["value"]
    peak = result.totals.filter(unique_id="a", measure="peak")
    assert peaks.mean() == pytest.approx(peak["mean"].item())


def test_paths_come_in_parts_that_stay_small(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = pl.concat(file_of(growing(20, seed=n), name=f"{n}") for n in range(5))
    whole, _ = drawn_paths(frame)
    monkeypatch.setattr(file_forecast, "_CHUNK_VALUES", 2 * 4 * POLICY.forecast.paths)
    parted, sizes = drawn_paths(frame)
    assert sizes == [2 * 4 * POLICY.forecast.paths] * 2 + [4 * POLICY.forecast.paths]
    assert parted.equals(whole)
    assert whole.equals(whole.sort("unique_id", "ds", "path"))


def test_one_path_of_series_that_moved_together_moves_together_wherever_they_end() -> None:
    together = growing(120, seed=3)
    frame = pl.concat(
        [
            file_of(together, name="a"),
            file_of(together[:-5] * 2, name="ends earlier"),
            file_of(250_000 / together, name="rises as they fall"),
        ]
    )
    paths, _ = drawn_paths(frame, horizon=13, policy=small_policy(paths=500))
    at = paths.filter(ds=123).pivot(on="unique_id", index="path", values="value")
    assert np.corrcoef(at["a"], at["ends earlier"])[0, 1] > 0.35
    assert np.corrcoef(at["a"], at["rises as they fall"])[0, 1] < -0.35


def test_times_over_a_change_of_clocks_are_told_as_such() -> None:
    days = pl.datetime_range(datetime(2026, 3, 20), datetime(2026, 4, 5), "1d", eager=True)  # noqa: DTZ001
    zoned = days.dt.replace_time_zone("Europe/Berlin")
    with pytest.raises(UsageError, match="where clocks change, write local times without an offset"):
        forecast(file_of([float(n) for n in range(17)], times=zoned))
    assert forecast(file_of([float(n) for n in range(17)], times=days), horizon=1)["ds"].item().day == 6


def test_numbers_as_text_may_have_spaces_around_them() -> None:
    assert forecast(file_of([" 1.0", "2.0 ", " ", "3.0"]), horizon=1).height == 1
