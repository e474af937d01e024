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

    def positions(self, times: pl.Series) -> pl.Series:
        """Count the steps from the first time to each time."""
        counted = _count(times, self.kind)
        steps: pl.Series = (counted - counted[0]) // self.size
        return steps

    def following(self, last: object, horizon: int, dtype: pl.DataType) -> pl.Series:
        """Return the `horizon` times after `last`."""
        counts = pl.Series("ds", range(1, horizon + 1), dtype=pl.Int64) * self.size
        start = pl.Series("ds", [last], dtype=dtype)
        if self.kind == "numbers":
            return (counts + int(start[0])).cast(dtype)
        frame = pl.DataFrame({"last": start}).join(pl.DataFrame({"n": counts}), how="cross")
        if self.kind == "microseconds":
            moved = pl.col("last").cast(pl.Datetime("us")) + pl.duration(microseconds="n")
        else:
            moved = pl.col("last").dt.offset_by(pl.format("{}mo", "n"))
            moved = moved.dt.month_end() if self.is_month_end else moved
        return frame.select(moved.cast(dtype).alias("ds")).to_series()


def infer_step(groups: list[pl.DataFrame]) -> Step:
    """Find the one step of all series (each sorted by `ds`, without duplicates).

    Raises:
        UsageError: a series is irregular, series differ in frequency, or no series has two dated rows.
    """
    times = pl.concat([group["ds"] for group in groups])
    kind, is_month_end = _kind(groups, times)
    found: tuple[int, object] | None = None
    for group in groups:
        size = _step_of(group, kind)
        if size is None:
            continue
        if found and found[0] != size:
            raise UsageError(
                f"mixed frequencies: series {found[1]!r} has steps of {_spell(found[0], kind)}, series "
                f"{group['unique_id'][0]!r} of {_spell(size, kind)}; forecast them from separate files"
            )
        found = found or (size, group["unique_id"][0])
    if found is None:
        found = (_smallest(groups, kind), None)
    for group in groups:
        _require_regular(group, found[0], kind)
    return Step(found[0], kind, is_month_end)


def _kind(groups: list[pl.DataFrame], times: pl.Series) -> tuple[str, bool]:
    if times.dtype.is_integer():
        return "numbers", False
    gaps = [_count(group["ds"], "microseconds").diff().drop_nulls() for group in groups]
    nearest = min((int(gap.min()) for gap in gaps if len(gap)), default=0)  # type: ignore[arg-type]
    if nearest >= _SHORTEST_MONTH:
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


def _step_of(group: pl.DataFrame, kind: str) -> int | None:
    if group.height < _ROWS_THAT_SHOW_A_STEP:
        return None
    gaps = _count(group["ds"], kind).diff().drop_nulls()
    return gcd(*gaps.to_list()) if kind == "months" else int(gaps.min())  # type: ignore[arg-type]


def _smallest(groups: list[pl.DataFrame], kind: str) -> int:
    gaps = [int(gap) for group in groups for gap in _count(group["ds"], kind).diff().drop_nulls()]
    if gaps:
        return min(gaps)
    if kind == "numbers":
        return 1
    raise UsageError(
        "no series has two rows, so the frequency is unknown; give at least two dates of a series"
    )


def _require_regular(group: pl.DataFrame, size: int, kind: str) -> None:
    counted = _count(group["ds"], kind)
    off = group.filter((counted - counted[0]) % size != 0)
    if off.height:
        raise UsageError(
            f"mixed frequencies: series {group['unique_id'][0]!r} has steps of {_spell(size, kind)}, but "
            f"{off['ds'][0]} does not lie on them; resample it, or leave missing times out"
        )


def _spell(size: int, kind: str) -> str:
    return (
        str(timedelta(microseconds=size))
        if kind == "microseconds"
        else f"{size} {kind}".replace(" numbers", "")
    )
