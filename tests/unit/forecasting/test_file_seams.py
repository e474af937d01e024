"""What a file may say beside unique_id, ds, y: censored values, draws of the history, the future."""

from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from pipeline.core.errors import UsageError
from pipeline.forecasting import forecast_file
from pipeline.forecasting.file_forecast import FileForecast
from tests.demand_frames import growing, small_policy

POLICY = small_policy()


def rows(values: Any, *, name: str = "a", **columns: Any) -> pl.DataFrame:
    frame = {"unique_id": [name] * len(values), "ds": list(range(len(values))), "y": values}
    return pl.DataFrame(frame | columns, strict=False)


def forecast(frame: pl.DataFrame, **options: Any) -> FileForecast:
    return forecast_file(frame, **({"horizon": 4, "policy": POLICY} | options))


def paths_of(frame: pl.DataFrame, **options: Any) -> np.ndarray:
    """Steps x paths of the only series."""
    parts: list[pl.DataFrame] = []
    forecast(frame, receive_paths=parts.append, **options)
    return pl.concat(parts)["value"].to_numpy().reshape(-1, POLICY.forecast.paths)


def capped(values: np.ndarray, last: int, cap: float) -> tuple[np.ndarray, np.ndarray]:
    """Values of which the last ones are cut at a cap, and which of them are."""
    is_censored = np.arange(len(values)) >= len(values) - last
    return np.where(is_censored, np.minimum(values, cap), values), is_censored


def test_a_censored_value_is_not_taken_for_demand() -> None:
    values = growing(120, seed=2)
    is_censored = np.isin(np.arange(120), (40, 41, 90))
    hidden = rows(np.where(is_censored, 1.0, values), censored=is_censored)
    unseen = rows(np.where(is_censored, np.nan, values))
    assert forecast(hidden).steps.equals(forecast(unseen).steps)


@pytest.mark.parametrize(
    "flags", [[False, True], [0, 1], ["0", "1"], ["false", "TRUE"], [None, 1.0], ["", "1"]]
)
def test_flags_are_read_in_every_usual_spelling(flags: list[Any]) -> None:
    models = forecast(rows([5.0, 7.0] * 10, censored=flags * 10)).models
    assert models.select("observations", "censored").row(0) == (10, 10)


def test_without_censored_values_the_column_changes_nothing() -> None:
    values = growing(60, seed=4)
    assert forecast(rows(values, censored=[0] * 60)).steps.equals(forecast(rows(values)).steps)


def test_a_level_below_the_last_floors_is_ruled_out() -> None:
    values = growing(120, seed=1, growth=0.01)
    floor = 1.3 * values[99]
    cut, is_censored = capped(values, 20, floor)
    told = forecast(rows(cut, censored=is_censored))
    unseen = forecast(rows(np.where(is_censored, np.nan, cut)))
    assert (told.steps["mean"] >= unseen.steps["mean"]).all()
    assert told.steps["lo-80"][0] > 0.85 * floor > unseen.steps["lo-80"][0]
    assert told.models["note"].to_list() == ["low_information"]
    assert unseen.models["note"].to_list() == [None]


def test_the_last_floors_tell_the_level_and_not_those_before() -> None:
    values = growing(120, seed=1, growth=0.0)
    floors = np.where(np.arange(120) < 116, 1.0, 900.0)
    is_censored = np.arange(120) >= 100
    result = forecast(rows(np.where(is_censored, floors, values), censored=is_censored)).steps
    assert result["mean"][0] > 850.0


def test_floors_below_the_forecast_change_nothing() -> None:
    values = growing(120, seed=1)
    is_censored = np.arange(120) >= 110
    told = forecast(rows(np.where(is_censored, 0.01 * values, values), censored=is_censored))
    assert told.steps.equals(forecast(rows(np.where(is_censored, np.nan, values))).steps)


