"""The fast half of validation: SQL, made from the catalogue, that proves lines of one shape right in bulk.

A proof never refuses: a line that it does not cover (of another shape, with unknown members, escapes or
nested values, or wrong) is judged one by one in `judging`, which gives the reason or clears the line. Only
names of the catalogue enter the text of a query; texts of the shape and values of the catalogue are
parameters.
"""

import json
from collections.abc import Iterable, Mapping
from functools import cache
from itertools import pairwise
from typing import Any

from pipeline.landing.hashing import NOTHING
from pipeline.landing.shapes import Part, Shape
from pipeline.schemas.events import ENVELOPE, AtMostDays, ComesWith, EventType, Field, OneOf, Rising, Rule
from pipeline.schemas.events.envelope import CONTENT_TYPE, LONGEST_ID, LONGEST_SOURCE, SPEC_VERSION

_BARE, _QUOTED = frozenset({"bare"}), frozenset({"text"})
_NUMBER = frozenset({"bare", "noted"})
_FORMS = {
    "text": _QUOTED,
    "name64": _QUOTED,
    "pseudonym128": _QUOTED,
    "chips": _NUMBER | _QUOTED,
    "whole": _NUMBER | _QUOTED,
    "number": _NUMBER,
    "money": _QUOTED,
    "rate": _QUOTED,
    "currency": _QUOTED,
    "instant": _QUOTED,
    "moment": _QUOTED,
    "date": _QUOTED,
    "names": _BARE,
    "texts": _BARE,
}
PROVABLE_KINDS = frozenset(_FORMS)
_MOMENTS = {"instant": "instant_of", "moment": "moment_of", "date": "day_of"}
_REQUIRED = frozenset(attribute.name for attribute in ENVELOPE if attribute.is_required)
_TOLD = frozenset({"specversion", "type", "data"})  # by the shape, or by other columns
_ENVELOPE_MOMENTS = {"time": "time_at", "recordedtime": "recorded_at"}
_EXACT_DIGITS = 16  # of a number as it was written, sign and point among them: a DOUBLE tells any two apart

Query = tuple[str, dict[str, Any]]


Columns = tuple[tuple[str, bool], ...]
"""The envelope's columns of table rows by name, and whether each holds instants instead of text."""


@cache
def proof_query(shape: Shape, event_type: EventType, columns: Columns | None = None) -> Query | None:
    """Return the query that states the lines of one shape as events; None where no such line can be right.

    It reads `portion_lines`: ordinal, and the line as `raw` or, of table rows, the envelope's columns. Its
    rows are the lines that may be of the type: their ordinal, the columns of an arrival, and `is_proven`,
    which tells whether they are right. A row that is not proven states nothing.
    """
    proof = _Proof(shape, event_type) if columns is None else _RowProof(shape, event_type, dict(columns))
    return (proof.query(), proof.given) if proof.is_possible() else None


class _Given(dict[str, Any]):
    """Parameters of a query by name."""

    def __call__(self, value: object) -> str:
        name = f"p{len(self)}"
        self[name] = value
        return f"${name}"


class _Texts:
    """Arguments of a concat: texts that stand side by side become one parameter."""

    def __init__(self, given: _Given) -> None:
        self._given = given
        self._arguments: list[str] = []
        self._pending = ""

    def say(self, text: str) -> None:
        self._pending += text

    def add(self, argument: str) -> None:
        if self._pending:
            self._arguments.append(self._given(self._pending))
            self._pending = ""
        self._arguments.append(argument)

    def sql(self) -> str:
        """Return the whole text as SQL."""
        ending = [self._given(self._pending)] if self._pending else []
        return f"concat({', '.join([*self._arguments, *ending])})"


