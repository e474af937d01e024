"""What is kept of the projections: a function of the log, so that it can be thrown away and rebuilt."""

import polars as pl

from pipeline.schemas.table import INSTANT, Column, Table
from pipeline.schemas.tables.log import EVENTS
from pipeline.schemas.tables.projections import ORDER_BOOK

MOMENT = pl.Datetime("us")

_POSITION = Column("log_position", pl.Int64, "", "place of the event in the log")
_GENERATION = Column("generation", pl.String, "", "generation")
_REGION = Column("region", pl.String, "", "region")

USAGE_FACTS = Table(
    "usage_facts",
    ("log_position",),
    "One event that reports use of the cloud, unpacked.",
    (
        _POSITION,
        Column("known_at", INSTANT, "", "when anyone could have known"),
        Column("source", pl.String, "", "producer"),
        Column("type", pl.String, "", "metered use, or a correction of it"),
        Column("customer_id", pl.String, "", "pseudonym of the customer"),
        Column("segment", pl.String, "", "as the payload says it; empty: the customer's counts", True),
        _GENERATION,
        _REGION,
        Column("purchase_option", pl.String, "", "how it was bought; empty in corrections", True),
        Column("instance_type", pl.String, "", "instance type; empty: not told", True),
        Column(
            "reservation_id", pl.String, "", "reservation that it was metered in; empty: outside of any", True
        ),
        Column("start_at", MOMENT, "", "beginning of the period that it reports on, UTC"),
        Column("end_at", MOMENT, "", "its end"),
        Column("chip_hours", pl.Float64, "hours", "chip-hours; corrections are signed"),
    ),
)

OTHER_EVENTS = Table(
    "other_events",
    ("log_position",),
    "One event that reports no use of the cloud, as it is in the log.",
    EVENTS.columns,
)

RETRACTION_TARGETS = Table(
    "retraction_targets",
    ("retraction_position",),
    "One retraction whose event is in the log.",
    (
        Column("retraction_position", pl.Int64, "", "place of the retraction in the log"),
        Column("log_position", pl.Int64, "", "place of the event that it names"),
    ),
)

RETRACTED_SPANS = Table(
    "retracted_spans",
    ("retraction_position", "known_from", "position_from"),
    "Where a retraction is in force: as of which instants, for whom reads the log how far.",
    (
        Column("retraction_position", pl.Int64, "", "place of the retraction in the log"),
        Column("log_position", pl.Int64, "", "place of the event that it names"),
        Column("known_from", INSTANT, "", "as of this instant or later"),
        Column("known_until", INSTANT, "", "and before this one; infinity: for good"),
        Column("position_from", pl.Int64, "", "for whom reads the log up to here or further"),
        Column("position_to", pl.Int64, "", "and not beyond here"),
    ),
)

KEPT_CUSTOMERS = Table(
    "kept_customers",
    ("customer_id",),
    "One customer as last described.",
    (
        Column("customer_id", pl.String, "", "pseudonym of the customer"),
        Column("segment", pl.String, "", "segment; empty: never given", True),
        Column("parent_id", pl.String, "", "customer that it belongs to; empty: never given", True),
        Column("country", pl.String, "", "country; empty: never given", True),
    ),
)

KEPT_RESERVATION_STRETCHES = Table(
    "kept_reservation_stretches",
    ("reservation_id", "from_at"),
    "One reservation and stretch without a change, as far as it is agreed.",
    (
        Column("reservation_id", pl.String, "", "reservation"),
        Column("customer_id", pl.String, "", "pseudonym of the customer", True),
        Column("segment", pl.String, "", "segment, or 'unassigned'"),
        _GENERATION,
        _REGION,
        Column("chips", pl.Int64, "chips", "chips that it holds"),
        Column("from_at", MOMENT, "", "from then, UTC"),
        Column("until_at", MOMENT, "", "until then; infinity: no end is known"),
    ),
)

KEPT_CLOUD_USAGE = Table(
    "kept_cloud_usage",
    ("segment", "generation", "region", "period_start"),
    "One week that has ended of what the cloud holds, as the projection `cloud_usage` says it.",
    (
        Column("segment", pl.String, "", "segment, or 'unassigned'"),
        _GENERATION,
        _REGION,
        Column("period_start", pl.Date, "", "Monday"),
        Column("period_end", pl.Date, "", "the next Monday"),
        Column("metered_chips", pl.Float64, "chips", "metered use, corrections included"),
        Column("reserved_chips", pl.Float64, "chips", "held by active reservations"),
        Column("reserved_idle_chips", pl.Float64, "chips", "of these not used"),
        Column("held_chips", pl.Float64, "chips", "metered use and idle reservations, never below zero"),
        Column(
            "peak_chips", pl.Float64, "chips", "highest daily mean held; empty: metering is coarser", True
        ),
    ),
)

KEPT_DEMAND_FEEDS = Table(
    "kept_demand_feeds",
    ("channel", "generation", "region", "source", "type"),
    "One source that feeds the demand of a place with an event type.",
    (
        Column("channel", pl.String, "", "cloud or direct"),
        _GENERATION,
        Column("region", pl.String, "", "region, or 'unassigned'"),
        Column("source", pl.String, "", "producer"),
        Column("type", pl.String, "", "event type, in its newest version"),
        Column("events", pl.Int64, "", "how many of its events count; the feed goes with the last of them"),
    ),
)

