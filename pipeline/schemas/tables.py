"""Every table, macro and report that people and scripts rely on, with the meaning of every column."""

import polars as pl

from pipeline.schemas.table import INSTANT, Column, Table

CHIPS = "chips"


def _series_key(aggregate: str = "") -> tuple[Column, ...]:
    return (
        Column(
            "channel", pl.String, "", "'cloud' (a stock of chips held) or 'direct' (a flow of chips ordered)"
        ),
        Column("segment", pl.String, "", f"customer segment; 'unassigned' where none is known{aggregate}"),
        Column("generation", pl.String, "", f"product generation{aggregate}"),
        Column("region", pl.String, "", f"cloud region or ship-to region{aggregate}"),
    )


SERIES_KEY = _series_key()
NODE_KEY = _series_key("; 'all' where summed over")
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


def _distribution() -> tuple[Column, ...]:
    return (
        Column(
            "mean", pl.Float64, CHIPS, "mean of the forecast distribution; means add up over the hierarchy"
        ),
        *(
            Column(q, pl.Float64, CHIPS, f"{int(q[1:])} % quantile of the forecast distribution")
            for q in QUANTILES
        ),
    )


EVENTS = Table(
    "events",
    ("log_position",),
    "One landed event: the append-only log that everything else is computed from.",
    (
        Column("log_position", pl.Int64, "", "place in the log: gapless, increasing, never reused"),
        Column("source", pl.String, "", "producer, a URI-reference; with `id` the identity of the event"),
        Column("id", pl.String, "", "the producer's id of the event"),
        Column("type", pl.String, "", "what happened, with its schema version"),
        Column("subject", pl.String, "", "the thing it happened to; empty where the type names none", True),
        Column("time", INSTANT, "", "when the fact became true"),
        Column(
            "recordedtime", INSTANT, "", "when the producer recorded it; empty where it equals `time`", True
        ),
        Column(
            "known_at",
            INSTANT,
            "",
            "when anyone could have known: latest of time, recordedtime, end of its period",
        ),
        Column("landed_at", INSTANT, "", "when this pipeline read it"),
        Column("sequence", pl.String, "", "order within a subject, where the producer has one", True),
        Column("datacontenttype", pl.String, "", "empty or application/json", True),
        Column("dataschema", pl.String, "", "the producer's schema URI", True),
        Column("batch_id", pl.String, "", "transaction that landed it"),
        Column("source_file", pl.String, "", "file it was read from"),
        Column("source_line", pl.Int64, "", "physical line (JSON Lines) or row (tables), from 1"),
        Column("content_hash", pl.String, "", "hash of envelope and data, instants in UTC and keys sorted"),
        Column("attributes", pl.String, "", "JSON of attributes the contract does not name", True),
        Column("flags", pl.List(pl.String), "", "remarks of landing, such as unknown_value:purchase_option"),
        Column("data", pl.String, "", "the producer's JSON text of the payload"),
    ),
)

QUARANTINE = Table(
    "quarantine",
    ("batch_id", "source_file", "source_line"),
    "One refused line with its raw text and the reason.",
    (
        Column("batch_id", pl.String, "", "transaction that refused it"),
        Column("source_file", pl.String, "", "file it was read from"),
        Column("source_line", pl.Int64, "", "physical line or row, from 1"),
        Column("raw", pl.String, "", "the line as it came; bytes that are no UTF-8 stand as \\xNN"),
        Column("reason", pl.String, "", "reason code"),
        Column("message", pl.String, "", "what was wrong: field, got, allowed"),
        Column("quarantined_at", INSTANT, "", "when it was refused"),
        Column("relanded_at", INSTANT, "", "when its repaired form landed; empty while it has not", True),
    ),
)

LANDING_MANIFEST = Table(
    "landing_manifest",
    ("batch_id", "source_file"),
    "One landed file: lines = landed + duplicates + quarantined.",
    (
        Column("batch_id", pl.String, "", "transaction that landed it"),
        Column("source_file", pl.String, "", "path as given"),
        Column("content_hash", pl.String, "", "SHA-256 of the file's bytes"),
        Column("lines", pl.Int64, "lines", "non-blank lines, or rows"),
        Column("blank", pl.Int64, "lines", "lines of white space alone"),
        Column("landed", pl.Int64, "lines", "lines that became events"),
        Column(
            "duplicates",
            pl.Int64,
            "lines",
            "lines whose event was in the log already, or earlier in the file",
        ),
        Column("quarantined", pl.Int64, "lines", "lines refused with a reason"),
        Column("landed_at", INSTANT, "", "when the file landed"),
    ),
)

