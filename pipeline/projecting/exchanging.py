"""Put fresh rows in the place of stale ones, and touch no row that stays as it is."""

from pipeline.store import Connection


def exchange(connection: Connection, table: str, key: tuple[str, ...], *, dirty: str = "dirty") -> int:
    """Make the dirty part of a kept table what the temporary table `fresh` says; return the changed rows.

    Args:
        table: the kept table; `fresh` has its columns, and no row whose key is not dirty.
        key: columns of `dirty`: kept rows that have a dirty key and are not in `fresh` go.
        dirty: temporary table of the keys.
    """
    columns = [name for (name, *_) in connection.execute(f"DESCRIBE {table}").fetchall()]
    same = _equal("stale", "fresh", columns)
    # names of tables and columns that migrations declare
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE stale AS SELECT kept.*, kept.rowid AS place FROM {table} AS kept "  # noqa: S608
        f"SEMI JOIN {dirty} AS dirty ON {_equal('kept', 'dirty', key)}"
    )
    gone = f"DELETE FROM {table} WHERE rowid IN (SELECT stale.place FROM stale ANTI JOIN fresh ON {same})"  # noqa: S608
    added = f"INSERT INTO {table} BY NAME SELECT fresh.* FROM fresh ANTI JOIN stale ON {same}"  # noqa: S608
    return _count(connection, gone) + _count(connection, added)


def _equal(left: str, right: str, columns: list[str] | tuple[str, ...]) -> str:
    return " AND ".join(f"{left}.{name} IS NOT DISTINCT FROM {right}.{name}" for name in columns)


def _count(connection: Connection, statement: str) -> int:
    row = connection.execute(statement).fetchone()
    return int(row[0]) if row else 0
