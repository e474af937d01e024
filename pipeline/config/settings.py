"""Where things are, from the environment. Nothing here changes a figure."""

import os
from dataclasses import dataclass
from pathlib import Path

from pipeline.core.errors import UsageError
from pipeline.core.waiting import PATIENCE_SECONDS

PATHS_KEPT = 5
PROJECT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Settings:
    """Paths of one installation.

    Attributes:
        home: folder of all state, `TRN_HOME`, by default `var` beside the code.
        policy_file: `TRN_POLICY`, the policy to use instead of the one that ships.
        patience_seconds: `TRN_PATIENCE`, how long to wait for another process that writes.
        paths_kept: `TRN_PATHS_KEPT`, of how many runs the sample paths are kept; those forecast last.
    """

    home: Path
    policy_file: Path | None = None
    patience_seconds: float = PATIENCE_SECONDS
    paths_kept: int = PATHS_KEPT

    @classmethod
    def from_environment(cls) -> "Settings":
        """Read `TRN_HOME`, `TRN_POLICY`, `TRN_PATIENCE` and `TRN_PATHS_KEPT`.

        Raises:
            UsageError: the patience is no number of seconds, or the runs to keep are no whole number from 1.
        """
        home = Path(os.environ.get("TRN_HOME") or PROJECT / "var").absolute()
        policy = os.environ.get("TRN_POLICY")
        return cls(home, Path(policy).absolute() if policy else None, _patience(), _paths_kept())

    @property
    def warehouse(self) -> Path:
        """The writer's database; people read `published` instead."""
        return self.home / "warehouse.duckdb"

    @property
    def published(self) -> Path:
        """The read-only copy for people, replaced as a whole."""
        return self.home / "published" / "warehouse.duckdb"

    @property
    def reports(self) -> Path:
        """One folder a run, and `latest`."""
        return self.home / "reports"

    @property
    def paths(self) -> Path:
        """The joint sample paths of the latest runs, a Parquet file each."""
        return self.home / "paths"

    @property
    def inbox(self) -> Path:
        """Files to land: `inbox/<YYYY-MM-DD>/[<mapping>/]…`."""
        return self.home / "inbox"

    @property
    def work(self) -> Path:
        """Frames handed from one task of a run to the next."""
        return self.home / "work"


def _patience() -> float:
    text = os.environ.get("TRN_PATIENCE") or str(PATIENCE_SECONDS)
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        raise UsageError(f"TRN_PATIENCE is '{text}': write a number of seconds from 0 up")
    return seconds


def _paths_kept() -> int:
    text = os.environ.get("TRN_PATHS_KEPT") or str(PATHS_KEPT)
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise UsageError(f"TRN_PATHS_KEPT is '{text}': write a whole number of runs from 1 up")
    return int(text)
