"""Where the seasonal naive does better: counted by hand from few judgements."""

from collections.abc import Sequence
from datetime import timedelta

import polars as pl
import pytest

from pipeline.backtesting import score
from pipeline.backtesting.accuracy import summarise
from pipeline.schemas.tables import ACCURACY, LEVELS, SCORECARD
from tests.demand_frames import AS_OF

BOTTOM = LEVELS[-1]
Losses = dict[str, Sequence[tuple[float, float]]]
"""By region: at each origin, oldest first, the losses of production and of the seasonal naive."""


def judged(losses: Losses, *, lag: int = 4, channel: str = "cloud") -> pl.DataFrame:
    rows = [
        {
            "level": BOTTOM,
            "channel": channel,
            "segment": "startup",
            "generation": "trn2",
            "region": region,
            "unit": "chips_held" if channel == "cloud" else "chips_ordered",
            "origin": AS_OF - timedelta(weeks=13 * (len(origins) - number)),
            "lag_weeks": lag,
            "model": model,
            "demand_chips": 10.0,
            "pinball": loss,
            "is_in_80": True,
            "is_in_90": True,
            "mean_error": 0.0,
            "absolute_error": 0.0,
            "scaled_error": 0.0,
        }
        for region, origins in losses.items()
        for number, pair in enumerate(origins)
        for model, loss in zip(("ensemble", "seasonal_naive"), pair, strict=True)
    ]
    return pl.DataFrame(rows)


def accuracy_of(*frames: pl.DataFrame) -> pl.DataFrame:
    summary = summarise(pl.concat(frames), baseline="seasonal_naive")
    return ACCURACY.select(summary.with_columns(pl.lit("run").alias("run_id"), pl.lit(AS_OF).alias("as_of")))


def scored(*frames: pl.DataFrame) -> dict[str, object]:
    return score(accuracy_of(*frames)).row(0, named=True)


def test_lost_nodes_are_counted_and_their_excess_is_a_share_of_all_loss() -> None:
    row = scored(judged({"a": [(1, 2), (1, 2)], "b": [(6, 4), (6, 4)], "c": [(5, 3), (1, 2)]}))
    assert (row["nodes"], row["nodes_lost"], row["nodes_lost_always"]) == (3, 2, 1)
    assert row["excess_pinball"] == pytest.approx(2.0 + 0.5)
    assert row["excess_share"] == pytest.approx(2.5 / (2 + 4 + 2.5))


def test_the_worst_node_is_the_one_with_the_most_chips_of_excess_not_the_largest_ratio() -> None:
    row = scored(judged({"small": [(0.5, 0.1)], "large": [(90, 80)], "good": [(1, 100)]}))
    told = {name: row[f"worst_{name}"] for name in ("region", "excess_pinball", "pinball_ratio", "origins")}
    assert told == {
        "region": "large",
        "excess_pinball": pytest.approx(10.0),
        "pinball_ratio": pytest.approx(1.125),
        "origins": 1,
    }


def test_the_range_is_that_of_the_origins_pooled_over_the_nodes() -> None:
    row = scored(judged({"a": [(1, 2), (3, 2), (2, 4)], "b": [(1, 2), (3, 2), (2, 4)]}))
    assert row["pinball_ratio"] == pytest.approx(6 / 8)
    assert (row["pinball_ratio_least"], row["pinball_ratio_most"]) == (pytest.approx(0.5), pytest.approx(1.5))


@pytest.mark.parametrize(("origins", "confidence"), [(1, 0.0), (2, 0.5), (4, 0.875), (5, 0.9375)])
def test_few_origins_say_little_and_one_says_nothing(origins: int, confidence: float) -> None:
    row = scored(judged({"a": [(1, 2)] * origins}))
    assert (row["origins"], row["range_confidence"]) == (origins, confidence)


def test_one_lost_origin_is_not_always() -> None:
    assert scored(judged({"a": [(2, 1)]}))["nodes_lost_always"] == 0
    assert scored(judged({"a": [(2, 1), (2, 1)]}))["nodes_lost_always"] == 1
    assert scored(judged({"a": [(9, 1), (1, 2)]}))["nodes_lost_always"] == 0


def test_a_loss_where_the_naive_has_none_is_lost_though_it_has_no_ratio() -> None:
    row = scored(judged({"a": [(2, 0)]}))
    assert (row["nodes_lost"], row["pinball_ratio"], row["excess_share"]) == (1, None, None)
    assert (row["worst_region"], row["worst_excess_pinball"]) == ("a", 2.0)


def test_equal_losses_are_not_lost_and_where_nothing_is_there_is_no_worst() -> None:
    row = scored(judged({"a": [(3, 3)], "b": [(0, 0)]}))
    assert (row["nodes_lost"], row["worst_region"], row["excess_share"]) == (0, None, 0.0)


def test_lags_and_channels_stand_apart() -> None:
    frames = [
        judged({"a": [(1, 2)]}, lag=4),
        judged({"a": [(3, 2)]}, lag=13),
        judged({"a": [(5, 2)]}, channel="direct"),
    ]
    found = score(accuracy_of(*frames)).select("channel", "lag_weeks", "nodes", "nodes_lost").rows()
    assert found == [("cloud", 4, 1, 0), ("cloud", 13, 1, 1), ("direct", 4, 1, 1)]


def test_each_node_says_at_how_many_origins_it_lost_and_within_which_ratios() -> None:
    accuracy = accuracy_of(judged({"a": [(1, 2), (6, 2), (0, 0)]}))
    node = accuracy.filter(pl.col("level") == BOTTOM, pl.col("model") == "ensemble").row(0, named=True)
    told = {name: node[name] for name in ("origins", "origins_lost", "pinball_ratio_least")}
    assert told == {"origins": 3, "origins_lost": 1, "pinball_ratio_least": 0.5}
    assert node["pinball_ratio_most"] == 3.0
    base = accuracy.filter(pl.col("level") == BOTTOM, pl.col("model") == "seasonal_naive").row(0, named=True)
    assert (base["origins_lost"], base["pinball_ratio"]) == (0, 1.0)


def test_without_accuracy_the_scorecard_is_empty_and_has_its_columns() -> None:
    assert score(ACCURACY.empty()).equals(SCORECARD.empty())
