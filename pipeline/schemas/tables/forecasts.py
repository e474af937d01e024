"""What a forecast stores and reports."""

import polars as pl

from pipeline.schemas.table import Column, Table
from pipeline.schemas.tables.shared import (
    CHIPS,
    LEVELS,
    NODE_KEY,
    PERIOD,
    RUN,
    SERIES_KEY,
    UNIT,
    distribution,
)

FORECAST = Table(
    "forecast",
    ("run_id", "channel", "segment", "generation", "region", "level", "period_start"),
    "One run, node of the hierarchy and week ahead.",
    (
        *RUN,
        *NODE_KEY,
        Column("level", pl.String, "", "node of the hierarchy: " + ", ".join(LEVELS)),
        *PERIOD,
        Column("step", pl.Int64, "weeks", "weeks ahead: 1 is the first week after the history"),
        UNIT,
        *distribution(),
        Column("model", pl.String, "", "heaviest component; 'sum of paths' above the bottom level"),
        Column(
            "base_mean",
            pl.Float64,
            CHIPS,
            "the node's own forecast, before it was brought into agreement with the others; empty for a run "
            "of a version that made none",
            True,
        ),
    ),
)

FORECAST_RECONCILIATION = Table(
    "forecast_reconciliation",
    ("run_id", "channel", "unit", "method"),
    "One run, channel and way to reconcile: how it did at origins before the run, and which was used.",
    (
        *RUN,
        Column("channel", pl.String, "", "'cloud' or 'direct'"),
        UNIT,
        Column("method", pl.String, "", "bottom-up, ols, wls_structural, wls_variance or mint_shrink"),
        Column("is_used", pl.Boolean, "", "the run's means were reconciled this way"),
        Column("origins", pl.Int64, "", "earlier origins at which it was judged"),
        Column(
            "relative_error",
            pl.Float64,
            "",
            "absolute errors over those of bottom-up, mean over the levels; empty where nothing was judged",
            True,
        ),
    ),
)

FORECAST_QUARTERS = Table(
    "forecast_quarters",
    ("run_id", "channel", "segment", "generation", "region", "level", "period_start", "statistic"),
    "The forecast by fiscal quarter: stocks by mean and by peak, flows by sum.",
    (
        *RUN,
        *NODE_KEY,
        Column("level", pl.String, "", "node of the hierarchy, as in forecast"),
        *PERIOD,
        Column("fiscal_year", pl.String, "", "fiscal year"),
        Column("fiscal_quarter", pl.Int64, "", "quarter of the fiscal year, 1 to 4"),
        Column("weeks", pl.Int64, "weeks", "forecast weeks whose Monday lies in the quarter"),
        Column("is_whole", pl.Boolean, "", "every week of the quarter is forecast"),
        Column(
            "statistic",
            pl.String,
            "",
            "'mean' or 'peak' over the quarter's weeks for stocks, 'sum' for flows",
        ),
        UNIT,
        *distribution(),
    ),
)

FORECAST_MODELS = Table(
    "forecast_models",
    ("run_id", "channel", "segment", "generation", "region"),
    "One series: the model that forecast it and, for a fallback, why.",
    (
        Column("run_id", pl.String, "", "run that produced the row"),
        *SERIES_KEY,
        UNIT,
        Column("model", pl.String, "", "heaviest component of the forecast, or the fallback"),
        Column("reason", pl.String, "", "why a fallback was used; empty where none was", True),
        Column("observations", pl.Int64, "weeks", "whole weeks the model saw"),
        Column("first_week", pl.Date, "", "first week of the history", True),
        Column("last_week", pl.Date, "", "last whole week of the history", True),
    ),
)

FORECAST_PATHS = Table(
    "forecast_paths",
    ("channel", "segment", "generation", "region", "period_start"),
    "Joint sample paths of the bottom series: one row a series and week, one list item a path.",
    (
        *SERIES_KEY,
        *PERIOD,
        UNIT,
        Column(
            "path_chips",
            pl.List(pl.Float64),
            CHIPS,
            "demand of the week on each path; item n of every series belongs to the same joint future n",
        ),
    ),
)

SAMPLE_PATHS = Table(
    "sample_paths",
    ("path", "channel", "segment", "generation", "region", "period_start"),
    "Joint futures of a run's series: their sums within one path are futures of the levels above.",
    (
        Column("path", pl.Int64, "", "joint future, from 1 up: the same one in every series and week"),
        *SERIES_KEY,
        *PERIOD,
        UNIT,
        Column("value", pl.Float64, CHIPS, "demand of the week on the path"),
    ),
)

BASE_FORECASTS = Table(
    "base_forecasts",
    ("level", "channel", "segment", "generation", "region", "unit", "origin"),
    "Forecasts of nodes by themselves: those above the bottom as of now, and all at earlier origins.",
    (
        Column("level", pl.String, "", "node of the hierarchy, as in forecast"),
        *NODE_KEY,
        UNIT,
        Column("origin", pl.Date, "", "first week forecast"),
        Column(
            "mean_chips",
            pl.List(pl.Float64),
            CHIPS,
            "mean of the first week, of the second, and so on; NaN where the node was never wholly known",
        ),
        Column(
            "demand_chips",
            pl.List(pl.Float64),
            CHIPS,
            "what came in these weeks, as known as of the run; NaN where not known",
        ),
    ),
)

CHIPS_NEEDED = Table(
    "chips_needed",
    ("run_id", "channel", "generation", "region", "period_start"),
    "Chips to be had in a week, a flow: the one place where cloud and direct are added.",
    (
        *RUN,
        Column("channel", pl.String, "", "'cloud' (installs), 'direct' (shipments) or 'all'"),
        Column("generation", pl.String, "", "product generation; 'all' where summed over"),
        Column("region", pl.String, "", "region; 'all' where summed over"),
        *PERIOD,
        Column("unit", pl.String, "", "'chips_needed', a flow"),
        Column("mean", pl.Float64, CHIPS, "mean need"),
        Column("p10", pl.Float64, CHIPS, "10 % quantile"),
        Column("p50", pl.Float64, CHIPS, "median"),
        Column("p90", pl.Float64, CHIPS, "90 % quantile"),
        Column(
            "equivalent_chips_p50",
            pl.Float64,
            "equivalent chips",
            "median in chips of the oldest generation",
            True,
        ),
    ),
)