DEMAND_HISTORY = Table(
    "demand_history",
    ("channel", "segment", "generation", "region", "period_start"),
    "Observed and unmet demand a week as of an instant: macro demand_history(as_of).",
    (
        *SERIES_KEY,
        *PERIOD,
        UNIT,
        Column("demand_observed_chips", pl.Float64, CHIPS, "cloud: chips held; direct: chips ordered, net"),
        Column(
            "metered_chips",
            pl.Float64,
            CHIPS,
            "metered chip-hours a hour of the week; empty for direct",
            True,
        ),
        Column("reserved_idle_chips", pl.Float64, CHIPS, "reserved but not used; empty for direct", True),
        Column(
            "peak_chips",
            pl.Float64,
            CHIPS,
            "highest daily mean held in the week; empty without daily metering",
            True,
        ),
        Column(
            "unmet_chips",
            pl.Float64,
            CHIPS,
            "asked for and not served: open needs, or orders declined for supply",
        ),
        Column("unmet_quota_chips", pl.Float64, CHIPS, "denied for quota: never counted as unmet"),
        Column(
            "unmet_price_chips", pl.Float64, CHIPS, "denied or declined for price: never counted as unmet"
        ),
        Column(
            "sellable_chips",
            pl.Float64,
            CHIPS,
            "capacity of generation and region, repeated on each segment: never sum it; empty where unknown",
            True,
        ),
        Column("is_partial", pl.Boolean, "", "the week is not complete as of the instant"),
    ),
)

ORDER_BOOK = Table(
    "order_book",
    ("order_line",),
    "One order line as known at an instant: macro order_book(as_of).",
    (
        Column("order_line", pl.String, "", "subject of the order's events"),
        Column("order_id", pl.String, "", "groups lines", True),
        Column("customer_id", pl.String, "", "pseudonym of the customer", True),
        Column("region", pl.String, "", "ship-to region", True),
        Column("generation", pl.String, "", "generation, latest known"),
        Column("placed_at", INSTANT, "", "when the order was placed"),
        Column("chips_ordered", pl.Int64, CHIPS, "latest known total"),
        Column("chips_cancelled", pl.Int64, CHIPS, "cancelled so far, never more than ordered"),
        Column("chips_shipped", pl.Int64, CHIPS, "a shipment counts the greater of dispatched and delivered"),
        Column("chips_returned", pl.Int64, CHIPS, "returned; never reopens an order, never lowers demand"),
        Column("chips_open", pl.Int64, CHIPS, "ordered - cancelled - shipped"),
        Column("requested_date", pl.Date, "", "day the customer asked for, latest known", True),
        Column("promised_date", pl.Date, "", "latest promise", True),
    ),
)

ORPHANS = Table(
    "orphans",
    ("log_position",),
    "One event whose subject was never opened: macro orphans(as_of).",
    (
        Column("log_position", pl.Int64, "", "place in the log"),
        Column("type", pl.String, "", "event type"),
        Column("subject", pl.String, "", "subject that nothing opened", True),
    ),
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
        *_distribution(),
        Column("model", pl.String, "", "model of the series; 'sum of paths' above the bottom level"),
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
        *_distribution(),
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
        Column("model", pl.String, "", "model that produced the forecast"),
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
            "demand_chips", pl.Float64, CHIPS, "median demand: cloud held and wanted; direct due in the week"
        ),
        Column("served_chips", pl.Float64, CHIPS, "demand served under the plan"),
        Column("is_frozen", pl.Boolean, "", "fixed by an earlier approved allocation"),
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
        Column("model", pl.String, "", "'ets' is production; 'seasonal_naive' the baseline"),
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
        Column("pinball_ratio", pl.Float64, "", "pinball over the seasonal naive's; below 1 is better", True),
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

LOG_TABLES = (EVENTS, QUARANTINE, LANDING_MANIFEST)
MACRO_TABLES = (DEMAND_HISTORY, ORDER_BOOK, ORPHANS)
RESULT_TABLES = (
    FORECAST,
    FORECAST_QUARTERS,
    FORECAST_MODELS,
    CHIPS_NEEDED,
    ALLOCATION,
    ACCURACY,
    DATA_QUALITY,
    RUNS,
)
ALL_TABLES = (*LOG_TABLES, *MACRO_TABLES, *RESULT_TABLES, FORECAST_PATHS)
