"""The event contract as the simulation's tests read it, written apart from the catalogue that landing uses.

A field's mark: `?` optional. Kinds: n name, t text, i instant, d date, c chips >= 0, C chips > 0, z signed
chips, h hours > 0, H signed hours, m money >= 0, M money, f number, l list of names, o object, s schedule,
or one of a|b|c.
"""

import json
import re
from collections.abc import Iterable
from typing import Any

_USAGE = (
    "customer_id:n region:n generation:n period_start:i period_end:i purchase_option:on_demand|spot|reserved|"
)
_USAGE += "capacity_block|committed|internal instance_type:t? reservation_id:t?"
_PRICE = "channel:cloud|direct generation:n region:n? purchase_option:t? term_months:C? unit:chip_hour|chip "
_PRICE += "currency:cur valid_from:i valid_to:i?"
_SUPPLY = "generation:n period_start:d period_end:d chips_p10:c chips_p50:c chips_p90:c"
_CONTRACT = "customer_id:n channel:cloud|direct generation:n region:n? basis:stock|flow schedule:s "
_CONTRACT += "penalty_per_chip:m? currency:cur?"
_SHIPMENT = "shipment_id:t chips:C"
_WHO = "customer_id:n region:n generation:n "
_DENIED = _WHO + "chips_requested:C chips_granted:c reason:insufficient_capacity|quota|price wanted_hours:f? "
_DENIED += "retry_group_id:t? acceptable_regions:l? acceptable_generations:l?"
_JOINED = _WHO + "chips:C wanted_from:i wanted_hours:f? acceptable_regions:l? acceptable_generations:l?"
_RESERVATION = _WHO + "kind:odcr|future_odcr|capacity_block|prelaunch chips:C start:i end:i?"
_OPPORTUNITY = _WHO + "chips:C stage:t win_probability:f expected_close:d displaces_cloud_chips:z?"
_ORDER = "chips:C generation:n region:n? customer_id:n? requested_date:d? unit_price:m? currency:cur? "
_ORDER += "lot_chips:C? order_id:t? opportunity_id:t?"
# Whether a subject is needed, and the fields.
TYPES: dict[str, tuple[bool, str]] = {
    "usage.metered": (False, _USAGE + " chip_hours:h"),
    "usage.adjusted": (False, _USAGE + " chip_hours:H"),
    "request.denied": (True, _DENIED),
    "waitlist.joined": (True, _JOINED),
    "waitlist.changed": (True, "chips:C"),
    "waitlist.converted": (True, "converted_chips:C"),
    "waitlist.withdrawn": (True, "reason:t?"),
    "reservation.scheduled": (True, _RESERVATION),
    "reservation.changed": (True, "chips:C start:i? end:i?"),
    "reservation.activated": (True, "reason:t?"),
    "reservation.expired": (True, "reason:t?"),
    "reservation.cancelled": (True, "reason:t?"),
    "capacity.installed": (False, "region:n generation:n chips:C"),
    "capacity.retired": (False, "region:n generation:n chips:C"),
    "capacity.stated": (False, "region:n generation:n installed:c sellable:c impaired:c? spare:c?"),
    "capacity.soldout": (False, "region:n generation:n window_start:i window_end:i cap_chips:c"),
    "opportunity.changed": (True, _OPPORTUNITY),
    "order.placed": (True, _ORDER),
    "order.promised": (True, "chips:C promised_date:d"),
    "order.changed": (True, "chips:C requested_date:d? generation:n? region:n? unit_price:m?"),
    "order.cancelled": (True, "chips:C? reason:t?"),
    "order.declined": (
        True,
        "customer_id:n? region:n? generation:n chips:C reason:no_supply|lead_time|price|export|credit",
    ),
    "order.returned": (True, "chips:C disposition:restock|scrap|rma? reason:t?"),
    "shipment.dispatched": (True, _SHIPMENT),
    "shipment.delivered": (True, _SHIPMENT),
    "contract.committed": (True, _CONTRACT),
    "contract.amended": (True, _CONTRACT),
    "contract.terminated": (True, "reason:t?"),
    "supply.scheduled": (True, _SUPPLY),
    "supply.revised": (True, _SUPPLY),
    "supply.received": (True, "generation:n chips:C"),
    "supply.cancelled": (True, "reason:t?"),
    "inventory.stated": (False, "generation:n region:n? chips:c"),
    "price.published": (False, _PRICE + " amount:m"),
    "margin.set": (False, _PRICE + " amount:M"),
    "product.launched": (True, "predecessor:n? ga_date:d equivalent_chips:h?"),
    "sku.defined": (True, "generation:n chips_per_unit:C lot_chips:C?"),
    "customer.described": (True, "segment:n? parent_id:t? country:t?"),
    "region.described": (True, "channel:cloud|direct? country:t?"),
    "restriction.set": (False, "generation:n country:t channel:cloud|direct? valid_from:i valid_to:i?"),
    "site.limited": (False, "region:n power_kw:h kw_per_chip:h? valid_from:i valid_to:i?"),
    "fx.set": (False, "from:cur to:cur rate:m valid_from:i"),
    "calendar.set": (True, "start:d pattern:4-4-5|4-5-4|5-4-4|monthly"),
    "event.retracted": (True, "retracted_source:t replaced_by:t? reason:t"),
    "source.completed": (False, "types:l complete_through:i"),
    "policy.set": (True, "value:any scope:o? valid_from:i valid_to:i? author:t"),
}
_ENVELOPE = {"specversion", "id", "source", "type", "subject", "time", "recordedtime", "sequence", "data"}
_INSTANT = re.compile(r"20\d\d-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\d(Z|\+00:00)")
_DATE = re.compile(r"20\d\d-[01]\d-[0-3]\d")
_MONEY = re.compile(r"\d+(\.\d+)?")
_COMMON = {"need_id": "t", "segment": "n", "sku": "t", "contract_id": "t"}


