"""Which lines SQL proves in bulk, and which are left to the letter of the contract."""

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from pipeline.landing import clearing
from pipeline.landing.blocks import LINES
from pipeline.landing.clearing import clear_lines
from pipeline.landing.gathering import Gathered
from pipeline.landing.portion import prepare
from pipeline.schemas.events import CATALOGUE
from pipeline.store import Connection
from tests.landing_world import event, rows, usage

DENIED = event(
    type="trn.request.denied.v1",
    subject="r1",
    data={
        "customer_id": "c1",
        "region": "us-east-1",
        "generation": "trn2",
        "chips_requested": 16,
        "chips_granted": "8",
        "reason": "quota",
        "acceptable_regions": ["eu-west-1", "us-west-2"],
    },
)

PROVEN = {
    "compact": json.dumps(usage(), separators=(",", ":")),
    "with spaces": json.dumps(usage()),
    "with other spaces": json.dumps(usage(), separators=(" ,\t", "  :")) + " ",
    "letters beyond ASCII": json.dumps(usage(data_region="münchen-1"), ensure_ascii=False),
    "keys in another order": json.dumps(dict(reversed(usage().items()))),
    "null for nothing": json.dumps(usage(data_reservation_id=None, subject=None)),
    "optional fields": json.dumps(usage(data_reservation_id="r1", data_sku="s1")),
    "every attribute": json.dumps(
        usage(
            subject="s",
            recordedtime="2026-01-05T00:00:00.5+02:00",
            sequence="1",
            datacontenttype="application/json",
            dataschema="/schema",
        )
    ),
    "noughts after the point": json.dumps(usage()).replace("24.0", "24.500"),
    "a new value of an enumeration": json.dumps(usage(data_purchase_option="flex")),
    "chips as text and a list": json.dumps(DENIED, separators=(",", ":")),
    "no fields at all": json.dumps(event(type="trn.reservation.expired.v1", subject="r1", data={})),
    "a line end of two characters": json.dumps(usage()) + "\r\n",
}

LEFT = {
    "an escape": json.dumps(usage(data_region='a"b')),
    "an escape that need not be": json.dumps(usage()).replace("us-east", "us\\u002deast"),
    "an unknown field": json.dumps(usage(data_colour="red")),
    "an unknown attribute": json.dumps(usage(colour="red")),
    "a nested value": json.dumps(usage(data_sku={"a": 1})),
    "an exponent": json.dumps(usage()).replace("24.0", "2.4e1"),
    "more digits than a DOUBLE": json.dumps(usage()).replace("24.0", "24.00000000000000000001"),
    "a number in quotes": json.dumps(usage(data_chip_hours="24.0")),
    "a text without": json.dumps(usage()).replace('"trn2"', "2"),
    "a key twice": json.dumps(usage()).replace('"region"', '"region": "x", "region"'),
    "a comma too many": json.dumps(usage())[:-2] + ",}}",
    "no JSON": json.dumps(usage())[:-1],
    "a field too few": json.dumps({**usage(), "data": {"region": "x"}}),
    "an unknown type": json.dumps(usage(type="trn.usage.guessed.v1")),
    "a tab within a name": json.dumps(usage()).replace("us-east", "us\teast"),
}


@pytest.fixture(autouse=True)
def every_shape_is_worth_a_query(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clearing, "LEAST_LINES", 0)


def cleared(connection: Connection, lines: list[str]) -> tuple[pa.Table, list[int]]:
    prepare(connection)
    count = len(lines)
    table = pa.table([np.arange(1, count + 1), lines, pa.nulls(count)], schema=LINES)
    gathered = Gathered(table, np.zeros(count, dtype=np.int64), ["lines.jsonl"])
    tables, left = clear_lines(connection, gathered, CATALOGUE)
    events = pa.concat_tables(tables)
    return events.filter(events["is_event"]), left.tolist()


@pytest.mark.parametrize("line", PROVEN.values(), ids=PROVEN)
def test_what_machines_write_is_proven_in_bulk(log: Connection, line: str) -> None:
    events, left = cleared(log, [line] * 3)
    assert (events["ordinal"].to_pylist(), left) == ([0, 1, 2], [])


@pytest.mark.parametrize("line", LEFT.values(), ids=LEFT)
def test_what_only_the_letter_can_tell_is_left_though_its_like_is_proven(log: Connection, line: str) -> None:
    good = json.dumps(usage())
    events, left = cleared(log, [good, line, good])
    assert (sorted(events["ordinal"].to_pylist()), left) == ([0, 2], [1])


def test_lines_of_many_shapes_are_each_proven_once(log: Connection) -> None:
    lines = [*PROVEN.values(), *LEFT.values()] * 20
    events, left = cleared(log, lines)
    assert sorted([*events["ordinal"].to_pylist(), *left]) == list(range(len(lines)))
    assert len(left) == 20 * len(LEFT)


def test_shapes_that_differ_in_what_they_leave_out_are_one_query(log: Connection) -> None:
    asked: list[str] = []

    class Listening:
        def execute(self, query: str, *parameters: Any) -> Any:
            asked.append(query)
            return log.execute(query, *parameters)

        def __getattr__(self, name: str) -> Any:
            return getattr(log, name)

    optional: list[dict[str, Any]] = [{}, {"data_sku": "s"}, {"data_need_id": "n"}, {"sequence": "1"}]
    lines = [json.dumps(usage(**some)) for some in optional]
    prepare(log)
    table = pa.table([np.arange(4), lines, pa.nulls(4)], schema=LINES)
    _, left = clear_lines(
        Listening(),  # type: ignore[arg-type]
        Gathered(table, np.zeros(4, dtype=np.int64), ["lines.jsonl"]),
        CATALOGUE,
    )
    assert (len(asked), left.tolist()) == (1, [])


def test_the_flags_of_a_proven_line_are_those_of_a_judged_one(log: Connection) -> None:
    events, _ = cleared(log, [json.dumps(usage(data_purchase_option="flex")), json.dumps(usage())])
    assert events["flags"].to_pylist() == [["unknown_value:purchase_option"], None]
    assert rows(log, "SELECT count(*) FROM events") == [(0,)]