class _Proof:
    """One shape's proof in the making.

    Columns of its stages: `a_…` text of an attribute, `f_…` text of a field, `m_…` the moment that it is.
    """

    def __init__(self, shape: Shape, event_type: EventType) -> None:
        self.given = _Given()
        self._shape = shape
        self._type = event_type
        self._attributes = {part.name: part for part in shape.envelope if part.form != "null"}
        self._parts = {part.name: part for part in shape.payload if part.form != "null"}
        self._fields = {field.name: field for field in event_type.fields if field.name in self._parts}
        self._moments = [name for name, field in self._fields.items() if field.kind.name in _MOMENTS]

    def is_possible(self) -> bool:
        """Tell whether a line of the shape can be right."""
        required = {field.name for field in self._type.fields if field.is_required}
        forms = {"data": {"payload"}}
        return (
            required <= self._fields.keys()
            and self._attributes.keys() >= _REQUIRED
            and (self._type.subject is None or "subject" in self._attributes)
            and all(part.form in forms.get(name, _QUOTED) for name, part in self._attributes.items())
            and all(
                self._parts[name].form in _FORMS.get(field.kind.name, ())
                for name, field in self._fields.items()
            )
        )

    def query(self) -> str:
        # no stage filters what it computes: the line would be parsed again for every use
        return f"""
            WITH
            parsed AS ({self._parsed()}),
            members AS (SELECT ordinal, raw, {", ".join(self._members())} FROM parsed),
            moments AS (SELECT *, {", ".join(self._instants())} FROM members),
            written AS (SELECT *, {self._written_payload()} AS data FROM moments)
            SELECT
                ordinal,
                a_source AS source,
                a_id AS id,
                {self.given(self._type.name)} AS type,
                a_subject AS subject,
                time_at AS time,
                recorded_at AS recordedtime,
                {self._known_at()} AS known_at,
                a_sequence AS sequence,
                a_datacontenttype AS datacontenttype,
                a_dataschema AS dataschema,
                {self._flags()} AS flags,
                data,
                unhex(md5(concat(length(a_source), ':', a_source, a_id))) AS event_key,
                md5({self._content()}) AS content_hash,
                coalesce({" AND ".join(self._conditions())}, FALSE) AS is_proven
            FROM written
        """  # noqa: S608 names of the catalogue, checked to be plain words by its contract test

    def _parsed(self) -> str:
        """Select `raw`, the text that is parsed, and `line`, what it holds that the shape does not tell."""
        structure: dict[str, Any] = dict.fromkeys(self._attributes, "VARCHAR")
        for name in _TOLD:
            structure.pop(name, None)
        if fields := self._structure():
            structure["data"] = fields
        return f"""
            SELECT ordinal, raw, from_json(raw, '{json.dumps(structure)}') AS line
            FROM portion_lines
            WHERE contains(raw, {self.given(f'"{self._type.name}"')}) AND {_is_json("raw")}
        """  # noqa: S608

    def _structure(self) -> dict[str, str]:
        return dict.fromkeys((name for name, part in self._parts.items() if part.form != "noted"), "VARCHAR")

    def _members(self) -> Iterable[str]:
        for attribute in ENVELOPE:
            name = attribute.name
            if name not in _TOLD:
                value = f'line."{name}"' if name in self._attributes else "cast(NULL AS VARCHAR)"
                yield f'{value} AS "a_{name}"'
        yield from self._field_texts("line.data")

    def _field_texts(self, payload: str) -> Iterable[str]:
        for name, part in self._parts.items():
            value = f'{payload}."{name}"'
            if part.form == "noted":
                value = f"""nullif(regexp_extract(raw, '"{name}"\\s*:\\s*(-?[0-9]+(?:\\.[0-9]+)?)', 1), '')"""
            yield f"{value} AS {_text(name)}"

    def _instants(self) -> Iterable[str]:
        yield "instant_of(a_time) AS time_at"
        yield "instant_of(a_recordedtime) AS recorded_at"
        yield from self._field_moments()

    def _field_moments(self) -> Iterable[str]:
        for name in self._moments:
            yield f"{_MOMENTS[self._fields[name].kind.name]}({_text(name)}) AS {_moment(name)}"

    def _known_at(self) -> str:
        until = [_moment(self._type.reports_until)] if self._type.reports_until else []
        return f"greatest({', '.join(['time_at', 'recorded_at', *until])})"

    def _flags(self) -> str:
        known = {
            field.name: f"({_text(field.name)} IS NULL OR {self._is_known(field)})"
            for field in self._fields.values()
            if field.values
        }
        if not known:
            return "cast(NULL AS VARCHAR[])"
        remarks = ", ".join(
            f"CASE WHEN NOT {test} THEN 'unknown_value:{name}' END" for name, test in known.items()
        )
        are_known = " AND ".join(known.values())
        return f"CASE WHEN NOT ({are_known}) THEN list_filter([{remarks}], lambda x: x IS NOT NULL) END"

    def _is_known(self, field: Field) -> str:
        cases = " ".join(f"WHEN {self.given(value)} THEN TRUE" for value in field.values)
        return f"CASE {_text(field.name)} {cases} ELSE FALSE END"

    def _written_payload(self) -> str:
        texts = _Texts(self.given)
        for part in self._shape.payload:
            self._write(texts, part, _text(part.name), is_required=self._is_required(part.name))
        texts.say(self._shape.payload_end)
        return texts.sql()

    def _written_line(self) -> str:
        texts = _Texts(self.given)
        told = {"specversion": SPEC_VERSION, "type": self._type.name}
        for part in self._shape.envelope:
            if part.form == "payload":
                texts.say(part.lead)
                texts.add("data")
            elif part.name in told:
                texts.say(f'{part.lead}"{told[part.name]}"')
            else:
                self._write(texts, part, f'"a_{part.name}"', is_required=part.name in _REQUIRED)
        texts.say(self._shape.end)
        return texts.sql()

    def _is_required(self, name: str) -> bool:
        return name in self._fields and self._fields[name].is_required

    def _write(self, texts: _Texts, part: Part, value: str, *, is_required: bool) -> None:
        quote = '"' if part.form == "text" else ""
        if part.form == "null":
            texts.say(f"{part.lead}null")
        elif is_required:
            texts.say(part.lead + quote)
            texts.add(value)
            texts.say(quote)
        elif part.is_null_written:
            texts.say(part.lead)
            texts.add(f"coalesce({self.given(quote)} || {value} || {self.given(quote)}, 'null')")
        else:
            texts.add(f"{self.given(part.lead + quote)} || {value} || {self.given(quote)}")

    def _exactness(self) -> Iterable[str]:
        """Yield what proves that the line says what was read of it, and nothing else."""
        yield f"{self._written_line()} = raw"

    def _conditions(self) -> Iterable[str]:
        yield from self._exactness()
        yield f"length(a_id) BETWEEN 1 AND {LONGEST_ID}"
        yield f"length(a_source) <= {LONGEST_SOURCE} AND fits_uri_reference(a_source)"
        yield "a_subject <> ''" if self._type.subject else "(a_subject IS NULL OR a_subject <> '')"
        yield "falls_in_the_log(time_at)"
        yield "(a_recordedtime IS NULL OR is_moment(recorded_at))"
        yield f"(a_datacontenttype IS NULL OR a_datacontenttype = '{CONTENT_TYPE}')"
        for field in self._fields.values():
            yield self._field_condition(field)
        for rule in self._type.rules:
            yield from self._rule_conditions(rule)

    def _field_condition(self, field: Field) -> str:
        text, kind = _text(field.name), field.kind.name
        tests = [f"is_{kind}({_moment(field.name) if kind in _MOMENTS else text})"]
        if self._parts[field.name].form == "noted":
            tests.append(f"length({text}) <= {_EXACT_DIGITS}")
        for bound, operator in (
            (field.minimum, ">="),
            (field.above, ">"),
            (field.maximum, "<="),
            (field.other_than, "<>"),
        ):
            if bound is not None:
                tests.append(f"number_of({text}) {operator} {self.given(float(bound))}")
        test = " AND ".join(tests)
        return test if field.is_required else f"({text} IS NULL OR ({test}))"

    def _rule_conditions(self, rule: Rule) -> Iterable[str]:
        match rule:
            case Rising(names, _, is_strict):
                operator = "<" if is_strict else "<="
                for low, high in pairwise(name for name in names if name in self._fields):
                    yield f"coalesce({self._scale(low)} {operator} {self._scale(high)}, TRUE)"
            case AtMostDays(start, end, days, _):
                yield f"epoch_us({_moment(end)}) - epoch_us({_moment(start)}) <= {days} * 86400000000"
            case ComesWith(name, companion, _) if name in self._fields:
                has_companion = f"{_text(companion)} IS NOT NULL" if companion in self._fields else "FALSE"
                yield f"({_text(name)} IS NULL OR {has_companion})"
            case OneOf(names, _):
                given = [f"{_text(name)} IS NOT NULL" for name in names if name in self._fields]
                yield f"({' OR '.join(given) or 'FALSE'})"
            case _:
                pass

    def _scale(self, name: str) -> str:
        return _moment(name) if name in self._moments else f"number_of({_text(name)})"

    def _content(self) -> str:
        """Write the text that `hashing` gives for the same content."""
        texts = _Texts(self.given)
        texts.say(f'{self._type.name}"')
        recorded = "CASE WHEN recorded_at <> time_at THEN instant_text(a_recordedtime, recorded_at) END"
        for name, value in {
            "subject": "a_subject",
            "time": "instant_text(a_time, time_at)",
            "recordedtime": recorded,
            "sequence": "a_sequence",
            "dataschema": "a_dataschema",
        }.items():
            self._state(texts, value if name in self._attributes else None, is_required=name in _REQUIRED)
        for field in self._type.fields:
            value, end = _text(field.name), '"'
            if field.kind.name in ("instant", "moment"):
                value = f"instant_text({value}, {_moment(field.name)})"
            elif field.name in self._parts and self._parts[field.name].form != "text":
                value, end = value if field.kind.name in ("names", "texts") else f"number_text({value})", ","
            stated = value if field.name in self._parts else None
            self._state(texts, stated, end, is_required=field.is_required)
        return texts.sql()

    def _state(self, texts: _Texts, value: str | None, end: str = '"', *, is_required: bool) -> None:
        if value is None:
            texts.say(NOTHING)
        elif is_required:
            texts.add(value)
            texts.say(end)
        else:
            texts.add(f"coalesce({value} || '{end}', {self.given(NOTHING)})")


