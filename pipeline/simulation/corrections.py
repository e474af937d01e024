"""Billing corrections and retracted usage, which leave the sum of the usage as it truly was."""

from collections.abc import Iterable

import numpy as np
import polars as pl

from pipeline.simulation.encoding import Events
from pipeline.simulation.timeline import Timeline

_ADJUSTED_SHARE = 0.004
_RETRACTED_SHARE = 0.001
_QUIET_WEEKS = 4  # corrections take time: the last weeks have none yet


def correct_usage(usage: Events, source: str, timeline: Timeline, rng: np.random.Generator) -> list[Events]:
    """Return the usage with some first reports wrong, and the events that set them right.

    Adjusted: the first report is off by up to a quarter and a signed adjustment follows after 4 to 18 days.
    Retracted: beside the right report stands a wrong one, retracted after 1 to 12 days.
    """
    frame = usage.frame
    draw = rng.random(frame.height)
    settled = frame["period_end"].to_numpy() < timeline.instants(timeline.weeks - _QUIET_WEEKS)
    adjusted = np.flatnonzero((draw < _ADJUSTED_SHARE) & settled)
    retracted = np.flatnonzero((draw > 1 - _RETRACTED_SHARE) & settled)
    return [*_adjust(frame, adjusted, rng), *_retract(frame.with_row_index("row"), retracted, source, rng)]


def _later(frame: pl.DataFrame, rng: np.random.Generator, first_day: int, last_day: int) -> pl.Series:
    delay = rng.integers(first_day * 86_400, last_day * 86_400, frame.height) * 1_000_000
    return pl.Series(frame["recordedtime"].to_numpy() + delay.astype("timedelta64[us]"))


def _adjust(frame: pl.DataFrame, rows: np.ndarray, rng: np.random.Generator) -> Iterable[Events]:
    hours = frame["chip_hours"].to_numpy().copy()
    error = np.round(hours[rows] * rng.uniform(-0.25, 0.25, len(rows)), 2)
    error = np.where(error == 0, 0.01, error)
    hours[rows] += error
    yield Events("usage.metered", frame.with_columns(chip_hours=pl.Series(np.round(hours, 2))))
    chosen = frame[rows]
    yield Events(
        "usage.adjusted",
        chosen.with_columns(
            id=pl.concat_str([pl.lit("adjust-"), "id"]),
            recordedtime=_later(chosen, rng, 4, 18),
            chip_hours=pl.Series(-error),
        ),
    )


def _retract(
    frame: pl.DataFrame, rows: np.ndarray, source: str, rng: np.random.Generator
) -> Iterable[Events]:
    chosen = frame[rows].drop("row")
    wrong = chosen.with_columns(
        id=pl.concat_str(["id", pl.lit("-wrong")]), chip_hours=(pl.col("chip_hours") * 10).round(2)
    )
    yield Events("usage.metered", wrong)
    at = _later(chosen, rng, 1, 12)
    yield Events(
        "event.retracted",
        pl.DataFrame(
            {
                "id": pl.select(pl.concat_str([pl.lit("retract-"), wrong["id"]])).to_series(),
                "subject": wrong["id"],
                "time": at,
                "recordedtime": at,
                "retracted_source": pl.Series([source] * len(chosen), dtype=pl.String),
                "replaced_by": chosen["id"],
                "reason": pl.Series(["unit error: hours multiplied by ten"] * len(chosen), dtype=pl.String),
            }
        ),
    )