KEPT_ORDER_LINES = Table(
    "kept_order_lines",
    ("order_line",),
    "One order line, as the projection `order_book` says it.",
    (
        *ORDER_BOOK.columns,
        Column("segment", pl.String, "", "segment, or 'unassigned'"),
        Column("chips_declined", pl.Int64, "chips", "of the cancelled: by us"),
        Column("chips_promised", pl.Int64, "chips", "of the latest promise; empty: none", True),
        Column("unit_price", pl.Float64, "", "of a chip, in `currency`; empty: not told", True),
        Column("currency", pl.String, "", "ISO 4217; empty: not told", True),
        Column("lot_chips", pl.Int64, "chips", "chips of a lot; empty: not told", True),
        Column("opportunity_id", pl.String, "", "opportunity; empty: not told", True),
        Column("contract_id", pl.String, "", "contract; empty: not told", True),
        Column("need_id", pl.String, "", "need that it meets; empty: not told", True),
    ),
)

KEPT_DECLINES = Table(
    "kept_declines",
    ("log_position",),
    "One decline, as the projection `declines` says it.",
    (
        _POSITION,
        Column("subject", pl.String, "", "order line or opportunity"),
        Column("customer_id", pl.String, "", "pseudonym of the customer; empty: not told", True),
        Column("segment", pl.String, "", "segment, or 'unassigned'"),
        Column("region", pl.String, "", "region; empty: not told", True),
        _GENERATION,
        Column("reason", pl.String, "", "why"),
        Column("chips", pl.Int64, "chips", "chips that were declined"),
        Column("declined_at", INSTANT, "", "when"),
        Column("demanded_at", INSTANT, "", "moment that the demand is counted at"),
    ),
)

KEPT_NEED_SIGNALS = Table(
    "kept_need_signals",
    ("kind", "subject", "tie"),
    "One moment at which a need shows itself, asks for chips or is given some, as `need_signals` says it.",
    (
        Column("kind", pl.String, "", "denial, waitlist, reservation, opportunity or order"),
        Column("subject", pl.String, "", "of the event or the entry"),
        Column("said_at", MOMENT, "", "when, UTC; of a reservation that is yet to start, too"),
        Column("step", pl.Int64, "", "order of signals of one moment,"),
        Column("tie", pl.String, "", "and what settles it"),
        Column("customer_id", pl.String, "", "pseudonym of the customer; empty: not told", True),
        Column("segment", pl.String, "", "segment, or 'unassigned'; empty: asks for nothing", True),
        Column("generation", pl.String, "", "generation; empty: not told", True),
        Column("region", pl.String, "", "region; empty: not told", True),
        Column("need_id", pl.String, "", "need; empty: not told", True),
        Column("retry_group_id", pl.String, "", "groups the retries of a request; empty: not told", True),
        Column("cause", pl.String, "", "capacity, quota or price; empty: asks for nothing", True),
        Column("ask_chips", pl.Int64, "chips", "chips asked for; empty: asks for nothing", True),
        Column("ask_from_at", MOMENT, "", "from then, UTC", True),
        Column("ask_until_at", MOMENT, "", "until then; empty: until the need falls silent", True),
        Column("replaced_at", MOMENT, "", "when the entry's next event takes its place; empty: none", True),
        Column("converted_chips", pl.Int64, "chips", "given from the waitlist at this moment"),
        Column("reserved_chips", pl.Int64, "chips", "given by a reservation"),
        Column("granted_chips", pl.Int64, "chips", "given by a request or an order"),
        Column("is_withdrawal", pl.Boolean, "", "whether a waitlist entry is withdrawn"),
        Column("chain_key", pl.String, "", "what needs are chained within"),
    ),
)

KEPT_NEED_SPANS = Table(
    "kept_need_spans",
    ("need_key", "cause", "from_at"),
    "One need, cause and stretch without a change, for as long as it stays open if nothing more is heard.",
    (
        Column("chain_key", pl.String, "", "what needs are chained within"),
        Column("need_key", pl.String, "", "need"),
        Column("cause", pl.String, "", "capacity, quota or price"),
        Column("customer_id", pl.String, "", "pseudonym of the customer", True),
        Column("segment", pl.String, "", "that was asked in first", True),
        Column("generation", pl.String, "", "likewise", True),
        Column("region", pl.String, "", "likewise", True),
        Column("first_asked_at", MOMENT, "", "when it was asked first, UTC"),
        Column("from_at", MOMENT, "", "from then"),
        Column("until_at", MOMENT, "", "until then"),
        Column("open_chips", pl.Float64, "chips", "asked for and not given"),
    ),
)

PROJECTION_STATE = Table(
    "projection_state",
    ("log_position",),
    "How far all this is: one row, or none while nothing is kept.",
    (
        Column("log_position", pl.Int64, "", "the tables hold the log up to here"),
        Column("counted_position", pl.Int64, "", "last event that counts as of `known_from`"),
        Column("known_from", INSTANT, "", "the kept_ tables answer as of this instant or later"),
        Column("known_until", INSTANT, "", "and before this one; infinity: for good"),
        Column("closed_before", pl.Date, "", "a Monday: weeks before it are kept"),
        Column("window_days", pl.Int64, "days", "policy under which needs are chained"),
        Column("silent_days", pl.Int64, "days", "policy after which they fall silent"),
    ),
)
