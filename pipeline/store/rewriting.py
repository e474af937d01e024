"""Write the warehouse anew, so that nothing that was deleted or overwritten stays in its file."""

from pipeline.config import Settings
from pipeline.core.crash_points import crash_point
from pipeline.core.durable import sync_path
from pipeline.core.errors import TransientError
from pipeline.store.warehouse import writer


def rewrite_warehouse(settings: Settings) -> None:
    """Copy every table and macro into a new file and put it in the place of the old one, in one step.

    The database keeps old bytes in free blocks of its file. Killed at any instant, the old file stands whole
    or the new one does; a half-written one is removed by the next call. Needs room for a second file.

    Raises:
        TransientError: another process writes for too long, or the disk refuses; the old file stays.
    """
    fresh = settings.warehouse.with_name(f".{settings.warehouse.name}.rewritten")
    log = fresh.with_name(f"{fresh.name}.wal")
    with writer(settings) as connection:
        for left in (fresh, log):
            left.unlink(missing_ok=True)
        connection.execute("CHECKPOINT")
        quoted = str(fresh).replace("'", "''")
        connection.execute(f"ATTACH '{quoted}' AS rewritten")
        source = connection.execute("SELECT current_database()").fetchall()[0][0]
        connection.execute(f'COPY FROM DATABASE "{source}" TO rewritten')
        connection.execute("DETACH rewritten")
        connection.close()
        crash_point("rewriting.after_copy")
        if log.exists():
            raise TransientError(f"{log} is left over by the database: try again")
        sync_path(fresh)
        fresh.replace(settings.warehouse)
        crash_point("rewriting.after_replace")
        sync_path(settings.warehouse.parent)
