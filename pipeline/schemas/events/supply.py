"""Supply, inventory, prices, products and places."""

from decimal import Decimal

from pipeline.schemas.events.declaration import EventType, Field, Rising
from pipeline.schemas.events.fields import (
    CHANNEL,
    CURRENCY_CODE,
    GENERATION,
    LOT_CHIPS,
    PURCHASE_OPTION,
    REASON,
    REGION,
    VALID_FROM,
    VALID_TO,
    VALIDITY_RULE,
    ZERO,
    chips,
    chips_or_none,
    optional,
)
from pipeline.schemas.events.kinds import CURRENCY, DATE, MONEY, NAME, NUMBER, PSEUDONYM, RATE, TEXT, WHOLE
from pipeline.schemas.events.reasons import Reason

FAMILY = "supply"
_COUNTRY = Field("country", TEXT, "country, ISO 3166 code or name as the producer has it")


def _plan(verb: str, meaning: str) -> EventType:
    fields = (
        GENERATION,
        Field("period_start", DATE, "first day of the period"),
        Field("period_end", DATE, "day after the last"),
        chips_or_none("chips_p10", "10 % quantile of what arrives"),
        chips_or_none("chips_p50", "median of what arrives"),
        chips_or_none("chips_p90", "90 % quantile of what arrives"),
    )
    rules = (
        Rising(("period_start", "period_end"), Reason.END_BEFORE_START, is_strict=True),
        Rising(("chips_p10", "chips_p50", "chips_p90"), Reason.QUANTILES_OUT_OF_ORDER),
    )
    return EventType(f"trn.supply.{verb}.v1", FAMILY, "supply ref", meaning, fields, rules)


def _amount(name: str, meaning: str, minimum: Decimal | None) -> EventType:
    fields = (
        CHANNEL,
        GENERATION,
        optional(REGION),
        optional(PURCHASE_OPTION),
        Field("term_months", WHOLE, "length of the commitment", "months", is_required=False, minimum=ZERO),
        Field("unit", TEXT, "what the amount is for", values=("chip_hour", "chip")),
        Field("amount", MONEY, "amount for a unit", "currency a unit", minimum=minimum),
        CURRENCY_CODE,
        VALID_FROM,
        VALID_TO,
    )
    return EventType(name, FAMILY, None, meaning, fields, (VALIDITY_RULE,))


_SUPPLY = (
    _plan("scheduled", "chips are to arrive in a period"),
    _plan("revised", "what is to arrive was estimated anew"),
    EventType(
        "trn.supply.received.v1",
        FAMILY,
        "supply ref",
        "chips arrived",
        (GENERATION, chips("chips", "chips that arrived")),
    ),
    EventType("trn.supply.cancelled.v1", FAMILY, "supply ref", "a supply will not come", (optional(REASON),)),
    EventType(
        "trn.inventory.stated.v1",
        FAMILY,
        None,
        "chips in stock at `time`",
        (GENERATION, optional(REGION), chips_or_none("chips", "chips in stock")),
    ),
)

_PRICES = (
    _amount("trn.price.published.v1", "a price was set", ZERO),
    _amount("trn.margin.set.v1", "a margin was set; it may be negative", None),
    EventType(
        "trn.fx.set.v1",
        FAMILY,
        None,
        "an exchange rate was set",
        (
            Field("from", CURRENCY, "currency converted from"),
            Field("to", CURRENCY, "currency converted to"),
            Field("rate", RATE, "units of `to` for one unit of `from`", above=ZERO),
            VALID_FROM,
        ),
    ),
)

_PRODUCTS = (
    EventType(
        "trn.product.launched.v1",
        FAMILY,
        "generation",
        "a generation came to market",
        (
            Field("predecessor", NAME, "generation that it follows", is_required=False),
            Field("ga_date", DATE, "day of general availability"),
            Field(
                "equivalent_chips",
                NUMBER,
                "chips of the predecessor that one chip replaces",
                "chips a chip",
                is_required=False,
                above=ZERO,
            ),
        ),
    ),
    EventType(
        "trn.sku.defined.v1",
        FAMILY,
        "sku",
        "what a stock-keeping unit holds",
        (GENERATION, chips("chips_per_unit", "chips in one unit"), optional(LOT_CHIPS)),
    ),
    EventType(
        "trn.customer.described.v1",
        FAMILY,
        "customer id",
        "what is known of a customer",
        (
            Field("segment", NAME, "customer segment", is_required=False),
            Field("parent_id", PSEUDONYM, "customer that it belongs to", is_required=False),
            optional(_COUNTRY),
        ),
    ),
)

_PLACES = (
    EventType(
        "trn.region.described.v1",
        FAMILY,
        "region",
        "what is known of a region",
        (optional(CHANNEL), optional(_COUNTRY)),
    ),
    EventType(
        "trn.restriction.set.v1",
        FAMILY,
        None,
        "a generation may not be sold in a country",
        (GENERATION, _COUNTRY, optional(CHANNEL), VALID_FROM, VALID_TO),
        (VALIDITY_RULE,),
    ),
    EventType(
        "trn.site.limited.v1",
        FAMILY,
        None,
        "a region has power for so many chips",
        (
            REGION,
            Field("power_kw", NUMBER, "power for chips", "kW", above=ZERO),
            Field("kw_per_chip", NUMBER, "power a chip takes", "kW a chip", is_required=False, minimum=ZERO),
            VALID_FROM,
            VALID_TO,
        ),
        (VALIDITY_RULE,),
    ),
    EventType(
        "trn.calendar.set.v1",
        FAMILY,
        "fiscal year",
        "when a fiscal year starts and how its quarters divide",
        (
            Field("start", DATE, "first day of the fiscal year"),
            Field(
                "pattern", TEXT, "weeks of a quarter's months", values=("4-4-5", "4-5-4", "5-4-4", "monthly")
            ),
        ),
    ),
)

TYPES = (*_SUPPLY, *_PRICES, *_PRODUCTS, *_PLACES)
