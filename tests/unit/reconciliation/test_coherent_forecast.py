import polars as pl
import pytest

from pipeline.core.errors import TerminalError
from pipeline.reconciliation import coherent_forecast
from pipeline.schemas.tables import FORECAST, LEVELS
from tests.demand_frames import AS_OF, KEY

BOTTOM = "channel/generation/region/segment"


def forecast_of(paths: pl.DataFrame) -> pl.DataFrame:
    models = paths.select(KEY).unique().with_columns(pl.lit("ets_damped").alias("model"))
    return coherent_forecast(paths, models, run_id="run", as_of=AS_OF)


def test_every_level_is_there_with_all_for_what_is_summed_over(two_by_two: pl.DataFrame) -> None:
    forecast = forecast_of(two_by_two)
    assert forecast.schema == FORECAST.polars_schema
    assert set(forecast["level"].unique().to_list()) == set(LEVELS)
    top = forecast.filter(pl.col("level") == "channel", pl.col("channel") == "cloud")
    assert top.select("segment", "generation", "region").unique().row(0) == ("all", "all", "all")
    assert top["step"].to_list() == [1, 2]
    assert top["mean"].to_list() == [21.5, 43.5]
    assert top["p50"].to_list() == [21.5, 43.5]


def test_stocks_and_flows_stand_in_rows_of_their_own(two_by_two: pl.DataFrame) -> None:
    top = forecast_of(two_by_two).filter(pl.col("level") == "channel", pl.col("step") == 1)
    assert dict(top.select("channel", "unit").iter_rows()) == {
        "cloud": "chips_held",
        "direct": "chips_ordered",
    }
    assert top.filter(pl.col("channel") == "direct")["mean"].item() == 50.0


def test_the_model_stands_at_the_bottom_and_sums_say_that_they_are_sums(two_by_two: pl.DataFrame) -> None:
    forecast = forecast_of(two_by_two)
    is_bottom = pl.col("level") == BOTTOM
    assert forecast.filter(is_bottom)["model"].unique().to_list() == ["ets_damped"]
    assert forecast.filter(~is_bottom)["model"].unique().to_list() == ["sum of paths"]


def test_the_grain_is_unique(two_by_two: pl.DataFrame) -> None:
    assert not forecast_of(two_by_two).select(FORECAST.grain).is_duplicated().any()


def test_the_order_of_chunks_does_not_matter(two_by_two: pl.DataFrame) -> None:
    shuffled = two_by_two.sample(fraction=1.0, shuffle=True, seed=3)
    assert forecast_of(shuffled).equals(forecast_of(two_by_two))


def test_a_series_that_lacks_a_week_is_refused(two_by_two: pl.DataFrame) -> None:
    with pytest.raises(TerminalError, match="7 rows for 4 series x 2 weeks"):
        forecast_of(two_by_two.head(7))


def test_no_paths_give_no_forecast(two_by_two: pl.DataFrame) -> None:
    assert forecast_of(two_by_two.clear()).is_empty()
