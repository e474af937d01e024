"""One line read by the letter of the contract: what event it states, or that it states none.

It is slow, plain and shares no code with landing: tests hold landing to it.
"""

import json
import math
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, NamedTuple

from tests.contract_table import COMMON, TYPES

_INSTANT = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?"
    r"(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))"
)
_WHOLE = re.compile(r"-?[0-9]{1,15}(\.0+)?")
_MONEY = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?")
_URI = re.compile(r"(?:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2}){1,256}")
_RISING: dict[str, tuple[tuple[str, str, str], ...]] = {
    "usage": (("period_start", "<", "period_end"),),
    "request": (("chips_granted", "<", "chips_requested"), ("wanted_from", "<=", "wanted_until")),
    "waitlist": (("wanted_from", "<=", "wanted_until"),),
    "reservation": (("start", "<=", "end"),),
    "capacity": (("window_start", "<", "window_end"),),
    "supply": (
        ("period_start", "<", "period_end"),
        ("chips_p10", "<=", "chips_p50"),
        ("chips_p50", "<=", "chips_p90"),
    ),
    "forecast": (("period_start", "<", "period_end"),),
    **dict.fromkeys(
        ("price", "margin", "restriction", "site", "policy"), (("valid_from", "<=", "valid_to"),)
    ),
}
_PRICED = {"trn.order.placed.v1": "unit_price", "trn.contract.committed.v1": "penalty_per_chip"}
_PRICED["trn.contract.amended.v1"] = "penalty_per_chip"
_CHANGES = ("chips", "requested_date", "generation", "region", "unit_price")
_ENDS = {"usage": "period_end", "capacity": "window_end"}


class Number(str):
    """A JSON number as written."""

    __slots__ = ()


class NoEventError(Exception):
    """The line states no event."""


class Stated(NamedTuple):
    """An event: its identity, what is compared where the identity comes again, and some of what it says."""

    source: str
    id: str
    content: Any
    type: str
    subject: str | None
    known_at: datetime
    data: Any


def stated(line: str) -> Stated:
    """Read a line.

    Raises:
        NoEventError: the contract forbids it.
    """
    event = _parsed(line)
    _require(isinstance(event, dict), "no object")
    told = {name: value for name, value in event.items() if value is not None}
    data = told.get("data")
    _require(isinstance(data, dict), "no payload")
    times = _envelope(told)
    fields = {name: value for name, value in data.items() if value is not None}
    for name, mark in (COMMON | TYPES[told["type"]].fields).items():
        _require(name in fields or mark.is_optional, f"{name} is absent")
        _require(name not in fields or _is_of(mark.kind, fields[name]), f"{name} is not {mark.kind}")
    _between(told["type"], fields)
    end = _ENDS.get(told["type"].split(".")[1])
    known_at = max(*times.values(), _moment(fields[end])) if end in fields else max(times.values())
    identity = told["source"], told["id"]
    return Stated(
        *identity, _content(told, fields, times), told["type"], told.get("subject"), known_at, _plain(data)
    )


def _content(told: dict[str, Any], fields: dict[str, Any], times: dict[str, datetime]) -> Any:
    """Return what makes two events of one identity the same: instants in UTC, numbers by value, no nulls."""
    kinds = TYPES[told["type"]].fields
    moments = {name for name, mark in kinds.items() if mark.kind in ("i", "w")}
    steps = {name for name, mark in kinds.items() if mark.kind == "s"}
    payload = {
        name: [_content_of(step, {"start", "end"}) for step in value] if name in steps else value
        for name, value in fields.items()
    }
    payload = _content_of(payload, moments)
    others = told.keys() - {"specversion", "id", "source", "data", "time", "recordedtime", "datacontenttype"}
    envelope = {name: _plain(told[name]) for name in others}
    return times["time"], times.get("recordedtime", times["time"]), envelope, payload


def _content_of(told: dict[str, Any], moments: set[str]) -> dict[str, Any]:
    return {
        name: _moment(value) if name in moments and "T" in value.upper() else _plain(value)
        for name, value in told.items()
        if value is not None
    }


def _require(holds: bool, why: str) -> None:
    if not holds:
        raise NoEventError(why)


def _parsed(line: str) -> Any:
    try:
        value = json.loads(
            line,
            parse_float=_number,
            parse_int=Number,
            parse_constant=_no_constant,
            object_pairs_hook=_object,
        )
        _require(_depth(value) <= 64, "nests too deep")
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise NoEventError(str(error)) from None
    return value


def _number(text: str) -> Number:
    _require(len(text.lower().partition("e")[2].lstrip("+-")) <= 4, "reaches too far")
    return Number(text)


def _depth(value: Any) -> int:
    if not isinstance(value, dict | list):
        return 0
    return 1 + max(map(_depth, value.values() if isinstance(value, dict) else value), default=0)


def _no_constant(name: str) -> Any:
    raise NoEventError(f"JSON knows no {name}")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    _require(len(dict(pairs)) == len(pairs), "a key stands twice")
    return dict(pairs)


