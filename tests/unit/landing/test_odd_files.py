"""Files that change while they are read, and things in a folder that are no files."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.landing import files as files_module
from pipeline.landing import landing as landing_module
from pipeline.store import Connection
from tests.landing_world import event, land, rows, write_lines

Change = Callable[[Path], None]


@pytest.fixture(params=["read once", "read twice"])
def then(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Callable[[Change], None]:
    """Let something happen to the file 'b.jsonl' between its examination and its landing."""
    if request.param == "read twice":
        monkeypatch.setattr(files_module, "KEPT_BYTES", 10)

    def happens(change: Change) -> None:
        def examine(path: str) -> files_module.SourceFile:
            file = files_module.examine(path)
            if path.endswith("b.jsonl"):
                change(Path(path))
            return file

        monkeypatch.setattr(landing_module, "examine", examine)

    return happens


def three(folder: Path) -> list[Path]:
    return [write_lines(folder / f"{name}.jsonl", [event(name)]) for name in "abc"]


def append(path: Path) -> None:
    with path.open("a") as file:
        file.write('{"half of a li')


def truncate(path: Path) -> None:
    os.truncate(path, 20)


@pytest.mark.parametrize("change", [append, truncate])
def test_a_file_still_being_written_is_refused_and_lands_once_it_is_complete(
    log: Connection, tmp_path: Path, then: Callable[[Change], None], change: Change
) -> None:
    paths = three(tmp_path)
    then(change)
    report = land(log, *paths)
    assert [file.landed for file in report.files] == [1, 0, 1]
    assert report.errors == [
        f"{paths[1]}: changed while it was read: land it again once it is complete; nothing of it landed"
    ]
    then(lambda _: None)
    write_lines(paths[1], [event("b"), event("b2")])
    assert [(file.landed, file.duplicates) for file in land(log, tmp_path).files] == [(0, 1), (2, 0), (0, 1)]


def test_a_file_that_vanishes_is_refused_and_the_others_land(
    log: Connection, tmp_path: Path, then: Callable[[Change], None]
) -> None:
    paths = three(tmp_path)
    then(Path.unlink)
    report = land(log, tmp_path)
    assert [file.landed for file in report.files] == [1, 0, 1]
    assert report.errors == [f"{paths[1]}: does not exist: check the path; nothing of it landed"]


def test_a_file_that_vanishes_after_it_was_listed_is_refused(
    log: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, second, _ = three(tmp_path)
    found = list(files_module.find_files([tmp_path]))
    monkeypatch.setattr(landing_module, "find_files", lambda _: found)
    second.unlink()
    report = land(log, tmp_path)
    assert (report.landed, len(report.errors)) == (2, 1)


def test_what_a_slow_writer_left_off_in_a_line_lands_with_the_whole_file(
    log: Connection, tmp_path: Path
) -> None:
    whole = write_lines(tmp_path / "a.jsonl", [event("a"), event("b"), event("c")]).read_bytes()
    (tmp_path / "a.jsonl").write_bytes(whole[: len(whole) // 2])
    first = land(log, tmp_path)
    assert (first.landed, first.quarantined) == (1, 1)
    (tmp_path / "a.jsonl").write_bytes(whole)
    second = land(log, tmp_path)
    assert (second.lines, second.landed, second.duplicates, second.quarantined) == (3, 2, 1, 0)


def test_a_pipe_in_a_folder_is_told_and_nobody_waits_for_it(log: Connection, tmp_path: Path) -> None:
    three(tmp_path)
    os.mkfifo(tmp_path / "bb")
    report = land(log, tmp_path)
    assert report.landed == 3
    (error,) = report.errors
    assert error.startswith(f"{tmp_path / 'bb'}: is no regular file")


def test_links_are_followed_once(log: Connection, tmp_path: Path) -> None:
    three(tmp_path)
    elsewhere = tmp_path.parent / f"{tmp_path.name}-elsewhere"
    elsewhere.mkdir()
    write_lines(elsewhere / "d.jsonl", [event("d")])
    (elsewhere / "up").symlink_to(tmp_path)
    for name in ("x", "y"):
        (tmp_path / name).symlink_to(elsewhere)
    (tmp_path / "here").symlink_to(".")
    report = land(log, tmp_path)
    assert [str(Path(file.file).relative_to(tmp_path)) for file in report.files] == [
        "a.jsonl",
        "b.jsonl",
        "c.jsonl",
        "x/d.jsonl",
    ]
    assert (report.landed, report.errors) == (4, [])


def test_links_that_lead_nowhere_are_told(log: Connection, tmp_path: Path) -> None:
    three(tmp_path)
    (tmp_path / "self").symlink_to("self")
    (tmp_path / "gone").symlink_to("nowhere")
    report = land(log, tmp_path)
    assert report.landed == 3
    gone, loop = report.errors
    assert "gone: does not exist" in gone
    assert "self: cannot be read: Too many levels of symbolic links" in loop


def test_a_folder_that_may_not_be_listed_is_told_and_the_rest_lands(
    log: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    three(tmp_path)
    (tmp_path / "bb").mkdir()
    scandir = os.scandir

    def denied(path: str) -> object:
        if path == str(tmp_path / "bb"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", denied)
    report = land(log, tmp_path)
    assert [file.landed for file in report.files] == [1, 1, 0, 1]
    assert report.errors == [f"{tmp_path / 'bb'}: cannot be listed: Permission denied; nothing of it landed"]


@pytest.mark.parametrize("kept", [10, 2**20])
def test_a_name_that_is_no_text_is_written_so_that_it_can_be_read(
    log: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: int
) -> None:
    monkeypatch.setattr(files_module, "KEPT_BYTES", kept)
    line = write_lines(tmp_path / "x.md", [event()]).read_bytes()
    for name, content in ((b"caf\xe9.jsonl", line), (b"caf\xe9.parquet", b"PAR2")):
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_bytes(content)
    report = land(log, tmp_path)
    assert report.landed == 1
    assert rows(log, "SELECT source_file FROM events") == [(f"{tmp_path}/caf\\xe9.jsonl",)]
    (error,) = report.errors
    assert error.startswith(f"{tmp_path}/caf\\xe9.parquet: is named .parquet but")


def test_a_table_whose_name_is_no_text_lands_through_its_mapping(log: Connection, tmp_path: Path) -> None:
    columns = "entry_type,entry_at,order_number,line_number,customer_number,segment,product,ship_to,quantity,"
    columns += "requested_date,promised_date,unit_price,currency,shipment_number,reason\n"
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xe9.csv"))
    path.write_text(columns + "order,2026-01-05,1,1,c,s,trn2,eu,16,,,,,,\n")
    report = land(log, path, mapping="csv_orders")
    assert (report.errors, report.landed) == ([], 1)