class _RowProof(_Proof):
    """The proof of table rows: the envelope stands in columns, and the payload is JSON."""

    def __init__(self, shape: Shape, event_type: EventType, columns: Mapping[str, bool]) -> None:
        super().__init__(shape, event_type)
        self._columns = columns
        self._attributes = {name: Part("", name, "payload" if name == "data" else "text") for name in columns}

    def _parsed(self) -> str:
        fields = self._structure() or {"data": "VARCHAR"}
        return f"""
            SELECT *, data AS raw, from_json(data, '{json.dumps(fields)}') AS payload
            FROM portion_lines
            WHERE type = {self.given(self._type.name)} AND {_is_json("data")}
        """  # noqa: S608

    def _members(self) -> Iterable[str]:
        yield "specversion"
        for attribute in ENVELOPE:
            name = attribute.name
            if name not in _TOLD:
                yield f'{self._attribute(name)} AS "a_{name}"'
        for name, moment in _ENVELOPE_MOMENTS.items():
            yield f'"{name}" AS {moment}' if self._columns.get(name) else f"instant_of(a_{name}) AS {moment}"
        yield from self._field_texts("payload")

    def _attribute(self, name: str) -> str:
        if name not in self._columns:
            return "cast(NULL AS VARCHAR)"
        return f"""if("{name}" IS NULL, NULL, '')""" if self._columns[name] else f'"{name}"'

    def _instants(self) -> Iterable[str]:
        yield "FALSE AS is_line"
        yield from self._field_moments()

    def _exactness(self) -> Iterable[str]:
        yield "data = raw"
        yield f"specversion = '{SPEC_VERSION}'"
        yield "NOT needs_escapes(concat(a_subject, a_sequence, a_dataschema))"


def _is_json(text: str) -> str:
    return f"CASE WHEN strlen({text}) < 1000000 THEN json_valid({text}) ELSE FALSE END"


def _text(name: str) -> str:
    return f'"f_{name}"'


def _moment(name: str) -> str:
    return f'"m_{name}"'
