"""Older versions of event types, read as their newest; the log keeps them as they were landed."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.config import load_policy
from pipeline.landing import land_files
from pipeline.landing.judging import Event as Judged
from pipeline.landing.judging import judge
from pipeline.projecting import rebuild
from pipeline.schemas.events import CATALOGUE
from pipeline.store import SQL_FOLDER, Connection, sql_text
from tests.event_lines import payloads
from tests.sql.event_log import Event, Log

PAIRS = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "golden" / "upcasting" / "pairs.jsonl").read_text().splitlines()
]
OLDER = {"trn.request.denied.v1": "trn.request.denied.v2", "trn.waitlist.joined.v1": "trn.waitlist.joined.v2"}
READERS = ("denials", "waitlist_states", "need_signals", "needs", "cloud_unmet", "demand_history")
Envelope = dict[str, Any]
Rows = list[dict[str, Any]]
Land = Callable[..., Connection]


@pytest.fixture
def landed(warehouse: Connection, tmp_path: Path) -> Iterator[Land]:
    """A way to land events, each file anew into an empty log; what is kept of projections is left behind."""

    def land(*events: Envelope) -> Connection:
        for table in ("events", "quarantine", "landing_manifest"):
            warehouse.execute(f"DELETE FROM {table}")  # noqa: S608 names above
        path = tmp_path / "events.jsonl"
        path.write_text("".join(f"{json.dumps(event, ensure_ascii=False)}\n" for event in events))
        land_files(warehouse, [path], landed_at=datetime(2026, 9, 7, tzinfo=UTC))
        return warehouse

    yield land
    for table in ("events", "quarantine", "landing_manifest"):
        warehouse.execute(f"DELETE FROM {table}")  # noqa: S608 names above


def newest(connection: Connection) -> list[tuple[str, dict[str, Any]]]:
    query = "SELECT type, data FROM newest_events(log := 'events') ORDER BY log_position"
    found = connection.execute(query).fetchall()
    return [(name, json.loads(data)) for name, data in found]


def without_nulls(data: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if value is not None}


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair['v1']['type']}: {pair['what']}")
def test_an_older_event_is_read_as_its_newer_twin(landed: Land, pair: dict[str, Envelope]) -> None:
    read = newest(landed(pair["v1"]))
    assert [(name, without_nulls(data)) for name, data in read] == [(pair["v2"]["type"], pair["v2"]["data"])]
    assert newest(landed(pair["v2"])) == [(pair["v2"]["type"], pair["v2"]["data"])]


def test_the_log_keeps_what_was_landed(landed: Land) -> None:
    events = [pair["v1"] | {"id": f"e{number}"} for number, pair in enumerate(PAIRS)]
    connection = landed(*events)
    assert len(newest(connection)) == len(events)
    kept = connection.execute("SELECT type, data FROM events ORDER BY log_position").fetchall()
    assert kept == [(event["type"], json.dumps(event["data"], ensure_ascii=False)) for event in events]


def test_projections_of_older_events_are_those_of_their_newer_twins(landed: Land) -> None:
    found = []
    for version in ("v1", "v2"):
        events = [pair[version] | {"id": f"e{n}", "subject": f"s{n}"} for n, pair in enumerate(PAIRS)]
        connection = landed(*events)
        assert connection.execute("SELECT count(*) FROM quarantine").fetchone() == (0,)
        rebuild(connection, load_policy().demand)
        macros = ("denials", "waitlist_states", "need_signals", "needs", "cloud_unmet", "demand_history")
        found.append(
            {
                name: connection.execute(f"FROM {name}('2026-03-01') ORDER BY ALL").fetchall()
                for name in macros
            }
        )
    assert found[0] == found[1]
    assert all(found[0])


def test_a_version_that_the_catalogue_does_not_know_waits_in_quarantine(landed: Land) -> None:
    unknown = PAIRS[0]["v2"] | {"type": "trn.request.denied.v3"}
    reasons = landed(unknown).execute("SELECT reason FROM quarantine").fetchall()
    assert reasons == [("unknown_type",)]


@st.composite
def older_events(draw: st.DrawFn) -> Envelope:
    name = draw(st.sampled_from(sorted(OLDER)))
    unknown = st.sampled_from(
        [{}, {"wanted_from": 1}, {"wanted_until": [None]}, {"x": 1e30}, {"y": {"z": "\0"}}]
    )
    known = draw(payloads(CATALOGUE[name]))
    return {
        "specversion": "1.0",
        "id": "e",
        "source": "/s",
        "type": name,
        "subject": "s",
        "time": draw(st.sampled_from(["2000-01-01T00:00:00Z", "2026-01-05T23:59:59.9999999+02:00"])),
        "data": draw(unknown) | known if name.endswith("joined.v1") else known | draw(unknown),
    }


@given(lines=st.lists(older_events(), min_size=1, max_size=6))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_an_upcaster_gives_is_an_event_of_the_newer_version(landed: Land, lines: list[Envelope]) -> None:
    told = [line | {"id": f"e{number}"} for number, line in enumerate(lines)]
    sound = [line for line in told if isinstance(judge(json.dumps(line)), Judged)]
    for line, (name, data) in zip(sound, newest(landed(*sound)), strict=True):
        lifted = line | {"type": name, "data": data}
        assert name == OLDER[line["type"]]
        assert isinstance(judge(json.dumps(lifted)), Judged), lifted
        kept = line["data"].keys() - {"wanted_hours", "wanted_from", "wanted_until"}
        assert {key: data.get(key) for key in kept} == {key: line["data"][key] for key in kept}


@given(line=older_events(), zone=st.sampled_from(["America/New_York", "Asia/Kathmandu"]))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_upcaster_depends_on_the_event_alone_and_leaves_newer_ones_as_they_are(
    landed: Land, line: Envelope, zone: str
) -> None:
    if not isinstance(judge(json.dumps(line)), Judged):
        return
    connection = landed(PAIRS[0]["v1"] | {"id": "other"}, line)
    first = newest(connection)[-1]
    connection.execute(f"SET TimeZone = '{zone}'")
    try:
        assert newest(connection)[-1] == first
    finally:
        connection.execute("SET TimeZone = 'UTC'")
    assert newest(landed(line | {"type": first[0], "data": first[1]}))[-1] == first


def newest_version(name: str) -> int:
    stem = name.rpartition(".v")[0]
    return max(int(other.rpartition(".v")[2]) for other in CATALOGUE if other.rpartition(".v")[0] == stem)


def composed(name: str, last: int) -> str:
    """Return the call that lifts a payload up to a version: one upcaster a step, the first innermost."""
    _, entity, verb, version = name.split(".")
    call = "data"
    for step in range(int(version[1:]), last):
        call = f"upcast_{entity}_{verb}_v{step}({call}, time)"
    return call


def test_every_older_version_of_the_catalogue_is_lifted_step_by_step_to_the_newest() -> None:
    text = re.sub(r"\s+", "", sql_text("projections/newest_events"))
    older = {name for name in CATALOGUE if int(name.rpartition(".v")[2]) < newest_version(name)}
    assert older == set(OLDER)
    for name in older:
        assert re.sub(r"\s+", "", f"{composed(name, newest_version(name))} AS data") in text
    steps = {f"upcast_{'_'.join(name.split('.')[1:])}" for name in older}
    assert {file.stem for file in (SQL_FOLDER / "projections").glob("upcast_*.sql")} == steps


def test_each_type_is_read_once_and_as_its_newest_version(log: Log) -> None:
    names = sorted(CATALOGUE)
    happened = "2026-01-05T00:00:00Z"
    events = [
        Event(name[4:-3], happened, {"wanted_from": happened}, id=name, version=int(name[-1]))
        for name in names
    ]
    log.land(events)
    read = dict(log.connection.execute("SELECT id, type FROM events_as_of('2030-01-01')").fetchall())
    assert read == {name: f"{name[:-1]}{newest_version(name)}" for name in names}
    assert len(log.project("events_as_of")) == len(names)
    asked = log.connection.execute("SELECT id, newest_type(type) FROM events").fetchall()
    assert dict(asked) == read


def test_upcasters_compose_over_three_versions(log: Log) -> None:
    log.add("waitlist.joined", "2026-01-05", {"wanted_from": "2026-01-05", "wanted_hours": 24}, subject="s")
    log.land(log.events)
    log.connection.execute(
        "CREATE TEMP MACRO upcast_waitlist_joined_v2(payload, said_at) AS "
        "json_object('wanted_days', [payload ->> 'wanted_from', payload ->> 'wanted_until'])"
    )
    try:
        query = f"SELECT {composed('trn.waitlist.joined.v1', 3)} FROM events"  # noqa: S608 made of names
        ((text,),) = log.connection.execute(query).fetchall()
    finally:
        log.connection.execute("DROP MACRO upcast_waitlist_joined_v2")
    assert json.loads(text)["wanted_days"] == ["2026-01-05", "2026-01-06T00:00:00.000000Z"]


def plan(log: Log, macro: str) -> str:
    return str(log.connection.execute(f"EXPLAIN (FORMAT JSON) FROM {macro}('2030-01-01')").fetchall()[0][1])


def test_who_asks_for_use_reads_no_older_version_and_lifts_nothing(log: Log) -> None:
    for kind in ("usage.metered", "request.denied", "waitlist.joined", "event.retracted"):
        log.add(kind, "2026-01-05", {"retracted_source": "/test"}, subject="s")
    log.land(log.events)
    reads_old = {
        macro: plan(log, macro).count("type='trn.request.denied.v1'")
        for macro in ("usage_periods", "denials")
    }
    assert reads_old == {"usage_periods": 0, "denials": 1}
