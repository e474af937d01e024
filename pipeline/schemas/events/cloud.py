"""The cloud channel, a stock: chips held, asked for, reserved and installed."""

from pipeline.schemas.events.declaration import EventType, Field, Rising, Rule
from pipeline.schemas.events.fields import (
    ACCEPTABLE_GENERATIONS,
    ACCEPTABLE_REGIONS,
    CUSTOMER,
    GENERATION,
    INSTANCE_TYPE,
    PERIOD,
    PERIOD_RULES,
    PURCHASE_OPTION,
    REASON,
    REGION,
    RESERVATION_ID,
    START_END_RULE,
    WANTED_FROM,
    WANTED_HOURS,
    WANTED_RULE,
    WANTED_UNTIL,
    ZERO,
    chips,
    chips_or_none,
    optional,
)
from pipeline.schemas.events.kinds import MOMENT, NUMBER, TEXT
from pipeline.schemas.events.reasons import Reason

FAMILY = "cloud"


def _usage(name: str, meaning: str, chip_hours: Field) -> EventType:
    fields = (
        CUSTOMER,
        REGION,
        GENERATION,
        *PERIOD,
        chip_hours,
        PURCHASE_OPTION,
        INSTANCE_TYPE,
        RESERVATION_ID,
    )
    return EventType(name, FAMILY, None, meaning, fields, PERIOD_RULES, reports_until="period_end")


def _on_reservation(verb: str, meaning: str) -> EventType:
    return EventType(f"trn.reservation.{verb}.v1", FAMILY, "reservation id", meaning, (optional(REASON),))


def _on_capacity(verb: str, meaning: str) -> EventType:
    fields = (REGION, GENERATION, chips("chips", "chips of the change, effective at `time`"))
    return EventType(f"trn.capacity.{verb}.v1", FAMILY, None, meaning, fields)


_ASKED = (CUSTOMER, REGION, GENERATION)
_ELSEWHERE = (ACCEPTABLE_REGIONS, ACCEPTABLE_GENERATIONS)
_START = Field("start", MOMENT, "from when the chips are held")
_END = Field("end", MOMENT, "until when, exclusive; absent: open", is_required=False)

_USAGE = (
    _usage(
        "trn.usage.metered.v1",
        "a customer used chips in a period",
        Field("chip_hours", NUMBER, "chips times hours used in the period", "chip_hours", above=ZERO),
    ),
    _usage(
        "trn.usage.adjusted.v1",
        "a billing correction of a period's use",
        Field(
            "chip_hours",
            NUMBER,
            "added to the period's use; negative lowers it",
            "chip_hours",
            other_than=ZERO,
        ),
    ),
)


def _denied(version: int, *when: Field, rules: tuple[Rule, ...] = ()) -> EventType:
    fields = (
        *_ASKED,
        chips("chips_requested", "chips asked for"),
        chips_or_none("chips_granted", "chips granted, fewer than asked for"),
        Field(
            "reason",
            TEXT,
            "why it was denied; quota and price never count as unmet demand",
            values=("insufficient_capacity", "quota", "price"),
        ),
        *when,
        Field("retry_group_id", TEXT, "groups the retries of one request", is_required=False),
        *_ELSEWHERE,
    )
    granted = Rising(("chips_granted", "chips_requested"), Reason.GRANTED_NOT_BELOW_REQUESTED, is_strict=True)
    meaning = "a request was not, or not fully, granted"
    return EventType(
        f"trn.request.denied.v{version}", FAMILY, "request id", meaning, fields, (granted, *rules)
    )


def _joined(version: int, *when: Field, rules: tuple[Rule, ...] = ()) -> EventType:
    fields = (*_ASKED, chips("chips", "chips waited for"), *when, *_ELSEWHERE)
    meaning = "a customer waits for chips"
    return EventType(f"trn.waitlist.joined.v{version}", FAMILY, "waitlist id", meaning, fields, rules)


_WANTED = (
    _denied(1, WANTED_HOURS),
    _denied(2, WANTED_FROM, WANTED_UNTIL, rules=(WANTED_RULE,)),
    _joined(1, WANTED_FROM, WANTED_HOURS),
    _joined(2, WANTED_FROM, WANTED_UNTIL, rules=(WANTED_RULE,)),
    EventType(
        "trn.waitlist.changed.v1",
        FAMILY,
        "waitlist id",
        "a waitlist entry changed its size",
        (chips("chips", "new total of chips waited for"),),
    ),
    EventType(
        "trn.waitlist.converted.v1",
        FAMILY,
        "waitlist id",
        "a waitlist entry was served",
        (chips("converted_chips", "chips that it was served with"),),
    ),
    EventType(
        "trn.waitlist.withdrawn.v1",
        FAMILY,
        "waitlist id",
        "a customer waits no longer",
        (optional(REASON),),
    ),
)

_RESERVED = (
    EventType(
        "trn.reservation.scheduled.v1",
        FAMILY,
        "reservation id",
        "chips were reserved, used or not",
        (
            *_ASKED,
            Field(
                "kind",
                TEXT,
                "form of the reservation",
                values=("odcr", "future_odcr", "capacity_block", "prelaunch"),
            ),
            chips("chips", "chips reserved"),
            _START,
            _END,
        ),
        (START_END_RULE,),
    ),
    EventType(
        "trn.reservation.changed.v1",
        FAMILY,
        "reservation id",
        "a reservation changed its size or time",
        (optional(chips("chips", "new total of chips reserved")), optional(_START), _END),
        (START_END_RULE,),
    ),
    _on_reservation("activated", "the reserved chips are held from now on"),
    _on_reservation("expired", "the reservation came to its end"),
    _on_reservation("cancelled", "the reservation was given up"),
)

_CAPACITY = (
    _on_capacity("installed", "chips were installed"),
    _on_capacity("retired", "chips were taken away"),
    EventType(
        "trn.capacity.stated.v1",
        FAMILY,
        None,
        "a snapshot of capacity that overrules the running sum from `time` on",
        (
            REGION,
            GENERATION,
            chips_or_none("installed", "chips installed"),
            chips_or_none("sellable", "chips that can be sold"),
            optional(chips_or_none("impaired", "chips out of order")),
            optional(chips_or_none("spare", "chips kept as spares")),
        ),
    ),
    EventType(
        "trn.capacity.soldout.v1",
        FAMILY,
        None,
        "a window in which no chip was left to sell",
        (
            REGION,
            GENERATION,
            Field("window_start", MOMENT, "start of the window"),
            Field("window_end", MOMENT, "end of the window, exclusive"),
            chips_or_none("cap_chips", "chips held while sold out"),
        ),
        (Rising(("window_start", "window_end"), Reason.END_BEFORE_START, is_strict=True),),
        reports_until="window_end",
    ),
)

TYPES = (*_USAGE, *_WANTED, *_RESERVED, *_CAPACITY)
