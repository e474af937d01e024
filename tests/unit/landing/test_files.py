import gzip
import io
import os
import resource
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.landing import lines as lines_module
from pipeline.landing import lots
from pipeline.landing.blocks import RefusedLine
from pipeline.landing.gathering import Batch
from pipeline.landing.lines import line_blocks
from pipeline.landing.refusing import quarantine_unread
from pipeline.store import Connection
from tests.landing_world import (
    event,
    land,
    land_lines,
    log_content,
    open_log,
    reasons,
    require_exact_account,
    rows,
    write_lines,
)


def test_an_empty_file_has_no_lines(log: Connection, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "empty.jsonl", [])
    report = land(log, path)
    assert (report.lines, report.errors) == (0, [])
    require_exact_account(log, path, report)


def test_byte_order_mark_line_ends_and_blank_lines_leave_line_numbers_true(
    log: Connection, tmp_path: Path
) -> None:
    path = tmp_path / "windows.jsonl"
    texts = [str(write_lines(tmp_path / f"{name}.tmp", [event(name)]).read_text()).strip() for name in "abc"]
    path.write_bytes(f"\ufeff{texts[0]}\r\n\r\n \t \r\n{texts[1]}\r\n\n{texts[2]}".encode())
    report = land(log, path)
    assert rows(log, "SELECT id, source_line FROM events ORDER BY log_position") == [
        ("a", 1),
        ("b", 4),
        ("c", 6),
    ]
    assert report.files[0].blank == 3
    require_exact_account(log, path, report)


def test_a_line_that_is_no_utf8_is_kept_in_readable_form(log: Connection, tmp_path: Path) -> None:
    path = tmp_path / "latin.jsonl"
    good = write_lines(tmp_path / "a.tmp", [event("a")]).read_bytes()
    path.write_bytes(good + b'{"name":"caf\xe9"}\r\n' + good.replace(b'"a"', b'"b"'))
    report = land(log, path)
    assert rows(log, "SELECT source_line, raw, reason FROM quarantine") == [
        (2, '{"name":"caf\\xe9"}', "invalid_utf8")
    ]
    require_exact_account(log, path, report)


@pytest.mark.parametrize("chunk_bytes", [1, 2, 3, 7, 64, 1 << 20])
def test_line_numbers_do_not_depend_on_the_size_of_chunks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk_bytes: int
) -> None:
    content = b'\xef\xbb\xbf{"a":1}\n\n  \n{"b":"\xc3\xa9"}\r\n{"c":3}'
    (tmp_path / "x").write_bytes(content)
    with pa.OSFile(str(tmp_path / "x")) as stream:
        blocks = list(lines_module.line_blocks(stream, chunk_bytes=chunk_bytes))
    found = [
        (row["source_line"], row["raw"].rstrip("\r\n")) for block in blocks for row in block.lines.to_pylist()
    ]
    assert found == [(1, '{"a":1}'), (4, '{"b":"é"}'), (5, '{"c":3}')]
    assert sum(block.blank for block in blocks) == 2


def test_a_line_beyond_the_limit_is_quarantined_by_its_beginning(
    log: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines_module, "LONGEST_LINE_BYTES", 100_000)
    monkeypatch.setattr(lines_module, "CHUNK_BYTES", 40_000)
    monkeypatch.setattr(lines_module.line_blocks, "__kwdefaults__", {"chunk_bytes": 40_000})
    path = write_lines(tmp_path / "long.jsonl", [event("a"), "x" * 250_000, event("b")])
    report = land(log, path)
    assert reasons(log) == {2: "line_too_long"}
    assert "250000 bytes" in rows(log, "SELECT message FROM quarantine")[0][0]
    require_exact_account(log, path, report)


def test_a_line_has_one_fate_wherever_chunks_fall(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines_module, "LONGEST_LINE_BYTES", 40)
    monkeypatch.setattr(lines_module, "_KEPT_OF_LONG_LINE", 20)
    lines = [b"a", b"b" * 40, b"c" * 41, b"", b"d", b" " * 41, b"e", b"\xff" * 90, b"f" * 39 + b"\r", b"\xff"]
    for end, chunk_bytes in product((b"", b"\n"), range(1, 120)):
        stream = io.BytesIO(b"\n".join([*lines, b"g" * 45]) + end)
        blocks = [*line_blocks(stream, chunk_bytes=chunk_bytes)]
        kept = [number for block in blocks for number in block.lines["source_line"].to_pylist()]
        refused = {line.source_line: line for block in blocks for line in block.refused}
        assert kept == [1, 2, 5, 7, 9]
        assert {number: line.refusal.reason.value for number, line in refused.items()} == {
            **dict.fromkeys((3, 6, 8, 11), "line_too_long"),
            10: "invalid_utf8",
        }
        assert "has 90 bytes; allowed: 40; its first 80 are kept" in refused[8].refusal.message
        assert sum(block.blank for block in blocks) == 1


