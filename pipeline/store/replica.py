"""A second warehouse beside the one that is open: empty, and with the same log."""

from collections.abc import Iterator
from contextlib import contextmanager

from pipeline.store.scratch import scratch_folder
from pipeline.store.warehouse import Connection, prepare

_NAME = "replica"


@contextmanager
def replica_of_log(connection: Connection, *, up_to: int) -> Iterator[str]:
    """Work in an empty warehouse that reads the log of the open one; it is gone at the end.

    Args:
        up_to: last position of the log that it knows.

    Yields:
        The name of the open warehouse, in which its tables can still be read.
    """
    name = str(connection.execute("SELECT current_database()").fetchall()[0][0])
    with scratch_folder() as folder:
        file = str(folder / "replica.duckdb").replace("'", "''")
        connection.execute(f"ATTACH '{file}' AS {_NAME}")
        try:
            connection.execute(f"USE {_NAME}")
            prepare(connection)
            connection.execute("DROP TABLE events")
            # a name of the catalog and a whole number
            log = f'CREATE VIEW events AS FROM "{name}".main.events WHERE log_position <= {up_to:d}'
            connection.execute(log)
            yield name
        finally:
            connection.execute(f'USE "{name}"')
            connection.execute(f"DETACH {_NAME}")
