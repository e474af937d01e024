"""What 'the same content' means: envelope and data equal after instants are in UTC and keys are sorted."""

import json
from json.encoder import encode_basestring
from typing import Any

from pipeline.schemas.events import EventType
from pipeline.schemas.events.envelope import CONTENT_TYPE
from pipeline.schemas.events.kinds import INSTANT, MOMENT, NumberToken, moment_microseconds

_LONGEST_PLAIN_EXPONENT = 40
_IDENTITY = frozenset({"id", "source", "specversion"})


def hashed_text(values: dict[str, Any], event_type: EventType) -> str:
    """Return the text whose hash is the event's content hash.

    Instants stand as microseconds since 1970, numbers without exponent and trailing zeros, an absent
    `recordedtime` as `time`, an absent content type as JSON; members that are null are left out.
    `sql/landing/kinds.sql` and `proving` write the same text in SQL.
    """
    moments = {field.name for field in event_type.fields if field.kind is INSTANT or field.kind is MOMENT}
    data = {
        name: _moment(value) if name in moments else _normal(value)
        for name, value in values["data"].items()
        if value is not None
    }
    envelope = {
        name: _normal(value)
        for name, value in values.items()
        if value is not None and name not in _IDENTITY and name != "data"
    }
    envelope |= {
        "data": data,
        "datacontenttype": CONTENT_TYPE,
        "time": moment_microseconds(values["time"]),
        "recordedtime": moment_microseconds(values.get("recordedtime") or values["time"]),
    }
    return _write(envelope)


def _moment(value: Any) -> Any:  # noqa: ANN401 any JSON value
    """Bring an instant to microseconds; a day stays a day."""
    return moment_microseconds(value) if "T" in str(value).upper() else value


def _normal(value: Any) -> Any:  # noqa: ANN401 any JSON value
    if isinstance(value, NumberToken):
        return NumberToken(normal_number(value))
    if isinstance(value, dict):
        return {name: _normal(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_normal(member) for member in value]
    return value


def normal_number(token: str) -> str:
    """Write a finite JSON number so that equal numbers have equal texts: `16.0`, `1.6e1` and `16` as `16`."""
    mantissa, _, power = token.lower().partition("e")
    sign, mantissa = ("-", mantissa[1:]) if mantissa.startswith("-") else ("", mantissa)
    whole, _, fraction = mantissa.partition(".")
    exponent = int(power or "0") - len(fraction)
    digits = (whole + fraction).lstrip("0")
    kept = digits.rstrip("0")
    exponent += len(digits) - len(kept)
    if not kept:
        return "0"
    if abs(exponent) > _LONGEST_PLAIN_EXPONENT:
        return f"{sign}{kept}e{exponent}"
    if exponent >= 0:
        return sign + kept + "0" * exponent
    padded = kept.rjust(1 - exponent, "0")
    return f"{sign}{padded[:exponent]}.{padded[exponent:]}"


def _write(value: Any) -> str:  # noqa: ANN401 any JSON value
    if isinstance(value, NumberToken):
        return str(value)
    if isinstance(value, str):
        return encode_basestring(value)
    if isinstance(value, dict):
        return (
            "{" + ",".join(f"{encode_basestring(name)}:{_write(value[name])}" for name in sorted(value)) + "}"
        )
    if isinstance(value, list):
        return "[" + ",".join(_write(member) for member in value) + "]"
    return json.dumps(value)
