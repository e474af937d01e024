"""One line of JSON, read by the letter of RFC 8259: numbers keep their text, keys may not repeat.

The standard lets a reader limit how deep values nest and how far numbers reach. The limits here lie far
beyond what facts need, and within what all that reads the log can take.
"""

import json
import re
from dataclasses import dataclass
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any, Never

from pipeline.schemas.events.kinds import NumberToken
from pipeline.schemas.events.reasons import Reason

DEEPEST_NESTING = 64
LONGEST_EXPONENT = 4

_SPACE = re.compile(r"[ \t\n\r]*")
_BRACKET = re.compile(r'"(?:[^"\\]++|\\.)*+"?|(?P<opening>[\[{])|[\]}]', re.DOTALL)
_LONG_EXPONENT = re.compile(rf"[eE][+-]?[0-9]{{{LONGEST_EXPONENT + 1}}}")
_SHOWN_CHARACTERS = 80


@dataclass(frozen=True)
class Refusal:
    """Why a line does not land: a code, and a sentence with field, got and allowed."""

    reason: Reason
    message: str


class RefusedLineError(Exception):
    """Carries a refusal out of nested checks; never leaves landing."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.refusal = Refusal(reason, message)


@dataclass(frozen=True)
class Member:
    """One member of the outer object: its value, and its text as the producer wrote it."""

    value: Any
    text: str


def shown(value: object) -> str:
    """Write a parsed value for a message: as JSON, cut where it is long."""
    if isinstance(value, NumberToken):
        return _cut(str(value))
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else _cut(f"a list of {len(value)}")
    return _cut(json.dumps(value, ensure_ascii=False))


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}… ({len(text)} characters)"


def parse_object(raw: str) -> dict[str, Member]:
    """Return the members of the line's object.

    Raises:
        RefusedLineError: no JSON, no object, a key that stands twice, or a value beyond the limits.
    """
    if raw.count("[") + raw.count("{") > DEEPEST_NESTING:
        _require_shallow(raw)
    try:
        return _members(raw)
    except json.JSONDecodeError as error:
        found = raw[error.pos : error.pos + 1]
        where = f"column {error.pos + 1}" + (f", at {shown(found)}" if found else ", the end of the line")
        raise RefusedLineError(
            Reason.INVALID_JSON, f"the line is no JSON: {error.msg}, {where}; allowed: one JSON object a line"
        ) from None


def _require_shallow(raw: str) -> None:
    depth = 0
    for token in _BRACKET.finditer(raw):
        if token["opening"]:
            depth += 1
        elif token[0] in "]}":
            depth -= 1
        if depth > DEEPEST_NESTING:
            raise RefusedLineError(
                Reason.INVALID_JSON,
                f"the line nests values too deep, at column {token.end()}; "
                f"allowed: {DEEPEST_NESTING} objects and lists within each other",
            )


def _members(raw: str) -> dict[str, Member]:
    position = _skip(raw, 0)
    if raw[position : position + 1] != "{":
        _refuse_other_json(raw, position)
    members: dict[str, Member] = {}
    position = _skip(raw, position + 1)
    if raw[position : position + 1] == "}":
        _require_end(raw, position + 1)
        return members
    while True:
        if raw[position : position + 1] != '"':
            raise json.JSONDecodeError("a name in double quotes is expected", raw, position)
        name, position = scanstring(raw, position + 1, True)
        position = _skip(raw, position)
        if raw[position : position + 1] != ":":
            raise json.JSONDecodeError("a colon is expected", raw, position)
        start = _skip(raw, position + 1)
        value, position = _decode(raw, start)
        if name in members:
            _refuse_repeated(name)
        members[name] = Member(value, raw[start:position])
        position = _skip(raw, position)
        mark = raw[position : position + 1]
        if mark == "}":
            _require_end(raw, position + 1)
            return members
        if mark != ",":
            raise json.JSONDecodeError("a comma or the object's end is expected", raw, position)
        position = _skip(raw, position + 1)


def _skip(raw: str, position: int) -> int:
    match = _SPACE.match(raw, position)
    return match.end() if match else position


def _require_end(raw: str, position: int) -> None:
    end = _skip(raw, position)
    if end != len(raw):
        raise json.JSONDecodeError("nothing may follow the object", raw, end)


def _refuse_other_json(raw: str, position: int) -> Never:
    value, end = _decode(raw, position)
    _require_end(raw, end)
    raise RefusedLineError(
        Reason.NOT_AN_OBJECT, f"the line is JSON, but no object: got {shown(value)}; allowed: one JSON object"
    )


def _refuse_repeated(name: str) -> Never:
    raise RefusedLineError(
        Reason.DUPLICATE_KEY, f"the key {shown(name)} stands twice in one object; allowed: once"
    )


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        seen: set[str] = set()
        _refuse_repeated(next(name for name, _ in pairs if name in seen or seen.add(name)))  # type: ignore[func-returns-value]
    return members


def _number(text: str) -> NumberToken:
    if _LONG_EXPONENT.search(text):
        raise RefusedLineError(
            Reason.OUT_OF_RANGE,
            f"a number reaches too far: got {_cut(text)}; "
            f"allowed: an exponent of at most {LONGEST_EXPONENT} digits",
        )
    return NumberToken(text)


_DECODER = json.JSONDecoder(
    parse_float=_number, parse_int=NumberToken, parse_constant=NumberToken, object_pairs_hook=_unique
)


def _decode(raw: str, position: int) -> tuple[Any, int]:
    if position >= len(raw):
        raise json.JSONDecodeError("a value is expected", raw, position)
    try:
        return _DECODER.raw_decode(raw, position)
    except StopIteration as stop:
        raise json.JSONDecodeError("a value is expected", raw, int(stop.value)) from None