class Number(str):
    """A JSON number as written."""

    __slots__ = ()


def _positive(value: object) -> bool:
    return isinstance(value, Number) and "e" not in value and float(value) > 0


def _whole(value: object, least: int) -> bool:
    return isinstance(value, Number) and re.fullmatch(r"-?\d+", value) is not None and int(value) >= least


def _text(value: object) -> bool:
    return isinstance(value, str) and not isinstance(value, Number) and value != ""


def _schedule(value: object) -> bool:
    return (
        isinstance(value, list)
        and value != []
        and all(
            _INSTANT.fullmatch(step["start"]) and step["start"] < step["end"] and _whole(step["chips"], 1)
            for step in value
        )
    )


_KINDS: dict[str, Any] = {
    "n": lambda value: _text(value) and len(value) <= 64,
    "t": _text,
    "i": lambda value: _text(value) and _INSTANT.fullmatch(value) is not None,
    "d": lambda value: _text(value) and _DATE.fullmatch(value) is not None,
    "c": lambda value: _whole(value, 0),
    "C": lambda value: _whole(value, 1),
    "z": lambda value: _whole(value, -(10**12)),
    "h": _positive,
    "H": lambda value: isinstance(value, Number) and "e" not in value and float(value) != 0,
    "f": lambda value: isinstance(value, Number) and float(value) >= 0,
    "m": lambda value: _text(value) and _MONEY.fullmatch(value) is not None,
    "M": lambda value: _text(value) and _MONEY.fullmatch(value.removeprefix("-")) is not None,
    "cur": lambda value: _text(value) and re.fullmatch("[A-Z]{3}", value) is not None,
    "l": lambda value: isinstance(value, list) and value != [] and all(_text(item) for item in value),
    "o": lambda value: isinstance(value, dict),
    "s": _schedule,
    "any": lambda value: value is not None,
}
_FIELDS = {
    name: {
        field.split(":")[0]: (field.split(":")[1].removesuffix("?"), field.endswith("?"))
        for field in fields.split()
    }
    for name, (_, fields) in TYPES.items()
}


def parse(line: str) -> dict[str, Any]:
    """Read a line, keeping numbers as written."""
    value = json.loads(line, parse_float=Number, parse_int=Number)
    assert isinstance(value, dict), line
    return value


def complaints(event: dict[str, Any]) -> Iterable[str]:
    """Say everything in which an event breaks the contract."""
    name = event["type"].removeprefix("trn.").removesuffix(".v1")
    if event["type"] != f"trn.{name}.v1" or name not in TYPES:
        yield f"unknown type {event['type']}"
        return
    yield from _envelope(event, needs_subject=TYPES[name][0])
    data, fields = event["data"], _FIELDS[name]
    for key in data.keys() - fields.keys() - _COMMON.keys():
        yield f"unexpected field {key}"
    for key, (kind, is_optional) in fields.items():
        if key not in data:
            if not is_optional:
                yield f"{key} is missing"
        elif not _is_of(kind, data[key]):
            yield f"{key} is {data[key]!r}, not {kind}"
    yield from _between(name, data)


def _is_of(kind: str, value: object) -> bool:
    if kind in _KINDS:
        return bool(_KINDS[kind](value))
    return value in kind.split("|")


def _envelope(event: dict[str, Any], *, needs_subject: bool) -> Iterable[str]:
    if event.keys() - _ENVELOPE:
        yield f"unexpected attributes {event.keys() - _ENVELOPE}"
    if (
        event["specversion"] != "1.0"
        or not 1 <= len(event["id"]) <= 128
        or not 1 <= len(event["source"]) <= 256
    ):
        yield "envelope"
    if needs_subject and not _text(event.get("subject")):
        yield "no subject"
    for name in ("time", "recordedtime"):
        if not _KINDS["i"](event[name]):
            yield f"{name} is {event[name]!r}"
    if event["recordedtime"] < event["time"]:
        yield "recorded before it was true"


def _between(name: str, data: dict[str, Any]) -> Iterable[str]:
    """Rules between fields."""
    from datetime import datetime, timedelta

    for start, end in (("period_start", "period_end"), ("start", "end"), ("window_start", "window_end")):
        if start in data and end in data and not data[start] < data[end]:
            yield f"{end} is not after {start}"
    if name.startswith("usage."):
        length = datetime.fromisoformat(data["period_end"]) - datetime.fromisoformat(data["period_start"])
        if length > timedelta(days=31):
            yield "period too long"
    if name == "request.denied" and int(data["chips_granted"]) >= int(data["chips_requested"]):
        yield "all granted"
    if "chips_p10" in data and not int(data["chips_p10"]) <= int(data["chips_p50"]) <= int(data["chips_p90"]):
        yield "quantiles out of order"
    if {"unit_price", "penalty_per_chip"} & data.keys() and "currency" not in data:
        yield "money without currency"
    if name == "opportunity.changed" and float(data["win_probability"]) > 1:
        yield "probability above one"
    if name == "capacity.stated" and int(data["sellable"]) > int(data["installed"]):
        yield "more sellable than installed"
