"""From event files to an approved allocation by the documented commands, in real processes."""

import csv
import io
import json
import re
from pathlib import Path

import polars as pl
import pytest

from .conftest import Quick, Shell

pytestmark = pytest.mark.xdist_group("whole way")  # so that one worker plans the market for all

REPORTS = (
    "forecast",
    "forecast_quarters",
    "forecast_models",
    "chips_needed",
    "allocation",
    "supply_balance",
    "data_quality",
)


def latest(shell: Shell, name: str) -> pl.DataFrame:
    return pl.read_csv(shell.home / "reports" / "latest" / f"{name}.csv", infer_schema_length=None)


def as_of(shell: Shell) -> str:
    return str(latest(shell, "forecast")["as_of"][0])


def run_id_of(shell: Shell) -> str:
    return (shell.home / "reports" / "latest").resolve().name


@pytest.mark.parametrize("name", REPORTS)
def test_every_report_is_there_and_described(planned: Shell, name: str) -> None:
    package = json.loads((planned.home / "reports" / "latest" / "datapackage.json").read_text())
    described = {resource["name"]: resource for resource in package["resources"]}
    header = latest(planned, name).columns
    assert [field["name"] for field in described[name]["schema"]["fields"]] == header


def test_the_forecast_reaches_two_years_for_both_channels(planned: Shell) -> None:
    bottom = latest(planned, "forecast").filter(pl.col("level") == "channel")
    assert dict(bottom.group_by("channel").agg(pl.col("step").max()).iter_rows()) == {
        "cloud": 104,
        "direct": 104,
    }


def test_means_add_up_from_the_bottom_to_the_channel(planned: Shell) -> None:
    forecast = latest(planned, "forecast")
    by_level = {
        level: forecast.filter(pl.col("level") == level)
        .group_by("channel", "period_start")
        .agg(pl.col("mean").sum())
        for level in ("channel", "channel/generation/region/segment")
    }
    both = by_level["channel"].join(
        by_level["channel/generation/region/segment"], on=["channel", "period_start"], suffix="_bottom"
    )
    assert both.height == 208
    assert both.select((pl.col("mean") - pl.col("mean_bottom")).abs().max()).item() < 1e-3


def test_every_chip_of_the_supply_is_allocated_or_held(planned: Shell) -> None:
    balance = latest(planned, "supply_balance")
    left = (
        pl.col("opening_chips") + pl.col("supplied_chips") - pl.col("allocated_chips") - pl.col("held_chips")
    )
    assert balance.select(left.abs().max()).item() == 0
    allocated = (
        latest(planned, "allocation").group_by("generation", "period_start").agg(pl.col("chips").sum())
    )
    both = balance.join(allocated, on=["generation", "period_start"], how="left")
    assert both.height == balance.height > 0
    assert both.select((pl.col("allocated_chips") - pl.col("chips").fill_null(0)).abs().max()).item() == 0


def test_an_identical_run_publishes_nothing_again(planned: Shell) -> None:
    before = {file.name: file.stat().st_mtime_ns for file in (planned.home / "reports" / "latest").iterdir()}
    assert "nothing new arrived" in planned.done("run")
    after = {file.name: file.stat().st_mtime_ns for file in (planned.home / "reports" / "latest").iterdir()}
    assert after == before


def test_the_same_log_gives_the_same_bytes_in_another_home(
    planned: Shell, quick: Quick, market: Path, tmp_path: Path
) -> None:
    other = quick(tmp_path / "other")
    other.done("land", market / "events")
    other.done("run")
    assert run_id_of(other) == run_id_of(planned)
    for name in ("forecast", "forecast_quarters", "forecast_models", "chips_needed", "data_quality"):
        ours, theirs = (
            (s.home / "reports" / "latest" / f"{name}.csv").read_bytes() for s in (planned, other)
        )
        assert ours == theirs, name


def test_a_past_instant_can_be_forecast_as_it_stood(planned: Shell, quick: Quick) -> None:
    printed = planned.done(
        "sql", "SELECT count(*) AS n FROM demand_history($as_of)", "--as-of", "2025-01-06T00:00:00Z", "--csv"
    )
    earlier = int(printed.splitlines()[1])
    shell = quick(planned.home)
    now = int(shell.done("sql", "SELECT count(*) AS n FROM demand_history(now())", "--csv").splitlines()[1])
    assert 0 < earlier < now


def test_csv_answers_are_header_and_rows_alone(planned: Shell) -> None:
    printed = planned.done("sql", "SELECT TIMESTAMPTZ '2026-01-01 01:00:00+01' AS at, 'a,b' AS text", "--csv")
    assert list(csv.reader(io.StringIO(printed))) == [["at", "text"], ["2026-01-01T00:00:00Z", "a,b"]]
    assert printed.endswith("\n")
    assert "\r" not in printed


def test_a_proposal_is_approved_once_by_a_named_person(planned_copy: Shell) -> None:
    shell = planned_copy
    run_id = run_id_of(shell)
    assert set(latest(shell, "allocation")["status"]) == {"proposed"}
    assert "approved by Ada" in shell.done("approve", run_id, "--author", "Ada", "--note", "as discussed")
    assert set(latest(shell, "allocation")["status"]) == {"approved"}
    recorded = shell.done(
        "sql", "SELECT data ->> 'author' FROM events WHERE type LIKE '%approved.v1'", "--csv"
    )
    assert recorded.splitlines()[1:] == ["Ada"]
    again = shell.pipeline("reject", run_id, "--author", "Bob")
    assert again.returncode == 2
    assert "approved already" in again.stderr


