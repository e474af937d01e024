"""Rebuild what is kept of the projections from the log, or compare it with the log."""

from typing import TYPE_CHECKING, Any

from pipeline.core.errors import TerminalError, UsageError
from pipeline.core.progress import stages
from pipeline.runs.context import refresh_copy, the_policy, the_settings
from pipeline.store import writer

if TYPE_CHECKING:
    from pipeline.config import Settings
    from pipeline.projecting import Comparison


def replay() -> dict[str, Any]:
    """Throw away what is kept, compute it from the log and publish; return position and rows by table.

    Raises:
        UsageError: nothing has landed.
    """
    from pipeline.projecting import rebuild

    with stages() as now, writer(_landed()) as connection:
        now("computing the projections from the log")
        done = rebuild(connection, the_policy().demand)
    refresh_copy()
    return {"log_position": done.after.log_position, "rows": dict(done.changed)}


def verify_projections() -> "Comparison":
    """Compare everything that is kept with what the log says; nothing is written.

    Raises:
        UsageError: nothing has landed.
    """
    from pipeline.projecting import verify

    with stages() as now, writer(_landed()) as connection:
        return verify(connection, tell=now)


def require_equal() -> dict[str, Any]:
    """Compare as `verify_projections` does and return the account.

    Raises:
        TerminalError: something kept is not what the log says.
    """
    found = verify_projections()
    if found.difference is not None:
        raise TerminalError(
            f"{found.difference.describe()}: python -m pipeline replay computes it anew from the log"
        )
    return found.to_json()


def require_sound_log() -> dict[str, Any]:
    """Compare the log with its chain and return the account.

    Raises:
        TerminalError: a batch is not what was sealed.
        UsageError: nothing has landed.
    """
    from pipeline.runs.custody import verify

    verdict = verify(expected_head=None, is_published=False)
    if verdict.finding is not None:
        raise TerminalError(verdict.describe())
    return verdict.to_json()


def _landed() -> "Settings":
    settings = the_settings()
    if not settings.warehouse.exists():
        raise UsageError(f"{settings.warehouse} does not exist: nothing has landed yet; land events first")
    return settings
