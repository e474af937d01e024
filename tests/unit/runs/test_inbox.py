"""The day's inbox: every file lands the way that its folder says, and what cannot is told at the end."""

import gzip
import shutil
from pathlib import Path

import pytest

from pipeline.core.errors import TerminalError
from pipeline.runs import landing
from pipeline.runs.context import the_settings
from pipeline.store import read_frame, writer
from tests.landing_world import event, write_lines

DAY = "2026-09-07"
ORDERS = Path(__file__).resolve().parents[3] / "examples" / "csv_orders"


@pytest.fixture
def inbox(tmp_path: Path, empty_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(empty_home, tmp_path / "home")
    monkeypatch.setenv("TRN_HOME", str(tmp_path / "home"))
    folder = tmp_path / "home" / "inbox" / DAY
    for name, path in (("a", "a.jsonl"), ("z", "z.jsonl"), ("e", "events/sub/e.jsonl")):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        write_lines(folder / path, [event(name)])
    shutil.copytree(ORDERS, folder / "csv_orders")
    return folder


def manifest() -> list[tuple[str, str | None]]:
    with writer(the_settings()) as connection:
        query = "SELECT parse_filename(source_file) AS name, mapping FROM landing_manifest ORDER BY ALL"
        return read_frame(connection, query).rows()


def test_files_land_through_the_mapping_of_their_folder(inbox: Path) -> None:
    (inbox / "notes.md").write_text("about this day")
    (inbox / ".hidden").touch()
    report = landing.land_inbox_files(landing.list_inbox(DAY))
    orders = [(file.name, "csv_orders") for file in sorted(ORDERS.glob("*.csv"))]
    assert manifest() == sorted([("a.jsonl", None), ("e.jsonl", None), ("z.jsonl", None), *orders])
    assert report["lines"] == sum(file["lines"] for file in report["files"]) > 3


def test_a_folder_that_names_no_mapping_is_one_item_and_told_after_the_others_landed(inbox: Path) -> None:
    (inbox / "csv_ordres").mkdir()
    for name in ("x", "y"):
        shutil.copy(next(ORDERS.glob("*.csv")), inbox / "csv_ordres" / f"{name}.csv")
    items = landing.list_inbox(DAY)
    strays = [item for item in items if item["mapping"] == "csv_ordres"]
    assert strays == [{"path": str(inbox / "csv_ordres"), "mapping": "csv_ordres"}]
    with pytest.raises(TerminalError, match=r"inbox folder 'csv_ordres' names no source mapping; known: .*"):
        landing.land_inbox_files(items)
    assert {name for name, _ in manifest()} >= {"a.jsonl", "e.jsonl", "z.jsonl"}
    (inbox / "csv_orders").rename(inbox / "events" / ".put_away")
    (inbox / "csv_ordres").rename(inbox / "csv_orders")
    assert landing.land_inbox_files(landing.list_inbox(DAY))["landed"] == 0


def test_a_file_that_cannot_be_read_is_told_after_the_others_landed(inbox: Path) -> None:
    (inbox / "b.jsonl.gz").write_bytes(gzip.compress(b"{}\n")[:-3])
    (inbox / "events" / "gone.jsonl").symlink_to("nowhere")
    with pytest.raises(
        TerminalError, match=r"b\.jsonl\.gz: cannot be decoded.*; .*gone\.jsonl: does not exist"
    ):
        landing.land_inbox_files(landing.list_inbox(DAY))
    assert {name for name, _ in manifest()} >= {"a.jsonl", "e.jsonl", "z.jsonl"}


def test_the_name_of_a_folder_is_never_taken_for_the_path_of_a_mapping(
    inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.sql").write_text("SELECT 1")
    monkeypatch.chdir(tmp_path)
    (inbox / "mine.sql").mkdir()
    shutil.copy(next(ORDERS.glob("*.csv")), inbox / "mine.sql" / "x.csv")
    with pytest.raises(TerminalError, match=r"'mine\.sql' names no source mapping"):
        landing.land_inbox_files(landing.list_inbox(DAY))


def test_a_day_without_a_folder_has_no_files(inbox: Path) -> None:
    assert landing.list_inbox("2026-09-08") == []
