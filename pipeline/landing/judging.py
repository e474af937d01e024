"""The exact half of validation: one line judged by the letter of the contract.

It decides every line that SQL could not prove right (`proving`): it gives the reason of a refusal, or clears
the line and states the event. At tens of microseconds a line it is no place for the bulk of a file.
"""

import difflib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pipeline.landing.checking import check_field, check_rule
from pipeline.landing.hashing import hash_content
from pipeline.landing.parsing import Member, Refusal, RefusedLineError, parse_object, shown
from pipeline.schemas.events import (
    CATALOGUE,
    ENVELOPE,
    Attribute,
    EventType,
    Reason,
)
from pipeline.schemas.events.envelope import (
    CONTENT_TYPE,
    FIRST_YEAR,
    LAST_YEAR,
    LONGEST_ID,
    LONGEST_SOURCE,
    SPEC_VERSION,
    URI_REFERENCE,
)
from pipeline.schemas.events.kinds import (
    NUMBER,
    NumberToken,
    json_type,
    moment_microseconds,
)

_FIRST = moment_microseconds(f"{FIRST_YEAR}-01-01T00:00:00Z") or 0
_END = moment_microseconds(f"{LAST_YEAR + 1}-01-01T00:00:00Z") or 0
_KNOWN_ATTRIBUTES = frozenset(attribute.name for attribute in ENVELOPE)
_NOT_FINITE = frozenset({"NaN", "Infinity", "-Infinity"})


@dataclass(frozen=True)
class Event:
    """A line that is an event; instants are microseconds since 1970 in UTC, `data` the producer's text."""

    source: str
    id: str
    type: str
    subject: str | None
    time: int
    recordedtime: int | None
    known_at: int
    sequence: str | None
    datacontenttype: str | None
    dataschema: str | None
    attributes: str | None
    flags: list[str]
    data: str
    content_hash: str


def judge(raw: str, catalogue: Mapping[str, EventType] = CATALOGUE) -> Event | Refusal:
    """Return the event that the line states, or why it states none."""
    try:
        members = parse_object(raw)
        values = {name: member.value for name, member in members.items()}
        if "NaN" in raw or "Infinity" in raw:
            _check_finite(values, "")
        if "\\u" in raw:
            _check_encodable(values)
        _check_envelope(values)
        return _state_event(members, values, _known_type(values["type"], catalogue))
    except RefusedLineError as refused:
        return refused.refusal
    except (RecursionError, ValueError, ArithmeticError) as error:  # one line may keep no other out
        return Refusal(
            Reason.INVALID_VALUE, f"the line holds a value that cannot be read ({type(error).__name__})"
        )


def _state_event(members: Mapping[str, Member], values: dict[str, Any], event_type: EventType) -> Event:
    data = values["data"]
    if event_type.subject is not None and values.get("subject") is None:
        raise RefusedLineError(
            Reason.MISSING_ATTRIBUTE,
            f"subject is absent; {event_type.name} needs it: {event_type.subject}",
        )
    for field in event_type.fields:
        check_field(field, data.get(field.name), event_type.name)
    present = {field.name: field for field in event_type.fields if data.get(field.name) is not None}
    for rule in event_type.rules:
        check_rule(rule, data, present)
    time, recorded = moment_microseconds(values["time"]), moment_microseconds(values.get("recordedtime"))
    until = moment_microseconds(data[event_type.reports_until]) if event_type.reports_until else None
    others = {
        name: member
        for name, member in members.items()
        if name not in _KNOWN_ATTRIBUTES and member.value is not None
    }
    return Event(
        source=values["source"],
        id=values["id"],
        type=event_type.name,
        subject=values.get("subject"),
        time=time or 0,
        recordedtime=recorded,
        known_at=max(instant for instant in (time, recorded, until) if instant is not None),
        sequence=values.get("sequence"),
        datacontenttype=values.get("datacontenttype"),
        dataschema=values.get("dataschema"),
        attributes=_rejoin(others) if others else None,
        flags=[
            f"unknown_value:{name}"
            for name, field in present.items()
            if field.values and data[name] not in field.values
        ],
        data=members["data"].text,
        content_hash=hash_content(values, event_type),
    )


