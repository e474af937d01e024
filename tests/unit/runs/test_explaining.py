"""explain: what a run said of a series, and why, over a small log of its own."""

import json
import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pytest

from pipeline.cli.main import main
from pipeline.config.policy import SHIPPED_POLICY
from pipeline.forecasting import kernels
from tests.demand_frames import growing, lumpy
from tests.landing_world import event, usage, write_lines

pytestmark = pytest.mark.xdist_group("gates")  # so that one worker makes the run of them all

Capture = pytest.CaptureFixture[str]
WEEKS = 70
END = datetime(2026, 9, 7, tzinfo=UTC)
STOCK = "cloud/unassigned/trn2/us-east-1"
FLOW = "direct/unassigned/trn2/us-east-1"
YOUNG = "cloud/unassigned/trn3/us-east-1"
ENDED = "cloud/unassigned/trn1/us-east-1"


def monday(week: int) -> datetime:
    return END - timedelta(weeks=WEEKS - week)


def used(name: str, week: int, chips: float, **changes: Any) -> dict[str, Any]:
    start, end = (f"{moment:%Y-%m-%dT%H:%M:%SZ}" for moment in (monday(week), monday(week + 1)))
    period = {"data_period_start": start, "data_period_end": end, "data_chip_hours": 168 * float(chips)}
    return usage(f"{name}-{week}", time=end, **period, **changes)


def ordered(week: int, chips: float) -> dict[str, Any]:
    data = {"generation": "trn2", "region": "us-east-1", "customer_id": "c1", "chips": int(chips)}
    time = f"{monday(week) + timedelta(days=2):%Y-%m-%dT%H:%M:%SZ}"
    return event(f"order-{week}", type="trn.order.placed.v1", subject=f"line-{week}", time=time, data=data)


def world() -> Iterator[dict[str, Any]]:
    for week, chips in enumerate(growing(WEEKS, seed=1)):
        if week != 30:
            yield used("stock", week, chips)
    for week, chips in enumerate(growing(5, seed=2)):
        yield used("young", WEEKS - 5 + week, chips, data_generation="trn3")
    for week, chips in enumerate(growing(20, seed=3)):
        yield used("ended", week, chips, data_generation="trn1")
    for week, chips in enumerate(lumpy(WEEKS, seed=5)):
        if chips:
            yield ordered(week, chips)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRN_HOME", str(home))
        patch.delenv("TRN_POLICY", raising=False)
        assert main(["land", str(write_lines(home / "world.jsonl", list(world())))]) == 0
        assert main(["run"]) == 0
        yield home


def report(home: Path, name: str, series: str) -> pl.DataFrame:
    frame = pl.read_csv(home / "reports" / run_of(home) / f"{name}.csv", infer_schema_length=None)
    channel, segment, generation, region = series.split("/")
    return frame.filter(channel=channel, segment=segment, generation=generation, region=region)


def run_of(home: Path) -> str:
    (run,) = (file.name for file in (home / "reports").iterdir() if file.name.startswith("20260907"))
    return run


def told(capsys: Capture, *words: str) -> str:
    capsys.readouterr()
    assert main(["explain", *words]) == 0
    return capsys.readouterr().out


def facts(capsys: Capture, *words: str) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(told(capsys, *words, "--json"))
    return answer


def numbers(value: Any) -> Iterator[float]:
    if isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from numbers(part)
    elif isinstance(value, float):
        yield value


def test_what_is_told_is_what_the_run_stored(home: Path, capsys: Capture) -> None:
    answer = facts(capsys, STOCK)
    stored = report(home, "forecast", STOCK).filter(pl.col("level") == "channel/generation/region/segment")
    assert [row["step"] for row in answer["forecast"]] == [4, 13, 26, 52, 104]
    for row in answer["forecast"]:
        (week,) = stored.filter(pl.col("step") == row["step"]).iter_rows(named=True)
        assert row["period_start"] == week["period_start"]
        for name in ("mean", "p10", "p50", "p90"):
            assert row[name] == pytest.approx(week[name], abs=1e-6)  # so many decimals a report has
    model = report(home, "forecast_models", STOCK).row(0, named=True)
    shared = ("run_id", "model", "reason", "observations", "first_week", "last_week", "unit")
    assert {name: answer[name] for name in shared} == {name: model[name] for name in shared}
    assert (answer["zero_gap_weeks"], answer["unknown_weeks"]) == (1, 0)


@pytest.mark.parametrize("series", [STOCK, FLOW, YOUNG, ENDED])
def test_the_series_gives_the_stored_forecast_again(home: Path, capsys: Capture, series: str) -> None:
    again = facts(capsys, series)["again"]
    assert again["is_same"]
    assert again["largest_relative_difference"] <= 1e-9


