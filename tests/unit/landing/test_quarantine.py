import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.core.errors import TerminalError, UsageError
from pipeline.landing import append_events, land_files, read_repairs, reland, relanding
from pipeline.landing.relanding import ANY_BATCH, Place
from pipeline.schemas.events import CATALOGUE
from pipeline.store import Connection
from tests.landing_world import event, land_lines, log_content, rows, write_lines

LATER = datetime(2026, 10, 1, tzinfo=UTC)
STATED = CATALOGUE["trn.inventory.stated.v1"]
LEARNED = {**CATALOGUE, "trn.inventory.audited.v1": replace(STATED, name="trn.inventory.audited.v1")}


def test_lines_of_an_unknown_type_land_once_the_catalogue_learned_it(log: Connection, tmp_path: Path) -> None:
    land_lines(log, tmp_path, event("a", type="trn.inventory.audited.v1"), "bad", event("b"))
    report = reland(log, landed_at=LATER, catalogue=LEARNED)
    assert (report.lines, report.landed, report.quarantined) == (2, 1, 1)
    ((name, line, file),) = rows(
        log, "SELECT id, source_line, source_file FROM events WHERE log_position = 2"
    )
    assert (name, line, Path(file).name) == ("a", 1, "lines0.jsonl")
    assert rows(log, "SELECT source_line, relanded_at FROM quarantine ORDER BY 1") == [(1, LATER), (2, None)]


def test_lines_that_wait_land_by_portions_each_with_its_own_text(
    log: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relanding, "_PORTION_LINES", 2)
    for names in ("edc", "ba"):
        audited = [event(name, type="trn.inventory.audited.v1") for name in names]
        land_lines(log, tmp_path, *audited, "bad")
    report = reland(log, landed_at=LATER, catalogue=LEARNED)
    assert [(file.landed, file.quarantined) for file in report.files] == [(3, 1), (2, 1)]
    assert rows(log, "SELECT id, source_line FROM events ORDER BY log_position") == [
        *(("e", 1), ("d", 2), ("c", 3)),
        *(("b", 1), ("a", 2)),
    ]
    assert rows(log, "SELECT raw FROM quarantine WHERE relanded_at IS NULL") == [("bad",), ("bad",)]


def test_a_line_lands_again_once(log: Connection, tmp_path: Path) -> None:
    land_lines(log, tmp_path, event("a", type="trn.inventory.audited.v1"))
    reland(log, landed_at=LATER, catalogue=LEARNED)
    before = log_content(log)
    assert reland(log, landed_at=LATER, catalogue=LEARNED).lines == 0
    assert log_content(log) == before


def test_a_line_refused_again_leaves_the_log_as_it_was(log: Connection, tmp_path: Path) -> None:
    land_lines(log, tmp_path, event("a", data_chips=1.5))
    before = log_content(log)
    assert reland(log, landed_at=LATER).quarantined == 1
    assert log_content(log) == before


def test_only_lines_of_the_reason_or_file_asked_for_are_tried(log: Connection, tmp_path: Path) -> None:
    land_lines(log, tmp_path, "bad", event("a", data_chips=1.5))
    land_lines(log, tmp_path, "bad")
    file = str(tmp_path / "lines0.jsonl")
    assert reland(log, landed_at=LATER, reason="not_whole").lines == 1
    assert reland(log, landed_at=LATER, source_file=file).lines == 2
    assert reland(log, landed_at=LATER, source_file=file, reason="invalid_json").lines == 1


def test_a_repaired_line_lands_with_the_place_it_came_from(log: Connection, tmp_path: Path) -> None:
    land_lines(log, tmp_path, event("ok"), event("a", data_chips=1.5), "bad")
    file = str(tmp_path / "lines0.jsonl")
    repairs = write_lines(
        tmp_path / "repairs", [{"source_file": file, "source_line": 2, "raw": event("a", data_chips=2)}, ""]
    )
    report = reland(log, landed_at=LATER, repairs=read_repairs(repairs))
    assert (report.lines, report.landed) == (1, 1)
    assert rows(log, "SELECT id, source_file, source_line FROM events ORDER BY log_position")[-1] == (
        "a",
        file,
        2,
    )
    assert rows(log, "SELECT count(*) FROM quarantine WHERE relanded_at IS NULL") == [(1,)]


def test_a_repair_may_be_text(tmp_path: Path) -> None:
    line = {"source_file": "f", "source_line": 3, "raw": json.dumps(event())}
    assert read_repairs(write_lines(tmp_path / "r", [line])) == {
        Place(ANY_BATCH, "f", 3): json.dumps(event())
    }


