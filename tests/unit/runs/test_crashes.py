"""A run that died between the database, the published copy and the reports: the next call heals it."""

import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

import polars as pl
import pytest

from pipeline.config import Settings
from pipeline.core.errors import UsageError
from pipeline.landing import append_events
from pipeline.runs import allocating, forecasting
from pipeline.runs.context import Run, open_run, runs_row, the_settings
from pipeline.runs.publishing import publish_run, report_run, store_results
from pipeline.schemas.tables import ALLOCATION, RUNS, SUPPLY_BALANCE
from pipeline.store import publish_copy, read_frame, reader, writer

MONDAY = datetime(2026, 9, 7, tzinfo=UTC)
LAUNCH = {
    "specversion": "1.0",
    "id": "1",
    "source": "/test",
    "type": "trn.product.launched.v1",
    "subject": "trn2",
    "time": "2026-08-01T00:00:00Z",
    "data": {"ga_date": "2026-08-01"},
}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TRN_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("TRN_POLICY", raising=False)
    return tmp_path / "home"


@pytest.fixture
def launched(home: Path, empty_home: Path) -> None:
    """The home, in which a product's launch has landed."""
    launch(shutil.copytree(empty_home, home))


def launch(home: Path) -> None:
    with writer(Settings(home)) as connection:
        append_events(connection, [LAUNCH])


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory, empty_home: Path) -> tuple[Path, Run]:
    """A home to copy, in which a run's forecast is stored and its proposal reported."""
    home = shutil.copytree(empty_home, tmp_path_factory.mktemp("standing") / "home")
    launch(home)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRN_HOME", str(home))
        patch.delenv("TRN_POLICY", raising=False)
        return home, propose(forecast_stored())


@pytest.fixture
def proposed(home: Path, standing: tuple[Path, Run]) -> Run:
    """The run, in the home."""
    stood, run = standing
    shutil.copytree(stood, home, symlinks=True)
    return run


def allocation(run: Run) -> pl.DataFrame:
    row = {
        "run_id": run.run_id,
        "as_of": run.as_of,
        "period_start": date(2026, 9, 7),
        "period_end": date(2026, 9, 14),
        "generation": "=trn2",
        "channel": "cloud",
        "region": "east",
        "chips": 16,
        "shadow_price": 1.0,
        "currency": "USD",
        "demand_chips": 20.0,
        "served_chips": 16.0,
        "is_frozen": False,
        "status": "proposed",
    }
    return ALLOCATION.select(pl.DataFrame([row]))


def forecast_stored(as_of: datetime = MONDAY) -> Run:
    """Store a run's forecast as the task does, up to the moment before its reports."""
    run = open_run(as_of, None)
    store_results(run, {RUNS: runs_row(run, "forecast", status="published")}, event=None)
    publish_copy(the_settings())
    return run


def propose(run: Run) -> Run:
    allocating._keep_proposal(run, {SUPPLY_BALANCE: SUPPLY_BALANCE.empty(), ALLOCATION: allocation(run)})
    store_results(run, {RUNS: runs_row(run, "allocation", status="proposed")}, event=None)
    publish_run(run.run_id)
    return run


def report(run: Run, name: str) -> Path:
    return the_settings().reports / run.run_id / name


def decisions() -> list[str]:
    publish_copy(the_settings())
    with reader(the_settings().published) as connection:
        query = "SELECT type FROM events WHERE type LIKE 'trn.allocation.%' ORDER BY log_position"
        return read_frame(connection, query)["type"].to_list()


def killed(*_: Any) -> NoReturn:
    raise KeyboardInterrupt


@pytest.mark.usefixtures("launched")
def test_the_next_start_of_a_run_writes_the_reports_that_a_crash_kept_back() -> None:
    run = forecast_stored()
    assert not report(run, "datapackage.json").exists()
    assert forecasting.start_run("2026-09-07T00:00:00Z")["is_published"]
    assert report(run, "datapackage.json").exists()


@pytest.mark.usefixtures("launched")
def test_publishing_a_forecast_again_needs_no_frames_once_it_is_stored(home: Path) -> None:
    run = forecast_stored()
    published = forecasting.publish_forecast(run.to_json())
    assert Path(published["report"]) == report(run, "datapackage.json").parent
    assert report(run, "datapackage.json").exists()
    assert not (home / "work" / run.run_id).exists()


@pytest.mark.usefixtures("launched")
def test_latest_stays_with_the_run_that_was_forecast_last() -> None:
    older = forecast_stored(MONDAY - timedelta(days=7))
    newer = forecast_stored()
    for run in (newer, older):
        report_run(run.run_id)
    assert (the_settings().reports / "latest").resolve().name == newer.run_id


def test_the_same_approval_again_finishes_what_a_crash_left(
    proposed: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(allocating, "publish_run", killed)
        with pytest.raises(KeyboardInterrupt):
            allocating.approve(proposed.to_json(), "Ada", "as discussed")
    assert not report(proposed, "allocation.csv").exists()
    allocating.approve(proposed.to_json(), "Ada", "as discussed")
    assert "approved" in report(proposed, "allocation.csv").read_text()
    assert decisions() == ["trn.allocation.approved.v1"]


def test_another_word_on_a_decided_proposal_is_refused_though_the_copy_is_behind(
    proposed: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(allocating, "publish_run", killed)
    with pytest.raises(KeyboardInterrupt):
        allocating.approve(proposed.to_json(), "Ada")
    with pytest.raises(UsageError, match="approved already"):
        allocating.reject(proposed.to_json(), "Bob")
    assert decisions() == ["trn.allocation.approved.v1"]


def test_of_two_decisions_at_once_the_second_is_refused_by_the_transaction(proposed: Run) -> None:
    allocating.approve(proposed.to_json(), "Ada")
    row = runs_row(proposed, "allocation", status="rejected")
    with pytest.raises(UsageError, match="approved already"):
        store_results(proposed, {ALLOCATION: ALLOCATION.empty(), RUNS: row}, event=None, expects="proposed")
    publish_run(proposed.run_id)
    assert report(proposed, "allocation.csv").exists()


def test_a_lost_proposal_is_said_so_and_proposed_again_by_the_next_run(proposed: Run, home: Path) -> None:
    assert not allocating.needs_proposal(proposed.to_json())
    (home / "proposals" / proposed.run_id / "allocation.parquet").unlink()
    with pytest.raises(UsageError, match=f"is gone; .* --position {proposed.position}"):
        allocating.approve(proposed.to_json(), "Ada")
    assert allocating.needs_proposal(proposed.to_json())


@pytest.mark.usefixtures("launched")
def test_a_forecast_without_a_proposal_needs_one() -> None:
    assert allocating.needs_proposal(forecast_stored().to_json())


@pytest.mark.usefixtures("launched")
def test_what_was_not_possible_before_the_forecast_came_is_tried_again() -> None:
    run = forecast_stored()
    row = runs_row(run, "allocation", status="not possible", message="there was no forecast yet")
    store_results(run, {RUNS: row}, event=None)
    publish_copy(the_settings())
    assert "no supply" in allocating.propose(run.to_json())["message"]


def test_the_proposal_that_a_planner_opens_runs_no_formula(proposed: Run, home: Path) -> None:
    assert "'=trn2" in (home / "proposals" / proposed.run_id / "allocation.csv").read_text()
