"""Demand history → gapless weekly series, with gaps, partial weeks and ended series said so."""

from datetime import date, datetime, timedelta

import polars as pl

from pipeline.config import Policy
from pipeline.core.clock import week_start
from pipeline.core.errors import TerminalError

SERIES_KEY = ("channel", "segment", "generation", "region")
STOCK_UNIT = "chips_held"
_MEASURES = ("demand_observed_chips", "unmet_chips", "peak_chips", "sellable_chips")
_REQUIRED = (*SERIES_KEY, "unit", "period_start", "period_end", *_MEASURES, "is_partial")


def latest_whole_week_end(as_of: datetime) -> date:
    """Return the Monday at which the last week that is over at `as_of` ended."""
    return week_start(as_of)


def demand_series(history: pl.DataFrame, *, as_of: datetime, policy: Policy) -> pl.DataFrame:
    """Lay each series out on a gapless weekly calendar.

    Grain: channel x segment x generation x region x week, from the series' first week to the last week
    that is over at `as_of`; later rows of `history` are not read. Sorted by key and week.

    `demand_chips` = observed + unmet, in chips (stock: time-weighted mean; flow: sum). It is null in a
    partial week, which says too little, and in up to `forecast.ended_weeks` trailing weeks for which no
    cloud series has any row: then the meter has not reported, for no fleet falls silent at once. Any other
    week without a row is zero demand and marked `is_gap`. `is_ended`: no demand for more than
    `forecast.ended_weeks` observed weeks.

    Raises:
        TerminalError: a column is missing, or two rows share series and week.
    """
    if missing := [name for name in _REQUIRED if name not in history.columns]:
        raise TerminalError(f"demand history lacks {', '.join(missing)}; it has {', '.join(history.columns)}")
    end = latest_whole_week_end(as_of)
    known = history.select(_REQUIRED).filter(pl.col("period_end") <= end)
    _require_one_row_a_week(known)
    rows = _calendar(known, end).join(known, on=[*SERIES_KEY, "unit", "period_start"], how="left")
    rows = rows.join(_channel_weeks(known), on=["channel", "period_start"], how="left")
    return _mark_ended(_fill_gaps(rows, _reporting(known, end, policy), known), policy).sort(
        *SERIES_KEY, "period_start"
    )


def _require_one_row_a_week(known: pl.DataFrame) -> None:
    doubled = known.filter(pl.struct(*SERIES_KEY, "period_start").is_duplicated())
    if doubled.height:
        row = doubled.row(0, named=True)
        where = " / ".join(str(row[name]) for name in SERIES_KEY)
        raise TerminalError(
            f"demand history has two rows for {where} in the week of {row['period_start']}; "
            "its grain is channel x segment x generation x region x week: mend the projection"
        )


def _calendar(known: pl.DataFrame, end: date) -> pl.DataFrame:
    return (
        known.group_by(*SERIES_KEY, "unit")
        .agg(pl.col("period_start").min().alias("first"))
        .with_columns(pl.date_ranges("first", end, "1w", closed="left").alias("period_start"))
        .drop("first")
        .explode("period_start")
    )


def _channel_weeks(known: pl.DataFrame) -> pl.DataFrame:
    """Per channel and week with rows: whether every row there is partial."""
    return known.group_by("channel", "period_start").agg(
        pl.col("is_partial").all().alias("channel_is_partial")
    )


def _reporting(known: pl.DataFrame, end: date, policy: Policy) -> pl.DataFrame:
    """Per channel the last week with rows, where the silence since then may still be a late report."""
    patience = timedelta(weeks=policy.forecast.ended_weeks + 1)
    last = known.group_by("channel").agg(pl.col("period_start").max().alias("channel_last"))
    return last.filter(pl.col("channel_last") >= end - patience)


def _fill_gaps(rows: pl.DataFrame, reporting: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    capacity = known.group_by("generation", "region", "period_start").agg(
        pl.col("sellable_chips").max().alias("sellable_of_site")
    )
    is_after_reports = (pl.col("period_start") > pl.col("channel_last")).fill_null(value=False)
    is_unreported = (pl.col("unit") == STOCK_UNIT) & is_after_reports
    rows = (
        rows.join(reporting, on="channel", how="left")
        .join(capacity, on=["generation", "region", "period_start"], how="left")
        .with_columns(
            pl.col("is_partial").is_null().alias("is_gap"),
            pl.coalesce("is_partial", "channel_is_partial", pl.lit(value=False)).alias("is_partial"),
            pl.coalesce("sellable_chips", "sellable_of_site").alias("sellable_chips"),
            is_unreported.alias("is_unreported"),
        )
    )
    is_zero = pl.col("is_gap") & ~pl.col("is_partial") & ~pl.col("is_unreported")
    observed = _number("demand_observed_chips")
    rows = rows.with_columns(
        *(
            pl.when(is_zero).then(0.0).otherwise(_number(name)).alias(name)
            for name in ("demand_observed_chips", "unmet_chips")
        ),
        pl.when(is_zero).then(0.0).when(~pl.col("is_partial")).then(observed).alias("whole_chips"),
    )
    return rows.select(
        *SERIES_KEY,
        "unit",
        "period_start",
        pl.col("period_start").dt.offset_by("1w").alias("period_end"),
        (pl.col("whole_chips") + pl.col("unmet_chips").fill_null(0.0)).alias("demand_chips"),
        *_MEASURES,
        "is_partial",
        "is_gap",
    )


def _number(name: str) -> pl.Expr:
    """Read a column of chips; what is no finite number is unknown."""
    value = pl.col(name).cast(pl.Float64)
    return pl.when(value.is_finite()).then(value)


def _mark_ended(rows: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    has_demand = pl.col("demand_chips") > 0
    silent = (
        pl.col("demand_chips")
        .filter(pl.col("period_start") > pl.col("period_start").filter(has_demand).max())
        .count()
    )
    is_ended = (silent > policy.forecast.ended_weeks).over(SERIES_KEY)
    return rows.with_columns(is_ended.alias("is_ended"))
