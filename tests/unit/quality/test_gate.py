"""The rules of every suite hold for good tables, and each catches what it is there for."""

import os
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from pipeline.core.errors import TerminalError
from pipeline.quality import GateFailed, GateResult, check
from pipeline.quality.suite import EXPECTATIONS, load_suite
from pipeline.schemas.tables import DATA_QUALITY

pytestmark = pytest.mark.xdist_group("gates")  # so that one worker imports what costs seconds

PROJECT = Path(__file__).resolve().parents[3]
FIXTURES = {
    "landing_profile": "profile",
    "demand_history": "history",
    "forecast": "forecast",
    "allocation": "allocation",
}
FORECAST_PARAMETERS = {"horizon_weeks": 3}
FIRST = pl.int_range(pl.len()) == 0


def gate(suite: str, frame: pl.DataFrame) -> GateResult:
    return check(frame, suite, parameters=FORECAST_PARAMETERS if suite == "forecast" else None)


def broken(result: GateResult) -> set[str]:
    return {outcome.name for outcome in result.outcomes if not outcome.is_passed}


def first(column: str, value: object) -> pl.Expr:
    return pl.when(FIRST).then(pl.lit(value)).otherwise(pl.col(column)).alias(column)


@pytest.mark.parametrize("suite", FIXTURES)
def test_a_good_table_passes_every_rule_of_its_suite(suite: str, request: pytest.FixtureRequest) -> None:
    result = gate(suite, request.getfixturevalue(FIXTURES[suite]))
    assert [outcome.name for outcome in result.outcomes] == [rule.name for rule in load_suite(suite).rules]
    assert broken(result) == set()
    result.require()


def _swap(column: str, value: object) -> object:
    return lambda frame: frame.with_columns(first(column, value).cast(frame.schema[column]))


def _all(column: str, value: object) -> object:
    return lambda frame: frame.with_columns(pl.lit(value).cast(frame.schema[column]).alias(column))


