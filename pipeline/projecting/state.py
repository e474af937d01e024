"""How far the kept tables are."""

from dataclasses import dataclass
from datetime import datetime

from pipeline.config.policy import DemandPolicy
from pipeline.store import Connection


@dataclass(frozen=True)
class State:
    """The row of `projection_state`.

    Attributes:
        log_position: the tables hold the log up to here; 0: nothing.
        counted_position: last event that counts as of `known_from`.
        known_from: the kept tables answer as of this instant or later; None: as of no instant.
        known_until: and before this one; None: for good.
        window_days: policy under which needs are chained.
        silent_days: policy after which they fall silent.
    """

    log_position: int
    counted_position: int = 0
    known_from: datetime | None = None
    known_until: datetime | None = None
    window_days: int | None = None
    silent_days: int | None = None

    def answers(self, as_of: datetime, position: int, demand: DemandPolicy) -> bool:
        """Tell whether the kept tables already are what they have to be as of the instant."""
        return (
            position == self.log_position
            and (self.known_from is None or self.known_from <= as_of)
            and (self.known_until is None or as_of < self.known_until)
            and (self.window_days, self.silent_days) == (demand.need_window_days, demand.need_silent_days)
        )


def read_state(connection: Connection) -> State:
    """Read how far the kept tables are."""
    row = connection.execute(
        """
        SELECT
            log_position, counted_position, CASE WHEN isfinite(known_from) THEN known_from END,
            CASE WHEN isfinite(known_until) THEN known_until END, window_days, silent_days
        FROM projection_state
        """
    ).fetchone()
    return State(*row) if row else State(0)
