"""Event lines of any type as Hypothesis draws them: mostly what the contract allows, now and then odd."""

import json
import re
from datetime import datetime
from typing import Any

from hypothesis import strategies as st

from pipeline.schemas.events import CATALOGUE, EventType, Field
from tests.landing_world import event, usage

MOMENTS = st.datetimes(datetime(2000, 1, 2), datetime(2199, 12, 30))  # noqa: DTZ001 written in UTC below
GOOD_FORMS = ["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S.%fZ", "%Y-%m-%dT%H:%M:%S+05:30"]
ODD_FORMS = [
    "%Y-%m-%dt%H:%M:%Sz",
    "%Y-%m-%d %H:%M:%SZ",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d",
    "%Y-%m-%dT24:%M:%SZ",
]


def written(forms: list[str]) -> st.SearchStrategy[str]:
    return st.builds(lambda moment, form: moment.strftime(form), MOMENTS, st.sampled_from(forms))


ODD_INSTANTS = written(ODD_FORMS) | st.sampled_from(
    ["1999-12-31T23:59:59Z", "2200-01-01T00:00:00Z", "2026-02-30T00:00:00Z"]
)
ODD_NUMBERS = st.sampled_from(
    [1.5, "1e3", "x", "", 10**15, 10**20, -0.0, -1, True, float("nan"), 1e300, 1e-9, "16.0"]
)
ODD_TEXTS = st.text(max_size=70) | st.sampled_from(["", " ", "\u00e9" * 64, "x" * 129, 'a"b', 5])
ODD_MONEY = st.sampled_from(["-1.25", "1e3", ".5", "0", "-0.0", 5, "12345678901234567.123"])
PERIODS = st.sampled_from(["2026-01-05T00:00:00Z", "2026-01-06T02:00:00+02:00", "2026-01-07T00:00:00.5Z"])
GOOD: dict[str, st.SearchStrategy[Any]] = {
    "chips": st.integers(1, 99) | st.sampled_from([16.0, "16"]),
    "whole": st.integers(0, 99),
    "number": st.floats(0.001, 1) | st.sampled_from([1, 0.5, 0.25]),
    "money": st.sampled_from(["1", "0.50", "12.0000"]),
    "rate": st.sampled_from(["1.08"]),
    "currency": st.sampled_from(["USD", "EUR"]),
    "instant": PERIODS,
    "moment": PERIODS | st.just("2026-01-05"),
    "date": st.sampled_from(["2026-01-05", "2026-01-06"]),
    "names": st.lists(st.sampled_from(["eu", "us-east-1"]), max_size=3),
    "texts": st.lists(st.sampled_from(["a", "b"]), max_size=3),
    "schedule": st.lists(
        st.fixed_dictionaries(
            {"start": PERIODS | st.just("2026-01-05"), "chips": st.sampled_from([16, 16.0])},
            optional={"end": st.none() | st.just("2026-01-08T00:00:00+01:00")},
        ),
        min_size=1,
        max_size=2,
    ),
    "object": st.just({"generation": "trn2"}),
}
ODD: dict[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(("chips", "whole", "number"), ODD_NUMBERS),
    **dict.fromkeys(("money", "rate"), ODD_MONEY),
    **dict.fromkeys(("instant", "moment", "date"), ODD_INSTANTS | written(GOOD_FORMS)),
    "currency": st.sampled_from(["usd", "US", 5]),
    "names": st.lists(ODD_TEXTS, max_size=3),
    "texts": st.lists(ODD_TEXTS, max_size=3),
    "schedule": st.lists(st.fixed_dictionaries({"start": ODD_INSTANTS, "chips": ODD_NUMBERS}), max_size=2),
}
NAMES = st.sampled_from(["trn2", "us-east-1", "c1"])
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


def rarely(draw: st.DrawFn) -> bool:
    return draw(st.integers(0, 39)) == 0


@st.composite
def payloads(draw: st.DrawFn, entry: EventType) -> dict[str, Any]:
    fields = [field for field in entry.fields if field.is_required or draw(st.integers(0, 3)) == 0]
    if rarely(draw):
        fields = fields[1:]
    data = {field.name: draw(value_of(field, is_odd=rarely(draw))) for field in draw(st.permutations(fields))}
    others: list[dict[str, Any]] = [{}, {}, {}, {"colour": "red"}, {"more": {"a": [1.50]}}, {"segment": None}]
    return data | draw(st.sampled_from(others))


def value_of(field: Field, *, is_odd: bool) -> st.SearchStrategy[Any]:
    if is_odd:
        return ODD.get(field.kind.name, ODD_TEXTS) | ANYTHING
    return st.sampled_from(field.values) if field.values else GOOD.get(field.kind.name, NAMES)


@st.composite
def lines(draw: st.DrawFn) -> str:
    name = draw(st.sampled_from(sorted(CATALOGUE)))
    is_odd = rarely(draw)
    envelope = {
        "specversion": "1.0",
        "id": draw(st.text(max_size=4) if is_odd else st.uuids().map(str) | st.sampled_from("ab")),
        "source": draw(st.sampled_from(["urn:x:y", "/s%20", "/ s", "é"] if is_odd else ["/s"])),
        "type": name,
        "subject": draw(st.sampled_from([None, "", "名"] if is_odd else ["s1"])),
        "time": draw(ODD_INSTANTS if is_odd else written(GOOD_FORMS)),
        "data": draw(payloads(CATALOGUE[name])),
    }
    others: list[dict[str, Any]] = [{}, {}, {}, {"sequence": "3"}, {"x": 1}, {"dataschema": None}]
    envelope |= draw(st.sampled_from(others))
    if draw(st.booleans()):
        envelope["recordedtime"] = draw(ODD_INSTANTS if rarely(draw) else written(GOOD_FORMS))
    separators = draw(st.sampled_from([(",", ":"), (", ", ": "), (" ,", ":  ")]))
    names = draw(st.permutations(list(envelope))) if draw(st.booleans()) else list(envelope)
    text = json.dumps(
        {name: envelope[name] for name in names}, separators=separators, ensure_ascii=draw(st.booleans())
    )
    return re.sub(r"(?<=[0-9]\.[0-9])(?=[,} ])", draw(st.sampled_from(["", "0", "00"])), text)


MARKS = [
    *'{}[]":,0e.-+\\ \t',
    "NaN",
    "null",
    "1e3",
    '"a":1,',
    "//",
    ",}",
    "nan",
    "Infinity",
    " ",
    " ",
    "1",
    "a",
]


@st.composite
def garbled(draw: st.DrawFn) -> str:
    """A valid line with a few characters replaced by others that matter to JSON."""
    separators = draw(st.sampled_from([(",", ":"), (", ", ": ")]))
    text = json.dumps(draw(st.sampled_from([event(), usage()])), separators=separators)
    for _ in range(draw(st.integers(1, 2))):
        place = draw(st.integers(0, len(text)))
        text = text[:place] + draw(st.sampled_from(MARKS)) + text[place + draw(st.integers(0, 1)) :]
    return text
