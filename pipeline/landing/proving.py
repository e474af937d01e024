"""The fast half of validation: SQL, made from the catalogue, that proves lines right in bulk.

A proof never refuses: a line that it does not cover (unknown fields, escapes, nested objects, new values of
an enumeration, anything wrong) is judged one by one in `judging`, which gives the reason or clears the line.
Only names of the catalogue and bounds enter the text; values of the catalogue are parameters.
"""

import json
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from typing import Any

from pipeline.schemas.events import AtMostDays, ComesWith, EventType, Field, OneOf, Rising, Rule
from pipeline.schemas.events.kinds import INSTANT

PROVABLE_KINDS = frozenset(
    {
        "text",
        "name64",
        "pseudonym128",
        "chips",
        "whole",
        "number",
        "money",
        "rate",
        "currency",
        "instant",
        "moment",
        "date",
        "names",
        "texts",
    }
)
_HASHED_AS_NUMBER = frozenset({"chips", "whole", "number"})
_HASHED_AS_MOMENT = frozenset({"instant", "moment"})


@dataclass
class _Conditions:
    """Conditions of one type's proof with their parameters, in order."""

    texts: list[str] = field(default_factory=list)
    parameters: list[Any] = field(default_factory=list)

    def add(self, text: str, *parameters: object) -> None:
        self.texts.append(text)
        self.parameters.extend(parameters)


@cache
def proof_query(event_type: EventType) -> tuple[str, tuple[Any, ...]]:
    """Return the statement that adds the lines of one type to `proven`, and its parameters."""
    conditions = _Conditions()
    fields = event_type.fields
    conditions.add(_known_names(fields), [entry.name for entry in fields])
    if event_type.subject is not None:
        conditions.add("subject IS NOT NULL")
    for entry in fields:
        _prove_field(conditions, entry)
    for rule in event_type.rules:
        conditions.add(_rule_condition(rule, {entry.name: entry for entry in fields}))
    until = next((_scale(entry) for entry in fields if entry.name == event_type.reports_until), "NULL")
    columns = ", ".join(f'cast(d."{entry.name}" AS VARCHAR) AS {_column(entry.name)}' for entry in fields)
    structure = json.dumps({entry.name: "JSON" for entry in fields})
    # materialized and without a filter on the fields: either would parse the payload again for every use
    statement = f"""
        INSERT INTO proven
        WITH parsed AS MATERIALIZED (
            SELECT * EXCLUDE (data), from_json(data, '{structure}') AS d, json_keys(data) AS key_names
            FROM staged
            WHERE is_plain AND type = ?
        ),
        fields AS (SELECT * EXCLUDE (d), {columns} FROM parsed)
        SELECT
            ordinal,
            greatest(time_at, recorded_at, {until}),
            sha256({_hashed_content(fields)}),
            coalesce({" AND ".join(conditions.texts)}, FALSE)
        FROM fields
    """  # noqa: S608 names of the catalogue, checked to be plain words by its contract test
    return statement, (event_type.name, *conditions.parameters)


def _column(name: str) -> str:
    return f'"f_{name}"'


def _known_names(fields: tuple[Field, ...]) -> str:
    present = " + ".join(f"if({_column(entry.name)} IS NULL, 0, 1)" for entry in fields)
    return (
        f"CASE WHEN len(key_names) = {present} THEN TRUE "
        "ELSE len(list_distinct(key_names)) = len(key_names) AND list_has_all(?, key_names) END"
    )


def _prove_field(conditions: _Conditions, entry: Field) -> None:
    column = _column(entry.name)
    if entry.kind.name not in PROVABLE_KINDS:
        conditions.add("FALSE" if entry.is_required else f"{column} IS NULL")
        return
    tests = [f"is_{entry.kind.name}({column})"]
    parameters: list[Any] = []
    for bound, operator in (
        (entry.minimum, ">="),
        (entry.above, ">"),
        (entry.maximum, "<="),
        (entry.other_than, "<>"),
    ):
        if bound is not None:
            tests.append(f"number_of({column}) {operator} ?")
            parameters.append(float(bound))
    if entry.values:
        tests.append(f"{column} IN ({', '.join('?' * len(entry.values))})")
        parameters.extend(json.dumps(value) for value in entry.values)
    test = " AND ".join(tests)
    conditions.add(test if entry.is_required else f"({column} IS NULL OR ({test}))", *parameters)


def _rule_condition(rule: Rule, fields: dict[str, Field]) -> str:
    match rule:
        case Rising(names, _, is_strict):
            operator = "<" if is_strict else "<="
            return " AND ".join(
                f"coalesce({_scale(fields[low])} {operator} {_scale(fields[high])}, TRUE)"
                for low, high in pairwise(names)
            )
        case AtMostDays(start, end, days, _):
            span = f"epoch_us({_scale(fields[end])}) - epoch_us({_scale(fields[start])})"
            return f"{span} <= {days} * 86400000000"
        case ComesWith(name, companion, _):
            return f"({_column(name)} IS NULL OR {_column(companion)} IS NOT NULL)"
        case OneOf(names, _):
            return f"coalesce({', '.join(_column(name) for name in names)}) IS NOT NULL"


def _scale(entry: Field) -> str:
    if entry.kind.scale == "number":
        return f"number_of({_column(entry.name)})"
    return f"{'instant_of' if entry.kind is INSTANT else 'moment_of'}({_column(entry.name)})"


def _hashed_content(fields: tuple[Field, ...]) -> str:
    """Write the text that `judging.hashed_text` gives for the same content."""
    members = ", ".join(
        f"""',"{entry.name}":' || {_hashed(entry)}""" for entry in sorted(fields, key=lambda each: each.name)
    )
    parts = (
        "'{\"data\":{'",
        f"substring(concat({members}), 2)",
        """'},"datacontenttype":"application/json"'""",
        """',"dataschema":"' || dataschema || '"'""",
        """',"recordedtime":'""",
        "epoch_us(coalesce(recorded_at, time_at))",
        """',"sequence":"' || sequence || '"'""",
        """',"subject":"' || subject || '"'""",
        """',"time":'""",
        "epoch_us(time_at)",
        """',"type":"'""",
        "type",
        """'"}'""",
    )
    return f"concat({', '.join(parts)})"


def _hashed(entry: Field) -> str:
    if entry.kind.name in _HASHED_AS_NUMBER:
        return f"hashed_number({_column(entry.name)})"
    if entry.kind.name in _HASHED_AS_MOMENT:
        return f"hashed_moment({_column(entry.name)})"
    return _column(entry.name)
