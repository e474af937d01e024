"""What a person reads after a backtest."""

from datetime import UTC, datetime
from typing import Any

import polars as pl

from pipeline.reporting import backtest_text
from pipeline.schemas.tables import ACCURACY, LEVELS, SCORECARD

RUN = {"run_id": "run", "as_of": datetime(2026, 9, 7, tzinfo=UTC), "unit": "chips_held", "channel": "cloud"}
TOTAL, SERIES = LEVELS[0], LEVELS[-1]


def accuracy(level: str, **figures: Any) -> dict[str, Any]:
    names = {"segment": "all", "generation": "all", "region": "all", "model": "ensemble"}
    counts = {"lag_weeks": 4, "origins": 5, "observations": 5, "origins_lost": 1}
    return {**dict.fromkeys(ACCURACY.names), **RUN, **names, **counts, "level": level, **figures}


def scorecard(level: str, **figures: Any) -> dict[str, Any]:
    counts = {"lag_weeks": 4, "origins": 5, "nodes": 1, "nodes_lost": 0, "nodes_lost_always": 0}
    shares = {"range_confidence": 0.9375, "excess_pinball": 0.0, "excess_share": 0.0}
    return {**dict.fromkeys(SCORECARD.names), **RUN, **counts, **shares, "level": level, **figures}


LOST = {
    "lag_weeks": 52,
    "origins": 2,
    "range_confidence": 0.5,
    "nodes": 14,
    "nodes_lost": 7,
    "nodes_lost_always": 5,
    "excess_pinball": 60.0,
    "excess_share": 0.0762,
    "worst_segment": "frontier_lab",
    "worst_generation": "trn2",
    "worst_region": "us-west-2",
    "worst_pinball_ratio": 2.07,
    "worst_excess_pinball": 48.32,
    "worst_origins_lost": 2,
    "worst_origins": 2,
}


def told(accuracies: list[dict[str, Any]], scorecards: list[dict[str, Any]]) -> str:
    return backtest_text(
        pl.DataFrame(accuracies, schema=ACCURACY.polars_schema),
        pl.DataFrame(scorecards, schema=SCORECARD.polars_schema),
    )


def test_losses_are_told_with_their_number_size_worst_node_and_origins() -> None:
    text = told(
        [accuracy(f"scorecard/{SERIES}", pinball_ratio=0.5)], [scorecard(TOTAL), scorecard(SERIES, **LOST)]
    )
    assert "The seasonal naive would have done better at 7 of 15 nodes and lags:" in text
    row = next(line for line in text.splitlines() if line.startswith("series "))
    worst = "cloud/frontier_lab/trn2/us-west-2"
    assert row.split() == [
        "series",
        "52",
        "7",
        "of",
        "14",
        "5",
        "7.62",
        worst,
        "2.07",
        "48.32",
        "2",
        "of",
        "2",
    ]


def test_few_origins_are_said_with_what_they_are_worth() -> None:
    text = told([accuracy(f"scorecard/{TOTAL}")], [scorecard(TOTAL), scorecard(SERIES, **LOST)])
    assert "at most 0.50 with 2, 0.94 with 5" in text


def test_the_largest_share_of_loss_comes_first() -> None:
    small = {**LOST, "lag_weeks": 4, "excess_share": 0.01}
    text = told([accuracy(f"scorecard/{TOTAL}")], [scorecard(SERIES, **small), scorecard(SERIES, **LOST)])
    assert [line.split()[1] for line in text.splitlines() if line.startswith("series ")] == ["52", "4"]


def test_where_nothing_is_lost_that_is_said() -> None:
    text = told([accuracy(f"scorecard/{TOTAL}")], [scorecard(TOTAL, nodes=3)])
    assert "The seasonal naive would have done better at none of 3 nodes and lags." in text


def test_production_is_shown_by_total_and_series_with_how_many_nodes_it_lost() -> None:
    levels = (TOTAL, SERIES, LEVELS[1])
    text = told(
        [
            *(accuracy(f"scorecard/{level}", pinball_ratio=0.51) for level in levels),
            accuracy(f"scorecard/{TOTAL}", model="ets"),
            accuracy(TOTAL),
        ],
        [scorecard(TOTAL), scorecard(SERIES, nodes=21, nodes_lost=3, worst_origins=1, worst_origins_lost=1)],
    )
    rows = [line.split() for line in text.splitlines() if line.startswith(("channel total", "single series"))]
    assert [row[:6] for row in rows] == [
        ["channel", "total", "cloud", "4", "5", "0.5100"],
        ["single", "series", "cloud", "4", "5", "0.5100"],
    ]
    assert [row[8:10] for row in rows] == [["1", "0"], ["21", "3"]]


def test_a_backtest_of_an_earlier_version_is_told_without_a_scorecard() -> None:
    text = told([accuracy(f"scorecard/{TOTAL}", origins_lost=None, pinball_ratio=0.25)], [])
    assert "channel total" in text
    assert "seasonal naive" not in text