def _plain(value: Any) -> Any:
    """Bring a value to a form in which equal values are equal, and a number is no text."""
    if isinstance(value, Number):
        return ("number", Decimal(value))
    if isinstance(value, dict):
        return {name: _plain(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_plain(member) for member in value]
    return value


def _is_text(value: object) -> bool:
    return isinstance(value, str) and not isinstance(value, Number)


def _envelope(told: dict[str, Any]) -> dict[str, datetime]:
    texts = {"specversion", "id", "source", "type", "time"}
    _require(texts <= told.keys(), f"{texts - told.keys()} is absent")
    texts |= told.keys() & {"subject", "recordedtime", "sequence", "datacontenttype", "dataschema"}
    _require(all(_is_text(told[name]) for name in texts), "an attribute is no text")
    _require(told["specversion"] == "1.0", "specversion")
    _require(told.get("datacontenttype", "application/json") == "application/json", "datacontenttype")
    _require(1 <= len(told["id"]) <= 128, "id")
    _require(_URI.fullmatch(told["source"]) is not None, "source")
    _require(told.get("subject") != "", "subject")
    _require(told["type"] in TYPES, "type")
    _require("subject" in told or TYPES[told["type"]].subject == "-", "subject")
    times = {
        name: _moment(told[name], is_day_allowed=False) for name in {"time", "recordedtime"} & told.keys()
    }
    _require(2000 <= times["time"].year <= 2199, "time")
    return times


def _moment(text: str, *, is_day_allowed: bool = True) -> datetime:
    try:
        if is_day_allowed and re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            return datetime.strptime(f"{text}Z", "%Y-%m-%d%z")
        found = _INSTANT.fullmatch(text)
        _require(found is not None, f"{text} is no instant")
        *numbers, fraction, sign, hours, minutes = found.groups()
        _require(hours is None or (int(hours) < 24 and int(minutes) < 60), "offset")
        away = timedelta(hours=int(hours or 0), minutes=int(minutes or 0)) * (-1 if sign == "-" else 1)
        microseconds = int((fraction or "0")[:6].ljust(6, "0"))
        return datetime(*map(int, numbers), microseconds, timezone(away)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise NoEventError(str(error)) from None


def _is_moment(value: Any, *, is_day_allowed: bool = True) -> bool:
    if not _is_text(value):
        return False
    try:
        _moment(value, is_day_allowed=is_day_allowed)
    except NoEventError:
        return False
    return True


def _is_day(value: Any) -> bool:
    return _is_moment(value) and len(value) == 10


def _is_whole(value: Any, least: float) -> bool:
    return isinstance(value, str) and _WHOLE.fullmatch(value) is not None and Decimal(value) >= least


def _is_number(value: Any, accepts: Callable[[Decimal], bool]) -> bool:
    return isinstance(value, Number) and math.isfinite(float(value)) and accepts(Decimal(value))


def _is_money(value: Any, accepts: Callable[[Decimal], bool]) -> bool:
    return _is_text(value) and _MONEY.fullmatch(value) is not None and accepts(Decimal(value))


def _is_list(value: Any, accepts: Callable[[Any], bool]) -> bool:
    return isinstance(value, list) and all(map(accepts, value))


def _is_name(value: Any, longest: int = 64) -> bool:
    return _is_text(value) and 1 <= len(value) <= longest


def _is_step(step: Any) -> bool:
    if not isinstance(step, dict) or not _is_moment(step.get("start")) or not _is_whole(step.get("chips"), 0):
        return False
    end = step.get("end")
    return end is None or (_is_moment(end) and _moment(end) >= _moment(step["start"]))


_KINDS: dict[str, Callable[[Any], bool]] = {
    "p": lambda value: _is_name(value, 128),
    "n": _is_name,
    "t": _is_text,
    "i": lambda value: _is_moment(value, is_day_allowed=False),
    "w": _is_moment,
    "d": _is_day,
    "c": lambda value: _is_whole(value, 0),
    "C": lambda value: _is_whole(value, 1),
    "z": lambda value: _is_whole(value, -math.inf),
    "k": lambda value: _is_whole(value, 0),
    "K": lambda value: _is_whole(value, -math.inf),
    "h": lambda value: _is_number(value, lambda number: number > 0),
    "H": lambda value: _is_number(value, lambda number: number != 0),
    "f": lambda value: _is_number(value, lambda number: number >= 0),
    "F": lambda value: _is_number(value, lambda number: 0 <= number <= 1),
    "g": lambda value: _is_number(value, lambda _: True),
    "m": lambda value: _is_money(value, lambda amount: amount >= 0),
    "M": lambda value: _is_money(value, lambda _: True),
    "r": lambda value: _is_money(value, lambda amount: amount > 0),
    "cur": lambda value: _is_text(value) and re.fullmatch("[A-Z]{3}", value) is not None,
    "l": lambda value: _is_list(value, _is_name),
    "L": lambda value: _is_list(value, _is_text),
    "o": lambda value: isinstance(value, dict),
    "s": lambda value: value != [] and _is_list(value, _is_step),
    "any": lambda _: True,
}


def _is_of(kind: str, value: object) -> bool:
    return _is_text(value) if "|" in kind else _KINDS[kind](value)


def _between(name: str, fields: dict[str, Any]) -> None:
    """Check the rules between fields."""
    for low, sign, high in _RISING.get(name.split(".")[1], ()):
        if low in fields and high in fields:
            first, second = _scaled(fields[low]), _scaled(fields[high])
            _require(first < second or (sign == "<=" and first == second), f"{low} {sign} {high}")
    if name.startswith("trn.usage."):
        length = _moment(fields["period_end"]) - _moment(fields["period_start"])
        _require(length <= timedelta(days=31), "longer than 31 days")
    _require(_PRICED.get(name) not in fields or "currency" in fields, "no currency")
    _require(name != "trn.order.changed.v1" or bool(fields.keys() & set(_CHANGES)), "nothing changed")


def _scaled(value: str) -> Any:
    return Decimal(value) if _WHOLE.fullmatch(value) else _moment(value)
