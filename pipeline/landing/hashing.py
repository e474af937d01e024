r"""What 'the same content' means: envelope and data equal after instants are in UTC and keys are sorted.

The content hash is the MD5 of a text that is the same for the same content. It tells duplicates from
conflicts and guards nothing: against tampering stands the chain over the log. The text has one entry for
each of type, subject, time, recorded time, sequence and data schema, then one for each field of the type in
the order of the catalogue, then one for what the contract does not name:

    text                    its JSON without the quote before it        trn2"
    instant                 RFC 3339 in UTC, then a quote               2026-01-05T00:00:00Z"
    number                  without exponent and trailing noughts       24,
    list, object, boolean   JSON with sorted keys                       ["eu","us"],
    schedule                so, its instants in UTC, without nulls      [{"chips":4,"start":"2026-01-05"}],
    nothing                                                             \,

A recorded time that equals the time is nothing, and so is a member that is null. `sql/landing/kinds.sql` and
`proving` write the same text in SQL.
"""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from json.encoder import encode_basestring
from typing import Any

from pipeline.schemas.events import ENVELOPE, EventType
from pipeline.schemas.events.kinds import SCHEDULE, NumberToken, moment_microseconds

NOTHING = "\\,"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST_PLAIN_EXPONENT = 40
_MOMENTS_OF_INSTALMENTS = frozenset({"start", "end"})
_ATTRIBUTES = frozenset(attribute.name for attribute in ENVELOPE)


def hash_content(values: dict[str, Any], event_type: EventType) -> str:
    """Return the content hash of an event in 32 hexadecimal digits.

    Args:
        values: the members of a line that is an event, numbers with their text.
    """
    return hashlib.md5(_content_text(values, event_type).encode(), usedforsecurity=False).hexdigest()


def hash_identity(source: str, name: str) -> bytes:
    """Return the 128 bits by which events of the same source and id are found; SQL computes the same."""
    return hashlib.md5(f"{len(source)}:{source}{name}".encode(), usedforsecurity=False).digest()


def _content_text(values: dict[str, Any], event_type: EventType) -> str:
    time, recorded = moment_microseconds(values["time"]), moment_microseconds(values.get("recordedtime"))
    entries = [
        _entry(event_type.name),
        _entry(values.get("subject")),
        _instant(time or 0),
        NOTHING if recorded is None or recorded == time else _instant(recorded),
        _entry(values.get("sequence")),
        _entry(values.get("dataschema")),
    ]
    data = values["data"]
    for field in event_type.fields:
        value = data.get(field.name)
        if field.kind.scale == "moment":
            entries.append(_moment(value))
        else:
            entries.append(_entry(_schedule(value) if field.kind is SCHEDULE else value))
    known = {field.name for field in event_type.fields}
    others = [_without(values, _ATTRIBUTES), _without(data, known)]
    return "".join(entries) + (_write(others) if any(others) else "")


def _without(values: dict[str, Any], names: frozenset[str] | set[str]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None and name not in names}


def _entry(value: Any) -> str:  # noqa: ANN401 any JSON value
    if value is None:
        return NOTHING
    if isinstance(value, str) and not isinstance(value, NumberToken):
        return encode_basestring(value)[1:]
    return _write(value) + ","


def _moment(value: str | None) -> str:
    """Write an instant in UTC; a day stays a day."""
    if value is None or "T" not in value.upper():
        return _entry(value)
    return _instant(moment_microseconds(value) or 0)


def _schedule(instalments: list[dict[str, Any]] | None) -> list[dict[str, Any]] | None:
    return instalments and [
        {
            name: _moment(value)[:-1] if name in _MOMENTS_OF_INSTALMENTS else value
            for name, value in instalment.items()
            if value is not None
        }
        for instalment in instalments
    ]


def _instant(microseconds: int) -> str:
    moment = _EPOCH + timedelta(microseconds=microseconds)
    return f'{moment.replace(tzinfo=None).isoformat()}Z"'


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
        return normal_number(value)
    if isinstance(value, str):
        return encode_basestring(value)
    if isinstance(value, dict):
        return (
            "{" + ",".join(f"{encode_basestring(name)}:{_write(value[name])}" for name in sorted(value)) + "}"
        )
    if isinstance(value, list):
        return "[" + ",".join(_write(member) for member in value) + "]"
    return json.dumps(value)
