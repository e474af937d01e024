"""How a producer writes the lines of one type: which members, in what order, with what between them.

Producers write their lines by machine, so that a few shapes cover a file. A shape says that a line is texts
that are the same in every line, and values between them. A line that is letter for letter what its values
give when they are written in the shape holds nothing else, nothing twice, and nothing that JSON does not
know.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from pipeline.schemas.events import ENVELOPE, EventType

Form = Literal["text", "bare", "noted", "null", "payload"]
"""How a value stands: in quotes; without them; a number with noughts that say nothing; null; the payload."""

_LIST = r'\[(?:"[^"\\]*"(?:,"[^"\\]*")*)?\]'
_MEMBER = re.compile(
    r'(?P<lead>[ \t\r\n]*[{,][ \t\r\n]*"(?P<name>[^"\\]*)"[ \t\r\n]*:[ \t\r\n]*)'
    rf'(?:(?P<text>"[^"\\]*")|(?P<null>null)|(?P<bare>{_LIST}|-?[0-9][0-9.]*)|(?P<payload>(?=\{{)))'
)
_PAYLOAD_END = re.compile(r"[ \t\r\n]*\}")
_NO_PAYLOAD = re.compile(r"\{[ \t\r\n]*\}")
_END = re.compile(r"[ \t\r\n]*\}[ \t\r\n]*")
_ATTRIBUTES = frozenset(attribute.name for attribute in ENVELOPE)


@dataclass(frozen=True)
class Part:
    """One member of an object.

    Attributes:
        lead: all that stands between the value before and this one, quotes apart.
        is_null_written: whether null stands for no value, instead of no member.
    """

    lead: str
    name: str
    form: Form
    is_null_written: bool = False


@dataclass(frozen=True)
class Shape:
    """The shape of lines.

    Attributes:
        envelope: members of the line; the one of the form `payload` is its payload.
        payload: members of the payload.
        payload_end: what follows the payload's last value, its brace included.
        end: what follows the envelope's last value, the line's end included.
    """

    type: str
    envelope: tuple[Part, ...]
    payload: tuple[Part, ...]
    payload_end: str
    end: str


def common_shapes(lines: Iterable[str], catalogue: Mapping[str, EventType]) -> list[tuple[Shape, int]]:
    """Return the shapes of some lines with how many lines have each, the commonest first.

    Lines of one shape may lack members that others have. A line with unknown members, escapes or nested
    values has no shape.
    """
    found: list[tuple[Shape, int]] = []
    for line in lines:
        shape = _shape_of(line, catalogue)
        if shape is None:
            continue
        for place, (known, count) in enumerate(found):
            if both := _both(known, shape):
                found[place] = (both, count + 1)
                break
        else:
            found.append((shape, 1))
    return sorted(found, key=lambda each: -each[1])


def _shape_of(line: str, catalogue: Mapping[str, EventType]) -> Shape | None:
    before, place = _parts(line, 0)
    payload, place = _parts(line, place)
    inner = (_PAYLOAD_END if payload else _NO_PAYLOAD).match(line, place)
    after, last = _parts(line, inner.end() if inner else place)
    outer = _END.fullmatch(line, last)
    envelope = before | after
    names = [text[1:-1] for part, text in envelope.items() if part.name == "type"]
    if not inner or not outer or len(names) != 1 or names[0] not in catalogue:
        return None
    fields = {field.name for field in catalogue[names[0]].fields}
    payloads = [part.name for part in (*envelope, *payload) if part.form == "payload"]
    if payloads != ["data"] or not _are_known(envelope, _ATTRIBUTES) or not _are_known(payload, fields):
        return None
    return Shape(names[0], tuple(envelope), tuple(payload), inner[0], outer[0])


def _parts(line: str, place: int) -> tuple[dict[Part, str], int]:
    """Return the members from a place on, with the texts of their values, up to a payload; and the end."""
    found: dict[Part, str] = {}
    while match := _MEMBER.match(line, place):
        form: Form = match.lastgroup  # type: ignore[assignment]
        text, place = match[form], match.end()
        if form == "bare" and not text.startswith("[") and text not in _plain_numbers(text):
            form = "noted"
        found[Part(match["lead"], match["name"], form)] = text
        if form == "payload":
            break
    return found, place


def _plain_numbers(text: str) -> tuple[str, ...]:
    """Return how a number is written without noughts that say nothing, whole and with a fraction."""
    try:
        number = float(text)
    except ValueError:
        return ()
    return (repr(number), repr(int(number)))


def _are_known(parts: Iterable[Part], known: Iterable[str]) -> bool:
    names = [part.name for part in parts]
    return len(set(names)) == len(names) and set(names) <= set(known)


def _both(one: Shape, other: Shape) -> Shape | None:
    """Return the shape of lines of either shape; None where there is none."""
    ends = (one.type, one.payload_end, one.end), (other.type, other.payload_end, other.end)
    if ends[0] != ends[1]:
        return None
    envelope, payload = _both_parts(one.envelope, other.envelope), _both_parts(one.payload, other.payload)
    if envelope is None or payload is None:
        return None
    return replace(one, envelope=envelope, payload=payload)


def _both_parts(one: tuple[Part, ...], other: tuple[Part, ...]) -> tuple[Part, ...] | None:
    parts, place = list(one), 0
    for part in other:
        places = [number for number, known in enumerate(parts) if known.name == part.name]
        if not places:
            parts.insert(place, part)
        else:
            either = _either(parts[places[0]], part)
            if either is None or places[0] < place:
                return None
            place = places[0]
            parts[place] = either
        place += 1
    starts = {found[0].name for found in (one, other, parts) if found}
    return tuple(parts) if len(starts) <= 1 else None


def _either(one: Part, other: Part) -> Part | None:
    if one.lead != other.lead:
        return None
    if one.form == other.form:
        return replace(one, is_null_written=one.is_null_written or other.is_null_written)
    if "null" in (one.form, other.form):
        filled = other if one.form == "null" else one
        return replace(filled, is_null_written=True)
    return None