def test_the_components_are_those_that_make_the_mean(home: Path, capsys: Capture) -> None:
    answer = facts(capsys, STOCK)
    components = answer["ensemble"]["components"]
    weights = [component["weight"] for component in components]
    assert sum(weights) == pytest.approx(1)
    assert weights == sorted(weights, reverse=True)
    assert components[0]["name"] == answer["model"]
    assert {component["name"] for component in components} <= set(kernels.COMPONENTS)
    assert min(component["relative_error"] for component in components) == 1
    assert answer["ensemble"]["origins"][0] == f"{monday(WEEKS - WEEKS // 4):%Y-%m-%d}"
    assert answer["ensemble"]["window_weeks"] == WEEKS // 4
    assert answer["ensemble"]["errors"]["windows"] == len(answer["ensemble"]["origins"]) == 7


def test_the_errors_are_those_of_forecasts_made_at_the_origins() -> None:
    from pipeline.forecasting.ensemble import forecast_ensemble

    values = growing(WEEKS, seed=1)
    ensemble = forecast_ensemble(values, seasons=(52,), horizon=104)
    window = ensemble.residuals.shape[1]
    naive = kernels.COMPONENTS.index("seasonal_naive")
    for cut, errors in zip(ensemble.cuts, ensemble.errors, strict=True):
        if cut >= 52 + 3:
            forecast = values[cut - 52 : cut - 52 + window]
            assert errors[naive] == pytest.approx(np.abs(values[cut : cut + window] - forecast).mean())


def test_the_model_of_record_is_the_one_that_statsmodels_fits(home: Path, capsys: Capture) -> None:
    from statsmodels.stats.diagnostic import acorr_ljungbox

    from pipeline.config import load_policy
    from pipeline.forecasting.damped_ets import fit_damped_ets

    record = facts(capsys, STOCK)["record"]
    values = growing(WEEKS, seed=1)
    values[30] = 0.0
    result = fit_damped_ets(values, seasons=(), policy=load_policy().forecast).result
    assert record["model"] == "ETS(A,Ad,N)"
    assert list(record["parameters"]) == ["smoothing_level", "smoothing_trend", "damping_trend"]
    assert list(record["parameters"].values()) == pytest.approx(list(result.params), rel=1e-3)
    assert record["log_likelihood"] == pytest.approx(result.llf, rel=1e-6)
    assert record["aicc"] == pytest.approx(result.aicc, rel=1e-6)
    assert list(record["initial_states"]) == ["initial_level", "initial_trend"]
    box = acorr_ljungbox(result.resid, lags=[10])
    assert record["ljung_box"]["p"] == pytest.approx(box["lb_pvalue"].item(), rel=1e-2)


def test_it_fits_one_screen_in_words(home: Path, capsys: Capture) -> None:
    text = told(capsys, STOCK)
    assert len(text.splitlines()) <= 40
    assert max(map(len, text.splitlines())) <= 120
    run, end = run_of(home), f"{END:%Y-%m-%d}"
    assert f"run      {run}, as of {end}T00:00:00Z" in text
    assert "history  70 weeks observed, 2025-05-05 to 2026-08-31; 1 week without a row, read as zero" in text
    assert "ets_p50" in text
    assert "judged over 17 weeks from 7 past origins: 20" in text
    assert "a miss lasts: half of it is left after" in text
    assert "model of record: statsmodels ETS(A,Ad,N) on log(demand + " in text
    assert "parameters  smoothing_level " in text
    assert "residuals   Ljung-Box (lag 10) " in text
    assert "Jarque-Bera " in text
    assert "heteroskedasticity " in text
    assert "note" not in text


def test_what_lands_later_changes_nothing_of_an_old_run(home: Path, capsys: Capture) -> None:
    run = run_of(home)
    words = [(series, "--run", run, *form) for series in (STOCK, FLOW) for form in ((), ("--json",))]
    before = [told(capsys, *each) for each in words]
    again = [used("again", week, 5000.0, source="/later") for week in range(WEEKS)]
    late = [used("late", WEEKS, 9000.0), ordered(WEEKS, 4096)]
    assert main(["land", str(write_lines(home / "later.jsonl", [*again, *late]))]) == 0
    assert [told(capsys, *each) for each in words] == before


def test_a_flow_of_rare_orders_tells_its_level_and_ratios(home: Path, capsys: Capture) -> None:
    answer = facts(capsys, FLOW)
    assert answer["model"] == "intermittent_level"
    flow = answer["intermittent"]
    weeks = lumpy(WEEKS, seed=5)
    first = int(np.flatnonzero(weeks)[0])
    assert flow["weeks"] == WEEKS - first
    assert flow["weeks_with_demand"] == np.count_nonzero(weeks)
    assert flow["level"] == pytest.approx(weeks[first:].mean(), rel=0.5)
    counts = 0.5 ** (np.arange(WEEKS)[::-1] / 13)
    assert flow["late_mean"] == pytest.approx(counts[first:] @ weeks[first:] / counts[first:].sum())
    assert answer["ensemble"] is None
    assert answer["record"]["model"] == "ETS(A,N,N)"
    text = told(capsys, FLOW)
    assert f"{flow['late_mean']:,.1f} on average, late weeks counting more" in text
    assert f"demand in {np.count_nonzero(weeks)} of the {WEEKS - first} weeks drawn again" in text
    assert "ratios   of a week to the level of its time: mean 1, standard deviation " in text


