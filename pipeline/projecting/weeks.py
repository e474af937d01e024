"""Keep what is held in the cloud by week: only weeks and places that an event touched are computed again."""

from collections.abc import Iterator
from datetime import date, timedelta

from pipeline.projecting.exchanging import exchange
from pipeline.projecting.state import State
from pipeline.store import Connection, sql_text

WEEK = timedelta(days=7)
PIECE_WEEKS = 4
PORTION_FACTS = 1_000_000
_KEY = ("generation", "region", "period_start")


def keep_cloud_usage(connection: Connection, before: State, after: State) -> int:
    """Bring `kept_cloud_usage` from one state to the other; return how many rows changed.

    Reads the temporary tables `dirty_weeks`, which it completes, and `changed_customers`, and what
    `changed_usage` gives.
    """
    connection.execute(
        sql_text("projecting/dirty_weeks_of_usage"),
        {
            "was_from": before.known_from,
            "was_position": before.log_position,
            "was_closed": before.closed_text,
            "now_from": after.known_from,
            "now_closed": after.closed_text,
        },
    )
    reopened = connection.execute(
        "DELETE FROM kept_cloud_usage WHERE period_start >= cast(? AS DATE)", [after.closed_text]
    ).fetchone()
    changed = int(reopened[0]) if reopened else 0
    for first, last in _portions(connection):
        changed += _keep_portion(connection, after, first, last)
    return changed


def _portions(connection: Connection) -> Iterator[tuple[date, date]]:
    """Gather the facts of dirty weeks into `gathered_facts`; yield the weeks whenever there are many."""
    weeks = connection.execute(
        "SELECT DISTINCT period_start FROM dirty_weeks ORDER BY period_start"
    ).fetchall()
    first, facts = None, 0
    for from_week, until_week in _pieces([week for (week,) in weeks]):
        if first is None:
            first = from_week
            connection.execute("CREATE TEMP TABLE gathered_facts AS FROM usage_facts LIMIT 0")
        row = connection.execute(
            sql_text("projecting/gather_usage_facts"),
            {"from_week": str(from_week), "until_week": str(until_week)},
        ).fetchone()
        facts += int(row[0]) if row else 0
        if facts >= PORTION_FACTS:
            yield first, until_week
            first, facts = None, 0
    if first is not None:
        yield first, until_week


def _pieces(weeks: list[date]) -> Iterator[tuple[date, date]]:
    """Cut Mondays into runs without a gap, the end exclusive: what lies between need not be read."""
    start = 0
    for index in range(1, len(weeks) + 1):
        is_end = index == len(weeks) or weeks[index] - weeks[index - 1] != WEEK
        if is_end or index - start == PIECE_WEEKS:
            yield weeks[start], weeks[index - 1] + WEEK
            start = index


def _keep_portion(connection: Connection, after: State, first: date, last: date) -> int:
    """Compute dirty weeks by the projection itself, over nothing but what decides about them.

    A temporary table comes before a table of the same name, for the macros too.
    """
    connection.execute(
        sql_text("projecting/dirty_portion"), {"from_week": str(first), "until_week": str(last)}
    )
    connection.execute(sql_text("projecting/gather_reservation_stretches"))
    connection.execute("ALTER TABLE gathered_facts RENAME TO usage_facts")
    connection.execute("ALTER TABLE gathered_stretches RENAME TO kept_reservation_stretches")
    connection.execute(
        sql_text("projecting/fresh_cloud_usage"),
        {"now_from": after.known_from, "now_position": after.log_position},
    )
    connection.execute("DROP TABLE temp.usage_facts")
    connection.execute("DROP TABLE temp.kept_reservation_stretches")
    return exchange(connection, "kept_cloud_usage", _KEY)