def _rejoin(members: Mapping[str, Member]) -> str:
    return "{" + ",".join(f"{json.dumps(name)}:{member.text}" for name, member in members.items()) + "}"


def _check_finite(value: object, path: str) -> None:
    if isinstance(value, NumberToken):
        if value in _NOT_FINITE:
            raise RefusedLineError(
                Reason.NOT_FINITE, f"{path}: got {value}; allowed: {NUMBER.allowed} (JSON knows no {value})"
            )
    elif isinstance(value, dict):
        for name, member in value.items():
            _check_finite(member, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for member in value:
            _check_finite(member, path)


def _check_encodable(values: dict[str, Any]) -> None:
    try:
        json.dumps(values, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise RefusedLineError(
            Reason.INVALID_JSON, "the line holds half of a \\u pair (a lone surrogate), which is no character"
        ) from None


def _check_envelope(values: dict[str, Any]) -> None:
    for attribute in ENVELOPE:
        value = values.get(attribute.name)
        if value is None:
            if attribute.is_required:
                raise RefusedLineError(
                    Reason.MISSING_ATTRIBUTE,
                    f"{attribute.name} is absent; every event needs it: {attribute.rule}",
                )
            continue
        wanted = "object" if attribute.name == "data" else "string"
        if json_type(value) != wanted:
            _refuse_attribute(Reason.WRONG_TYPE, attribute, value)
        _check_attribute(attribute, value)


def _refuse_attribute(reason: Reason, attribute: Attribute, value: object) -> None:
    raise RefusedLineError(reason, f"{attribute.name}: got {shown(value)}; allowed: {attribute.rule}")


def _check_attribute(attribute: Attribute, value: Any) -> None:  # noqa: ANN401 any JSON value
    match attribute.name:
        case "specversion" if value != SPEC_VERSION:
            _refuse_attribute(Reason.INVALID_VALUE, attribute, value)
        case "datacontenttype" if value != CONTENT_TYPE:
            _refuse_attribute(Reason.INVALID_VALUE, attribute, value)
        case "id" if not 1 <= len(value) <= LONGEST_ID:
            _refuse_attribute(Reason.INVALID_LENGTH, attribute, value)
        case "subject" if not value:
            _refuse_attribute(Reason.INVALID_LENGTH, attribute, value)
        case "source" if not 1 <= len(value) <= LONGEST_SOURCE:
            _refuse_attribute(Reason.INVALID_LENGTH, attribute, value)
        case "source" if not URI_REFERENCE.fullmatch(value):
            _refuse_attribute(Reason.INVALID_SOURCE, attribute, value)
        case "time" | "recordedtime":
            if attribute.kind and not attribute.kind.accepts(value):
                _refuse_attribute(Reason.INVALID_INSTANT, attribute, value)
            if attribute.name == "time" and not _FIRST <= (moment_microseconds(value) or 0) < _END:
                _refuse_attribute(Reason.OUT_OF_RANGE, attribute, value)
        case _:
            pass


def _known_type(name: str, catalogue: Mapping[str, EventType]) -> EventType:
    if name not in catalogue:
        raise RefusedLineError(Reason.UNKNOWN_TYPE, _unknown_type(name, tuple(catalogue)))
    return catalogue[name]


@lru_cache(maxsize=4096)
def _unknown_type(name: str, known: tuple[str, ...]) -> str:
    likely = difflib.get_close_matches(name[:100], known, n=1)
    hint = f"; did you mean {likely[0]}?" if likely else ""
    return (
        f"type: got {shown(name)}, which the catalogue does not know{hint} "
        "(such lines land with 'quarantine reland' once it does)"
    )
