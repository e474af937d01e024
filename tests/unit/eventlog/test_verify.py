"""Whatever is done to the log outside the pipeline, verify names the first batch that it was done to."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.errors import TerminalError
from pipeline.eventlog import Verdict, chain_head, seal_batch, verify_log
from pipeline.eventlog.chain import GENESIS, chain_entries
from pipeline.eventlog.digest import Digest, Stretch, digests_of
from pipeline.landing import append_events, reland
from pipeline.store import Connection
from tests.landing_world import LANDED_AT, event, land_lines, open_log, usage

BATCHES, EVENTS_EACH = 3, 4


def lines_of(batch: int) -> list[dict[str, object]]:
    """Four events: one with subject, sequence, unknown value and attribute, one recorded later."""
    full = usage(
        f"b{batch}e1",
        subject="s1",
        sequence="7",
        data_purchase_option="barter",
        recordedtime="2026-01-07T00:00:00Z",
        traceparent="00-1",
    )
    return [full, *(usage(f"b{batch}e{number}") for number in range(2, EVENTS_EACH + 1))]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a log of three batches of four events: positions 1 to 4, 5 to 8, 9 to 12."""
    folder = tmp_path_factory.mktemp("filled")
    with open_log(folder / "log.duckdb") as connection:
        for batch in range(1, BATCHES + 1):
            land_lines(connection, tmp_path_factory.mktemp(f"batch{batch}"), *lines_of(batch))
    return folder / "log.duckdb"


@pytest.fixture
def log(filled: Path, tmp_path: Path) -> Iterator[Connection]:
    copy = tmp_path / "log.duckdb"
    shutil.copyfile(filled, copy)
    with open_log(copy) as connection:
        yield connection


def batch_at(connection: Connection, position: int) -> str:
    (batch,) = one(connection, "SELECT batch_id FROM log_chain WHERE first_position = ?", position)
    return str(batch)


def one(connection: Connection, query: str, *parameters: object) -> tuple[Any, ...]:
    (row,) = connection.execute(query, parameters).fetchall()
    return tuple(row)


def test_a_log_that_nobody_touched_is_sound(log: Connection) -> None:
    verdict = verify_log(log)
    assert verdict == Verdict(
        events=12, batches=3, erasures=0, adopted=0, head=chain_head(log).entry_hash, finding=None
    )
    assert verdict.describe() == f"sound: 12 events in 3 batches\nhead  {verdict.head}"


def test_an_empty_log_is_sound() -> None:
    with open_log() as connection:
        assert verify_log(connection).to_json() == {
            "events": 0,
            "batches": 0,
            "erasures": 0,
            "adopted": 0,
            "head": GENESIS,
            "finding": None,
            "is_sound": True,
        }