@pytest.mark.parametrize(
    "line",
    [
        "x",
        "{}",
        '{"source_file":"f","source_line":"x","raw":{}}',
        '{"source_file":"x","source_line":null,"raw":"{}"}',
        '{"source_file":"x","source_line":[1],"raw":"{}"}',
        '{"source_file":"x","source_line":1.5,"raw":"{}"}',
        '{"source_file":null,"source_line":1,"raw":"{}"}',
        '{"source_file":"x","source_line":1,"raw":"{}","batch_id":null}',
        '{"source_file":"x","source_line":1,"raw":"\\ud800"}',
    ],
)
def test_a_repair_that_is_none_is_told_by_its_line(tmp_path: Path, line: str) -> None:
    with pytest.raises(UsageError, match=r"line 1 of .* is no repair"):
        read_repairs(write_lines(tmp_path / "r", [line]))


def test_a_repair_of_a_line_that_does_not_wait_is_refused(log: Connection) -> None:
    with pytest.raises(UsageError, match="no refused line waits at line 3 of f"):
        reland(log, landed_at=LATER, repairs={Place(ANY_BATCH, "f", 3): "{}"})


def test_a_line_whose_event_came_meanwhile_counts_as_landed_again(log: Connection, tmp_path: Path) -> None:
    audited = event("a", type="trn.inventory.audited.v1")
    land_lines(log, tmp_path, audited)
    copy = write_lines(tmp_path / "copy.jsonl", [audited, ""])
    land_files(log, [copy], landed_at=LATER, catalogue=LEARNED)
    report = reland(log, landed_at=LATER, catalogue=LEARNED)
    assert (report.landed, report.duplicates) == (0, 1)
    assert rows(log, "SELECT count(*) FROM quarantine WHERE relanded_at IS NULL") == [(0,)]


def test_own_decisions_go_through_the_same_validation(log: Connection) -> None:
    decision = event(
        "o1",
        source="/trn/pipeline",
        type="trn.forecast.overridden.v1",
        subject="o1",
        data={
            "channel": "cloud",
            "period_start": "2026-01-05",
            "period_end": "2026-01-12",
            "kind": "factor",
            "value": 1.5,
            "reason_code": "launch",
            "author": "planner",
        },
    )
    assert append_events(log, [decision]) == 1
    assert append_events(log, [decision]) == 0
    assert rows(log, "SELECT source, source_file, log_position FROM events") == [
        ("/trn/pipeline", "pipeline", 1)
    ]
    with pytest.raises(TerminalError, match=r"data\.kind is absent"):
        append_events(
            log,
            [
                {
                    **decision,
                    "id": "o2",
                    "data": {"channel": "cloud"} | {"period_start": "2026-01-05", "period_end": "2026-01-12"},
                }
            ],
        )
    assert rows(log, "SELECT count(*) FROM quarantine") == [(0,)]


def test_own_decisions_belong_to_the_callers_transaction(log: Connection) -> None:
    log.begin()
    append_events(log, [event("a")])
    log.rollback()
    assert rows(log, "SELECT count(*) FROM events") == [(0,)]


def refused_twice(log: Connection, folder: Path) -> tuple[str, list[str]]:
    """Land two files under one name, each with another bad event on its only line."""
    file = folder / "daily.jsonl"
    for name in ("a", "b"):
        file.write_text(json.dumps(event(name, data_chips=1.5)) + "\n")
        land_files(log, [file], landed_at=LATER)
    return str(file), [batch for (batch,) in rows(log, "SELECT batch_id FROM quarantine ORDER BY raw")]


def test_one_repair_never_stands_for_two_lines_of_a_file_name(log: Connection, tmp_path: Path) -> None:
    file, batches = refused_twice(log, tmp_path)
    repaired = json.dumps(event("a", data_chips=2))
    with pytest.raises(UsageError, match=f"2 refused lines wait at line 1.*{min(batches)}"):
        reland(log, landed_at=LATER, repairs={Place(ANY_BATCH, file, 1): repaired})
    assert reland(log, landed_at=LATER, repairs={Place(batches[0], file, 1): repaired}).landed == 1
    assert rows(log, "SELECT id FROM events") == [("a",)]
    assert rows(log, "SELECT batch_id FROM quarantine WHERE relanded_at IS NULL") == [(batches[1],)]


def test_a_batch_that_refused_no_such_line_is_named(log: Connection, tmp_path: Path) -> None:
    file, _ = refused_twice(log, tmp_path)
    with pytest.raises(UsageError, match="in batch elsewhere"):
        reland(log, landed_at=LATER, repairs={Place("elsewhere", file, 1): "{}"})
