import duckdb
import pyarrow as pa
import pytest

from pipeline.store import lent


def test_a_lent_table_is_held_no_longer_than_it_is_lent_also_in_a_transaction() -> None:
    connection = duckdb.connect()
    connection.begin()
    before = pa.total_allocated_bytes()
    for _ in range(3):
        with lent(connection, "texts", pa.table({"text": ["x" * 1000] * 1000})):
            for _ in range(2):
                assert connection.execute("SELECT count(text) FROM texts").fetchone() == (1000,)
    assert pa.total_allocated_bytes() - before < 1_000_000
    with pytest.raises(duckdb.CatalogException):
        connection.execute("FROM texts")