def test_a_file_in_another_encoding_is_taken_in_by_small_portions(
    log: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[int] = []

    def listen(connection: Connection, refused: Sequence[tuple[str, RefusedLine]], batch: Batch) -> None:
        taken.append(len(refused))
        quarantine_unread(connection, refused, batch)

    monkeypatch.setattr(lots, "quarantine_unread", listen)
    monkeypatch.setattr(lots, "PORTION_BYTES", 2**23)
    path = tmp_path / "latin.jsonl"
    path.write_bytes('{"name":"café"}\n'.encode("latin-1") * 40_000)
    report = land(log, path)
    assert max(taken) <= 2**23 // 1024 + 8192  # their objects take more memory than their text
    require_exact_account(log, path, report)


@pytest.mark.parametrize("is_event", [True, False])
def test_a_line_of_fifty_megabytes_gets_its_fate(log: Connection, tmp_path: Path, *, is_event: bool) -> None:
    long = event("long", data_note="x" * 50_000_000) if is_event else "[" * 50_000_000
    path = write_lines(tmp_path / "long.jsonl", [event("a"), long, event("b")])
    report = land(log, path)
    assert (report.landed, report.quarantined) == ((3, 0) if is_event else (2, 1))
    require_exact_account(log, path, report)


def test_compressed_files_land_like_plain_ones(log: Connection, tmp_path: Path) -> None:
    plain = write_lines(tmp_path / "a.tmp", [event("a"), "no"]).read_bytes()
    (tmp_path / "g.jsonl.gz").write_bytes(gzip.compress(plain[:20]) + gzip.compress(plain[20:]))
    (tmp_path / "z.jsonl.zst").write_bytes(pa.compress(plain.replace(b'"a"', b'"z"'), "zstd", asbytes=True))
    report = land(log, tmp_path / "g.jsonl.gz", tmp_path / "z.jsonl.zst")
    assert [(file.landed, file.quarantined) for file in report.files] == [(1, 1), (1, 1)]
    assert rows(log, "SELECT id FROM events ORDER BY log_position") == [("a",), ("z",)]


def _unreadable(folder: Path) -> dict[str, Path]:
    whole = gzip.compress(b"".join(b'{"n":%d}\n' % number for number in range(5000)))
    files = {"truncated.jsonl.gz": whole[:-9], "no.gz": b"{}", "empty.gz": b"", "no.parquet": b"PARQUET"}
    files |= {
        "broken.parquet": b"PAR1 and nothing else",
        "orders.csv": b"a,b\n1,2\n",
        "broken.zst": b"\x28\xb5\x2f\xfdxx",
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
    other = folder / "other.parquet"
    pq.write_table(pa.table({"unique_id": [1], "y": [2.0]}), other)
    return {name: folder / name for name in [*files, "other.parquet", "missing.jsonl"]}


@pytest.mark.parametrize(
    "name",
    [
        "truncated.jsonl.gz",
        "no.gz",
        "empty.gz",
        "no.parquet",
        "broken.parquet",
        "broken.zst",
        "other.parquet",
        "orders.csv",
        "missing.jsonl",
    ],
)
def test_a_file_that_cannot_be_decoded_is_refused_as_a_whole_and_the_others_land(
    log: Connection, tmp_path: Path, name: str
) -> None:
    bad = _unreadable(tmp_path)[name]
    first, last = (write_lines(tmp_path / f"{part}.jsonl", [event(part)]) for part in ("first", "last"))
    report = land(log, first, bad, last)
    assert [file.landed for file in report.files] == [1, 0, 1]
    (error,) = report.errors
    assert error.startswith(str(bad))
    assert "\n" not in error
    assert "nothing of it landed" in error
    assert rows(log, "SELECT count(*), max(log_position) FROM events") == [(2, 2)]
    assert rows(log, "SELECT count(*) FROM landing_manifest") == [(2,)]


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read every file")
def test_a_file_without_permission_is_refused(log: Connection, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "mine.jsonl", [event()])
    path.chmod(0)
    assert "Permission denied" in land(log, path).errors[0]


def test_something_that_is_no_file_is_refused(log: Connection) -> None:
    assert "is no regular file" in land(log, Path(os.devnull)).errors[0]


def test_a_folder_stands_for_its_files_in_order_without_hidden_ones(log: Connection, tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / ".hidden").mkdir()
    for name in ("b/1.jsonl", "a.jsonl", ".x.jsonl", ".hidden/y.jsonl", "c.jsonl"):
        write_lines(tmp_path / name, [event(name)])
    (tmp_path / "README.md").write_text("about these events")
    report = land(log, tmp_path)
    assert [Path(file.file).name for file in report.files] == ["a.jsonl", "1.jsonl", "c.jsonl"]
    assert report.landed == 3


def test_a_name_that_looks_like_a_pattern_is_a_name(log: Connection, tmp_path: Path) -> None:
    path = tmp_path / "or*ders[1]'; DROP TABLE events; --.csv"
    columns = "entry_type,entry_at,order_number,line_number,customer_number,segment,product,ship_to,quantity,"
    columns += "requested_date,promised_date,unit_price,currency,shipment_number,reason\n"
    path.write_text(columns + "order,2026-01-05,1,1,c,s,trn2,eu,16,,,,,,\n")
    (tmp_path / "orders1.csv").write_text(columns + "order,2026-01-05,2,1,c,s,trn2,eu,16,,,,,,\n")
    report = land(log, path, mapping="csv_orders")
    assert (report.errors, report.landed) == ([], 1)


def _parquet(path: Path, data: pa.Array, time: pa.Array) -> Path:
    count = len(data)
    columns = {
        "specversion": ["1.0"] * count,
        "id": [f"p{number}" for number in range(count)],
        "source": ["/test"] * count,
        "type": ["trn.inventory.stated.v1"] * count,
        "subject": pa.array([None] * count, pa.string()),
        "time": time,
        "data": data,
    }
    pq.write_table(pa.table(columns), path)
    return path


MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
IN_UTC = pa.timestamp("us", "UTC")


def test_parquet_lands_with_data_as_text(log: Connection, tmp_path: Path) -> None:
    texts = ['{"generation":"trn2","chips":16}', '{"chips":1e3,"generation":"a"}', '{},"id":"forged"', None]
    land(log, _parquet(tmp_path / "a.parquet", pa.array(texts), pa.array([MONDAY] * 4, IN_UTC)))
    assert rows(log, "SELECT id, source_line, strftime(time, '%Y-%m-%d') FROM events") == [
        ("p0", 1, "2026-01-05")
    ]
    assert reasons(log) == {2: "not_whole", 3: "wrong_type", 4: "missing_attribute"}


def test_parquet_lands_with_data_as_a_struct_whose_empty_cells_are_absent(
    log: Connection, tmp_path: Path
) -> None:
    structs = pa.array(
        [
            {"generation": "trn2", "chips": 16, "region": None, "seen": MONDAY},
            {"generation": "trn2", "chips": None, "region": "eu", "seen": None},
        ]
    )
    land(log, _parquet(tmp_path / "a.parquet", structs, pa.array([MONDAY] * 2, IN_UTC)))
    assert rows(log, "SELECT data FROM events") == [
        ('{"generation":"trn2","chips":16,"seen":"2026-01-05T00:00:00Z"}',)
    ]
    assert reasons(log) == {2: "missing_field"}


def test_a_parquet_time_without_zone_is_refused(log: Connection, tmp_path: Path) -> None:
    naive = pa.array([MONDAY.replace(tzinfo=None)], pa.timestamp("us"))
    land(log, _parquet(tmp_path / "a.parquet", pa.array(['{"generation":"trn2","chips":16}']), naive))
    assert reasons(log) == {1: "invalid_instant"}


def test_the_same_event_from_lines_and_from_parquet_is_one(log: Connection, tmp_path: Path) -> None:
    land_lines(log, tmp_path, event("p0"))
    structs = pa.array([{"generation": "trn2", "chips": 16, "region": None}])
    report = land(log, _parquet(tmp_path / "a.parquet", structs, pa.array([MONDAY], IN_UTC)))
    assert (report.landed, report.duplicates) == (0, 1)


_LAND_ON_FULL_DISK = """
import resource, sys
from pathlib import Path
from pipeline.core.errors import PipelineError
from tests.landing_world import land, open_log
with open_log(sys.argv[1]) as connection:
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), resource.RLIM_INFINITY))
    try:
        land(connection, Path(sys.argv[2]))
    except PipelineError as error:
        print(error)
        raise SystemExit(1)
"""


def test_a_full_disk_is_one_line_and_leaves_the_log_as_it_was(tmp_path: Path) -> None:
    log_path = tmp_path / "log.duckdb"
    with open_log(log_path) as connection:
        land_lines(connection, tmp_path, event("before"))
        before = log_content(connection)
    events = write_lines(
        tmp_path / "many.jsonl",
        [event(f"n{number}", data_note=f"{number}" * 100) for number in range(12_000)],
    )
    limit = log_path.stat().st_size + 300_000
    command = [sys.executable, "-c", _LAND_ON_FULL_DISK, str(log_path), str(events), str(limit)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert "nothing of" in done.stdout
    assert len(done.stdout.splitlines()) == 1
    with open_log(log_path) as connection:
        assert log_content(connection) == before
        assert land(connection, events).landed == 12_000
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