def test_after_a_sold_out_tail_demand_is_underestimated_less_than_with_the_tail_missing() -> None:
    missing, lifted = [], []
    for seed in range(6):
        values = growing(124, seed=seed, growth=0.006)
        cut, is_censored = capped(values[:120], 40, float(values[78:82].mean()))
        truth = values[120:].mean()
        for errors, y in ((lifted, cut), (missing, np.where(is_censored, np.nan, cut))):
            result = forecast(rows(y, censored=is_censored), season=(52,)).steps["mean"].mean()
            errors.append(result / truth - 1)  # type: ignore[operator]
    assert np.mean(missing) < -0.15
    assert np.mean(missing) < np.mean(lifted) < 0.0


@pytest.mark.parametrize(
    "floors", [[7.0], [3.0, 9.0, 4.0], [0.0] * 20, [-5.0, -3.0], [1e12] * 30, [1e-9] * 9]
)
def test_where_all_is_censored_no_path_is_below_the_highest_floor(floors: list[float]) -> None:
    result = forecast(rows(floors, censored=[True] * len(floors)))
    assert paths_of(rows(floors, censored=[True] * len(floors))).min() >= max(floors)
    made = result.models.row(0, named=True)
    assert (made["reason"], made["note"]) == ("all_censored", "low_information")
    assert (made["observations"], made["censored"]) == (0, len(floors))


def test_a_floor_over_a_history_of_zeros_is_no_zero_any_more() -> None:
    values = [0.0] * 20 + [6.0] * 5
    assert paths_of(rows(values, censored=[0] * 20 + [1] * 5)).min() == 6.0


def test_a_rare_order_that_was_capped_is_not_expected_every_week() -> None:
    values = [0.0, 0.0, 0.0, 8.0] * 10
    result = forecast(rows(values, censored=[0] * 39 + [1])).steps
    assert result["mean"].max() < 6.0


def test_a_flag_that_is_none_is_told_by_its_row() -> None:
    with pytest.raises(UsageError, match="row 2: censored 'yes' is neither 0 nor 1, true nor false"):
        forecast(rows(["1", "2"], censored=["0", "yes"]))


def histories(values: dict[int, np.ndarray], *, name: str = "a") -> pl.DataFrame:
    return pl.concat(rows(y, name=name, draw=[draw] * len(y)) for draw, y in values.items())


def test_equal_draws_say_what_one_history_says() -> None:
    values = growing(60, seed=3)
    many = forecast(histories(dict.fromkeys(range(7), values)))
    one = forecast(rows(values))
    assert many.steps.equals(one.steps)
    assert many.totals.equals(one.totals)
    assert many.models["draws"].to_list() == [7]
    assert many.models["observations"].to_list() == [60]


def test_path_p_continues_the_draw_at_place_p_modulo_their_number() -> None:
    levels = {3: 100.0, 5: 1000.0, 40: 10_000.0}
    frame = histories({draw: level * growing(60, seed=3, level=1.0) for draw, level in levels.items()})
    paths = paths_of(frame)
    for place, level in enumerate(levels.values()):
        assert np.all(abs(np.log10(paths[:, place::3] / level)) < 0.4)


def test_intervals_span_what_is_unknown_of_the_history() -> None:
    values = growing(60, seed=3)
    spread = forecast(histories({draw: values * factor for draw, factor in enumerate((0.5, 1.0, 2.0))})).steps
    one = forecast(rows(values)).steps
    assert (spread["hi-80"] - spread["lo-80"] > 2 * (one["hi-80"] - one["lo-80"])).all()


def test_series_with_and_without_draws_stand_in_one_file() -> None:
    drawn = histories({0: growing(60, seed=3), 1: growing(60, seed=4)}, name="drawn")
    plain = rows(growing(60, seed=5), name="plain")
    both = pl.concat([plain, drawn], how="diagonal")
    result = forecast(both)
    assert result.models.select("unique_id", "draws").rows() == [("drawn", 2), ("plain", 1)]
    for name, frame in (("drawn", drawn), ("plain", plain)):
        assert result.steps.filter(unique_id=name).equals(forecast(frame).steps)


