"""The kinds of value that payload fields have, each with the exact check of the contract's 'Units'.

Values arrive as a strict JSON parse gives them, except that numbers keep their text (`NumberToken`):
whether `1e3` was written can be seen in the text alone.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal

from pipeline.schemas.events.reasons import Reason

Scale = Literal["number", "moment"]

DAY_MICROSECONDS = 86_400_000_000
WHOLE_DIGITS = 15  # every whole number of 15 digits is exact in a DOUBLE
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_WHOLE = re.compile(rf"-?[0-9]{{1,{WHOLE_DIGITS}}}(\.0+)?")
_MONEY = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?")
_CURRENCY = re.compile(r"[A-Z]{3}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt]((?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9])"
    r"(?:\.([0-9]+))?([Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
)


class NumberToken(str):
    """A JSON number as it was written, `NaN` and `Infinity` included."""

    __slots__ = ()


@dataclass(frozen=True)
class Kind:
    """One kind of value.

    Attributes:
        allowed: completes "allowed: …" in a refusal.
        json_types: JSON types that a value may have; any other is a wrong type.
        reason: code for a value of the right JSON type that is still not of this kind.
        accepts: the exact check.
        scale: how two values compare: as decimal numbers, as moments in time, or not at all.
    """

    name: str
    meaning: str
    allowed: str
    json_types: frozenset[str]
    reason: Reason
    accepts: Callable[[Any], bool]
    scale: Scale | None = None


def json_type(value: object) -> str:
    """Name the JSON type of a strictly parsed value."""
    if isinstance(value, NumberToken):
        return "number"
    if value is None:
        return "null"
    names: dict[type, str] = {bool: "boolean", str: "string", list: "array", dict: "object"}
    return names[type(value)]


def moment_microseconds(value: object) -> int | None:
    """Return an instant, or a date's midnight in UTC, as microseconds since 1970; None for anything else.

    Digits beyond the microsecond are dropped. Years are those of the proleptic calendar, 0001 to 9999 in UTC.
    """
    if not isinstance(value, str) or isinstance(value, NumberToken):
        return None
    return _text_microseconds(value)


@lru_cache(maxsize=65_536)
def _text_microseconds(text: str) -> int | None:
    match = _INSTANT.fullmatch(text)
    try:
        if match:
            day, clock, fraction, offset = match.groups()
            whole = datetime.fromisoformat(f"{day}T{clock}{offset.upper()}").astimezone(UTC)
            microseconds = int((fraction or "0")[:6].ljust(6, "0"))
            return _since_epoch(whole) + microseconds
        if _DATE.fullmatch(text):
            day_start = date.fromisoformat(text)
            return _since_epoch(datetime(day_start.year, day_start.month, day_start.day, tzinfo=UTC))
    except (ValueError, OverflowError):
        return None
    return None


def _since_epoch(instant: datetime) -> int:
    passed = instant - _EPOCH
    return passed.days * DAY_MICROSECONDS + passed.seconds * 1_000_000 + passed.microseconds


def decimal_value(value: str) -> Decimal:
    """Return a number token, or a decimal string, as an exact number."""
    return Decimal(value)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and not isinstance(value, NumberToken)


def _has_length(longest: int) -> Callable[[Any], bool]:
    return lambda value: _is_text(value) and 1 <= len(value) <= longest


def _is_whole(value: object) -> bool:
    return isinstance(value, str) and _WHOLE.fullmatch(value) is not None


def _is_number(value: object) -> bool:
    return isinstance(value, NumberToken) and math.isfinite(float(value))


def _is_instant(value: object) -> bool:
    return moment_microseconds(value) is not None and not _DATE.fullmatch(str(value))


def _is_moment(value: object) -> bool:
    return moment_microseconds(value) is not None


def _is_date(value: object) -> bool:
    return _is_moment(value) and _DATE.fullmatch(str(value)) is not None


def _matches(pattern: re.Pattern[str]) -> Callable[[Any], bool]:
    return lambda value: _is_text(value) and pattern.fullmatch(value) is not None


def _is_list_of(accepts: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and all(accepts(item) for item in value)


def _is_instalment(item: object) -> bool:
    if not isinstance(item, dict) or not _is_whole(item.get("chips")) or not _is_moment(item.get("start")):
        return False
    if decimal_value(item["chips"]) < 0:
        return False
    end = moment_microseconds(item.get("end"))
    if item.get("end") is None:
        return True
    return end is not None and end >= (moment_microseconds(item["start"]) or 0)


def _is_schedule(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(_is_instalment(item) for item in value)


STRING, NUMBER_TYPE = frozenset({"string"}), frozenset({"number"})
ARRAY, OBJECT_TYPE = frozenset({"array"}), frozenset({"object"})

TEXT = Kind("text", "free text", "a string", STRING, Reason.WRONG_TYPE, _is_text)
NAME = Kind(
    "name64",
    "a free name",
    "a string of 1 to 64 characters",
    STRING,
    Reason.INVALID_LENGTH,
    _has_length(64),
)
PSEUDONYM = Kind(
    "pseudonym128",
    "a pseudonym of a customer",
    "a string of 1 to 128 characters",
    STRING,
    Reason.INVALID_LENGTH,
    _has_length(128),
)
CHIPS = Kind(
    "chips",
    "a whole number of chips",
    'a whole number such as 16, 16.0 or "16", of at most 15 digits',
    NUMBER_TYPE | STRING,
    Reason.NOT_WHOLE,
    _is_whole,
    "number",
)
WHOLE = Kind(
    "whole",
    "a whole number",
    "a whole number such as 12, of at most 15 digits",
    NUMBER_TYPE | STRING,
    Reason.NOT_WHOLE,
    _is_whole,
    "number",
)
NUMBER = Kind(
    "number",
    "a decimal number",
    "a finite decimal number, not in quotes",
    NUMBER_TYPE,
    Reason.NOT_FINITE,
    _is_number,
    "number",
)
MONEY = Kind(
    "money",
    "an amount of money, exact",
    'a decimal string such as "12.50"',
    STRING,
    Reason.INVALID_MONEY,
    _matches(_MONEY),
    "number",
)
RATE = Kind(
    "rate",
    "an exchange rate, exact",
    'a decimal string such as "1.0842"',
    STRING,
    Reason.INVALID_MONEY,
    _matches(_MONEY),
    "number",
)
CURRENCY = Kind(
    "currency",
    "an ISO 4217 code",
    "three capital letters such as USD",
    STRING,
    Reason.INVALID_CURRENCY,
    _matches(_CURRENCY),
)
INSTANT = Kind(
    "instant",
    "an instant",
    "RFC 3339 with an offset, such as 2026-09-07T00:00:00Z",
    STRING,
    Reason.INVALID_INSTANT,
    _is_instant,
    "moment",
)
MOMENT = Kind(
    "moment",
    "an instant, or a date for its midnight in UTC",
    "RFC 3339 with an offset, such as 2026-09-07T00:00:00Z, or a date such as 2026-09-07",
    STRING,
    Reason.INVALID_INSTANT,
    _is_moment,
    "moment",
)
DATE = Kind(
    "date",
    "a day",
    "a day such as 2026-09-07",
    STRING,
    Reason.INVALID_DATE,
    _is_date,
    "moment",
)
NAMES = Kind(
    "names",
    "a list of names",
    "a list of strings of 1 to 64 characters",
    ARRAY,
    Reason.INVALID_LENGTH,
    _is_list_of(_has_length(64)),
)
TEXTS = Kind("texts", "a list of texts", "a list of strings", ARRAY, Reason.WRONG_TYPE, _is_list_of(_is_text))
SCHEDULE = Kind(
    "schedule",
    "chips from one moment to another, or from it on",
    "a non-empty list of {start, end?, chips}, chips whole and not negative, end not before start",
    ARRAY,
    Reason.INVALID_VALUE,
    _is_schedule,
)
OBJECT = Kind("object", "an object", "a JSON object", OBJECT_TYPE, Reason.WRONG_TYPE, lambda _: True)
ANY = Kind(
    "any",
    "any JSON value",
    "any JSON value but null",
    ARRAY | OBJECT_TYPE | STRING | NUMBER_TYPE | {"boolean"},
    Reason.WRONG_TYPE,
    lambda _: True,
)

KINDS = (
    TEXT,
    NAME,
    PSEUDONYM,
    CHIPS,
    WHOLE,
    NUMBER,
    MONEY,
    RATE,
    CURRENCY,
    INSTANT,
    MOMENT,
    DATE,
    NAMES,
    TEXTS,
    SCHEDULE,
    OBJECT,
    ANY,
)
