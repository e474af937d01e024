"""What the log says as of an instant: macros of sql/projections that others rely on."""

import polars as pl

from pipeline.schemas.table import INSTANT, Column, Table
from pipeline.schemas.tables.shared import CHIPS, PERIOD, SERIES_KEY, UNIT

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
