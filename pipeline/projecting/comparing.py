"""Find the first row and column in which two tables differ."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pipeline.schemas.table import Table
from pipeline.store import Connection

STRETCH_EVENTS = 1_000_000
ROWS = "number of rows"
Row = dict[str, Any]


@dataclass(frozen=True)
class Difference:
    """The first place in which what is kept is not what the log says.

    Attributes:
        table: kept table, or the projection with the instant that it was asked as of.
        key: of the row, empty where it is about all of them.
        column: the first column that differs; empty where the row is on one side only.
        kept: what stands there; the whole row without a column, None: no such row.
        computed: what the log says.
    """

    table: str
    key: Row
    column: str
    kept: object
    computed: object

    def describe(self) -> str:
        """Return it in one line."""
        place = ", ".join(f"{name} {value}" for name, value in self.key.items())
        what = f" {self.column}" if self.column else ""
        return (
            f"{self.table}{f' ({place})' if place else ''}{what}: kept {self.kept}, computed {self.computed}"
        )


def first_difference(
    connection: Connection, table: Table, *, what: str, kept: str, computed: str
) -> Difference | None:
    """Compare two tables of one declaration by its key, value by value.

    Args:
        what: how the difference is to name them.
        kept: name of the one,
        computed: and of the other.
    """
    for stretch in _stretches(connection, table, kept, computed):
        sides = (f"(FROM {side} {stretch})" for side in (kept, computed))
        if pair := _first_pair(connection, table, *sides):
            return _difference(table, what, *pair)
    there, here = row_count(connection, kept), row_count(connection, computed)
    return None if there == here else Difference(what, {}, ROWS, there, here)


def row_count(connection: Connection, relation: str) -> int:
    """Count the rows of a table."""
    return int(connection.execute(f"SELECT count(*) FROM {relation}").fetchall()[0][0])  # noqa: S608 our name


def _stretches(connection: Connection, table: Table, *sides: str) -> Iterator[str]:
    """Cut a table of all of the log into stretches that fit into memory."""
    if table.grain != ("log_position",):
        yield ""
        return
    ends = [connection.execute(f"SELECT max(log_position) FROM {side}").fetchall()[0][0] for side in sides]  # noqa: S608
    last = max((end for end in ends if end is not None), default=0)
    yield "WHERE log_position <= 0"
    for first in range(0, last, STRETCH_EVENTS):
        yield f"WHERE log_position > {first:d} AND log_position <= {first + STRETCH_EVENTS:d}"


def _first_pair(
    connection: Connection, table: Table, kept: str, computed: str
) -> tuple[Row | None, Row | None] | None:
    same = " AND ".join(f"kept.{name} IS NOT DISTINCT FROM computed.{name}" for name in table.grain)
    order = ", ".join(f"coalesce(kept.{name}, computed.{name})" for name in table.grain)
    signs = "".join(
        f" OR signbit(kept.{name}) <> signbit(computed.{name})" for name in _fractions(connection, kept)
    )  # 0 and -0 are equal, and not the same
    query = f"""
        SELECT kept, computed FROM {kept} AS kept FULL JOIN {computed} AS computed ON {same}
        WHERE kept IS DISTINCT FROM computed{signs} ORDER BY {order} LIMIT 1
    """  # noqa: S608 declared names
    found = connection.execute(query).fetchone()
    return (_row(found[0]), _row(found[1])) if found else None


def _row(side: Row) -> Row | None:
    return side if any(value is not None for value in side.values()) else None


def _fractions(connection: Connection, relation: str) -> list[str]:
    columns = connection.execute(f"DESCRIBE FROM {relation}").fetchall()
    return [name for name, dtype, *_ in columns if dtype == "DOUBLE"]


def _difference(table: Table, what: str, kept: Row | None, computed: Row | None) -> Difference:
    row = kept or computed or {}
    key = {name: row[name] for name in table.grain}
    if kept is None or computed is None:
        return Difference(what, key, "", kept, computed)
    column = next(name for name in kept if str(kept[name]) != str(computed[name]))
    return Difference(what, key, column, kept[column], computed[column])
