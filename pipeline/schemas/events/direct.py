"""The direct channel, a flow: opportunities, order lines, shipments and contracts.

The subject of an order's events is the order line: one generation, one ship-to region, one requested date.
"""

from decimal import Decimal

from pipeline.schemas.events.declaration import ComesWith, EventType, Field, OneOf
from pipeline.schemas.events.fields import (
    CHANNEL,
    CURRENCY_CODE,
    CUSTOMER,
    GENERATION,
    LOT_CHIPS,
    REASON,
    REGION,
    UNIT_PRICE,
    ZERO,
    chips,
    optional,
)
from pipeline.schemas.events.kinds import CHIPS, DATE, MONEY, NUMBER, SCHEDULE, TEXT

FAMILY = "direct"
LINE = "order line"

_REQUESTED = Field("requested_date", DATE, "day the customer asked for", is_required=False)
_ORDER_ID = Field("order_id", TEXT, "groups the lines of one order", is_required=False)


def _on_line(verb: str, meaning: str, *fields: Field) -> EventType:
    return EventType(f"trn.order.{verb}.v1", FAMILY, LINE, meaning, fields)


def _shipment(verb: str, meaning: str) -> EventType:
    fields = (
        Field("shipment_id", TEXT, "the shipment"),
        chips("chips", "chips of this line in the shipment"),
    )
    return EventType(f"trn.shipment.{verb}.v1", FAMILY, LINE, meaning, fields)


def _contract(verb: str, meaning: str) -> EventType:
    fields = (
        CUSTOMER,
        CHANNEL,
        GENERATION,
        optional(REGION),
        Field("basis", TEXT, "chips held (stock) or chips bought (flow)", values=("stock", "flow")),
        Field("schedule", SCHEDULE, "committed chips by time: {start, end?, chips}"),
        Field(
            "penalty_per_chip",
            MONEY,
            "owed for each chip that is short",
            "currency a chip",
            is_required=False,
            minimum=ZERO,
        ),
        optional(CURRENCY_CODE),
    )
    rules = (ComesWith("penalty_per_chip", "currency"),)
    return EventType(f"trn.contract.{verb}.v1", FAMILY, "contract id", meaning, fields, rules)


_OPPORTUNITY = EventType(
    "trn.opportunity.changed.v1",
    FAMILY,
    "opportunity id",
    "the state of a possible sale",
    (
        CUSTOMER,
        REGION,
        GENERATION,
        chips("chips", "chips in question"),
        Field("stage", TEXT, "stage of the sale, the producer's word"),
        Field("win_probability", NUMBER, "chance of an order", "share", minimum=ZERO, maximum=Decimal(1)),
        Field("expected_close", DATE, "day of the expected order"),
        Field(
            "displaces_cloud_chips",
            CHIPS,
            "cloud chips that the customer would give up; negative: would add",
            "chips",
            is_required=False,
        ),
    ),
)

_PLACED = EventType(
    "trn.order.placed.v1",
    FAMILY,
    LINE,
    "chips were ordered",
    (
        chips("chips", "chips ordered"),
        GENERATION,
        optional(REGION),
        optional(CUSTOMER),
        _REQUESTED,
        optional(UNIT_PRICE),
        optional(CURRENCY_CODE),
        optional(LOT_CHIPS),
        _ORDER_ID,
        Field("opportunity_id", TEXT, "the sale that led to it", is_required=False),
    ),
    (ComesWith("unit_price", "currency"),),
)

_CHANGED = EventType(
    "trn.order.changed.v1",
    FAMILY,
    LINE,
    "an order line changed; absent fields stay",
    (
        optional(chips("chips", "new total of chips ordered")),
        _REQUESTED,
        optional(GENERATION),
        optional(REGION),
        optional(UNIT_PRICE),
    ),
    (OneOf(("chips", "requested_date", "generation", "region", "unit_price")),),
)

_DECLINED = Field(
    "reason",
    TEXT,
    "why; no_supply and lead_time count as unmet demand",
    values=("no_supply", "lead_time", "price", "export", "credit"),
)
_DISPOSITION = Field(
    "disposition", TEXT, "what becomes of the chips", is_required=False, values=("restock", "scrap", "rma")
)

TYPES = (
    _OPPORTUNITY,
    _PLACED,
    _on_line(
        "promised",
        "delivery was promised",
        chips("chips", "chips promised"),
        Field("promised_date", DATE, "day promised"),
    ),
    _CHANGED,
    _on_line(
        "cancelled",
        "a line was cancelled, in part or whole",
        optional(chips("chips", "chips cancelled; absent: all that remains")),
        optional(REASON),
    ),
    EventType(
        "trn.order.declined.v1",
        FAMILY,
        "order line or opportunity id",
        "demand that could not be taken",
        (optional(CUSTOMER), optional(REGION), GENERATION, chips("chips", "chips declined"), _DECLINED),
    ),
    _on_line(
        "returned",
        "chips came back; demand stays as it was",
        chips("chips", "chips returned"),
        _DISPOSITION,
        optional(REASON),
    ),
    _shipment("dispatched", "chips left for the customer"),
    _shipment("delivered", "chips reached the customer"),
    _contract("committed", "a customer committed to chips over time"),
    _contract("amended", "a commitment was replaced by another"),
    EventType("trn.contract.terminated.v1", FAMILY, "contract id", "a commitment ended", (optional(REASON),)),
)
