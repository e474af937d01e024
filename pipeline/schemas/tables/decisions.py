"""Allocation, accuracy, quality and the runs themselves."""

import polars as pl

from pipeline.schemas.table import INSTANT, Column, Table
from pipeline.schemas.tables.shared import CHIPS, NODE_KEY, PERIOD, RUN, UNIT

ALLOCATION = Table(
    "allocation",
    ("run_id", "period_start", "generation", "channel", "region"),
    "The recommended split: cloud chips to install and direct chips to release a week.",
    (
        *RUN,
        *PERIOD,
        Column("generation", pl.String, "", "product generation"),
        Column("channel", pl.String, "", "'cloud' (installs) or 'direct' (releases)"),
        Column("region", pl.String, "", "cloud region or ship-to region"),
        Column("chips", pl.Int64, CHIPS, "whole chips allocated in the week"),
        Column(
            "shadow_price",
            pl.Float64,
            "currency a chip",
            "value of one more chip of the generation in the week",
        ),
        Column("currency", pl.String, "", "ISO 4217 code of shadow_price"),
        Column(
            "demand_chips",
            pl.Float64,
            CHIPS,
            "cloud: median held and wanted; direct: due and still open that week, so never sum it over weeks",
        ),
        Column("served_chips", pl.Float64, CHIPS, "demand served under the plan"),
        Column("is_frozen", pl.Boolean, "", "fixed by an earlier approved allocation"),
        Column("status", pl.String, "", "'proposed' until a person decides, then 'approved'"),
    ),
)

SUPPLY_BALANCE = Table(
    "supply_balance",
    ("run_id", "generation", "period_start"),
    "Supply balance and value of one more chip: opening + supplied = allocated + held.",
    (
        *RUN,
        *PERIOD,
        Column("generation", pl.String, "", "product generation"),
        Column("opening_chips", pl.Int64, "chips", "held from the week before"),
        Column(
            "supplied_chips", pl.Int64, "chips", "arriving in the week; the first week: with the inventory"
        ),
        Column("allocated_chips", pl.Int64, "chips", "installed and released in the week"),
        Column("held_chips", pl.Int64, "chips", "held at the end of the week"),
        Column(
            "shadow_price",
            pl.Float64,
            "currency a chip",
            "value of one more chip arriving in the week, in money of the first week's Monday",
        ),
        Column("currency", pl.String, "", "ISO 4217 code of shadow_price"),
    ),
)

ACCURACY = Table(
    "accuracy",
    ("run_id", "level", "channel", "segment", "generation", "region", "lag_weeks", "model"),
    "How good production's forecasts would have been, replayed at past origins.",
    (
        *RUN,
        Column("level", pl.String, "", "node of the hierarchy, as in forecast"),
        *NODE_KEY,
        UNIT,
        Column("lag_weeks", pl.Int64, "weeks", "weeks between origin and the week judged"),
        Column(
            "model", pl.String, "", "'ensemble': production; 'ets': one model; 'seasonal_naive': the baseline"
        ),
        Column("origins", pl.Int64, "", "origins replayed"),
        Column("observations", pl.Int64, "", "forecasts judged"),
        Column("pinball", pl.Float64, CHIPS, "mean pinball loss over the quantiles", True),
        Column("coverage_80", pl.Float64, "share", "outcomes inside p10 to p90", True),
        Column("coverage_90", pl.Float64, "share", "outcomes inside p05 to p95", True),
        Column(
            "bias",
            pl.Float64,
            "share",
            "sum of (mean - outcome) over sum of outcomes; empty when that is 0",
            True,
        ),
        Column(
            "mase",
            pl.Float64,
            "",
            "absolute error of the median over the seasonal naive's in-sample error",
            True,
        ),
        Column(
            "wape",
            pl.Float64,
            "share",
            "sum of absolute errors over sum of outcomes; empty when that is 0",
            True,
        ),
        Column(
            "pinball_ratio",
            pl.Float64,
            "",
            "pinball over the seasonal naive's; below 1 is better, empty where that is 0",
            True,
        ),
        Column(
            "origins_lost",
            pl.Int64,
            "",
            "origins at which pinball is above the seasonal naive's; empty in runs before it was compared",
            True,
        ),
        Column("pinball_ratio_least", pl.Float64, "", "least pinball_ratio of an origin", True),
        Column("pinball_ratio_most", pl.Float64, "", "greatest pinball_ratio of an origin", True),
    ),
)

