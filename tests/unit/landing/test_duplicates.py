import json
from dataclasses import replace
from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from pipeline.landing import land_files
from pipeline.schemas.events import CATALOGUE
from pipeline.store import Connection
from tests.landing_world import (
    LANDED_AT,
    event,
    land,
    land_lines,
    log_content,
    open_log,
    reasons,
    require_exact_account,
    rows,
    usage,
    write_lines,
)


def contract(*, chips: object = 16, **changes: object) -> dict[str, Any]:
    instalment = {"start": "2026-01-05T00:00:00Z", "end": "2026-02-05T00:00:00Z", "chips": chips} | changes
    data = {"customer_id": "c1", "channel": "cloud", "generation": "trn2", "basis": "stock"}
    data["schedule"] = [instalment, {"start": "2026-03-05", "chips": 8}]
    return event(type="trn.contract.committed.v1", subject="k1", data=data)


SAME_CONTENT = {
    "the same line": (usage(), usage()),
    "other spaces": (json.dumps(usage(), indent=None, separators=(", ", " : ")), usage()),
    "keys in another order": (usage(), dict(reversed([*usage().items()]))),
    "payload keys in another order": (usage(), usage(data=dict(reversed([*usage()["data"].items()])))),
    "an instant with another offset": (usage(), usage(time="2026-01-05T01:00:00+01:00")),
    "a period with another offset": (usage(), usage(data_period_end="2026-01-05T19:00:00-05:00")),
    "a schedule with another offset": (contract(), contract(start="2026-01-04T19:00:00.0-05:00")),
    "a schedule with small letters": (contract(), contract(end="2026-02-05t00:00:00z")),
    "a schedule with 16.0 for 16": (contract(), contract(chips=16.0)),
    "a null for nothing in a schedule": (contract(), contract(note=None)),
    "24 for 24.0": (usage(), usage(data_chip_hours=24)),
    "2.40e1 for 24.0": (usage(), json.dumps(usage()).replace("24.0", "2.40e1")),
    "-0.0 for 0": (event(data_chips=0), event(data_chips=-0.0)),
    "a null for nothing": (usage(), usage(data_instance_type=None)),
    "the time told as record time": (usage(), usage(recordedtime="2026-01-05T00:00:00Z")),
    "the content type told": (usage(), usage(datacontenttype="application/json")),
    "an escape for a letter": (
        json.dumps(usage(data_region="é"), ensure_ascii=False),
        json.dumps(usage(data_region="é")),
    ),
    "nested keys in another order": (usage(data_x={"a": 1, "b": 2}), usage(data_x={"b": 2, "a": 1.0})),
}

OTHER_CONTENT = {
    "another value": (usage(), usage(data_chip_hours=25)),
    "another time": (usage(), usage(time="2026-01-05T00:00:01Z")),
    "another subject": (usage(), usage(subject="s")),
    "an unknown field more": (usage(), usage(data_colour="red")),
    "an unknown attribute more": (usage(), usage(traceparent="00")),
    "text for a number": (event(), event(data_chips="16")),
    "a schedule that starts later": (contract(), contract(start="2026-01-05T00:00:00-05:00")),
    "a schedule without an end": (contract(), contract(end=None)),
    "a day for an instant in a schedule": (contract(), contract(start="2026-01-05")),
    "a microsecond later": (usage(), usage(data_period_end="2026-01-06T00:00:00.000001Z")),
}


@pytest.mark.parametrize("is_one_file", [True, False])
@pytest.mark.parametrize("lines", SAME_CONTENT.values(), ids=SAME_CONTENT)
def test_the_same_content_again_is_a_duplicate(
    log: Connection, tmp_path: Path, lines: tuple[object, object], *, is_one_file: bool
) -> None:
    groups = [lines] if is_one_file else [[line] for line in lines]
    reports = [land_lines(log, tmp_path, *group) for group in groups]
    assert (sum(r.landed for r in reports), sum(r.duplicates for r in reports)) == (1, 1)
    assert reasons(log) == {}


@pytest.mark.parametrize("is_one_file", [True, False])
@pytest.mark.parametrize("lines", OTHER_CONTENT.values(), ids=OTHER_CONTENT)
def test_other_content_under_the_same_identity_is_a_conflict_and_the_first_stays(
    log: Connection, tmp_path: Path, lines: tuple[object, object], *, is_one_file: bool
) -> None:
    groups = [lines] if is_one_file else [[line] for line in lines]
    for group in groups:
        land_lines(log, tmp_path, *group)
    ((data, first_line),) = rows(log, "SELECT data, source_line FROM events")
    assert (json.loads(data), first_line) == (lines[0]["data"], 1)
    ((reason, message, raw),) = rows(log, "SELECT reason, message, raw FROM quarantine")
    assert (reason, json.loads(raw)) == ("conflicting_duplicate", lines[1])
    assert "line 1 of " in message


def test_the_same_id_from_two_sources_is_two_events(log: Connection, tmp_path: Path) -> None:
    report = land_lines(
        log, tmp_path, event("1", source="/a"), event("1", source="/b"), event("11", source="/")
    )
    assert report.landed == 3


def test_source_and_id_do_not_run_into_each_other(log: Connection, tmp_path: Path) -> None:
    assert land_lines(log, tmp_path, event("bc", source="a"), event("c", source="ab")).landed == 2