# Each on position 7 of the second batch (5 to 8), which has all columns filled at position 5.
CHANGES = {
    "a byte of data": "SET data = replace(data, 'us-east-1', 'us-east-2') WHERE log_position = 7",
    "a blank in data": "SET data = data || ' ' WHERE log_position = 7",
    "the subject": "SET subject = 's2' WHERE log_position = 5",
    "an empty subject for none": "SET subject = '' WHERE log_position = 7",
    "no subject": "SET subject = NULL WHERE log_position = 5",
    "the id": "SET id = 'b2e9' WHERE log_position = 7",
    "the source": "SET source = '/best' WHERE log_position = 7",
    "the type": "SET type = 'trn.usage.adjusted.v1' WHERE log_position = 7",
    "the time": "SET time = time + INTERVAL 1 MICROSECOND WHERE log_position = 7",
    "when it was recorded": "SET recordedtime = NULL WHERE log_position = 5",
    "recorded at 1970 for never": "SET recordedtime = '1970-01-01T00:00:00Z' WHERE log_position = 7",
    "when it was known": "SET known_at = known_at - INTERVAL 1 DAY WHERE log_position = 7",
    "when it landed": "SET landed_at = landed_at - INTERVAL 1 DAY WHERE log_position = 7",
    "the sequence": "SET sequence = '8' WHERE log_position = 5",
    "the content type": "SET datacontenttype = 'application/json' WHERE log_position = 7",
    "the schema": "SET dataschema = 'x' WHERE log_position = 7",
    "the batch": "SET batch_id = 'other' WHERE log_position = 7",
    "the file": "SET source_file = 'other' WHERE log_position = 7",
    "the line": "SET source_line = 70 WHERE log_position = 7",
    "the key": "SET event_key = '00000000-0000-0000-0000-000000000000' WHERE log_position = 7",
    "the content hash": "SET content_hash = 'x' || content_hash[2:] WHERE log_position = 7",
    "attributes": "SET attributes = NULL WHERE log_position = 5",
    "a flag more": "SET flags = ['x'] WHERE log_position = 7",
    "a flag less": "SET flags = [] WHERE log_position = 5",
    "an empty flag": "SET flags = [''] WHERE log_position = 7",
    "two rows swapped": "SET log_position = 13 - log_position WHERE log_position IN (6, 7)",
    "rows swapped with the next batch": "SET log_position = 16 - log_position WHERE log_position IN (7, 9)",
    "a position doubled": "SET log_position = 6 WHERE log_position = 7",
    "a position beyond": "SET log_position = 1000 WHERE log_position = 7",
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_is_found_in_its_batch(log: Connection, change: str) -> None:
    log.execute(f"UPDATE events {change}")
    finding = verify_log(log).finding
    assert finding is not None
    assert finding.batch_id == batch_at(log, 5)
    assert (finding.first_position, finding.last_position) == (5, 8)
    assert [Path(file).parent.name for file in finding.files] == ["batch20"]
    assert finding.landed_at == LANDED_AT
    assert finding.describe().startswith(f"batch {finding.batch_id} (positions 5 to 8, from /")


@pytest.mark.parametrize("position", range(5, 9))
def test_a_removed_event_is_found_in_its_batch(log: Connection, position: int) -> None:
    log.execute("DELETE FROM events WHERE log_position = ?", [position])
    finding = verify_log(log).finding
    assert finding is not None
    assert finding.batch_id == batch_at(log, 5)
    assert finding.what == "3 events stand there, 4 were sealed"


def test_the_last_event_removed_is_found(log: Connection) -> None:
    log.execute("DELETE FROM events WHERE log_position = 12")
    finding = verify_log(log).finding
    assert finding is not None
    assert finding.batch_id == batch_at(log, 9)


def test_an_inserted_event_is_found_where_it_was_inserted(log: Connection) -> None:
    log.execute("INSERT INTO events SELECT * REPLACE ('forged' AS id) FROM events WHERE log_position = 6")
    finding = verify_log(log).finding
    assert finding is not None
    assert finding.batch_id == batch_at(log, 5)
    assert finding.what == "5 events stand there, 4 were sealed"


@pytest.mark.parametrize("position", [-3, 0, 13, 99])
def test_an_event_inserted_beyond_the_batches_is_found(log: Connection, position: int) -> None:
    forge(log, position)
    finding = verify_log(log).finding
    assert finding is not None
    assert (finding.batch_id, finding.first_position, finding.last_position) == ("forged", position, position)
    assert "inserted outside the pipeline" in finding.what


def forge(connection: Connection, position: int) -> None:
    connection.execute(
        "INSERT INTO events SELECT * REPLACE (? AS log_position, 'forged' AS batch_id) FROM events "
        "WHERE log_position = 6",
        [position],
    )


def test_landing_goes_on_after_a_forged_event_and_does_not_seal_it(log: Connection, tmp_path: Path) -> None:
    forge(log, 13)
    land_lines(log, tmp_path, event("later"))
    finding = verify_log(log).finding
    assert finding is not None
    assert (finding.batch_id, finding.first_position, finding.last_position) == ("forged", 13, 13)


def test_the_first_of_several_changes_is_named(log: Connection) -> None:
    log.execute("UPDATE events SET subject = 'x' WHERE log_position IN (3, 7, 11)")
    assert named(log) == batch_at(log, 1)


def named(connection: Connection) -> str | None:
    finding = verify_log(connection).finding
    assert finding is not None
    return finding.batch_id


EDITS = {
    "kind": "'adopted'",
    "batch_id": "'other'",
    "first_position": "first_position - 1",
    "last_position": "last_position + 1",
    "events": "events - 1",
    "form": "form + 1",
    "content_digest": "sha256(content_digest)",
    "previous_hash": "sha256(previous_hash)",
    "entry_hash": "sha256(entry_hash)",
    "sealed_at": "sealed_at + INTERVAL 1 SECOND",
    "entry_number": "100",
}


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize(("column", "value"), EDITS.items(), ids=EDITS)
def test_an_edited_entry_is_found_at_its_batch(log: Connection, column: str, value: str, number: int) -> None:
    batch = batch_at(log, 4 * number - 3)
    log.execute(f"UPDATE log_chain SET {column} = {value} WHERE entry_number = {number}")  # noqa: S608
    finding = verify_log(log).finding
    assert finding is not None
    assert finding.batch_id == batch
    assert f"entry {number} of the chain" in finding.what


@pytest.mark.parametrize("salt", ["sha256(salt)", "NULL"])
def test_an_edited_salt_is_found_at_its_batch(log: Connection, salt: str) -> None:
    log.execute(f"UPDATE log_chain SET salt = {salt} WHERE entry_number = 2")  # noqa: S608
    assert named(log) == batch_at(log, 5)


def reseal(connection: Connection, number: int) -> None:
    """Compute an entry's hash anew, as somebody would who knows how."""
    (entry,) = [entry for entry in chain_entries(connection) if entry.entry_number == number]
    connection.execute(
        "UPDATE log_chain SET entry_hash = ? WHERE entry_number = ?", [entry.computed_hash(), number]
    )


@pytest.mark.parametrize("number", [1, 2])
def test_an_entry_written_anew_is_found_by_the_one_that_follows(log: Connection, number: int) -> None:
    first = 4 * number - 3
    log.execute("UPDATE events SET subject = 'x' WHERE log_position = ?", [first])
    (digest,) = digests_of(log, [Stretch(first, first + 3, "salt")])
    log.execute(
        "UPDATE log_chain SET salt = 'salt', content_digest = ? WHERE entry_number = ?",
        [digest.content, number],
    )
    reseal(log, number)
    finding = verify_log(log).finding
    assert finding is not None
    assert finding.batch_id == batch_at(log, first)
    assert "written anew" in finding.what


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_removed_entry_is_found_at_its_batch(log: Connection, number: int) -> None:
    batch = batch_at(log, 4 * number - 3)
    log.execute("DELETE FROM log_chain WHERE entry_number = ?", [number])
    assert named(log) == batch


def test_a_removed_chain_is_found(log: Connection) -> None:
    batch = batch_at(log, 1)
    log.execute("DELETE FROM log_chain")
    assert named(log) == batch


def test_a_first_entry_that_follows_another_one_is_found(log: Connection) -> None:
    """The head of a longer chain was cut off, and what is left numbered anew."""
    log.execute("DELETE FROM events WHERE log_position <= 4")
    log.execute("DELETE FROM log_chain WHERE entry_number = 1")
    log.execute(
        "UPDATE log_chain SET entry_number = entry_number - 1, first_position = first_position - 4, "
        "last_position = last_position - 4"
    )
    log.execute("UPDATE events SET log_position = log_position - 4")
    reseal(log, 1)
    assert "entry 1 of the chain" in verify_log(log).describe()


def test_a_last_batch_removed_with_its_entry_is_found_by_the_manifest(log: Connection) -> None:
    batch = batch_at(log, 9)
    cut_last_batch(log)
    finding = verify_log(log).finding
    assert finding is not None
    assert finding.batch_id == batch
    assert [Path(file).parent.name for file in finding.files] == ["batch30"]


def cut_last_batch(connection: Connection) -> None:
    connection.execute("DELETE FROM events WHERE log_position >= 9")
    connection.execute("DELETE FROM log_chain WHERE entry_number = 3")


def test_a_last_batch_removed_with_all_that_tells_of_it_is_found_by_the_head_that_was_kept(
    log: Connection,
) -> None:
    kept, earlier = (chain_entries(log)[number].entry_hash for number in (2, 1))
    assert verify_log(log, expected_head=kept).finding is None
    assert verify_log(log, expected_head=earlier).finding is None
    log.execute("DELETE FROM landing_manifest WHERE batch_id = ?", [batch_at(log, 9)])
    cut_last_batch(log)
    assert verify_log(log).finding is None
    assert verify_log(log, expected_head=earlier).finding is None
    assert f"no entry of the chain has the hash {kept}" in verify_log(log, expected_head=kept).describe()


def test_a_chain_of_newer_code_is_not_judged(log: Connection) -> None:
    log.execute("UPDATE log_chain SET form = 2 WHERE entry_number = 3")
    reseal(log, 3)
    with pytest.raises(TerminalError, match="update the code"):
        verify_log(log)


CELLS = {
    "source": "'x' || source",
    "id": "id || 'x'",
    "type": "type || 'x'",
    "subject": "coalesce(subject || 'x', '')",
    "time": "time + INTERVAL 1 SECOND",
    "recordedtime": "coalesce(recordedtime + INTERVAL 1 SECOND, time)",
    "known_at": "known_at + INTERVAL 1 SECOND",
    "landed_at": "landed_at - INTERVAL 1 SECOND",
    "sequence": "coalesce('x' || sequence, 'NULL')",
    "datacontenttype": "'x'",
    "dataschema": "''",
    "batch_id": "upper(batch_id) || '1'",
    "source_file": "source_file[2:]",
    "source_line": "source_line + 1",
    "event_key": "uuid()",
    "content_hash": "reverse(content_hash) || ''",
    "attributes": "'{}'",
    "flags": "list_append(flags, '')",
    "data": "data[:-2] || ' }'",
    "log_position": "-log_position",
}


@settings(deadline=None, max_examples=20)
@given(
    sizes=st.lists(st.integers(1, 5), min_size=1, max_size=4),
    column=st.sampled_from(sorted(CELLS)),
    place=st.integers(0, 59),
)
def test_a_change_of_any_cell_is_found_in_its_batch(sizes: list[int], column: str, place: int) -> None:
    with open_log() as connection:
        for batch, size in enumerate(sizes):
            events = [usage(f"b{batch}e{number}") for number in range(size)]
            append_events(connection, events, landed_at=LANDED_AT)
        position = 1 + place % sum(sizes)
        expected = one(connection, "SELECT batch_id FROM events WHERE log_position = ?", position)
        connection.execute(
            f"UPDATE events SET {column} = {CELLS[column]} WHERE log_position = ?",  # noqa: S608
            [position],
        )
        assert (named(connection),) == expected


def test_the_digest_depends_neither_on_portions_nor_on_where_rows_lie(tmp_path: Path) -> None:
    events = [line for batch in range(200) for line in lines_of(batch)]
    digests = set()
    for portions in (1, 7, 40):
        with open_log() as connection:
            size = len(events) // portions
            for start in range(0, len(events), size):
                append_events(connection, events[start : start + size], landed_at=LANDED_AT)
            connection.execute("UPDATE events SET batch_id = 'same', source_line = log_position")
            digests.add(one_digest(connection, len(events)))
            connection.execute("CREATE TABLE moved AS FROM events ORDER BY hash(log_position)")
            connection.execute("DELETE FROM events")
            connection.execute("INSERT INTO events FROM moved")
            digests.add(one_digest(connection, len(events)))
    assert len(digests) == 1


def one_digest(connection: Connection, last: int) -> Digest:
    (digest,) = digests_of(connection, [Stretch(1, last, "salt")])
    return digest


def test_each_stretch_of_one_reading_has_the_digest_that_it_has_by_itself(log: Connection) -> None:
    stretches = [Stretch(1, 1, "a"), Stretch(2, 7, "b"), Stretch(8, 12, "c")]
    log.execute("DELETE FROM events WHERE log_position = 4")
    apart = [next(digests_of(log, [stretch])) for stretch in stretches]
    assert list(digests_of(log, stretches)) == apart
    assert [digest.events for digest in apart] == [1, 5, 5]


def test_reading_a_digest_leaves_the_connection_as_it_was(log: Connection) -> None:
    verify_log(log)
    assert pa.types.is_string(log.execute("SELECT 'x'").to_arrow_table().schema.types[0])


def test_the_pipelines_own_events_and_relanded_lines_are_sealed(log: Connection, tmp_path: Path) -> None:
    land_lines(log, tmp_path, event("good"), event("bad", data_chips=-1))
    log.execute("UPDATE quarantine SET raw = replace(raw, '-1', '1')")
    assert reland(log, landed_at=LANDED_AT).landed == 1
    log.begin()
    append_events(log, [event("own1")], landed_at=LANDED_AT)
    append_events(log, [event("own2"), event("own3")], landed_at=LANDED_AT)
    append_events(log, [event("own1")], landed_at=LANDED_AT)
    log.commit()
    verdict = verify_log(log)
    assert (verdict.events, verdict.batches, verdict.finding) == (17, 7, None)


def test_what_is_rolled_back_is_not_sealed(log: Connection) -> None:
    head = chain_head(log)
    log.begin()
    append_events(log, [event("own1")], landed_at=LANDED_AT)
    assert chain_head(log) != head
    log.rollback()
    assert chain_head(log) == head


def test_a_batch_that_appended_nothing_is_not_sealed(log: Connection) -> None:
    head = chain_head(log)
    seal_batch(log, "unknown", landed_at=LANDED_AT)
    assert chain_head(log) == head


BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


def before_chain(connection: Connection) -> None:
    """Take the log back to before it had a chain, which began after the second batch."""
    connection.execute("DELETE FROM log_chain")
    connection.execute(
        "CREATE TABLE schema_migrations (number INTEGER, name VARCHAR, applied_at TIMESTAMPTZ)"
    )
    connection.execute("INSERT INTO schema_migrations VALUES (4, 'migrations/0004_log_chain', ?)", [BEGAN])
    connection.execute("UPDATE events SET landed_at = ? WHERE log_position <= 8", [BEGAN])


def test_events_from_before_the_chain_are_adopted_by_batches(log: Connection, tmp_path: Path) -> None:
    before_chain(log)
    log.execute("DELETE FROM landing_manifest")
    log.execute("DELETE FROM events WHERE log_position > 8")
    land_lines(log, tmp_path, event("new"))
    verdict = verify_log(log)
    assert (verdict.events, verdict.batches, verdict.adopted, verdict.finding) == (9, 3, 2, None)
    assert "sealed only after the chain began" in verdict.describe()
    log.execute("UPDATE events SET subject = 'x' WHERE log_position = 6")
    assert named(log) == batch_at(log, 5)


def test_a_chain_that_was_removed_does_not_adopt_what_landed_after_it_began(
    log: Connection, tmp_path: Path
) -> None:
    before_chain(log)
    land_lines(log, tmp_path, event("new"))
    finding = verify_log(log).finding
    assert finding is not None
    assert (finding.first_position, finding.last_position) == (9, 12)
