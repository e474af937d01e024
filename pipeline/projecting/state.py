"""How far the kept tables are."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from pipeline.config.policy import DemandPolicy
from pipeline.core.clock import format_instant
from pipeline.core.wording import counted
from pipeline.store import Connection, sql_text

NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class State:
    """The row of `projection_state`.

    Attributes:
        log_position: the tables hold the log up to here; 0: nothing.
        counted_position: last event that counts as of `known_from`.
        known_from: the kept tables answer as of this instant or later; NEVER: no event is known.
        known_until: and before this one; None: for good.
        closed_before: a Monday, the weeks before it are kept; None: none.
        window_days: policy under which needs are chained.
        silent_days: policy after which they fall silent.
    """

    log_position: int = 0
    counted_position: int = 0
    known_from: datetime = NEVER
    known_until: datetime | None = None
    closed_before: date | None = None
    window_days: int | None = None
    silent_days: int | None = None

    def answers(self, as_of: datetime, position: int, demand: DemandPolicy) -> bool:
        """Tell whether the kept tables already are what they have to be as of the instant."""
        return (
            position == self.log_position
            and self.known_from <= as_of
            and (self.known_until is None or as_of < self.known_until)
            and (self.window_days, self.silent_days) == (demand.need_window_days, demand.need_silent_days)
        )

    @property
    def closed_text(self) -> str:
        """The Monday as the database reads it."""
        return str(self.closed_before or "-infinity")

    def describe(self, last_position: int) -> str:
        """Tell in a line how far they are and what they answer."""
        if not self.log_position:
            return "nothing of the projections is kept yet"
        behind = last_position - self.log_position
        told = f"up to position {self.log_position:,}" + (
            f", {counted(behind, 'event')} behind" if behind else ""
        )
        if self.known_from == NEVER:
            return f"{told}: nothing of it is known yet"
        until = f" to {format_instant(self.known_until)}" if self.known_until else " on"
        return (
            f"{told}; what is asked as of {format_instant(self.known_from)}{until} is kept, the rest computed"
        )


def has_state(connection: Connection) -> bool:
    """Tell whether a published copy is new enough to keep projections."""
    query = "SELECT 1 FROM duckdb_tables() WHERE table_name = 'projection_state'"
    return connection.execute(query).fetchone() is not None


def read_state(connection: Connection) -> State:
    """Read how far the kept tables are."""
    row = connection.execute(sql_text("projecting/state")).fetchone()
    return State(*row) if row else State()