def test_a_refused_line_takes_no_identity(log: Connection, tmp_path: Path) -> None:
    report = land_lines(log, tmp_path, event("a", data_chips=-1), event("a"))
    assert (report.landed, report.quarantined) == (1, 1)


def test_landing_the_same_file_twice_changes_nothing(log: Connection, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", [event("a"), "bad", "", event("a"), event("a", data_chips=3)])
    first = land(log, path)
    require_exact_account(log, path, first)
    before = log_content(log)
    later = land_files(log, [path], landed_at=datetime(2027, 1, 1, tzinfo=UTC))
    assert (later.lines, later.duplicates, later.landed, later.quarantined) == (4, 4, 0, 0)
    assert log_content(log) == before


def test_copies_of_a_file_in_one_call_count_as_duplicates(log: Connection, tmp_path: Path) -> None:
    paths = [write_lines(tmp_path / name, [event("a"), "bad"]) for name in ("a.jsonl", "b.jsonl")]
    report = land(log, *paths, paths[0])
    assert [(file.lines, file.duplicates) for file in report.files] == [(2, 0), (2, 2), (2, 2)]
    assert rows(log, "SELECT count(*) FROM landing_manifest") == [(1,)]


def test_a_file_that_grew_lands_what_is_new(log: Connection, tmp_path: Path) -> None:
    land(log, write_lines(tmp_path / "a.jsonl", [event("a")]))
    report = land(log, write_lines(tmp_path / "a.jsonl", [event("a"), event("b")]))
    assert (report.landed, report.duplicates) == (1, 1)
    assert rows(log, "SELECT id, source_line FROM events ORDER BY log_position") == [("a", 1), ("b", 2)]


def test_positions_are_gapless_and_rise_over_files_and_calls(log: Connection, tmp_path: Path) -> None:
    for call in range(3):
        lines = [[event(f"{call}{part}{n}") if n % 3 else "bad" for n in range(10)] for part in range(3)]
        paths = [
            write_lines(tmp_path / f"{call}{part}.jsonl", part_lines) for part, part_lines in enumerate(lines)
        ]
        land(log, *paths)
    positions = rows(log, "SELECT log_position FROM events ORDER BY batch_id, source_file, source_line")
    assert sorted(position for (position,) in positions) == list(range(1, 55))
    in_order = rows(log, "SELECT source_file, source_line FROM events ORDER BY log_position")
    assert in_order == sorted(in_order)


def test_the_order_of_files_changes_neither_which_events_land_nor_how_many(tmp_path: Path) -> None:
    contents = [
        [event("a"), event("b")],
        [event("b"), event("c"), "bad"],
        [event("c"), event("a"), event("a")],
    ]
    found = set()
    for number, order in enumerate(permutations(range(3))):
        folder = tmp_path / str(number)
        folder.mkdir()
        with open_log() as connection:
            reports = [
                land(connection, write_lines(folder / f"{part}.jsonl", contents[part])) for part in order
            ]
            ids = tuple(rows(connection, "SELECT id, content_hash FROM events ORDER BY id"))
        totals = tuple(
            sum(getattr(r, name) for r in reports) for name in ("landed", "duplicates", "quarantined")
        )
        found.add((ids, totals))
    assert len(found) == 1


def test_landing_leaves_the_callers_instant_on_every_row(log: Connection, tmp_path: Path) -> None:
    land_lines(log, tmp_path, event("a"), "bad")
    for query in (
        "SELECT landed_at FROM events",
        "SELECT quarantined_at FROM quarantine",
        "SELECT landed_at FROM landing_manifest",
    ):
        assert rows(log, query) == [(LANDED_AT,)]


@pytest.mark.parametrize("lines", SAME_CONTENT.values(), ids=SAME_CONTENT)
def test_an_event_hashed_by_an_earlier_version_is_compared_by_what_it_says(
    log: Connection, tmp_path: Path, lines: tuple[object, object]
) -> None:
    land_lines(log, tmp_path, lines[0])
    log.execute("UPDATE events SET content_hash = sha256(content_hash)")
    report = land_lines(log, tmp_path, lines[1])
    assert (report.duplicates, reasons(log)) == (1, {})


def test_an_event_is_compared_by_the_catalogue_that_it_lands_by(log: Connection, tmp_path: Path) -> None:
    name = "trn.inventory.audited.v1"
    learned = {**CATALOGUE, name: replace(CATALOGUE["trn.inventory.stated.v1"], name=name)}
    land(log, write_lines(tmp_path / "a.jsonl", [event("a", type=name)]), catalogue=learned)
    log.execute("UPDATE events SET content_hash = sha256(content_hash)")
    report = land(log, write_lines(tmp_path / "b.jsonl", [event("a", type=name), ""]), catalogue=learned)
    assert (report.duplicates, reasons(log)) == (1, {})


def test_an_event_hashed_by_an_earlier_version_conflicts_with_other_content(
    log: Connection, tmp_path: Path
) -> None:
    land_lines(log, tmp_path, usage(traceparent="00"), event("b"))
    log.execute("UPDATE events SET content_hash = sha256(content_hash)")
    land_lines(log, tmp_path, usage(), event("b", data_chips=3), event("c"))
    assert reasons(log) == {1: "conflicting_duplicate", 2: "conflicting_duplicate"}
    assert rows(log, "SELECT count(*) FROM events") == [(3,)]
