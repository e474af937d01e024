"""What is kept is compared with what the log says, and the first difference is named."""

import json
from collections.abc import Iterator

import pytest

from pipeline.config import load_policy
from pipeline.projecting import Difference, maintain, verify
from pipeline.projecting.comparing import first_difference
from pipeline.schemas.table import Table
from pipeline.schemas.tables import KEPT_CLOUD_USAGE, KEPT_TABLES
from pipeline.store import Connection, sql_text
from tests.sql.event_log import Event, Log, instant
from tests.sql.test_projection_laws import happenings

AS_OF = "2026-02-04T10:00:00Z"
TAMPERED = {
    "usage_facts": ("chip_hours", "chip_hours + 1"),
    "other_events": ("data", "'{}'"),
    "retraction_targets": ("log_position", "log_position + 1"),
    "retracted_spans": ("known_until", "known_from"),
    "kept_customers": ("segment", "'x'"),
    "kept_reservation_stretches": ("chips", "chips + 1"),
    "kept_cloud_usage": ("metered_chips", "nextafter(metered_chips, 1e9::DOUBLE)"),
    "kept_demand_feeds": ("events", "events + 1"),
    "kept_order_lines": ("chips_ordered", "chips_ordered + 1"),
    "kept_declines": ("reason", "'x'"),
    "kept_need_signals": ("granted_chips", "granted_chips + 1"),
    "kept_need_spans": ("open_chips", "open_chips + 1"),
    "projection_state": ("counted_position", "counted_position - 1"),
}


@pytest.fixture(scope="module")
def month(warehouse: Connection) -> Log:
    return Log(warehouse).land(happenings(), AS_OF)


@pytest.fixture
def landed(month: Log) -> Iterator[Log]:
    """The month, and whatever is changed in it taken back."""
    state = month.connection.execute("FROM projection_state").fetchall()
    copies = {table.name: f"copy_of_{table.name}" for table in KEPT_TABLES}
    for table, copy in copies.items():
        month.connection.execute(f"CREATE OR REPLACE TEMP TABLE {copy} AS FROM {table}")
    yield month
    for table, copy in copies.items():
        month.connection.execute(f"DELETE FROM {table}")  # noqa: S608 names above
        month.connection.execute(f"INSERT INTO {table} FROM {copy}")
    assert month.connection.execute("FROM projection_state").fetchall() == state


def difference(connection: Connection, table: Table) -> Difference:
    """Compare a table with what it was."""
    name = table.name
    found = first_difference(connection, table, what=name, kept=name, computed=f"copy_of_{name}")
    assert found is not None
    return found


def test_what_is_kept_is_what_the_log_says(landed: Log) -> None:
    found = verify(landed.connection)
    assert found.difference is None
    assert found.behind == 0
    tables = [table.name for table in KEPT_TABLES]
    instants = ["demand_history 2026-02-03T00:00:00Z", "demand_history 2026-02-13T00:00:00Z"]
    assert list(found.rows) == tables + instants
    assert all(found.rows.values())
    assert "equal to what the log says" in found.describe()
    assert landed.connection.execute("SELECT current_database()").fetchone() == ("warehouse",)


@pytest.mark.parametrize("table", KEPT_TABLES, ids=lambda table: table.name)
def test_a_value_that_was_changed_is_named_with_table_key_and_column(landed: Log, table: Table) -> None:
    column, value = TAMPERED[table.name]
    change = f"UPDATE {table.name} SET {column} = {value} WHERE rowid = (SELECT min(rowid) FROM {table.name})"  # noqa: S608
    landed.connection.execute(change)
    found = difference(landed.connection, table)
    assert (found.table, found.column) == (table.name, column)
    assert set(found.key) == set(table.grain)
    assert str(found.kept) != str(found.computed)
    assert table.name in found.describe()
    assert column in found.describe()


@pytest.mark.parametrize("table", KEPT_TABLES, ids=lambda table: table.name)
def test_a_row_that_is_missing_or_too_many_is_named(landed: Log, table: Table) -> None:
    name, connection = table.name, landed.connection
    connection.execute(f"INSERT INTO {name} FROM {name} LIMIT 1")
    assert difference(connection, table).column == "number of rows"
    connection.execute(f"DELETE FROM {name} WHERE rowid = (SELECT max(rowid) FROM {name})")  # noqa: S608
    connection.execute(f"DELETE FROM {name} WHERE rowid = (SELECT min(rowid) FROM {name})")  # noqa: S608
    found = difference(connection, table)
    assert (found.table, found.column, found.kept) == (name, "", None)


def test_noughts_of_another_sign_differ(landed: Log) -> None:
    landed.connection.execute("UPDATE kept_cloud_usage SET peak_chips = 0.0")
    landed.connection.execute(
        "CREATE OR REPLACE TEMP TABLE copy_of_kept_cloud_usage AS FROM kept_cloud_usage"
    )
    landed.connection.execute("UPDATE kept_cloud_usage SET peak_chips = -0.0::DOUBLE * 1")
    assert difference(landed.connection, KEPT_CLOUD_USAGE).column == "peak_chips"


def test_the_first_difference_is_told_and_what_landed_since_is_counted(landed: Log) -> None:
    connection = landed.connection
    connection.execute("UPDATE kept_customers SET segment = 'x'")
    landed._write([Event("order.placed", "2026-01-20", {"chips": 5, "generation": "trn2"}, "new")], 100)
    try:
        found = verify(connection)
    finally:
        connection.execute("DELETE FROM events WHERE log_position = 100")
    assert found.behind == 100 - found.state.log_position
    assert "landed since" in found.describe()
    assert "kept_customers (customer_id c1) segment: kept x, computed labs" in found.describe()
    assert json.loads(json.dumps(found.to_json()))["difference"] == {
        "table": "kept_customers",
        "key": {"customer_id": "c1"},
        "column": "segment",
        "kept": "x",
        "computed": "labs",
    }


def test_an_answer_that_reads_what_is_kept_is_compared_with_the_computed_one(
    landed: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.projecting.verifying.KEPT_TABLES", ())
    landed.connection.execute("UPDATE kept_cloud_usage SET held_chips = held_chips + 1")
    found = verify(landed.connection).difference
    assert found is not None
    assert (found.table, found.column) == ("demand_history 2026-02-03T00:00:00Z", "demand_observed_chips")


def test_where_no_state_says_how_far_it_is_whatever_is_kept_differs(landed: Log) -> None:
    landed.connection.execute("DELETE FROM projection_state")
    found = verify(landed.connection)
    assert (found.is_compared, found.behind) == (False, len(happenings()))
    assert found.difference is not None
    assert found.difference.describe().startswith("usage_facts number of rows: kept ")
    assert "NOT what the log says" in found.describe()
    maintain(landed.connection, load_policy().demand, as_of=instant(AS_OF))
    assert verify(landed.connection).difference is None


def test_where_nothing_is_kept_nothing_is_said_to_be_equal(landed: Log) -> None:
    landed.connection.execute(sql_text("projecting/clear"))
    found = verify(landed.connection)
    assert (found.difference, found.behind) == (None, len(happenings()))
    assert found.describe() == "nothing is kept yet: nothing was compared"
    assert found.to_json()["is_compared"] is False
