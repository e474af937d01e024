"""What came to count, or ceased to, between two states; and what it changes of customers and reservations."""

from pipeline.projecting.exchanging import exchange
from pipeline.projecting.state import State
from pipeline.store import Connection, sql_text


def find_changes(connection: Connection, before: State, after: State) -> None:
    """Fill the temporary tables `changed_retracted` and `changed_events`, and create `changed_usage`.

    An event counts as of a state when it is known by its instant, lies before its position, and is not
    retracted.
    """
    was = {"was_from": before.known_from, "was_position": before.log_position}
    connection.execute(
        sql_text("projecting/changed_retracted"),
        was | {"now_from": after.known_from, "now_position": after.log_position},
    )
    connection.execute(sql_text("projecting/changed_events"), was | {"now_from": after.known_from})
    connection.execute(sql_text("projecting/changed_usage"))


def keep_customers(connection: Connection, after: State) -> int:
    """Bring `kept_customers` up to the state; fill the temporary table `changed_customers`."""
    connection.execute(sql_text("projecting/dirty_customers"))
    if _is_empty(connection, "dirty_customers"):
        connection.execute("CREATE OR REPLACE TEMP TABLE changed_customers AS FROM dirty_customers")
        return 0
    connection.execute(sql_text("projecting/fresh_customers"), _now(after))
    connection.execute(sql_text("projecting/changed_customers"))
    return exchange(connection, "kept_customers", ("customer_id",), dirty="dirty_customers")


def keep_reservation_stretches(connection: Connection, before: State, after: State) -> int:
    """Bring `kept_reservation_stretches` up to the state; fill the temporary table `dirty_weeks`."""
    connection.execute(sql_text("projecting/dirty_reservations"))
    if _is_empty(connection, "dirty_reservations"):
        connection.execute("CREATE OR REPLACE TEMP TABLE fresh AS FROM kept_reservation_stretches LIMIT 0")
    else:
        connection.execute(sql_text("projecting/fresh_reservation_stretches"), _now(after))
    kept_before = min(before.closed_text, after.closed_text)
    connection.execute(sql_text("projecting/dirty_weeks_of_reservations"), {"kept_before": kept_before})
    return exchange(connection, "kept_reservation_stretches", ("reservation_id",), dirty="dirty_reservations")


def _is_empty(connection: Connection, table: str) -> bool:
    return connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone() is None  # noqa: S608 names above


def _now(after: State) -> dict[str, object]:
    return {"now_from": after.known_from, "now_position": after.log_position}
