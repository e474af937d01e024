"""Publishing reports: all or nothing, once, and the same bytes for the same rows."""

import csv
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest

from pipeline.core.errors import TerminalError, TransientError
from pipeline.reporting import publication, write_reports
from pipeline.schemas.tables import FORECAST

PROJECT = Path(__file__).resolve().parents[3]
GOLDEN = PROJECT / "tests" / "golden" / "reports"
RUN_ID = "20260907T000000Z-0123456789ab"
Tables = dict[str, pl.DataFrame]


@pytest.fixture
def tables(quality: pl.DataFrame, needed: pl.DataFrame, runs: pl.DataFrame) -> Tables:
    return {"data_quality": quality, "chips_needed": needed, "runs": runs}


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_reports_are_those_on_record(tmp_path: Path, tables: Tables) -> None:
    written = files(write_reports(tmp_path, RUN_ID, tables))
    assert written.keys() == {"chips_needed.csv", "data_quality.csv", "datapackage.json"}
    for name in ("chips_needed.csv", "data_quality.csv"):
        assert written[name].decode() == (GOLDEN / name).read_text(encoding="utf-8")


def test_the_package_of_the_gates_is_the_one_on_record(
    tmp_path: Path, quality: pl.DataFrame, runs: pl.DataFrame
) -> None:
    written = files(write_reports(tmp_path, RUN_ID, {"data_quality": quality, "runs": runs}))
    assert written["datapackage.json"].decode() == (GOLDEN / "datapackage.json").read_text(encoding="utf-8")


def test_the_package_of_a_forecast_says_where_its_sample_paths_are(tmp_path: Path, tables: Tables) -> None:
    told = {
        name: json.loads(files(write_reports(tmp_path / name, RUN_ID, more))["datapackage.json"])[
            "description"
        ]
        for name, more in (("without", tables), ("with", {**tables, "forecast": FORECAST.empty()}))
    }
    assert f"paths/{RUN_ID}.parquet" in told["with"]
    assert f"python -m pipeline paths {RUN_ID} --out" in told["with"]
    assert "sample paths" not in told["without"]


def test_rows_in_another_order_give_the_same_bytes(tmp_path: Path, tables: Tables) -> None:
    first = files(write_reports(tmp_path / "a", RUN_ID, tables))
    turned = {name: frame.reverse() for name, frame in tables.items()}
    assert files(write_reports(tmp_path / "b", RUN_ID, turned)) == first


READERS: dict[str, Callable[[str], object]] = {
    "string": str,
    "integer": int,
    "number": float,
    "boolean": {"true": True, "false": False}.__getitem__,
    "date": date.fromisoformat,
    "datetime": datetime.fromisoformat,
}


def test_every_cell_is_of_the_type_that_the_package_declares(tmp_path: Path, tables: Tables) -> None:
    folder = write_reports(tmp_path, RUN_ID, tables)
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    for resource_ in package["resources"]:
        fields = resource_["schema"]["fields"]
        with (folder / resource_["path"]).open(encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file)
        assert header == [field["name"] for field in fields]
        assert rows
        for row in rows:
            for text, field in zip(row, fields, strict=True):
                assert field["description"]
                if text or field.get("constraints"):
                    READERS[field["type"]](text)
        keys = [tuple(row[header.index(key)] for key in resource_["schema"]["primaryKey"]) for row in rows]
        assert len(keys) == len(set(keys))


def test_both_links_lead_to_the_run_and_stay_valid_when_the_folder_moves(
    tmp_path: Path, tables: Tables
) -> None:
    folder = write_reports(tmp_path / "reports", RUN_ID, tables)
    assert folder == tmp_path / "reports" / RUN_ID
    moved = (tmp_path / "reports").rename(tmp_path / "moved")
    assert (moved / "latest").resolve() == (moved / RUN_ID).resolve()
    assert (moved / "latest").resolve().name == RUN_ID
    assert (moved / "latest" / "data_quality.csv").is_file()


def test_an_identical_run_publishes_nothing_again(tmp_path: Path, tables: Tables) -> None:
    write_reports(tmp_path, RUN_ID, tables)
    write_reports(tmp_path, "another", tables)
    before = {path: path.lstat().st_mtime_ns for path in tmp_path.rglob("*")}
    write_reports(tmp_path, RUN_ID, tables)
    assert {path: path.lstat().st_mtime_ns for path in tmp_path.rglob("*")} == before
    assert (tmp_path / "latest").resolve().name == "another"


def test_a_run_that_grew_is_replaced_and_its_last_version_kept_for_its_readers(
    tmp_path: Path, tables: Tables
) -> None:
    write_reports(tmp_path, RUN_ID, {"data_quality": tables["data_quality"].head(1)})
    write_reports(tmp_path, RUN_ID, {"data_quality": tables["data_quality"]})
    open_to_reader = (tmp_path / RUN_ID).resolve()
    folder = write_reports(tmp_path, RUN_ID, tables)
    assert "chips_needed.csv" in files(folder)
    assert (open_to_reader / "data_quality.csv").is_file()
    assert len(list((tmp_path / ".versions").iterdir())) == 2


