"""Compute all that is kept from the log again, and compare it with what is kept."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline.config.policy import DemandPolicy
from pipeline.core.clock import format_instant
from pipeline.core.wording import counted
from pipeline.eventlog import last_position
from pipeline.projecting.comparing import ROWS, Difference, Row, first_difference, row_count
from pipeline.projecting.maintaining import rebuild
from pipeline.projecting.state import NEVER, State, read_state
from pipeline.schemas.table import Table
from pipeline.schemas.tables import DEMAND_HISTORY, KEPT_TABLES, PROJECTION_STATE
from pipeline.store import Connection, replica_of_log

LATER = timedelta(days=10)


@dataclass(frozen=True)
class Comparison:
    """What `verify` found.

    Attributes:
        state: how far what is kept is.
        behind: events of the log that are not in it yet.
        rows: rows by table, and of each answer.
        difference: None where all is equal.
    """

    state: State
    behind: int
    rows: dict[str, int]
    difference: Difference | None

    @property
    def is_compared(self) -> bool:
        """Tell whether there was a state to compare at."""
        return self.state.log_position > 0

    def describe(self) -> str:
        """Return it in a few lines for a terminal."""
        if not self.is_compared and self.difference is None:
            return "nothing is kept yet: nothing was compared"
        lines = [f"{table:<42}{count:>12,}" for table, count in self.rows.items()]
        if self.behind and self.is_compared:
            lines.append(f"{counted(self.behind, 'event')} landed since: replay, land or run brings them in")
        if self.difference is None:
            lines.append("equal to what the log says")
        else:
            lines.append(f"NOT what the log says: {self.difference.describe()}")
        return "\n".join(lines)

    def to_json(self) -> Row:
        """Return it for `--json`; keys and values as text where JSON has no type of their own."""
        found = self.difference
        return {
            "log_position": self.state.log_position,
            "behind": self.behind,
            "is_compared": self.is_compared,
            "rows": self.rows,
            "difference": None
            if found is None
            else {
                "table": found.table,
                "key": {name: str(value) for name, value in found.key.items()},
                "column": found.column or None,
                "kept": None if found.kept is None else str(found.kept),
                "computed": None if found.computed is None else str(found.computed),
            },
        }


def verify(connection: Connection, *, tell: Callable[[str], None] = lambda _: None) -> Comparison:
    """Compute every kept table from the log, in a warehouse of its own, and compare them row by row.

    The demand history too is asked of both: here it reads what is kept, there it is computed. Where no state
    says that anything is kept, whatever stands in the tables differs.

    Args:
        tell: is told what is done now.
    """
    state = read_state(connection)
    behind = last_position(connection) - state.log_position
    rows: dict[str, int] = {}
    if not state.log_position:
        tables = [table.name for table in KEPT_TABLES if table is not PROJECTION_STATE]
        rows = {name: row_count(connection, name) for name in tables}
        return Comparison(state, behind, rows, _first_left(rows))
    instants = _instants_kept(state)
    _ask(connection, state, instants, "kept")
    with replica_of_log(connection, up_to=state.log_position) as name:
        tell("computing from the log")
        rebuild(connection, _policy_of(state), as_of=state.known_from)
        for what, table, kept, computed in _sides(connection, state, instants, name):
            tell(f"comparing {what}")
            rows[what] = row_count(connection, kept)
            if found := first_difference(connection, table, what=what, kept=kept, computed=computed):
                return Comparison(state, behind, rows, found)
    return Comparison(state, behind, rows, None)


def _first_left(rows: Mapping[str, int]) -> Difference | None:
    """Find a table with rows, where no state says that anything is kept."""
    return next((Difference(table, {}, ROWS, count, 0) for table, count in rows.items() if count), None)


def _sides(
    connection: Connection, state: State, instants: list[datetime], name: str
) -> Iterator[tuple[str, Table, str, str]]:
    """Name what is compared, how it is declared, and the tables of both sides."""
    for table in KEPT_TABLES:
        yield table.name, table, f'"{name}".main.{table.name}', table.name
    connection.execute("UPDATE projection_state SET known_from = 'infinity'")  # so that nothing is kept
    _ask(connection, state, instants, "computed")
    for number, instant in enumerate(instants):
        what = f"demand_history {format_instant(instant)}"
        yield what, DEMAND_HISTORY, f"kept_{number}", f"computed_{number}"


def _policy_of(state: State) -> DemandPolicy:
    """Return the policy that the tables were kept under; what only forecasts read is left at nothing."""
    return DemandPolicy(
        need_window_days=state.window_days or 0,
        need_silent_days=state.silent_days or 0,
        spare_share=0.0,
        peak_weeks=0,
    )


def _instants_kept(state: State) -> list[datetime]:
    """Return the first instant that is kept, and one in a later week or as late as is kept."""
    if state.known_from == NEVER:
        return []
    later = state.known_from + LATER
    last = state.known_until - timedelta(microseconds=1) if state.known_until else later
    return [state.known_from, min(later, last)]


def _ask(connection: Connection, state: State, instants: list[datetime], side: str) -> None:
    """Put answers into temporary tables of that side."""
    query = "FROM demand_history($as_of, $position, $window_days, $silent_days)"
    for number, instant in enumerate(instants):
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {side}_{number} AS {query}",
            {
                "as_of": instant,
                "position": state.log_position,
                "window_days": state.window_days,
                "silent_days": state.silent_days,
            },
        )