SCORECARD = Table(
    "scorecard",
    ("run_id", "level", "channel", "unit", "lag_weeks"),
    "Where the seasonal naive would have done better than production, by level, channel and lag.",
    (
        *RUN,
        Column("level", pl.String, "", "level of the hierarchy, as in forecast; a node is one of its parts"),
        Column("channel", pl.String, "", "'cloud' or 'direct'"),
        UNIT,
        Column("lag_weeks", pl.Int64, "weeks", "weeks between origin and the week judged"),
        Column("origins", pl.Int64, "", "origins judged: the fewer, the less the rest of the row says"),
        Column("nodes", pl.Int64, "", "nodes that existed at an origin and whose outcome is known"),
        Column("nodes_lost", pl.Int64, "", "nodes with a mean pinball loss above the seasonal naive's"),
        Column("nodes_lost_always", pl.Int64, "", "of these, lost at every one of two or more origins"),
        Column(
            "pinball_ratio",
            pl.Float64,
            "",
            "pinball of all nodes over the seasonal naive's; empty where that is 0",
            True,
        ),
        Column("pinball_ratio_least", pl.Float64, "", "least pinball_ratio of an origin", True),
        Column("pinball_ratio_most", pl.Float64, "", "greatest pinball_ratio of an origin", True),
        Column(
            "range_confidence",
            pl.Float64,
            "share",
            "probability that the median origin's ratio lies between least and most, were origins "
            "independent; they overlap, so it is less",
        ),
        Column("excess_pinball", pl.Float64, CHIPS, "pinball of the lost nodes above the seasonal naive's"),
        Column(
            "excess_share",
            pl.Float64,
            "share",
            "excess_pinball over the seasonal naive's pinball of all nodes",
            True,
        ),
        Column(
            "worst_segment",
            pl.String,
            "",
            "of the lost node with the greatest excess; empty: none is lost",
            True,
        ),
        Column("worst_generation", pl.String, "", "its product generation", True),
        Column("worst_region", pl.String, "", "its region", True),
        Column("worst_excess_pinball", pl.Float64, CHIPS, "its pinball above the seasonal naive's", True),
        Column("worst_pinball_ratio", pl.Float64, "", "its pinball over the seasonal naive's", True),
        Column("worst_origins_lost", pl.Int64, "", "origins at which it lost", True),
        Column("worst_origins", pl.Int64, "", "origins at which it was judged", True),
    ),
)

DATA_QUALITY = Table(
    "data_quality",
    ("run_id", "table_name", "check_name"),
    "One rule of a gate and what it saw.",
    (
        *RUN,
        Column("table_name", pl.String, "", "table that was checked"),
        Column("check_name", pl.String, "", "rule"),
        Column("severity", pl.String, "", "'critical' stops the run, 'warning' is told"),
        Column("is_passed", pl.Boolean, "", "the rule held"),
        Column("observed", pl.String, "", "what was seen", True),
        Column("expected", pl.String, "", "what the rule allows", True),
        Column("reason", pl.String, "", "why the rule stands"),
    ),
)

RUNS = Table(
    "runs",
    ("run_id", "kind"),
    "One finished run.",
    (
        *RUN,
        Column("kind", pl.String, "", "'forecast', 'allocation' or 'backtest'"),
        Column("log_position", pl.Int64, "", "last position read that is not the pipeline's own output"),
        Column("policy_hash", pl.String, "", "hash of the policy's values"),
        Column("seed", pl.Int64, "", "seed of the sample paths"),
        Column("code_version", pl.String, "", "version of the code"),
        Column("status", pl.String, "", "'published'; allocations: 'proposed', 'approved' or 'rejected'"),
        Column(
            "message", pl.String, "", "what the reader should know, such as why nothing was allocated", True
        ),
        Column("finished_at", INSTANT, "", "when it was stored"),
    ),
)
