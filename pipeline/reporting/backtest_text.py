"""A backtest on one screen: how good production was, and where the seasonal naive would have done better."""

import polars as pl

from pipeline.reporting.terminal import render_table
from pipeline.schemas.tables import LEVELS

_SHOWN = {LEVELS[0]: "channel total", LEVELS[-1]: "single series"}
_LEVELS = dict(zip(LEVELS, ("total", "generation", "segment", "generation, region", "series"), strict=True))
_WIDTH = 120  # of a log too: names stand whole, as `explain` takes them
_ROWS = ("level", "channel", "lag_weeks")


def backtest_text(accuracy: pl.DataFrame, scorecard: pl.DataFrame) -> str:
    """Tell ACCURACY and SCORECARD of one run; runs of earlier versions have no SCORECARD."""
    parts = [_accuracy(accuracy, scorecard)]
    if not scorecard.is_empty():
        parts += [_lost(scorecard), _certainty(scorecard)]
    return "\n".join(parts)


def _accuracy(accuracy: pl.DataFrame, scorecard: pl.DataFrame) -> str:
    pooled = accuracy.with_columns(pl.col("level").str.strip_prefix("scorecard/").alias("judged")).filter(
        pl.col("level") != pl.col("judged"), pl.col("judged").is_in(list(_SHOWN)), model="ensemble"
    )
    counts = scorecard.select(pl.col("level").alias("judged"), "channel", "lag_weeks", "nodes", "nodes_lost")
    shown = pooled.join(counts, on=["judged", "channel", "lag_weeks"], how="left").select(
        pl.col("judged").replace(_SHOWN),
        "channel",
        "lag_weeks",
        "origins",
        pl.col("pinball_ratio").alias("to_naive"),
        pl.col("pinball_ratio_least").alias("least"),
        pl.col("pinball_ratio_most").alias("most"),
        "nodes",
        pl.col("nodes_lost").alias("lost"),
        "coverage_80",
        "bias",
        "wape",
    )
    return render_table(shown.sort("judged", "channel", "lag_weeks"), csv=False, width=_WIDTH)


def _lost(scorecard: pl.DataFrame) -> str:
    lost, nodes = scorecard["nodes_lost"].sum(), scorecard["nodes"].sum()
    if not lost:
        return f"The seasonal naive would have done better at none of {nodes:,} nodes and lags.\n"
    node = [pl.col("channel"), *(pl.col(f"worst_{name}") for name in ("segment", "generation", "region"))]
    rows = scorecard.filter(pl.col("nodes_lost") > 0).sort(
        "excess_share", *_ROWS, descending=[True, False, False, False], nulls_last=True
    )
    table = rows.select(
        pl.col("level").replace(_LEVELS).alias("by"),
        pl.col("lag_weeks").alias("lag"),
        _of("nodes_lost", "nodes").alias("lost"),
        pl.col("nodes_lost_always").alias("always"),
        (100 * pl.col("excess_share")).alias("excess_%"),
        pl.concat_str(node, separator="/").alias("worst"),
        pl.col("worst_pinball_ratio").alias("to_naive"),
        pl.col("worst_excess_pinball").alias("chips"),
        _of("worst_origins_lost", "worst_origins").alias("origins"),
    )
    head = f"The seasonal naive would have done better at {lost:,} of {nodes:,} nodes and lags:"
    return f"{head}\n{render_table(table, csv=False, width=_WIDTH)}"


def _of(part: str, whole: str) -> pl.Expr:
    return pl.format("{} of {}", part, whole)


def _certainty(scorecard: pl.DataFrame) -> str:
    shares = dict(scorecard.select("origins", "range_confidence").unique().sort("origins").iter_rows())
    told = ", ".join(f"{share:.2f} with {origins}" for origins, share in shares.items())
    return f"""to_naive: pinball loss over the seasonal naive's; least, most: of one origin. Origins are few:
the median one lies between these with a probability of at most {told}.
lost: its loss was less over all origins; always: at each of two or more. excess_%: by how much, of its loss
at all nodes; chips: at the worst node. Every node is in accuracy.csv, every level in scorecard.csv.
"""
