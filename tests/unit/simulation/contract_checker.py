"""The event contract as the simulation's tests read it, written apart from the catalogue that landing uses.

What it writes itself is held to more than landing asks: one form of instants, known values, no empty lists.
"""

import json
import re
from collections.abc import Iterable
from typing import Any

from tests.contract_table import COMMON, TYPES

_ENVELOPE = {"specversion", "id", "source", "type", "subject", "time", "recordedtime", "sequence", "data"}
_INSTANT = re.compile(r"20\d\d-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\d(Z|\+00:00)")
_DATE = re.compile(r"20\d\d-[01]\d-[0-3]\d")
_MONEY = re.compile(r"\d+(\.\d+)?")


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
_KINDS |= {
    "p": _KINDS["n"],
    "w": _KINDS["i"],
    "k": _KINDS["c"],
    "F": _KINDS["f"],
    "r": _KINDS["m"],
    "L": _KINDS["l"],
}


def parse(line: str) -> dict[str, Any]:
    """Read a line, keeping numbers as written."""
    value = json.loads(line, parse_float=Number, parse_int=Number)
    assert isinstance(value, dict), line
    return value


def complaints(event: dict[str, Any]) -> Iterable[str]:
    """Say everything in which an event breaks the contract."""
    if event["type"] not in TYPES:
        yield f"unknown type {event['type']}"
        return
    subject, fields = TYPES[event["type"]]
    yield from _envelope(event, needs_subject=subject != "-")
    data = event["data"]
    for key in data.keys() - fields.keys() - COMMON.keys():
        yield f"unexpected field {key}"
    for key, (kind, is_optional) in fields.items():
        if key not in data:
            if not is_optional:
                yield f"{key} is missing"
        elif not _is_of(kind, data[key]):
            yield f"{key} is {data[key]!r}, not {kind}"
    yield from _between(event["type"], data)


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
    if name.startswith("trn.usage."):
        length = datetime.fromisoformat(data["period_end"]) - datetime.fromisoformat(data["period_start"])
        if length > timedelta(days=31):
            yield "period too long"
    if name.startswith("trn.request.denied.") and int(data["chips_granted"]) >= int(data["chips_requested"]):
        yield "all granted"
    if "chips_p10" in data and not int(data["chips_p10"]) <= int(data["chips_p50"]) <= int(data["chips_p90"]):
        yield "quantiles out of order"
    if {"unit_price", "penalty_per_chip"} & data.keys() and "currency" not in data:
        yield "money without currency"
    if name == "trn.opportunity.changed.v1" and float(data["win_probability"]) > 1:
        yield "probability above one"
    if name == "trn.capacity.stated.v1" and int(data["sellable"]) > int(data["installed"]):
        yield "more sellable than installed"
