"""The gate: a table passes, passes with warnings, or stops the run before anything is published."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import isnan
from typing import Any

import polars as pl

from pipeline.core.errors import TerminalError
from pipeline.quality import engine
from pipeline.quality.measures import measures
from pipeline.quality.suite import Rule, Suite, load_suite
from pipeline.schemas.table import Table
from pipeline.schemas.tables import DATA_QUALITY


class GateFailed(TerminalError):  # noqa: N818 it tells what happened
    """A critical rule does not hold; nothing of the run was published."""


@dataclass(frozen=True)
class Outcome:
    """One rule and what it saw."""

    name: str
    severity: str
    is_passed: bool
    observed: str
    expected: str
    reason: str


@dataclass(frozen=True)
class GateResult:
    """What the rules of one suite saw, in the suite's order."""

    suite: str
    outcomes: tuple[Outcome, ...]

    @property
    def failures(self) -> tuple[Outcome, ...]:
        """Critical rules that do not hold."""
        return tuple(o for o in self.outcomes if not o.is_passed and o.severity == "critical")

    @property
    def warnings(self) -> list[str]:
        """One sentence a rule that does not hold and does not stop the run."""
        told = (o for o in self.outcomes if not o.is_passed and o.severity == "warning")
        return [f"{self.suite}: {o.name} expects {o.expected}; seen: {o.observed}" for o in told]

    def require(self) -> None:
        """Let the run go on.

        Raises:
            GateFailed: a critical rule does not hold.
        """
        if not self.failures:
            return
        lines = [
            f"{self.suite}: rule {o.name} (critical) allows {o.expected}; seen: {o.observed}; why: {o.reason}"
            for o in self.failures
        ]
        told = "\n  ".join(lines)
        raise GateFailed(
            f"{told}\n  nothing was published; the last good run stays in place: "
            f"repair the cause and run again (the rules stand in expectations/{self.suite}.json)"
        )

    def to_frame(self, *, run_id: str, as_of: datetime) -> pl.DataFrame:
        """Return one row a rule, in the shape of DATA_QUALITY."""
        rows = [
            (run_id, as_of, self.suite, o.name, o.severity, o.is_passed, o.observed, o.expected, o.reason)
            for o in self.outcomes
        ]
        return pl.DataFrame(rows, schema=DATA_QUALITY.polars_schema, orient="row")


def check(frame: pl.DataFrame, suite: str, *, parameters: Mapping[str, object] | None = None) -> GateResult:
    """Run `expectations/<suite>.json` on a table.

    Args:
        frame: one row a grain of the suite's table; columns that no rule reads may be absent.
        suite: name of the suite.
        parameters: values in place of the suite's own, such as `horizon_weeks` of the forecast.

    Raises:
        TerminalError: the suite is unknown or broken. A rule that does not hold is an outcome, not an error.
    """
    loaded = load_suite(suite)
    values = loaded.with_parameters(parameters or {})
    measured = _measure(frame, loaded)
    ready = [rule for rule in loaded.rules if not _missing(rule, loaded.table, measured)]
    read = [name for name in measured.columns if any(name in rule.columns for rule in ready)]
    results = engine.validate(suite, ready, measured.select(read), values) if ready else {}
    return GateResult(
        suite, tuple(_outcome(rule, loaded.table, measured, results.get(rule.name)) for rule in loaded.rules)
    )


def _measure(frame: pl.DataFrame, suite: Suite) -> pl.DataFrame:
    known = measures(suite.table)
    wanted = {name for rule in suite.rules for name in rule.columns if name not in frame.columns}
    # Sorted, so that the examples in the report do not depend on the order in which rows came.
    rows = frame.sort([name for name in suite.table.grain if name in frame.columns])
    return rows.with_columns(
        known[name].alias(name)
        for name in sorted(wanted & known.keys())
        if set(known[name].meta.root_names()) <= set(frame.columns)
    )


def _missing(rule: Rule, table: Table, measured: pl.DataFrame) -> list[str]:
    known = measures(table)
    roots = (
        [name] if name not in known else known[name].meta.root_names()
        for name in rule.columns
        if name not in measured.columns
    )
    return sorted({root for names in roots for root in names if root not in measured.columns})


def _outcome(rule: Rule, table: Table, measured: pl.DataFrame, result: Mapping[str, Any] | None) -> Outcome:
    if result is None:
        absent = ", ".join(_missing(rule, table, measured))
        is_passed, observed = False, f"the table has no column {absent}"
    elif not result["result"]:
        is_passed, observed = False, f"could not be checked: {_first_message(result['exception_info'])}"
    else:
        is_passed, observed = bool(result["success"]), _observed(rule, table, measured, result["result"])
    return Outcome(rule.name, rule.severity, is_passed, observed, rule.expected, rule.reason)


def _first_message(exceptions: Mapping[str, Any]) -> str:
    for entry in (exceptions, *exceptions.values()):
        if isinstance(entry, Mapping) and entry.get("exception_message"):
            return str(entry["exception_message"]).splitlines()[0]
    return "no result"


def _observed(rule: Rule, table: Table, measured: pl.DataFrame, result: Mapping[str, Any]) -> str:
    examples = result.get("partial_unexpected_list") or []
    if "element_count" not in result:
        if examples:
            return ", ".join(_text(example) for example in examples)
        value = result.get("observed_value")
        return "as expected" if value is None else _text(value)
    count, rows = result["unexpected_count"], result["element_count"]
    if not count:
        return f"0 of {rows} rows"
    seen = ", ".join(_text(example) for example in examples) or "empty"
    where = _first_place(rule, table, measured, examples)
    return f"{count} of {rows} rows ({count / rows:.2%}): {seen}{where}"


def _first_place(rule: Rule, table: Table, measured: pl.DataFrame, examples: Sequence[object]) -> str:
    """Say which row the first example is, by the table's grain."""
    column = rule.expectation["kwargs"].get("column")
    keys = [name for name in table.grain if name in measured.columns and name != "run_id"]
    if column is None or not keys:
        return ""
    failing = pl.col(column) == pl.lit(examples[0]) if examples else pl.col(column).is_null()
    rows = measured.filter(failing).select(keys).head(1).to_dicts()
    return f"; first at {', '.join(f'{key} {value}' for key, value in rows[0].items())}" if rows else ""


def _text(value: object) -> str:
    if isinstance(value, Mapping):
        return " ".join(_text(part) for part in value.values())
    if isinstance(value, list | tuple):
        return " / ".join(_text(part) for part in value)
    if isinstance(value, float):
        return "nan" if isnan(value) else f"{value:.10g}"
    return str(value)