def test_a_rejected_proposal_leaves_no_allocation(planned_copy: Shell) -> None:
    shell = planned_copy
    shell.done("reject", run_id_of(shell), "--author", "Ada")
    assert not (shell.home / "reports" / "latest" / "allocation.csv").exists()
    assert (shell.home / "reports" / "latest" / "forecast.csv").exists()


def test_without_supply_the_forecast_still_comes_out(quick: Quick, market: Path, tmp_path: Path) -> None:
    shell = quick(tmp_path / "home")
    folder = tmp_path / "usage"
    folder.mkdir()
    for file in (market / "events").rglob("*.jsonl"):
        lines = [line for line in file.read_text().splitlines(keepends=True) if "trn.usage.metered" in line]
        (folder / file.name).write_text("".join(lines))
    shell.done("land", folder)
    printed = shell.done("run")
    assert re.search(r"trn\.supply\.scheduled", printed)
    assert (shell.home / "reports" / "latest" / "forecast.csv").exists()
    assert not (shell.home / "reports" / "latest" / "allocation.csv").exists()


def test_a_split_can_be_computed_from_files_alone(planned: Shell, quick: Quick, tmp_path: Path) -> None:
    shell, tables = quick(planned.home), {}
    for name in (
        "supply",
        "margins",
        "capacity",
        "inventory",
        "fx",
        "order_book",
        "constraints",
        "contracts",
    ):
        tables[name] = tmp_path / f"{name}.csv"
        tables[name].write_text(shell.done("sql", f"FROM {name}($as_of)", "--as-of", as_of(planned), "--csv"))
    words = [word for name, file in tables.items() for word in (f"--{name.replace('_', '-')}", file)]
    forecast = planned.home / "reports" / "latest" / "forecast.csv"
    planned.done("allocate", "--forecast", forecast, *words, "--out", tmp_path / "out.csv")
    ours = pl.read_csv(tmp_path / "out.csv").group_by("generation", "channel").agg(pl.col("chips").sum())
    run = latest(planned, "allocation").group_by("generation", "channel").agg(pl.col("chips").sum())
    both = ours.join(run, on=["generation", "channel"], suffix="_run")
    assert both.height == run.height > 0
    # the report rounds chips to three decimals, so a chip may fall to the next week or cell
    assert both.select(((pl.col("chips") - pl.col("chips_run")).abs() <= 2).all()).item()


def test_a_refused_line_is_shown_repaired_and_landed_once(quick: Quick, tmp_path: Path) -> None:
    event = {
        "specversion": "1.0",
        "id": "1",
        "source": "/erp",
        "type": "trn.order.placed.v1",
        "subject": "line-1",
        "time": "2026-09-01T00:00:00Z",
        "data": {"chips": 1.7, "generation": "trn3"},
    }
    (tmp_path / "orders.jsonl").write_text("\n" + json.dumps(event) + "\n")
    shell = quick(tmp_path / "home")
    shell.done("land", tmp_path / "orders.jsonl")
    shown = Shell(shell.home).done("quarantine", "show", "--json")
    assert json.loads(shown)["source_line"] == 2
    (tmp_path / "repairs.jsonl").write_text(shown.replace("1.7", "2"))
    shell.done("quarantine", "reland", tmp_path / "repairs.jsonl")
    landed = shell.done("sql", "SELECT source_line, data ->> 'chips' AS chips FROM events", "--csv")
    assert landed.splitlines()[1:] == ["2,2"]
    assert "no refused line waits" in shell.done("quarantine", "show")
    again = shell.pipeline("quarantine", "reland", tmp_path / "repairs.jsonl")
    assert again.returncode == 2
    assert "no refused line waits" in again.stderr


def test_any_series_file_can_be_forecast(tmp_path: Path) -> None:
    rows = [f"a,2026-{month:02}-01,{10 + month}" for month in range(1, 10)]
    (tmp_path / "series.csv").write_text("\n".join(["unique_id,ds,y", *rows]) + "\n")
    words = ("--input", tmp_path / "series.csv", "--horizon", "3", "--out", tmp_path / "out.csv")
    Shell(tmp_path / "home").done("forecast", *words)
    answer = pl.read_csv(tmp_path / "out.csv")
    assert answer.columns == ["unique_id", "ds", "mean", "lo-80", "hi-80", "lo-95", "hi-95"]
    assert [str(day)[:10] for day in answer["ds"]] == ["2026-10-01", "2026-11-01", "2026-12-01"]


def test_a_log_without_demand_is_stopped_by_the_gate_and_publishes_nothing(
    quick: Quick, market: Path, tmp_path: Path
) -> None:
    shell = quick(tmp_path / "home")
    shell.done("land", market / "events" / "catalogue.jsonl")
    stopped = shell.pipeline("run")
    assert stopped.returncode == 1
    assert "nothing was published" in stopped.stderr
    assert not (shell.home / "reports" / "latest").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["land", "no/such/file.jsonl"], "no/such/file.jsonl"),
        (["land", "README.md", "--source", "no_such_mapping"], "no_such_mapping"),
        (["run"], "land events first"),
        (["run", "--as-of", "yesterday"], "yesterday"),
        (["sql", "SELEC 1"], "land events first"),
        (["approve", "20260101T000000Z-000000000000", "--author", "Ada"], "land events first"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(tmp_path: Path, words: list[str], message: str) -> None:
    result = Shell(tmp_path / "home").pipeline(*words)
    assert result.returncode == 2
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert "Traceback" not in result.stderr