def test_a_draw_that_ends_earlier_is_forecast_from_where_it_ends() -> None:
    values = growing(60, seed=3)
    result = forecast(histories({0: values, 1: values[:-3]}))
    assert result.steps["ds"].to_list() == [60, 61, 62, 63]
    assert result.steps.null_count().sum_horizontal().item() == 0


def test_a_draw_without_a_value_is_left_out() -> None:
    values = growing(60, seed=3)
    nothing = np.full(60, np.nan)
    assert forecast(histories({0: values, 1: nothing})).steps.equals(forecast(rows(values)).steps)


def test_more_draws_than_paths_fill_the_paths() -> None:
    many = {draw: np.full(9, float(draw)) for draw in range(POLICY.forecast.paths + 20)}
    assert paths_of(histories(many))[0].tolist() == [float(n) for n in range(POLICY.forecast.paths)]


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (rows([1.0, 2.0], draw=[0.5, 1.0]), "row 1: draw 0.5 is no whole number from 0 to"),
        (rows([1.0, 2.0], draw=[0, 1e30]), "row 2: draw 1e.30 is no whole number from 0 to"),
        (rows([1.0, 2.0], draw=["0", "-1"]), "row 2: draw '-1' is no whole number"),
        (rows([1.0, 2.0, 3.0], draw=[0, 0, None]), "series 'a' has rows with a draw and, at 2, one without"),
        (
            pl.concat([rows([1.0, 2.0], draw=[4, 4])] * 2),
            "duplicated date: draw 4 of series 'a' has 0 more than once",
        ),
    ],
)
def test_draws_that_cannot_be_are_refused_with_the_place(frame: pl.DataFrame, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        forecast(frame)


def test_of_a_long_history_the_recent_part_counts() -> None:
    frame = rows(growing(1100, seed=2, growth=0.0), censored=np.arange(1100) == 1050)
    recent = forecast(frame.tail(1040))
    whole = forecast(frame)
    assert whole.steps.equals(recent.steps)
    assert whole.models["observations"].to_list() == [1099]


def coming(start: int = 60, steps: int = 4, *, name: str = "a", **columns: Any) -> pl.DataFrame:
    frame = {"unique_id": [name] * steps, "ds": list(range(start, start + steps))}
    return pl.DataFrame(frame | columns, strict=False)


def test_no_path_is_below_the_order_book() -> None:
    values = growing(60, seed=3)
    lower = [1e3, None, 0.0, 610.0]
    frame, future = rows(values), coming(lower=lower)
    paths, free = paths_of(frame, future=future), paths_of(frame)
    assert np.array_equal(paths, np.fmax(free, np.array([[1e3], [np.nan], [0.0], [610.0]])))
    assert free[3].min() < 610.0 < free[3].max()
    totals = forecast(frame, future=future).totals.filter(measure="sum")
    assert totals["mean"].item() == pytest.approx(paths.sum(axis=0).mean())


def test_a_series_never_observed_is_at_least_what_is_on_order() -> None:
    frame = pl.concat([rows([None, None], name="new"), rows([1.0, 2.0], name="old")], how="vertical_relaxed")
    result = forecast(frame, future=coming(2, name="new", lower=[5.0, None, 7.0, 8.0]))
    assert result.steps.filter(unique_id="new")["mean"].to_list() == [5.0, None, 7.0, 8.0]
    assert result.totals.filter(unique_id="new")["mean"].to_list() == [None, None]
    assert result.models["reason"].to_list() == ["no_observations", "too_short"]


def test_rows_of_other_periods_are_passed_over() -> None:
    frame = rows(growing(60, seed=3))
    wide = coming(55, steps=30, lower=[900.0] * 30)
    assert forecast(frame, future=wide).steps.equals(forecast(frame, future=coming(lower=[900.0] * 4)).steps)


@pytest.mark.parametrize(
    ("known", "ahead"),
    [
        ([date(2026, 1, 5) + timedelta(weeks=n) for n in range(3)], ["2026-01-26"]),
        (["2026-01-05", "2026-01-12", "2026-01-19"], [datetime(2026, 1, 26)]),  # noqa: DTZ001  without offsets
        ([datetime(2026, 1, 5 + 7 * n) for n in range(3)], [date(2026, 1, 26)]),  # noqa: DTZ001
        (["1", "2", "3"], [4]),
        ([1, 2, 3], ["4"]),
    ],
)
def test_times_may_be_spelled_otherwise_than_those_of_the_input(known: Any, ahead: Any) -> None:
    frame = pl.DataFrame({"unique_id": ["1"] * 3, "ds": known, "y": [1.0, 2.0, 3.0]})
    future = pl.DataFrame({"unique_id": [1], "ds": ahead, "lower": [70.0]})
    assert forecast(frame, future=future).steps["mean"][0] == 70.0


def promoted(*, seed: int = 3, effect: float = 2.0) -> tuple[pl.DataFrame, np.ndarray]:
    """A series of 100 steps that promotions multiply, and the factor of each step of these and four more."""
    promotion = (np.random.default_rng(seed).random(104) < 0.15).astype(float)
    promotion[100:] = (1.0, 0.0, 0.0, 1.0)
    values = growing(100, seed=seed) * effect ** promotion[:100]
    return rows(values, promotion=promotion[:100]), promotion


def test_a_promotion_ahead_shows_in_the_forecast() -> None:
    frame, promotion = promoted()
    future = coming(100, promotion=promotion[100:])
    with_it = forecast(frame, future=future, regressors=["promotion"])
    quiet = forecast(frame, future=coming(100, promotion=[0.0] * 4), regressors=["promotion"])
    lift = (with_it.steps["mean"] / quiet.steps["mean"]).to_list()
    assert lift == pytest.approx([2.0, 1.0, 1.0, 2.0], rel=0.1)
    made = with_it.models.row(0, named=True)
    assert made["model"].endswith(" + promotion")
    assert (made["reason"], made["note"]) == (None, None)


def test_regressors_narrow_the_forecast() -> None:
    frame, promotion = promoted()
    with_it = forecast(frame, future=coming(100, promotion=promotion[100:]), regressors=["promotion"]).steps
    without = forecast(frame).steps
    width = (with_it["hi-80"] - with_it["lo-80"])[1:3].sum()
    assert width < 0.5 * (without["hi-80"] - without["lo-80"])[1:3].sum()


def test_an_additive_effect_never_leads_below_zero() -> None:
    rng = np.random.default_rng(1)
    heat = rng.normal(0, 1, 60)
    frame = rows(np.maximum(20 + 4 * heat + rng.normal(0, 1, 60), 0.0), heat=heat)
    paths = paths_of(frame, future=coming(heat=[-9.0, 0.0, 9.0, -20.0]), regressors=["heat"])
    assert paths.min() == 0.0
    assert paths[2].mean() > paths[1].mean() + 20


def test_regressors_are_taken_off_floors_and_draws_too() -> None:
    frame, promotion = promoted()
    is_censored = np.arange(100) >= 90
    both = pl.concat(
        frame.with_columns(pl.lit(draw).alias("draw"), pl.Series("censored", is_censored)) for draw in (0, 1)
    )
    future = coming(100, promotion=promotion[100:])
    result = forecast(both, future=future, regressors=["promotion"])
    made = result.models.row(0, named=True)
    assert (made["draws"], made["censored"], made["note"]) == (2, 10, "low_information")
    steps = result.steps["mean"]
    assert steps[0] / steps[1] == pytest.approx(2.0, rel=0.15)


def test_a_floor_under_a_promotion_is_no_floor_without_it() -> None:
    promotion = np.append((np.arange(100) % 7 == 0).astype(float), np.zeros(4))
    promotion[90:100] = 1.0
    values = growing(100, seed=3, growth=0.0) * 2.0 ** promotion[:100]
    frame = rows(values, promotion=promotion[:100], censored=np.arange(100) >= 90)
    quiet = forecast(frame, future=coming(100, promotion=[0.0] * 4), regressors=["promotion"]).steps
    assert quiet["mean"][0] < 0.75 * values[90:].mean()


@pytest.mark.parametrize(
    ("column", "unused"),
    [([1.0] * 60, "x"), ([0.0] * 59 + [None], "x"), ([None] * 57 + [1.0, 2.0, 4.0], "x")],
)
def test_a_regressor_that_tells_nothing_is_noted(column: list[Any], unused: str) -> None:
    frame = rows(growing(60, seed=3), x=column)
    result = forecast(frame, future=coming(x=[1.0] * 4), regressors=["x"])
    assert result.models["note"].to_list() == [f"unused: {unused}"]
    assert result.steps.equals(forecast(rows(growing(60, seed=3))).steps)


def test_of_columns_that_say_the_same_one_is_used() -> None:
    frame, promotion = promoted()
    frame = frame.with_columns((3 - 2 * pl.col("promotion")).alias("again"))
    future = coming(100, promotion=promotion[100:], again=3 - 2 * promotion[100:])
    result = forecast(frame, future=future, regressors=["promotion", "again"])
    assert result.models["note"].to_list() == ["unused: again"]
    alone = forecast(frame, future=future, regressors=["promotion"])
    assert result.steps.equals(alone.steps)


def test_a_series_that_leaves_a_regressor_empty_needs_no_values_of_it() -> None:
    frame, promotion = promoted()
    plain = rows(growing(100, seed=7), name="b")
    both = pl.concat([frame, plain], how="diagonal")
    future = coming(100, promotion=promotion[100:])
    result = forecast(both, future=future, regressors=["promotion"])
    assert result.steps.filter(unique_id="b").equals(forecast(plain).steps)
    assert result.steps.filter(unique_id="a").equals(
        forecast(frame, future=future, regressors=["promotion"]).steps
    )


X = {"x": [float(n % 7) for n in range(60)]}


@pytest.mark.parametrize(
    ("columns", "future", "regressors", "message"),
    [
        (X, None, ["x"], "regressors need their values .* give --future"),
        (X, coming(x=[1.0] * 4), ["x", "x"], "name each once"),
        (X, coming(x=[1.0] * 4), ["y"], "regressor y: the name has a meaning of its own"),
        ({}, coming(x=[1.0] * 4), ["x"], "missing column x: it is named as a regressor"),
        ({"x": ["a"] * 60}, coming(x=[1.0] * 4), ["x"], "row 1: x 'a' is no number"),
        (X, coming(lower=[1.0] * 4), ["x"], "future: missing column x"),
        (
            X,
            coming(x=[1.0, 2.0, None, 4.0]),
            ["x"],
            "regressor x of series 'a' has no value at 62; .* all 4 steps",
        ),
        (X, coming(x=[1.0] * 3, steps=3), ["x"], "has no value at 63"),
        ({}, coming(), [], "future: there is neither a column lower nor a regressor"),
        ({}, coming(name="b", lower=[1.0] * 4), [], "future: series 'b' is not in the input; give it a row"),
        ({}, pl.concat([coming(lower=[1.0] * 4)] * 2), [], "future: series 'a' has 60 more than once"),
        (
            {},
            coming(20, lower=[1.0] * 4),
            [],
            "future: no row is of a step to be forecast; the first is 60 of",
        ),
        ({}, coming(lower=["1", "2", "x", "4"]), [], "future: row 3: lower 'x' is no number"),
        (
            {},
            coming(lower=[1.0] * 4).cast({"ds": pl.Date}),
            [],
            "future: ds is of type Date, that of the input",
        ),
    ],
)
def test_a_future_that_does_not_fit_is_refused_with_the_place(
    columns: dict[str, Any], future: pl.DataFrame | None, regressors: list[str], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        forecast(rows(growing(60, seed=3), **columns), future=future, regressors=regressors)


def test_a_time_between_the_steps_is_told() -> None:
    frame = pl.DataFrame({"unique_id": ["a"] * 3, "ds": [10, 20, 30], "y": [1.0, 2.0, 3.0]})
    future = pl.DataFrame({"unique_id": ["a"] * 2, "ds": [40, 45], "lower": [1.0, 1.0]})
    with pytest.raises(UsageError, match="future: 45 of series 'a' lies between the steps"):
        forecast(frame, future=future)
