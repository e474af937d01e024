"""Which lines SQL proves in bulk, and which are left to the letter of the contract."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.landing import clearing, portion
from pipeline.landing.blocks import LINES
from pipeline.landing.clearing import clear_lines
from pipeline.landing.gathering import Gathered
from pipeline.landing.judging import Event, judge
from pipeline.landing.parsing import Refusal
from pipeline.landing.portion import prepare
from pipeline.schemas.events import CATALOGUE, EventType
from pipeline.store import Connection
from tests.landing_world import event, land, open_log, rows, usage

IN_UTC = pa.timestamp("us", tz="UTC")

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


def at(hour: int, microsecond: int = 0) -> datetime:
    return datetime(2026, 1, 5, hour, 0, 0, microsecond, tzinfo=UTC)


PAYLOADS = [
    {"region": "us-east-1", "chip_hours": 24.0, "instance_type": "trn2.48xlarge"},
    {"region": "eu", "chip_hours": 0.125, "instance_type": None},
    {"region": 'a"b\\c\n', "chip_hours": 1.0, "instance_type": "é"},
    {"region": "us-east-1", "chip_hours": 1e300, "instance_type": None},
    {"region": "us-east-1", "chip_hours": -1.0, "instance_type": None},
    {"region": "us-east-1", "chip_hours": None, "instance_type": None},
    {"region": "", "chip_hours": 1.0, "instance_type": None},
]


def usage_rows(*, is_struct: bool) -> pa.Table:
    """Return typed rows of every payload, in turn with whole and broken seconds, subjects and sequences."""
    data, starts = [], [at(0), at(0, 500_000), at(0), at(23, 1)]
    for number, start in product(range(len(PAYLOADS)), starts):
        fixed = {"customer_id": "c1", "generation": "trn2", "purchase_option": "spot", "period_end": at(23)}
        data.append(fixed | {"period_start": start} | PAYLOADS[number])
    kinds = {"chip_hours": pa.float64()} | dict.fromkeys(("period_start", "period_end"), IN_UTC)
    struct = pa.struct([(name, kinds.get(name, pa.string())) for name in data[0]])
    texts = [
        json.dumps(
            {
                name: f"{value:%Y-%m-%dT%H:%M:%SZ}" if isinstance(value, datetime) else value
                for name, value in each.items()
                if value is not None
            }
        )
        for each in data
    ]
    count = len(data)
    return pa.table(
        {
            "specversion": ["1.0"] * (count - 1) + ["0.3"],
            "id": [f"i{number}" for number in range(count)],
            "source": ["/s", "/s", "/s", "/ s"] * (count // 4),
            "type": ["trn.usage.metered.v1"] * count,
            "subject": [None, "s", 'a"b', ""] * (count // 4),
            "time": pa.array([at(0), at(1), at(2, 5), None] * (count // 4), IN_UTC),
            "recordedtime": pa.array([None, at(3), at(0), at(0)] * (count // 4), IN_UTC),
            "sequence": [None, "1", None, None] * (count // 4),
            "data": pa.array(data, struct) if is_struct else texts,
        }
    )


@pytest.mark.parametrize("is_struct", [True, False])
def test_typed_rows_have_the_fates_that_their_lines_would_have(tmp_path: Path, *, is_struct: bool) -> None:
    table = usage_rows(is_struct=is_struct)
    pq.write_table(table, tmp_path / "typed.parquet")
    pq.write_table(table.append_column("odd", pa.nulls(len(table), pa.string())), tmp_path / "lines.parquet")
    found = []
    for name in ("typed", "lines"):
        with open_log() as connection:
            land(connection, tmp_path / f"{name}.parquet")
            events = "SELECT * EXCLUDE (batch_id, source_file) FROM events ORDER BY log_position"
            refused = "SELECT * EXCLUDE (batch_id, source_file) FROM quarantine ORDER BY source_line"
            found.append((rows(connection, events), rows(connection, refused)))
    assert found[0] == found[1]
    assert all(found[0])


@pytest.mark.parametrize("is_struct", [True, False])
def test_typed_rows_are_proven_in_bulk(
    log: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_struct: bool
) -> None:
    judged: list[str] = []

    def listen(raw: str, catalogue: Mapping[str, EventType]) -> Event | Refusal:
        judged.append(raw)
        return judge(raw, catalogue)

    monkeypatch.setattr(portion, "judge", listen)
    pq.write_table(usage_rows(is_struct=is_struct).slice(0, 8), tmp_path / "typed.parquet")
    report = land(log, tmp_path / "typed.parquet")
    assert (report.landed, report.quarantined, len(judged)) == (6, 2, 4)
