"""Fields that several event types share, and short ways to declare the rest."""

from decimal import Decimal

from pipeline.schemas.events.declaration import AtMostDays, Field, Rising
from pipeline.schemas.events.kinds import (
    CHIPS,
    CURRENCY,
    INSTANT,
    MOMENT,
    MONEY,
    NAME,
    NAMES,
    NUMBER,
    PSEUDONYM,
    TEXT,
)
from pipeline.schemas.events.reasons import Reason

ZERO = Decimal(0)


def optional(field: Field) -> Field:
    """Return the field as one that may be absent or null."""
    return Field(**{**vars(field), "is_required": False})


def chips(name: str, meaning: str) -> Field:
    """Declare a count of chips that is more than 0."""
    return Field(name, CHIPS, meaning, "chips", above=ZERO)


def chips_or_none(name: str, meaning: str) -> Field:
    """Declare a count of chips that is 0 or more."""
    return Field(name, CHIPS, meaning, "chips", minimum=ZERO)


CUSTOMER = Field("customer_id", PSEUDONYM, "pseudonym of the customer")
REGION = Field("region", NAME, "cloud region, or ship-to region of the direct channel")
GENERATION = Field("generation", NAME, "name of the product lineage, such as trn2")
REASON = Field("reason", TEXT, "why, in the producer's words")
AUTHOR = Field("author", TEXT, "who decided")
NOTE = Field("note", TEXT, "remark for readers")
CHANNEL = Field("channel", TEXT, "cloud (rented) or direct (sold)", values=("cloud", "direct"))
CURRENCY_CODE = Field("currency", CURRENCY, "currency of the amount")
UNIT_PRICE = Field("unit_price", MONEY, "price of a chip", "currency a chip", minimum=ZERO)
LOT_CHIPS = chips("lot_chips", "chips come in multiples of this")
VALID_FROM = Field("valid_from", MOMENT, "from when it holds")
VALID_TO = Field(
    "valid_to", MOMENT, "until when it holds, exclusive; absent: until replaced", is_required=False
)
INSTANCE_TYPE = Field("instance_type", TEXT, "cloud instance type, such as trn2.48xlarge", is_required=False)
RESERVATION_ID = Field(
    "reservation_id",
    TEXT,
    "reservation that the use falls under; absent: outside reservations",
    is_required=False,
)
PURCHASE_OPTION = Field(
    "purchase_option",
    TEXT,
    "how the chips were bought",
    values=("on_demand", "spot", "reserved", "capacity_block", "committed", "internal"),
)
WANTED_HOURS = Field(
    "wanted_hours", NUMBER, "how long the chips are wanted", "hours", is_required=False, minimum=ZERO
)
WANTED_FROM = Field("wanted_from", MOMENT, "from when the chips are wanted")
WANTED_UNTIL = Field(
    "wanted_until",
    MOMENT,
    "until when they are wanted, exclusive; absent: until the need falls silent",
    is_required=False,
)
WANTED_RULE = Rising(("wanted_from", "wanted_until"), Reason.END_BEFORE_START)
ACCEPTABLE_REGIONS = Field("acceptable_regions", NAMES, "regions that would do as well", is_required=False)
ACCEPTABLE_GENERATIONS = Field(
    "acceptable_generations", NAMES, "generations that would do as well", is_required=False
)

COMMON_FIELDS = (
    Field("sku", TEXT, "stock-keeping unit, see trn.sku.defined.v1", is_required=False),
    Field("segment", NAME, "customer segment", is_required=False),
    Field(
        "need_id",
        TEXT,
        "the need that denials, waitlist, reservations and opportunities share",
        is_required=False,
    ),
    Field("contract_id", TEXT, "contract that it falls under", is_required=False),
)

PERIOD = (
    Field("period_start", INSTANT, "start of the period"),
    Field("period_end", INSTANT, "end of the period, exclusive"),
)
PERIOD_RULES = (
    Rising(("period_start", "period_end"), Reason.END_BEFORE_START, is_strict=True),
    AtMostDays("period_start", "period_end", days=31),
)
VALIDITY_RULE = Rising(("valid_from", "valid_to"), Reason.END_BEFORE_START)
START_END_RULE = Rising(("start", "end"), Reason.END_BEFORE_START)
