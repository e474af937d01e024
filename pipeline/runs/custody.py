"""What keeps the log to be trusted: verify it against its chain."""

from typing import TYPE_CHECKING

from pipeline.core.clock import utc_now
from pipeline.core.crash_points import crash_point
from pipeline.core.errors import UsageError
from pipeline.runs.context import the_settings
from pipeline.store import Connection, reader, writer

if TYPE_CHECKING:
    from pipeline.eventlog import Verdict

FORGETTING = "forgetting"
"""File in the home that stands there while a customer is being forgotten."""


def verify(*, expected_head: str | None, is_published: bool) -> "Verdict":
    """Compare every batch of the log with what was sealed.

    The warehouse is the log, so by default it is read, while no run writes. Events from before the chain are
    sealed as they stand at the first call.

    Args:
        expected_head: hash of an entry that somebody kept; the chain must still hold it.
        is_published: read the copy for people instead, which waits for nobody.

    Raises:
        UsageError: nothing has landed, or the copy is older than the chain.
    """
    from pipeline.eventlog import verify_log

    settings = the_settings()
    if is_published:
        with reader(settings.published) as connection:
            if not has_chain(connection):
                raise UsageError(
                    f"{settings.published} was published before the log had a chain: "
                    "land, or run, and it is published anew"
                )
            connection.execute("SET preserve_insertion_order = true")  # to read each batch once, unsorted
            return verify_log(connection, expected_head=expected_head)
    if not settings.warehouse.exists():
        raise UsageError(f"{settings.warehouse} does not exist: nothing has landed yet; land events first")
    with writer(settings) as connection:
        _adopt_earlier(connection)
        return verify_log(connection, expected_head=expected_head)


def has_chain(connection: Connection) -> bool:
    """Tell whether a published copy is new enough to have the table of the chain."""
    query = "SELECT 1 FROM duckdb_tables() WHERE table_name = 'log_chain'"
    return connection.execute(query).fetchone() is not None


def _adopt_earlier(connection: Connection) -> None:
    from pipeline.eventlog import adopt_batches, last_position

    connection.begin()
    adopt_batches(connection, sealed_at=utc_now(), until=last_position(connection) + 1)
    crash_point("sealing.before_commit")
    connection.commit()
    crash_point("sealing.after_commit")
