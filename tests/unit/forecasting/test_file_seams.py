"""What a file may say beside unique_id, ds, y: censored values, draws of the history."""

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
        (rows([1.0, 2.0], draw=[0.5, 1.0]), "row 1: draw 0.5 is no whole number from 0 up"),
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