@pytest.mark.parametrize(
    ("series", "said"),
    [
        (YOUNG, "fallback too_short: fewer weeks than the policy's min_weeks, too few to fit a model\n"),
        (ENDED, "fallback ended: no demand for longer than the policy's ended_weeks"),
    ],
)
def test_a_fallback_says_why_and_fits_nothing(home: Path, capsys: Capture, series: str, said: str) -> None:
    text = told(capsys, series)
    assert said in text
    assert "model of record" not in text
    answer = facts(capsys, series)
    assert [answer[name] for name in ("ensemble", "intermittent", "record", "record_forecast")] == [None] * 4
    assert len(answer["forecast"]) == 5


@pytest.mark.parametrize("series", [STOCK, FLOW, YOUNG, ENDED])
def test_json_is_one_object_of_finite_numbers(home: Path, capsys: Capture, series: str) -> None:
    text = told(capsys, series, "--json")
    assert text.count("\n") == 1
    assert all(map(math.isfinite, numbers(json.loads(text))))


def test_an_unknown_series_is_told_with_close_ones(home: Path, capsys: Capture) -> None:
    capsys.readouterr()
    wrong = "cloud/unassigned/trn2/us-est-1"
    assert main(["explain", wrong]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    told = f"error: run {run_of(home)} forecast no series '{wrong}': close to it: {STOCK}, "
    assert shown.err.startswith(told)
    assert shown.err.endswith("--csv lists all 4\n")
    listing = f"FROM forecast_models WHERE run_id = '{run_of(home)}'"
    assert f'python -m pipeline sql "{listing}" --csv' in shown.err
    assert main(["sql", listing, "--csv"]) == 0
    assert capsys.readouterr().out.count("\n") == 5


def test_nothing_close_is_named_where_nothing_is(home: Path, capsys: Capture) -> None:
    capsys.readouterr()
    assert main(["explain", "?"]) == 2
    assert "close to it" not in capsys.readouterr().err


def test_a_run_that_forecast_nothing_is_refused(home: Path, capsys: Capture) -> None:
    capsys.readouterr()
    assert main(["explain", STOCK, "--run", "nobody's"]) == 2
    assert 'no run "nobody\'s" has a published forecast' in capsys.readouterr().err


def test_another_policy_than_the_runs_is_refused(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    text = SHIPPED_POLICY.read_text(encoding="utf-8")
    (tmp_path / "policy.toml").write_text(text.replace("min_weeks = 8", "min_weeks = 9"), encoding="utf-8")
    monkeypatch.setenv("TRN_POLICY", str(tmp_path / "policy.toml"))
    capsys.readouterr()
    assert main(["explain", STOCK]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith(f"failed: run {run_of(home)} was opened under policy ")
    assert "bring the old policy back" in shown.err


def test_how_the_levels_were_brought_into_agreement_is_told(home: Path, capsys: Capture) -> None:
    found = facts(capsys, STOCK)
    stored = pl.read_csv(home / "reports" / run_of(home) / "forecast_reconciliation.csv")
    used = stored.filter(pl.col("channel") == "cloud", pl.col("is_used")).row(0, named=True)
    assert found["reconciliation"]["method"] == used["method"]
    assert found["reconciliation"]["relative_error"] == pytest.approx(used["relative_error"], abs=1e-6)
    moved = report(home, "forecast", STOCK).filter(pl.col("step") == 13).row(0, named=True)
    assert moved["base_mean"] != moved["mean"]
    assert f"levels   brought into agreement by {used['method']}" in told(capsys, STOCK)


@pytest.mark.parametrize("command", [["explain", STOCK], ["report", "RUN"]])
def test_a_copy_of_an_earlier_version_is_told_and_not_read(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture, command: list[str]
) -> None:
    copy = tmp_path / "published" / "warehouse.duckdb"
    copy.parent.mkdir()
    copy.write_bytes((home / "published" / "warehouse.duckdb").read_bytes())
    with duckdb.connect(copy) as connection:
        connection.execute("ALTER TABLE forecast DROP COLUMN base_mean")
        connection.execute("DELETE FROM schema_migrations WHERE number = 9")
    monkeypatch.setenv("TRN_HOME", str(tmp_path))
    capsys.readouterr()
    assert main([run_of(home) if word == "RUN" else word for word in command]) == 2
    assert "python -m pipeline run publishes a new one" in capsys.readouterr().err


def test_before_any_run_it_is_told_to_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setenv("TRN_HOME", str(tmp_path))
    assert main(["land", str(write_lines(tmp_path / "a.jsonl", [usage()]))]) == 0
    capsys.readouterr()
    assert main(["explain", STOCK]) == 2
    assert capsys.readouterr().err == "error: no forecast is published yet: python -m pipeline run\n"