BREAKS = [
    ("landing_profile", "lines_balance", _swap("landed", 96)),
    ("landing_profile", "required_cells_filled", _swap("content_hash", None)),
    ("landing_profile", "grain_unique", lambda f: pl.concat([f, f.head(1)])),
    ("landing_profile", "lines_not_negative", _swap("lines", -1)),
    ("landing_profile", "landed_not_negative", _swap("landed", -1)),
    ("landing_profile", "duplicates_not_negative", _swap("duplicates", -1)),
    ("landing_profile", "quarantined_not_negative", _swap("quarantined", -1)),
    ("landing_profile", "quarantined_share_low", _swap("quarantined", 3)),
    ("landing_profile", "duplicates_share_low", _swap("duplicates", 51)),
    ("demand_history", "rows_present", lambda f: f.clear()),
    ("demand_history", "required_cells_filled", _swap("segment", None)),
    ("demand_history", "required_cells_filled", _swap("unmet_chips", float("nan"))),
    ("demand_history", "required_cells_filled", _swap("demand_observed_chips", float("inf"))),
    ("demand_history", "grain_unique", lambda f: pl.concat([f, f.tail(1)])),
    ("demand_history", "unit_fits_channel", _swap("unit", "chips_ordered")),
    ("demand_history", "weeks_start_on_monday", _swap("period_start", date(2026, 8, 18))),
    ("demand_history", "weeks_have_seven_days", _swap("period_end", date(2026, 8, 25))),
    ("demand_history", "observed_in_range", _swap("demand_observed_chips", -1.0)),
    ("demand_history", "observed_in_range", _swap("demand_observed_chips", 2e9)),
    ("demand_history", "unmet_in_range", _swap("unmet_chips", -0.5)),
    ("demand_history", "unmet_quota_not_negative", _swap("unmet_quota_chips", -0.5)),
    ("demand_history", "unmet_price_not_negative", _swap("unmet_price_chips", -0.5)),
    ("demand_history", "sellable_not_negative", _swap("sellable_chips", -1.0)),
    ("demand_history", "sellable_same_for_segments", _swap("sellable_chips", 90.0)),
    ("demand_history", "held_within_sellable", _swap("demand_observed_chips", 61.0)),
    ("demand_history", "peak_above_mean", _swap("peak_chips", 39.0)),
    ("demand_history", "idle_within_held", _swap("reserved_idle_chips", 41.0)),
    ("demand_history", "weeks_mostly_complete", _all("is_partial", value=True)),
    ("forecast", "rows_present", lambda f: f.clear()),
    ("forecast", "required_cells_filled", _swap("p75", None)),
    ("forecast", "grain_unique", lambda f: pl.concat([f, f.head(1)])),
    ("forecast", "one_run", _swap("run_id", "another")),
    ("forecast", "unit_fits_channel", _swap("unit", "chips")),
    ("forecast", "level_fits_dimensions", _swap("region", "us-east-1")),
    ("forecast", "weeks_start_on_monday", _swap("period_start", date(2026, 9, 8))),
    ("forecast", "weeks_have_seven_days", _swap("period_end", date(2026, 9, 20))),
    ("forecast", "one_origin", _swap("period_start", date(2026, 10, 5))),
    ("forecast", "weeks_end_after_as_of", _all("as_of", datetime(2026, 9, 15, tzinfo=UTC))),
    ("forecast", "steps_within_horizon", _swap("step", 4)),
    ("forecast", "steps_within_horizon", _swap("step", 0)),
    ("forecast", "horizon_complete", lambda f: f.slice(1)),
    ("forecast", "quantiles_not_negative", _swap("p01", -1.0)),
    ("forecast", "quantiles_plausible", _swap("p99", 2e9)),
    ("forecast", "quantiles_in_order", _swap("p50", 999.0)),
    ("forecast", "mean_in_range", _swap("mean", -1.0)),
    ("forecast", "means_add_up", _swap("mean", 12.5)),
    ("forecast", "mean_inside_quantiles", lambda f: f.with_columns(mean=pl.col("p99") + 1)),
    ("allocation", "rows_present", lambda f: f.clear()),
    ("allocation", "required_cells_filled", _swap("shadow_price", None)),
    ("allocation", "grain_unique", lambda f: pl.concat([f, f.head(1)])),
    ("allocation", "one_run", _swap("run_id", "another")),
    ("allocation", "channel_known", _swap("channel", "resale")),
    ("allocation", "weeks_start_on_monday", _swap("period_start", date(2026, 9, 8))),
    ("allocation", "weeks_have_seven_days", _swap("period_end", date(2026, 9, 20))),
    ("allocation", "weeks_gapless", lambda f: f.filter(pl.col("period_start") != date(2026, 9, 14))),
    ("allocation", "chips_in_range", _swap("chips", -1)),
    ("allocation", "demand_not_negative", _swap("demand_chips", -1.0)),
    ("allocation", "served_not_negative", _swap("served_chips", -1.0)),
    ("allocation", "served_within_demand", _swap("served_chips", 21.5)),
    ("allocation", "one_currency", _swap("currency", "EUR")),
    ("allocation", "shadow_price_not_negative", _swap("shadow_price", -1.0)),
    ("allocation", "shadow_price_same_in_pool", _swap("shadow_price", 3.0)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("suite", "rule", "damage"), BREAKS, ids=[f"{s}-{r}-{n}" for n, (s, r, _) in enumerate(BREAKS)]
)
def test_a_damaged_table_breaks_the_rule_that_is_there_for_it(
    suite: str, rule: str, damage: object, request: pytest.FixtureRequest
) -> None:
    assert callable(damage)
    result = gate(suite, damage(request.getfixturevalue(FIXTURES[suite])))
    assert rule in broken(result)
    severity = next(o.severity for o in result.outcomes if o.name == rule)
    if severity == "critical":
        with pytest.raises(GateFailed, match=rule):
            result.require()


def test_every_rule_of_every_suite_has_a_case_that_breaks_it() -> None:
    declared = {
        (file.stem, rule.name) for file in EXPECTATIONS.glob("*.json") for rule in load_suite(file.stem).rules
    }
    assert declared == {(suite, rule) for suite, rule, _ in BREAKS}


def test_a_warning_is_told_and_stops_nothing(profile: pl.DataFrame) -> None:
    result = check(profile.with_columns(quarantined=pl.lit(3), landed=pl.lit(95)), "landing_profile")
    result.require()
    sentence = (
        "landing_profile: quarantined_share_low expects at most 2 % of a file's lines in quarantine; "
        "seen: 2 of 2 rows (100.00%): 0.03, 0.03; first at batch_id x, source_file orders.jsonl"
    )
    assert result.warnings == [sentence]


def test_a_failure_names_table_rule_sight_reason_and_consequence(forecast: pl.DataFrame) -> None:
    with pytest.raises(GateFailed) as failure:
        gate("forecast", forecast.with_columns(first("p01", -7.0))).require()
    message = str(failure.value)
    for part in (
        "forecast: rule quantiles_not_negative (critical) allows p01 >= 0 chips",
        "seen: 1 of 42 rows (2.38%): -7; first at channel cloud, segment all",
        "why: nobody holds or orders less than nothing",
        "nothing was published; the last good run stays in place",
    ):
        assert part in message


def test_a_missing_column_is_a_failed_rule_and_named(forecast: pl.DataFrame) -> None:
    result = gate("forecast", forecast.drop("p99"))
    seen = {outcome.name: outcome.observed for outcome in result.outcomes if not outcome.is_passed}
    assert seen["quantiles_plausible"] == "the table has no column p99"
    assert "quantiles_in_order" in seen
    assert "grain_unique" not in seen


def test_a_column_of_the_wrong_type_is_a_failed_rule_and_no_crash(allocation: pl.DataFrame) -> None:
    result = gate("allocation", allocation.with_columns(chips=pl.lit("many")))
    outcome = next(o for o in result.outcomes if o.name == "chips_in_range")
    assert not outcome.is_passed
    assert outcome.observed.startswith("could not be checked: ")


def test_the_result_has_a_row_a_rule_in_the_shape_of_the_report(allocation: pl.DataFrame) -> None:
    as_of = datetime(2026, 9, 7, tzinfo=UTC)
    rows = gate("allocation", allocation).to_frame(run_id="r", as_of=as_of)
    assert DATA_QUALITY.select(rows).equals(rows)
    assert rows["check_name"].to_list() == [rule.name for rule in load_suite("allocation").rules]
    assert rows.select("run_id", "as_of", "table_name").unique().rows() == [("r", as_of, "allocation")]


def test_the_horizon_is_the_callers(forecast: pl.DataFrame) -> None:
    assert broken(check(forecast, "forecast", parameters={"horizon_weeks": 4})) == {"horizon_complete"}
    assert broken(check(forecast, "forecast")) == {"horizon_complete"}


def test_a_parameter_that_the_suite_does_not_have_is_refused(forecast: pl.DataFrame) -> None:
    with pytest.raises(TerminalError, match="has no parameter horizon; it has: horizon_weeks"):
        check(forecast, "forecast", parameters={"horizon": 4})


def test_an_unknown_suite_is_refused_and_the_known_ones_told(forecast: pl.DataFrame) -> None:
    with pytest.raises(TerminalError, match=r"no suite 'forcast'.*allocation, demand_history, forecast"):
        check(forecast, "forcast")


def test_the_gate_is_silent(profile: pl.DataFrame, capfd: pytest.CaptureFixture[str]) -> None:
    check(profile.with_columns(landed=pl.lit(None, dtype=pl.Int64)), "landing_profile")
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("", "")


def test_great_expectations_is_loaded_only_when_a_table_is_checked() -> None:
    code = (
        "import sys, pipeline.quality; sys.exit(bool({'great_expectations', 'pandas'} & sys.modules.keys()))"
    )
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)


def test_a_day_without_files_passes(profile: pl.DataFrame) -> None:
    assert broken(check(profile.clear(), "landing_profile")) == set()


def test_what_was_seen_does_not_depend_on_the_order_of_the_rows(history: pl.DataFrame) -> None:
    odd = history.with_columns(unmet_chips=-1.0 - pl.int_range(pl.len()))
    assert gate("demand_history", odd) == gate("demand_history", odd.reverse())
