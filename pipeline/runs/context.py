"""A run's identity: as-of instant, log position, policy and seed decide every byte of its result."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from pipeline import __version__
from pipeline.config import Policy, Settings, load_policy
from pipeline.core.clock import format_instant, parse_instant, utc_now
from pipeline.core.errors import TerminalError, TransientError, UsageError
from pipeline.core.ids import derive_run_id
from pipeline.projecting import maintain, read_state
from pipeline.schemas.tables import DEMAND_HISTORY
from pipeline.store import Connection, publish_copy, read_frame, reader, sql_text

LAST_POSITION = 2**63 - 1
PIPELINE_SOURCE = "/trn/pipeline"
LONG_PAST = timedelta(weeks=2)


@dataclass(frozen=True)
class Run:
    """What is passed from task to task.

    Attributes:
        run_id: name derived from the other four.
        as_of: nothing known after it is read.
        position: last log position the run reads, the pipeline's own outputs apart.
        policy_hash: identifies the policy's values.
        seed: of the sample paths.
    """

    run_id: str
    as_of: datetime
    position: int
    policy_hash: str
    seed: int

    def to_json(self) -> dict[str, Any]:
        """Return the run with its instant as text."""
        return {**asdict(self), "as_of": format_instant(self.as_of)}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Run":
        """Read what `to_json` wrote; other keys are ignored."""
        return cls(
            run_id=value["run_id"],
            as_of=parse_instant(value["as_of"]),
            position=value["position"],
            policy_hash=value["policy_hash"],
            seed=value["seed"],
        )

    @property
    def bounds(self) -> dict[str, Any]:
        """The two parameters of every projection macro."""
        return {"as_of": self.as_of, "position": self.position}


def the_settings() -> Settings:
    """Return where this process works."""
    return Settings.from_environment()


def the_policy() -> Policy:
    """Return the policy in force."""
    return load_policy(the_settings().policy_file)


def policy_of(run: Run) -> Policy:
    """Return the policy that the run was opened under.

    Raises:
        TerminalError: the policy has changed since, and the run's name would no longer say what made it.
    """
    policy = the_policy()
    if policy.hash != run.policy_hash:
        raise TerminalError(
            f"run {run.run_id} was opened under policy {run.policy_hash}, and {policy.hash} is in force now: "
            "start a new run, or bring the old policy back"
        )
    return policy


def refresh_copy(as_of: datetime | None = None) -> None:
    """Bring what is kept of the projections up to the log, and the published copy up to both.

    Args:
        as_of: instant that will be asked as of, by default now. The kept tables answer it where it is not
            long past; a farther past is computed by whoever asks.
    """
    demand = the_policy().demand

    def prepare(connection: Connection) -> None:
        state = read_state(connection)
        known_from = state.known_from if state.log_position else utc_now()
        is_past = as_of and as_of + LONG_PAST < known_from
        maintain(connection, demand, as_of=None if is_past else as_of)

    publish_copy(the_settings(), prepare=prepare)


def open_run(as_of: datetime | None, position: int | None) -> Run:
    """Fix what a run reads, after bringing the published copy up to the log.

    Args:
        as_of: by default the latest instant at which an event other than a decision became known,
            so that the same log gives the same run.
        position: by default the whole log.

    Raises:
        UsageError: the log holds nothing that was known by then.
    """
    settings, policy = the_settings(), the_policy()
    refresh_copy(as_of)
    with reader(settings.published) as connection:
        bound = LAST_POSITION if position is None else position
        instant = as_of or _latest_known_at(connection, bound)
        last = _last_position(connection, instant, bound)
    run_id = derive_run_id(instant, last, policy.hash, policy.forecast.seed)
    return Run(run_id, instant, last, policy.hash, policy.forecast.seed)


def _latest_known_at(connection: Connection, position: int) -> datetime:
    row = connection.execute(
        sql_text("runs/latest_known_at"), {"position": position, "now": utc_now()}
    ).fetchone()
    if row is None or row[0] is None:
        raise UsageError("the log is empty: land events first, for example with python -m pipeline land FILE")
    instant: datetime = row[0]
    return instant


def _last_position(connection: Connection, as_of: datetime, position: int) -> int:
    row = connection.execute(
        sql_text("runs/last_position"), {"as_of": as_of, "position": position, "own": PIPELINE_SOURCE}
    ).fetchone()
    if row is None or row[0] is None:
        raise UsageError(f"nothing in the log was known by {format_instant(as_of)}: choose a later --as-of")
    return int(row[0])


def run_folder(run: Run) -> Path:
    """Return the folder in which tasks of the run hand each other frames."""
    folder = the_settings().work / run.run_id
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def keep_frame(frame: pl.DataFrame, file: Path) -> None:
    """Write a frame for the next task of the run.

    Raises:
        TransientError: the disk refuses.
    """
    try:
        frame.write_parquet(file)
    except (OSError, pl.exceptions.ComputeError) as error:
        raise TransientError(
            f"{file} cannot be written: {error}: make room on the disk and run again"
        ) from None


def is_finished(run: Run, kind: str) -> bool:
    """Tell whether the run's result of this kind is stored and published."""
    with reader(the_settings().published) as connection:
        query = "SELECT 1 FROM runs WHERE run_id = ? AND kind = ?"
        return connection.execute(query, [run.run_id, kind]).fetchone() is not None


def runs_row(run: Run, kind: str, *, status: str, message: str | None = None) -> pl.DataFrame:
    """Return the run's line in the table of runs."""
    return pl.DataFrame(
        {
            "run_id": [run.run_id],
            "as_of": [run.as_of],
            "kind": [kind],
            "log_position": [run.position],
            "policy_hash": [run.policy_hash],
            "seed": [run.seed],
            "code_version": [__version__],
            "status": [status],
            "message": [message],
            "finished_at": [utc_now()],
        },
        schema_overrides={"message": pl.String},
    )


def forecast_run(connection: Connection, run_id: str | None) -> dict[str, Any]:
    """Return what identifies a run whose forecast is published; by default the one forecast last.

    Raises:
        UsageError: there is no such run.
    """
    if run_id is None:
        latest = connection.execute(sql_text("runs/latest_forecast")).fetchone()
        if latest is None:
            raise UsageError("no forecast is published yet: python -m pipeline run")
        run_id = latest[0]
    frame = read_frame(connection, sql_text("runs/forecast_run"), {"run_id": run_id})
    if frame.is_empty():
        raise UsageError(f"no run {run_id!r} has a published forecast: python -m pipeline status lists runs")
    return frame.row(0, named=True)


def projection(connection: Connection, macro: str, run: Run) -> pl.DataFrame:
    """Return the rows of a projection macro as the run sees them, in a fixed order."""
    query = f"FROM {macro}($as_of, $position) ORDER BY ALL"
    return read_frame(connection, query, run.bounds)


def demand_history(connection: Connection, run: Run) -> pl.DataFrame:
    """Return DEMAND_HISTORY as the run sees it, with needs chained and dropped as the policy says."""
    demand = policy_of(run).demand
    query = "FROM demand_history($as_of, $position, $window_days, $silent_days) ORDER BY ALL"
    rules = {"window_days": demand.need_window_days, "silent_days": demand.need_silent_days}
    return DEMAND_HISTORY.select(read_frame(connection, query, run.bounds | rules))