@pytest.mark.parametrize("step", ["_write_version", "_point", "_sync", "_drop_versions"])
def test_a_crash_at_any_step_leaves_whole_reports_and_the_next_try_completes_them(
    tmp_path: Path, tables: Tables, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    write_reports(tmp_path, RUN_ID, {"data_quality": tables["data_quality"]})
    old = files(tmp_path / "latest")
    original = getattr(publication, step)
    for crash_at in range(6):
        calls = iter(range(100))

        def crash(*args: object, calls: object = calls, crash_at: int = crash_at, **kwargs: object) -> None:
            if next(calls) == crash_at:  # type: ignore[call-overload]
                raise KeyboardInterrupt
            original(*args, **kwargs)

        with monkeypatch.context() as patch:
            patch.setattr(publication, step, crash)
            try:
                write_reports(tmp_path, RUN_ID, tables)
            except KeyboardInterrupt:
                for name in (RUN_ID, "latest"):
                    assert (files(tmp_path / name) == old) or "chips_needed.csv" in files(tmp_path / name)
    write_reports(tmp_path, RUN_ID, tables)
    assert "chips_needed.csv" in files(tmp_path / "latest")
    assert files(tmp_path / "latest") == files(tmp_path / RUN_ID)


def test_a_full_disk_leaves_the_last_good_reports_in_place(tmp_path: Path, tables: Tables) -> None:
    write_reports(tmp_path, RUN_ID, tables)
    code = f"""
import resource, signal, sys, polars as pl
from pathlib import Path
from pipeline.core.errors import TransientError
from pipeline.reporting import write_reports
from pipeline.schemas.tables import DATA_QUALITY
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))
try:
    write_reports(Path({str(tmp_path)!r}), "fuller", {{"data_quality": DATA_QUALITY.empty()}})
except TransientError as error:
    sys.exit(0 if "what was published before stays in place" in str(error) else 1)
sys.exit(2)
"""
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": str(PROJECT)})
    assert (tmp_path / "latest").resolve().name == RUN_ID
    assert not (tmp_path / "fuller").exists()
    assert len(list((tmp_path / ".versions").iterdir())) == 1


def test_a_reader_of_latest_never_finds_it_missing(tmp_path: Path, tables: Tables) -> None:
    write_reports(tmp_path, "run-0", tables)
    seen: set[str] = set()
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            package = json.loads((tmp_path / "latest" / "datapackage.json").read_text(encoding="utf-8"))
            seen.add(package["run"]["run_id"])

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(1, 15):
        write_reports(tmp_path, f"run-{number}", tables)
    done.set()
    reader.join()
    assert all(re.fullmatch(r"run-\d+", name) for name in seen)
    assert seen


@pytest.mark.parametrize("run_id", ["../x", "", "latest", ".versions", "a/b", "a\nb", "x" * 129])
def test_a_run_id_is_never_trusted_as_a_path(tmp_path: Path, tables: Tables, run_id: str) -> None:
    with pytest.raises(TerminalError, match="cannot name a folder"):
        write_reports(tmp_path / "reports", run_id, tables)
    assert list(tmp_path.iterdir()) == []


def test_an_undeclared_table_is_refused(tmp_path: Path, quality: pl.DataFrame) -> None:
    with pytest.raises(TerminalError, match=r"no table is declared as \.\./evil"):
        write_reports(tmp_path, RUN_ID, {"../evil": quality})


def test_a_folder_in_the_place_of_latest_is_left_alone(tmp_path: Path, tables: Tables) -> None:
    (tmp_path / "latest").mkdir()
    with pytest.raises(TerminalError, match="latest is no link"):
        write_reports(tmp_path, RUN_ID, tables)
    assert list(tmp_path.iterdir()) == [tmp_path / "latest"]


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path, tables: Tables) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(TransientError, match="could not be written"):
        write_reports(tmp_path / "file" / "reports", RUN_ID, tables)


def test_a_backtest_alone_leaves_latest_with_the_last_forecast(tmp_path: Path, tables: Tables) -> None:
    write_reports(tmp_path, "forecast-run", tables)
    write_reports(tmp_path, "backtest-run", tables, is_latest=False)
    assert (tmp_path / "latest").resolve().name == "forecast-run"
    assert (tmp_path / "backtest-run" / "datapackage.json").exists()


def test_what_is_added_to_the_latest_run_is_seen_in_latest(tmp_path: Path, tables: Tables) -> None:
    some = dict(list(tables.items())[:1])
    write_reports(tmp_path, "run", some)
    write_reports(tmp_path, "run", tables, is_latest=False)
    assert len(list((tmp_path / "latest").glob("*.csv"))) == len(tables.keys() - {"runs"})
