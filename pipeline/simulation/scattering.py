"""Lateness, repetition and disorder: what happens to events between the fact and the file."""

import numpy as np
import polars as pl

from pipeline.simulation.encoding import Events
from pipeline.simulation.timeline import Timeline

_LATE_SHARE, _VERY_LATE_SHARE = 0.03, 0.005
DUPLICATE_SHARE = 0.003
_DISORDER_SHARE = 0.01
_RESPELLED_SHARE = 0.3  # of the duplicates, which write UTC as +00:00
_HOUR_US, _DAY_US = 3_600_000_000, 86_400_000_000
DECLARED_AFTER_HOURS = 30  # a week is declared complete on Tuesday at six
CLOSE_AFTER_HOURS = 36  # nothing is recorded later than this after the end


def delay_records(batch: Events, timeline: Timeline, rng: np.random.Generator) -> Events:
    """Record some events hours later, and a few 2 to 20 days later, after their week was declared complete.

    Nothing is recorded after the last declaration.
    """
    draw = rng.random(len(batch))
    late = np.where(draw < _LATE_SHARE, rng.integers(_HOUR_US, 20 * _HOUR_US, len(batch)), 0)
    very_late = draw > 1 - _VERY_LATE_SHARE
    late = np.where(very_late, rng.integers(2 * _DAY_US, 20 * _DAY_US, len(batch)), late)
    last = timeline.instants(timeline.weeks) + np.timedelta64((DECLARED_AFTER_HOURS - 1) * _HOUR_US, "us")
    recorded = batch.frame["recordedtime"].to_numpy()
    whole_seconds = (late // 1_000_000 * 1_000_000).astype("timedelta64[us]")
    moved = np.maximum(recorded, np.minimum(recorded + whole_seconds, last))
    return Events(batch.type, batch.frame.with_columns(recordedtime=pl.Series(moved)))


def scatter(lines: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Add repeated lines and put some out of order.

    Args:
        lines: `key` (the instant by which files are ordered) and `line`.
        rng: source of chance.

    Returns:
        The same columns, unordered. A repeated line says the same, some in another spelling.
    """
    count = lines.height
    jitter = np.where(rng.random(count) < _DISORDER_SHARE, rng.integers(0, 5 * _DAY_US, count), 0)
    repeated = np.flatnonzero(rng.random(count) < DUPLICATE_SHARE)
    again = lines[repeated]
    later = rng.integers(0, 10 * _DAY_US, len(repeated)).astype("timedelta64[us]")
    respelled = pl.Series(rng.random(len(repeated)) < _RESPELLED_SHARE)
    again = again.with_columns(
        key=pl.Series(again["key"].to_numpy() + later),
        line=pl.when(respelled)
        .then(pl.col("line").str.replace_all('Z"', '+00:00"', literal=True))
        .otherwise("line"),
    )
    moved = lines.with_columns(key=pl.Series(lines["key"].to_numpy() + jitter.astype("timedelta64[us]")))
    return pl.concat([moved, again])
