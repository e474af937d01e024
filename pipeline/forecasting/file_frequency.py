"""The step between the times of a series file: months, a span of time, or whole numbers."""

from dataclasses import dataclass
from datetime import timedelta
from math import gcd

import polars as pl

from pipeline.core.errors import UsageError

_DAY = 86_400_000_000
_SHORTEST_MONTH = 28 * _DAY
_SEASONS_OF_DAYS = {1: 7, 7: 52}
_SEASONS_OF_MONTHS = {1: 12, 2: 6, 3: 4, 4: 3, 6: 2}
_ROWS_THAT_SHOW_A_STEP = 3


@dataclass(frozen=True)
class Step:
    """Distance between neighbouring times.

    Attributes:
        size: whole months, microseconds, or whole numbers.
        kind: what `size` counts: 'months', 'microseconds' or 'numbers'.
        is_month_end: every time is the last day of its month.
    """

    size: int
    kind: str
    is_month_end: bool = False

    def season(self) -> int:
        """Return the usual season: 24 hours, 7 days, 52 weeks, 12 months; 1 where there is none."""
        if self.kind == "months":
            return _SEASONS_OF_MONTHS.get(self.size, 1)
        if self.kind == "numbers":
            return 1
        if self.size < _DAY and _DAY % self.size == 0:
            return _DAY // self.size
        return _SEASONS_OF_DAYS.get(self.size // _DAY, 1) if self.size % _DAY == 0 else 1

    def positions(self, rows: pl.DataFrame) -> pl.Series:
        """Count the steps from the first time of a series to each of its times."""
        counted = _count(rows["ds"], self.kind)
        frame = pl.DataFrame({"unique_id": rows["unique_id"], "count": counted})
        place = (pl.col("count") - pl.col("count").min().over("unique_id")) // self.size
        return frame.select(place.alias("place")).to_series()

    def ordinals(self, times: pl.Series) -> pl.Series:
        """Count the steps from one origin that is common to all series."""
        return _count(times, self.kind) // self.size

    def following(self, last: pl.Series, horizon: int) -> pl.Series:
        """Return the `horizon` times after each of the `last` ones, in their type."""
        frame = pl.DataFrame({"last": last}).join(
            pl.DataFrame({"n": pl.Series(range(1, horizon + 1), dtype=pl.Int64) * self.size}),
            how="cross",
            maintain_order="left_right",
        )
        if self.kind == "numbers":
            moved = pl.col("last").cast(pl.Int64) + pl.col("n")
        elif self.kind == "microseconds":
            moved = pl.col("last").cast(pl.Datetime("us")) + pl.duration(microseconds="n")
        else:
            moved = pl.col("last").dt.offset_by(pl.format("{}mo", "n"))
            moved = moved.dt.month_end() if self.is_month_end else moved
        return frame.select(moved.cast(last.dtype).alias("ds")).to_series()


def infer_step(rows: pl.DataFrame) -> Step:
    """Find the one step of all series: rows sorted by `unique_id` and `ds`, without duplicates.

    Raises:
        UsageError: a series is irregular, series differ in frequency, or no series has two dated rows.
    """
    kind, is_month_end = _kind(rows)
    gaps = _gaps(rows, kind)
    shown = gaps.filter(pl.col("rows") >= _ROWS_THAT_SHOW_A_STEP)
    sizes = [gcd(*row) if kind == "months" else min(row) for row in shown["gaps"].to_list()]
    if sizes:
        size = sizes[0]
        for name, other in zip(shown["unique_id"], sizes, strict=True):
            if other != size:
                raise UsageError(
                    f"mixed frequencies: series {shown['unique_id'][0]!r} has steps of {_spell(size, kind)}, "
                    f"series {name!r} of {_spell(other, kind)}; forecast them from separate files"
                )
    else:
        size = _smallest(gaps, kind)
    _require_regular(rows, size, kind)
    return Step(size, kind, is_month_end)


def _gaps(rows: pl.DataFrame, kind: str) -> pl.DataFrame:
    """Distinct distances between neighbouring times: unique_id, rows, gaps; a row a series."""
    counted = pl.DataFrame({"unique_id": rows["unique_id"], "count": _count(rows["ds"], kind)})
    return counted.group_by("unique_id", maintain_order=True).agg(
        pl.len().alias("rows"), pl.col("count").diff().drop_nulls().unique().alias("gaps")
    )


def _kind(rows: pl.DataFrame) -> tuple[str, bool]:
    times = rows["ds"]
    if times.dtype.is_integer():
        return "numbers", False
    nearest = _gaps(rows, "microseconds")["gaps"].explode().min() or 0
    if int(nearest) >= _SHORTEST_MONTH:  # type: ignore[arg-type]
        if (times.dt.month_end() == times).all():
            return "months", True
        if times.dt.day().n_unique() == 1:
            return "months", False
    return "microseconds", False


def _count(times: pl.Series, kind: str) -> pl.Series:
    if kind == "numbers":
        return times.cast(pl.Int64)
    if kind == "months":
        return times.dt.year().cast(pl.Int64) * 12 + times.dt.month().cast(pl.Int64)
    return times.cast(pl.Datetime("us")).to_physical()


def _smallest(gaps: pl.DataFrame, kind: str) -> int:
    known = gaps["gaps"].explode().drop_nulls()
    if len(known):
        return int(known.min())  # type: ignore[arg-type]
    if kind == "numbers":
        return 1
    raise UsageError(
        "no series has two rows, so the frequency is unknown; give at least two dates of a series"
    )


def _require_regular(rows: pl.DataFrame, size: int, kind: str) -> None:
    counted = rows.with_columns(_count(rows["ds"], kind).alias("count"))
    off = counted.filter((pl.col("count") - pl.col("count").first().over("unique_id")) % size != 0)
    if off.height:
        has_zone = isinstance(rows["ds"].dtype, pl.Datetime) and rows["ds"].dtype.time_zone is not None
        clocks = "; where clocks change, write local times without an offset" if has_zone else ""
        raise UsageError(
            f"mixed frequencies: series {off['unique_id'][0]!r} has steps of {_spell(size, kind)}, but "
            f"{off['ds'][0]} does not lie on them; resample it, or leave missing times out{clocks}"
        )


def _spell(size: int, kind: str) -> str:
    return (
        str(timedelta(microseconds=size))
        if kind == "microseconds"
        else f"{size} {kind}".replace(" numbers", "")
    )
