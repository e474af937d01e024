"""Whose sample paths stand beside the published copy, after whatever happened before."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.core.errors import UsageError
from pipeline.reporting import write_sample_paths
from pipeline.runs import forecasting
from pipeline.runs.asking import ask, status
from pipeline.runs.context import Run, run_folder, runs_row, the_settings
from pipeline.runs.publishing import store_results
from pipeline.runs.sample_paths import SAMPLE_PATHS_FILE, settle_sample_paths
from pipeline.schemas.tables import RUNS
from pipeline.store import publish_copy
from tests.demand_frames import paths_frame

MONDAY = datetime(2026, 9, 7, tzinfo=UTC)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, empty_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home whose name is no pattern, though it looks like one."""
    home = tmp_path / "home [1] isn't *"
    shutil.copytree(empty_home, home)
    monkeypatch.setenv("TRN_HOME", str(home))
    monkeypatch.setenv("TRN_PATHS_KEPT", "2")
    return home


def stored(name: str, *, week: int = 0, kind: str = "forecast", status: str = "published") -> Run:
    run = Run(name, MONDAY + timedelta(weeks=week), 1, "policy", 1)
    store_results(run, {RUNS: runs_row(run, kind, status=status)}, event=None)
    publish_copy(the_settings())
    return run


def forecast(name: str, *, week: int = 0, chips: float = 1.0) -> Run:
    """Store a run and leave its paths in its folder, as the tasks do up to the publication of its paths."""
    run = stored(name, week=week)
    paths = paths_frame({("cloud", "startup", "trn2", "us"): [[chips, chips]]})
    write_sample_paths(paths, run_folder(run) / SAMPLE_PATHS_FILE)
    return run


def kept(home: Path) -> dict[str, str]:
    """What stands in the folder: of a link, what it names."""
    return {
        file.name: file.readlink().name if file.is_symlink() else "file"
        for file in (home / "paths").glob("*.parquet")
    }


def test_the_paths_of_a_run_are_moved_whole_and_latest_names_them(home: Path) -> None:
    run = forecast("a")
    settle_sample_paths(run)
    assert kept(home) == {"a.parquet": "file", "latest.parquet": "a.parquet"}
    assert not (run_folder(run) / SAMPLE_PATHS_FILE).exists()


def test_settling_again_changes_nothing(home: Path) -> None:
    run = forecast("a")
    settle_sample_paths(run)
    before = {file.name: file.lstat().st_mtime_ns for file in (home / "paths").glob("*.parquet")}
    settle_sample_paths(run)
    assert {file.name: file.lstat().st_mtime_ns for file in (home / "paths").glob("*.parquet")} == before


def test_those_of_the_runs_forecast_last_are_kept(home: Path) -> None:
    for name in ("a", "b", "c"):
        settle_sample_paths(forecast(name))
    assert kept(home) == {"b.parquet": "file", "c.parquet": "file", "latest.parquet": "c.parquet"}


def test_those_of_the_last_approved_allocation_are_kept_too(home: Path) -> None:
    for week, name in enumerate(("a", "b", "c", "d")):
        run = forecast(name, week=week)
        if name in {"a", "b"}:
            stored(name, week=week, kind="allocation", status="approved")
        settle_sample_paths(run)
    assert kept(home).keys() == {"b.parquet", "c.parquet", "d.parquet", "latest.parquet"}


def test_a_file_that_a_person_put_there_stays(home: Path) -> None:
    settle_sample_paths(forecast("a"))
    (home / "paths" / "mine.parquet").write_text("mine")
    for name in ("b", "c"):
        settle_sample_paths(forecast(name))
    assert (home / "paths" / "mine.parquet").read_text() == "mine"


def test_where_the_last_run_left_no_paths_latest_names_no_other(home: Path) -> None:
    settle_sample_paths(forecast("a"))
    settle_sample_paths(stored("b"))
    assert kept(home) == {"a.parquet": "file"}


def test_the_next_start_of_a_run_publishes_the_paths_that_a_crash_kept_back(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = forecast("a")
    monkeypatch.setattr(forecasting, "open_run", lambda *_: run)
    assert forecasting.start_run()["is_published"]
    assert kept(home) == {"a.parquet": "file", "latest.parquet": "a.parquet"}
    assert not (home / "work" / "a").exists()


def test_a_question_reads_the_latest_paths_or_those_of_a_run() -> None:
    for name, chips in (("a", 1.0), ("b", 2.0)):
        settle_sample_paths(forecast(name, chips=chips))
    query = "SELECT sum(value) AS chips FROM sample_paths({})"
    answers = [ask(query.format(words), as_of=None, csv=True) for words in ("", "'a'", "run := 'b'")]
    assert [answer.split() for answer in answers] == [["chips", "4.0"], ["chips", "2.0"], ["chips", "4.0"]]


def test_a_question_for_paths_that_are_gone_says_how_to_make_them_again() -> None:
    for name in ("a", "b", "c"):
        settle_sample_paths(forecast(name))
    with pytest.raises(UsageError, match=r"a\.parquet.*python -m pipeline paths RUN --out"):
        ask("FROM sample_paths('a')", as_of=None, csv=True)
    with pytest.raises(UsageError) as other:
        ask("FROM nowhere", as_of=None, csv=True)
    assert "pipeline paths" not in str(other.value)


def test_the_status_says_of_how_many_runs_paths_are_kept(home: Path) -> None:
    stored("a")
    assert "paths" not in status()
    settle_sample_paths(forecast("b"))
    assert f"paths {home}/paths: 1 run, 0.0 MB" in status()
