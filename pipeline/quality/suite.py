"""Suites as they stand in `expectations/`: hand-written JSON in the format of Great Expectations itself."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.config.settings import PROJECT
from pipeline.core.errors import TerminalError
from pipeline.quality.measures import measures
from pipeline.schemas.table import Table
from pipeline.schemas.tables import ALL_TABLES

EXPECTATIONS = PROJECT / "expectations"
SEVERITIES = ("critical", "warning")
_TABLES = {table.name: table for table in ALL_TABLES}


@dataclass(frozen=True)
class Rule:
    """One expectation.

    Attributes:
        name: unique within the suite; the `check_name` of the reports.
        columns: columns of the table, or measures, that it reads; none for a rule on the table as a whole.
        expectation: the expectation as Great Expectations takes it.
    """

    name: str
    severity: str
    expected: str
    reason: str
    columns: tuple[str, ...]
    expectation: Mapping[str, Any]


@dataclass(frozen=True)
class Suite:
    """The rules of one table; `parameters` are the values that a caller may replace."""

    name: str
    table: Table
    parameters: Mapping[str, object]
    rules: tuple[Rule, ...]

    def with_parameters(self, given: Mapping[str, object]) -> Mapping[str, object]:
        """Return the parameters with the caller's in place of the suite's own.

        Raises:
            TerminalError: the suite has no such parameter.
        """
        if unknown := sorted(given.keys() - self.parameters.keys()):
            known = ", ".join(sorted(self.parameters)) or "none"
            raise TerminalError(f"suite '{self.name}' has no parameter {', '.join(unknown)}; it has: {known}")
        return {**self.parameters, **given}


def load_suite(name: str, folder: Path = EXPECTATIONS) -> Suite:
    """Read `<folder>/<name>.json` and refuse what would make a rule pass unseen.

    Raises:
        TerminalError: no such suite, no JSON, an unknown table or column, or a rule without name,
            severity, expectation or reason.
    """
    file = folder / f"{name}.json"
    content = _read(file)
    table_name = _require(content.get("meta", {}), "table", str, f"{file}: meta")
    if table_name not in _TABLES:
        raise TerminalError(f"{file}: unknown table '{table_name}'; known: {', '.join(sorted(_TABLES))}")
    table = _TABLES[table_name]
    expectations = _require(content, "expectations", list, str(file))
    rules = tuple(_rule(item, table, f"{file}: rule {n}") for n, item in enumerate(expectations, 1))
    if not rules:
        raise TerminalError(f"{file}: no expectations, so the gate would let everything pass")
    names = [rule.name for rule in rules]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise TerminalError(f"{file}: several rules are named {', '.join(twice)}; a name must be unique")
    return Suite(name, table, content.get("suite_parameters", {}), rules)


def _read(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        known = ", ".join(sorted(path.stem for path in file.parent.glob("*.json"))) or "none"
        raise TerminalError(f"no suite '{file.stem}' in {file.parent}; there are: {known}") from None
    except (OSError, ValueError) as error:
        raise TerminalError(f"{file} is no suite: {error}") from None
    if not isinstance(content, dict):
        raise TerminalError(f"{file} is no suite: a JSON object is needed, got {type(content).__name__}")
    return content


def _rule(item: object, table: Table, where: str) -> Rule:
    if not isinstance(item, dict):
        raise TerminalError(f"{where}: a JSON object is needed, got {type(item).__name__}")
    meta = _require(item, "meta", dict, where)
    name = _require(meta, "name", str, where)
    where = f"{where} '{name}'"
    severity = _require(item, "severity", str, where)
    if severity not in SEVERITIES:
        raise TerminalError(f"{where}: severity '{severity}'; allowed: {', '.join(SEVERITIES)}")
    columns = _columns(_require(item, "kwargs", dict, where))
    known = {*table.names, *measures(table)}
    if unknown := [column for column in columns if column not in known]:
        raise TerminalError(f"{where}: {table.name} has no column or measure {', '.join(unknown)}")
    _require(item, "type", str, where)
    return Rule(
        name=name,
        severity=severity,
        expected=_require(meta, "expected", str, where),
        reason=_require(meta, "reason", str, where),
        columns=columns,
        expectation=item,
    )


def _columns(kwargs: Mapping[str, Any]) -> tuple[str, ...]:
    named = [kwargs[key] for key in ("column", "column_A", "column_B") if key in kwargs]
    return (*named, *kwargs.get("column_list", ()))


def _require(content: Mapping[str, Any], key: str, kind: type, where: str) -> Any:  # noqa: ANN401 JSON
    value = content.get(key)
    if not isinstance(value, kind) or not value:
        raise TerminalError(f"{where}: '{key}' must be a non-empty {kind.__name__}, got {value!r}")
    return value
