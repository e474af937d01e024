"""Columns that several tables have."""

import polars as pl

from pipeline.schemas.table import INSTANT, Column

CHIPS = "chips"


def series_key(aggregate: str = "") -> tuple[Column, ...]:
    return (
        Column(
            "channel", pl.String, "", "'cloud' (a stock of chips held) or 'direct' (a flow of chips ordered)"
        ),
        Column("segment", pl.String, "", f"customer segment; 'unassigned' where none is known{aggregate}"),
        Column("generation", pl.String, "", f"product generation{aggregate}"),
        Column("region", pl.String, "", f"cloud region or ship-to region{aggregate}"),
    )


SERIES_KEY = series_key()
NODE_KEY = series_key("; 'all' where summed over")
PERIOD = (
    Column("period_start", pl.Date, "", "first day of the period, a Monday for weeks"),
    Column("period_end", pl.Date, "", "day after the last day of the period"),
)
RUN = (
    Column(
        "run_id", pl.String, "", "run that produced the row: as-of instant, log position, policy and seed"
    ),
    Column("as_of", INSTANT, "", "nothing known after this instant was read"),
)
UNIT = Column(
    "unit", pl.String, "", "'chips_held' (stock, time-weighted mean) or 'chips_ordered' (flow, sum)"
)
QUANTILES = ("p01", "p05", "p10", "p25", "p50", "p75", "p90", "p95", "p99")
LEVELS = (
    "channel",
    "channel/generation",
    "channel/segment",
    "channel/generation/region",
    "channel/generation/region/segment",
)


def distribution() -> tuple[Column, ...]:
    return (
        Column(
            "mean", pl.Float64, CHIPS, "mean of the forecast distribution; means add up over the hierarchy"
        ),
        *(
            Column(q, pl.Float64, CHIPS, f"{int(q[1:])} % quantile of the forecast distribution")
            for q in QUANTILES
        ),
    )
