"""Suites are read strictly: a rule that is not understood must not pass unseen."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.core.errors import TerminalError
from pipeline.quality import engine
from pipeline.quality.suite import EXPECTATIONS, load_suite

GOOD: dict[str, Any] = {
    "type": "expect_column_values_to_be_between",
    "kwargs": {"column": "lines", "min_value": 0},
    "severity": "critical",
    "meta": {"name": "lines_not_negative", "expected": "lines >= 0", "reason": "a count"},
}


def write(folder: Path, expectations: object, table: object = "landing_manifest") -> Path:
    content = {"name": "mine", "meta": {"table": table}, "expectations": expectations}
    (folder / "mine.json").write_text(json.dumps(content), encoding="utf-8")
    return folder


def without(key: str) -> dict[str, Any]:
    return {k: v for k, v in GOOD.items() if k != key}


def test_a_suite_gives_its_rules_in_order(tmp_path: Path) -> None:
    second = {**GOOD, "meta": {**GOOD["meta"], "name": "another"}}
    suite = load_suite("mine", write(tmp_path, [second, GOOD]))
    assert [rule.name for rule in suite.rules] == ["another", "lines_not_negative"]


@pytest.mark.parametrize(
    ("expectations", "told"),
    [
        ([], "'expectations' must be a non-empty list"),
        ("all of them", "'expectations' must be a non-empty list"),
        (["not null"], "rule 1: a JSON object is needed"),
        ([without("severity")], "'lines_not_negative': 'severity' must be"),
        ([without("type")], "'lines_not_negative': 'type' must be"),
        ([without("kwargs")], "'lines_not_negative': 'kwargs' must be"),
        ([{**GOOD, "meta": {"name": "n", "expected": "e"}}], "'n': 'reason' must be"),
        ([{**GOOD, "severity": "info"}], "severity 'info'; allowed: critical, warning"),
        ([{**GOOD, "kwargs": {"column": "line"}}], "landing_manifest has no column or measure line"),
        ([GOOD, GOOD], "several rules are named lines_not_negative"),
    ],
)
def test_a_broken_suite_is_refused_with_file_rule_and_fault(
    tmp_path: Path, expectations: object, told: str
) -> None:
    with pytest.raises(TerminalError, match=told) as failure:
        load_suite("mine", write(tmp_path, expectations))
    assert "mine.json" in str(failure.value)


def test_an_unknown_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TerminalError, match=r"unknown table 'orders'; known: .*order_book"):
        load_suite("mine", write(tmp_path, [GOOD], table="orders"))


@pytest.mark.parametrize("text", ["{", "[]", "\xff"])
def test_a_file_that_is_no_suite_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "mine.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(TerminalError, match=r"mine\.json is no suite"):
        load_suite("mine", tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        {"type": "expect_columns_to_be_nice"},
        {"kwargs": {"column": "lines", "min_value": "some"}},
    ],
)
def test_an_expectation_that_the_library_would_drop_is_refused(
    tmp_path: Path, change: dict[str, object]
) -> None:
    suite = load_suite("mine", write(tmp_path, [{**GOOD, **change}]))
    with pytest.raises(TerminalError, match="does not take"):
        engine.validate("mine", suite.rules, pl.DataFrame({"lines": [1]}), {})


@pytest.mark.parametrize("file", sorted(EXPECTATIONS.glob("*.json")), ids=lambda file: file.stem)
def test_a_shipped_suite_is_named_as_its_file_and_guards_the_grain_of_its_table(file: Path) -> None:
    suite = load_suite(file.stem)
    assert json.loads(file.read_text(encoding="utf-8"))["name"] == file.stem
    grain = next(rule for rule in suite.rules if rule.name == "grain_unique")
    assert grain.columns == suite.table.grain
    assert grain.severity == "critical"
