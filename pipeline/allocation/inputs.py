"""The frames that an allocation reads: columns, units, and the reading of text files into them.

A column that may be empty may also be left out. Days come as dates, as instants (counted by their UTC day) or
as text that starts with `YYYY-MM-DD`.
"""

from dataclasses import dataclass

import polars as pl

from pipeline.schemas.table import INSTANT, Column, Table
from pipeline.schemas.tables import ALLOCATION

GENERATION = Column("generation", pl.String, "", "product generation")
REGION = Column("region", pl.String, "", "region; empty: any", is_nullable=True)
VALID = (
    Column("valid_from", pl.Date, "", "first day of validity"),
    Column("valid_to", pl.Date, "", "day after the last day of validity; empty: open", is_nullable=True),
)

FORECAST_INPUT = Table(
    "forecast",
    ("channel", "generation", "region", "period_start"),
    "Demand a week; only rows of level 'channel/generation/region' are read.",
    (
        Column("channel", pl.String, "", "'cloud' or 'direct'"),
        GENERATION,
        Column("region", pl.String, "", "region"),
        Column("level", pl.String, "", "node of the hierarchy"),
        Column("period_start", pl.Date, "", "Monday of the week"),
        Column("p50", pl.Float64, "chips", "median: chips held (cloud), chips ordered in the week (direct)"),
        Column(
            "mean", pl.Float64, "chips", "mean, read for direct; empty: the median counts", is_nullable=True
        ),
    ),
)
SUPPLY_INPUT = Table(
    "supply",
    ("generation", "period_start"),
    "Chips still to come.",
    (
        GENERATION,
        Column("period_start", pl.Date, "", "first day of the period"),
        Column("period_end", pl.Date, "", "day after the period; empty: a week", is_nullable=True),
        Column("chips_p50", pl.Float64, "chips", "median of the chips that arrive in the period"),
    ),
)
INVENTORY_INPUT = Table(
    "inventory",
    ("generation", "region"),
    "Chips in stock and not installed.",
    (GENERATION, REGION, Column("chips", pl.Float64, "chips", "chips in stock")),
)
CAPACITY_INPUT = Table(
    "capacity",
    ("generation", "region", "period_start"),
    "Installed chips a week; the latest week known is read.",
    (
        GENERATION,
        Column("region", pl.String, "", "cloud region"),
        Column("period_start", pl.Date, "", "first day of the period"),
        Column("installed_chips", pl.Float64, "chips", "installed", is_nullable=True),
        Column("sellable_chips", pl.Float64, "chips", "sellable; empty: all installed", is_nullable=True),
    ),
)
MARGINS_INPUT = Table(
    "margins",
    ("channel", "generation", "region", "purchase_option", "term_months", "valid_from"),
    "What a chip earns: cloud by the chip-hour, direct by the chip.",
    (
        Column("channel", pl.String, "", "'cloud' or 'direct'"),
        GENERATION,
        REGION,
        Column("purchase_option", pl.String, "", "empty: all", is_nullable=True),
        Column("term_months", pl.Int64, "months", "empty: all", is_nullable=True),
        Column("unit", pl.String, "", "'chip_hour' (cloud) or 'chip' (direct)"),
        Column("amount", pl.Float64, "currency a unit", "margin; may be negative"),
        Column("currency", pl.String, "", "ISO 4217 code"),
        *VALID,
    ),
)
FX_INPUT = Table(
    "fx",
    ("currency_from", "currency_to", "valid_from"),
    "Exchange rates: one unit of `currency_from` is `rate` units of `currency_to`.",
    (
        Column("currency_from", pl.String, "", "ISO 4217 code"),
        Column("currency_to", pl.String, "", "ISO 4217 code"),
        Column("rate", pl.Float64, "", "rate, > 0"),
        VALID[0],
    ),
)
CONTRACTS_INPUT = Table(
    "contracts",
    ("contract_id", "start_at"),
    "One entry of a contract's schedule.",
    (
        Column("contract_id", pl.String, "", "contract"),
        Column("channel", pl.String, "", "'cloud' or 'direct'"),
        GENERATION,
        REGION,
        Column("basis", pl.String, "", "'stock': chips held throughout; 'flow': chips delivered within"),
        Column("start_at", pl.Date, "", "first day of the entry"),
        Column("end_at", pl.Date, "", "day after the entry; empty: open", is_nullable=True),
        Column("chips", pl.Float64, "chips", "chips committed"),
        Column("penalty_per_chip", pl.Float64, "currency a chip", "once a chip short", is_nullable=True),
        Column("currency", pl.String, "", "of the penalty", is_nullable=True),
    ),
)
CONSTRAINTS_INPUT = Table(
    "constraints",
    ("name", "scope", "valid_from"),
    "Planner's constraints; known: cloud_floor_chips.",
    (
        Column("name", pl.String, "", "constraint"),
        Column("value", pl.String, "", "JSON value"),
        Column("scope", pl.String, "", "JSON object of generation and region; empty: all", is_nullable=True),
        *VALID,
    ),
)
ORDER_BOOK_INPUT = Table(
    "order_book",
    ("order_line",),
    "Order lines; what is open is backlog.",
    (
        GENERATION,
        REGION,
        Column("placed_at", INSTANT, "", "when it was ordered", is_nullable=True),
        Column("chips_ordered", pl.Float64, "chips", "latest total", is_nullable=True),
        Column("chips_cancelled", pl.Float64, "chips", "cancelled", is_nullable=True),
        Column("chips_open", pl.Float64, "chips", "ordered - cancelled - shipped"),
        Column("requested_date", pl.Date, "", "wanted on; empty: the promised date", is_nullable=True),
        Column("promised_date", pl.Date, "", "promised for; empty too: due at once", is_nullable=True),
    ),
)
GENERATIONS_INPUT = Table("generations", ("generation",), "The product lineage.", (GENERATION,))
APPROVED_INPUT = Table(
    "approved",
    ALLOCATION.grain[1:],
    "The last approved allocation.",
    tuple(
        c
        for c in ALLOCATION.columns
        if c.name in {"period_start", "generation", "channel", "region", "chips"}
    ),
)
AS_OF_INPUT = Table("forecast", (), "The forecast's run.", (Column("as_of", INSTANT, "", "as-of instant"),))


@dataclass(frozen=True)
class AllocationInputs:
    """The frames, each with exactly the columns and types of its table."""

    forecast: pl.DataFrame
    supply: pl.DataFrame
    inventory: pl.DataFrame
    capacity: pl.DataFrame
    margins: pl.DataFrame
    fx: pl.DataFrame
    contracts: pl.DataFrame
    constraints: pl.DataFrame
    order_book: pl.DataFrame
    generations: pl.DataFrame
    approved: pl.DataFrame
