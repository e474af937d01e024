"""What goes with files, not with lines: known ones, many small ones, and those that fail as a whole."""

import gzip
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.landing import files as files_module
from pipeline.landing import landing as landing_module
from pipeline.landing import lots
from pipeline.landing.blocks import Block
from pipeline.store import Connection
from tests.landing_world import event, land, log_content, require_exact_account, rows, write_lines


class Counting:
    """A connection that counts what it is asked to do."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.asked: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        self.asked[name] += 1
        return getattr(self._connection, name)


def small_files(folder: Path, count: int, label: str) -> Path:
    folder.mkdir()
    for number in range(count):
        name = f"{label}{number}"
        write_lines(folder / f"{number:04}.jsonl", [event(f"{name}-a"), "bad", "", event(f"{name}-b")])
    return folder


def batches(log: Connection) -> list[tuple[str, ...]]:
    """Return the names of the files of each transaction, in the order of the log."""
    found = rows(
        log,
        "SELECT list(DISTINCT parse_filename(source_file) ORDER BY parse_filename(source_file)) FROM events "
        "GROUP BY batch_id ORDER BY min(log_position)",
    )
    return [tuple(names) for (names,) in found]


def test_every_file_of_many_has_an_exact_account_of_its_own(log: Connection, tmp_path: Path) -> None:
    chance = random.Random(7)  # noqa: S311 repeatable, no secret
    expected = {}
    for number in range(60):
        path = tmp_path / f"{number:02}.jsonl"
        kinds = chance.choices(["good", "bad", "blank", "again", "latin"], k=chance.randrange(12))
        texts = {
            "good": lambda: write_lines(tmp_path / "x.md", [event(f"{chance.random()}")]).read_bytes(),
            "bad": lambda: b'{"caf\xc3\xa9":}\n',
            "blank": lambda: b" \t\n",
            "again": lambda: write_lines(tmp_path / "x.md", [event("again")]).read_bytes(),
            "latin": lambda: b"caf\xe9\n",
        }
        path.write_bytes(b"".join(texts[kind]() for kind in kinds) + b"\n" * number)
        expected[str(path)] = kinds
    report = land(log, tmp_path)
    seen_again = False
    for told in report.files:
        kinds = expected[told.file]
        again = kinds.count("again")
        first = int(again > 0 and not seen_again)
        seen_again |= again > 0
        refused = [line for line, kind in enumerate(kinds, 1) if kind in {"bad", "latin"}]
        assert (told.landed, told.duplicates) == (kinds.count("good") + first, again - first)
        assert (told.lines, told.quarantined) == (len(kinds) - kinds.count("blank"), len(refused))
        where = f"WHERE source_file = '{told.file}' ORDER BY source_line"
        assert rows(log, f"SELECT source_line FROM quarantine {where}") == [(n,) for n in refused]  # noqa: S608
        good = [line for line, kind in enumerate(kinds, 1) if kind == "good"]
        query = f"SELECT source_line FROM (FROM events WHERE id <> 'again') {where}"  # noqa: S608
        assert rows(log, query) == [(n,) for n in good]
    manifest = rows(log, "SELECT source_file, lines, landed, duplicates, quarantined FROM landing_manifest")
    told_again = [(f.file, f.lines, f.landed, f.duplicates, f.quarantined) for f in report.files]
    assert set(manifest) <= set(told_again)
    assert seen_again


def test_many_files_ask_the_database_no_more_than_few(log: Connection, tmp_path: Path) -> None:
    land(log, small_files(tmp_path / "first", 1, "first"))
    asked = []
    for count in (3, 90):
        folder = small_files(tmp_path / str(count), count, f"n{count}-")
        for _ in ("land", "land again"):
            counting = Counting(log)
            land(counting, folder)  # type: ignore[arg-type]
            asked.append(counting.asked)
    assert asked[0] == asked[2]
    assert asked[1] == asked[3]
    assert len(batches(log)) == 3


def test_many_nearly_empty_files_do_not_make_a_group_without_end(
    log: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(landing_module, "PORTION_BYTES", 10 * 4096)
    for number in range(25):
        write_lines(tmp_path / f"{number:02}.jsonl", [event(str(number))])
    assert land(log, tmp_path).landed == 25
    assert [len(names) for names in batches(log)] == [10, 10, 5]


def test_known_bytes_are_skipped_before_they_are_parsed_whatever_they_are_called(
    log: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = write_lines(tmp_path / "old.jsonl", [event("a"), "bad", ""])
    land(log, old)
    before = log_content(log)
    copy = tmp_path / "copy.txt"
    copy.write_bytes(old.read_bytes())
    monkeypatch.delattr(files_module, "line_blocks")
    report = land(log, copy, old)
    assert [(file.lines, file.duplicates) for file in report.files] == [(2, 2), (2, 2)]
    assert log_content(log) == before


def test_the_same_bytes_through_another_mapping_are_read_again(log: Connection, tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text("n\n1\n2\n")
    query = """
        SELECT '{0}' || n AS id, '/t' AS source, 'trn.inventory.stated.v1' AS type,
            '2026-01-05T00:00:00Z' AS time, {{'generation': 'trn2', 'chips': n}} AS data,
            row_number() OVER () AS source_line, json_object('n', n) AS raw_row
        FROM read_csv($path) ORDER BY source_line
    """
    for name in "ab":
        (tmp_path / f"{name}.sql").write_text(query.format(name))
    counts = [
        (report.landed, report.duplicates)
        for report in (land(log, table, mapping=tmp_path / f"{name}.sql") for name in "aba")
    ]
    assert counts == [(2, 0), (2, 0), (0, 2)]
    assert rows(log, "SELECT count(*) FROM landing_manifest") == [(2,)]


def test_files_that_fail_start_nothing_again(
    log: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: Counter[str] = Counter()

    def counted(connection: Connection, file: files_module.SourceFile, mapping: None) -> Iterator[Block]:
        read[Path(file.path).name] += 1
        yield from files_module.read_blocks(connection, file, mapping)

    monkeypatch.setattr(lots, "read_blocks", counted)
    for number in range(20):
        write_lines(tmp_path / f"{number:02}.jsonl", [event(str(number))])
        (tmp_path / f"{number:02}.jsonl.gz").write_bytes(gzip.compress(b"{}\n" * number)[:-3])
    report = land(log, tmp_path)
    assert (report.landed, len(report.errors)) == (20, 20)
    assert set(read.values()) == {1}
    assert len(batches(log)) == 1


def lines_of(name: str, count: int) -> list[dict[str, Any]]:
    return [event(f"{name}{number}", data_note=f"{number}" * 50) for number in range(count)]


def test_a_file_beyond_a_portion_lands_alone_and_in_its_place(
    log: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lots, "PORTION_BYTES", 3000)
    monkeypatch.setattr(files_module.line_blocks, "__kwdefaults__", {"chunk_bytes": 1000})
    for name, count in (("a", 1), ("b", 1), ("c", 40), ("d", 1), ("e", 1)):
        write_lines(tmp_path / f"{name}.jsonl", [*lines_of(name, count), "bad"])
    report = land(log, tmp_path)
    assert [file.landed for file in report.files] == [1, 1, 40, 1, 1]
    assert batches(log) == [("a.jsonl", "b.jsonl"), ("c.jsonl",), ("d.jsonl", "e.jsonl")]
    assert rows(log, "SELECT source_file, max(source_line) FROM quarantine GROUP BY ALL ORDER BY 1") == [
        (file.file, file.lines) for file in report.files
    ]


def test_a_file_that_fails_after_its_first_portion_takes_nothing_with_it(
    log: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lots, "PORTION_BYTES", 3000)
    monkeypatch.setattr(files_module.line_blocks, "__kwdefaults__", {"chunk_bytes": 1000})
    first, big, last = (write_lines(tmp_path / f"{name}.jsonl", lines_of(name, 60)) for name in "abc")
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(big.read_bytes())[:-40])
    report = land(log, first, tmp_path / "b.jsonl.gz", last)
    assert [(file.landed, file.lines) for file in report.files] == [(60, 60), (0, 0), (60, 60)]
    assert "cannot be decoded as a whole" in report.errors[0]
    assert rows(log, "SELECT count(*), max(log_position) FROM events WHERE id NOT LIKE 'b%'") == [(120, 120)]
    assert rows(log, "SELECT count(*) FROM landing_manifest") == [(2,)]


def test_a_table_beyond_a_portion_lands_through_its_mapping(
    log: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lots, "PORTION_BYTES", 10_000)
    columns = "entry_type,entry_at,order_number,line_number,customer_number,segment,product,ship_to,quantity,"
    columns += "requested_date,promised_date,unit_price,currency,shipment_number,reason\n"
    table = tmp_path / "orders.csv"
    table.write_text(
        columns + "".join(f"order,2026-01-05,{n},1,c,s,trn2,eu,16,,,,,,\n" for n in range(70_000))
    )
    report = land(log, table, mapping="csv_orders")
    assert (report.errors, report.landed) == ([], 70_000)


def test_bytes_that_fail_under_one_name_may_land_under_another(log: Connection, tmp_path: Path) -> None:
    good = write_lines(tmp_path / "b.jsonl", [event()])
    (tmp_path / "a.gz").write_bytes(good.read_bytes())
    report = land(log, tmp_path / "a.gz", good, tmp_path / "a.gz")
    assert [(file.landed, file.duplicates, bool(file.error)) for file in report.files] == [
        (0, 0, True),
        (1, 0, False),
        (0, 1, False),
    ]


@pytest.mark.parametrize(("content", "blank"), [("", 0), ("\n", 1), (" \t\r\n\n  ", 3)])
def test_a_file_without_a_line_is_known_again(
    log: Connection, tmp_path: Path, content: str, blank: int
) -> None:
    path = tmp_path / "blank.jsonl"
    path.write_text(content)
    report = land(log, path)
    assert (report.files[0].lines, report.files[0].blank, report.errors) == (0, blank, [])
    require_exact_account(log, path, report)
    before = log_content(log)
    assert land(log, path).errors == []
    assert log_content(log) == before
