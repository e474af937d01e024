"""Lend a table in memory to queries.

The database keeps what is registered, and lets go of it only once the transaction ends: a transaction that
reads one portion after the other would hold them all.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa

from pipeline.store.warehouse import Connection


class _Loan:
    def __init__(self, table: pa.Table) -> None:
        self.table = table

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.table.__arrow_c_stream__(requested_schema)


@contextmanager
def lent(connection: Connection, name: str, table: pa.Table) -> Iterator[None]:
    """Let queries read a table by a name, and hold it no longer than that."""
    loan = _Loan(table)
    connection.register(name, loan)
    try:
        yield
    finally:
        connection.unregister(name)
        loan.table = None
