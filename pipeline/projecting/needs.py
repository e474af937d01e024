"""Keep needs, order lines, declines and feeds of demand: only what changed events touch is computed again."""

from pipeline.projecting.exchanging import exchange
from pipeline.projecting.state import State
from pipeline.store import Connection, sql_text


def keep_demand_feeds(connection: Connection, before: State, after: State) -> int:
    """Bring `kept_demand_feeds` from one state to the other; return how many rows changed.

    Fills the temporary tables `dirty_subjects` and `counted_events`, for those that follow: an event touches
    its subject, a customer's segment all that is kept of the customer, and all that was ever said about a
    dirty subject is read again. Reads `changed_events` and `changed_customers`, calls `changed_usage`.
    """
    now = {"now_from": after.known_from, "now_position": after.log_position}
    was = {"was_from": before.known_from, "was_position": before.log_position}
    connection.execute(sql_text("projecting/dirty_subjects"))
    connection.execute(sql_text("projecting/gather_events"))
    connection.execute(sql_text("projecting/count_events"), now)
    connection.execute(sql_text("projecting/feed_changes"), was | now)
    row = connection.execute(sql_text("projecting/merge_demand_feeds")).fetchone()
    return int(row[0]) if row else 0


def keep_order_lines(connection: Connection) -> int:
    """Bring `kept_order_lines` up to the events counted for the dirty subjects."""
    connection.execute(sql_text("projecting/fresh_order_lines"))
    return exchange(connection, "kept_order_lines", ("order_line",), dirty="dirty_subjects")


def keep_declines(connection: Connection) -> int:
    """Bring `kept_declines` up to the events counted for the dirty subjects."""
    connection.execute(sql_text("projecting/fresh_declines"))
    return exchange(connection, "kept_declines", ("subject",), dirty="dirty_subjects")


def keep_need_signals(connection: Connection) -> int:
    """Bring `kept_need_signals` up to the events counted for the dirty subjects; fill `dirty_chains`."""
    connection.execute(sql_text("projecting/fresh_need_signals"))
    connection.execute(sql_text("projecting/dirty_chains"))
    return exchange(connection, "kept_need_signals", ("subject",), dirty="dirty_subjects")


def keep_need_spans(connection: Connection, before: State, after: State) -> int:
    """Bring `kept_need_spans` up to the signals of the dirty chains; of all, where the policy is another."""
    rules = {"window_days": after.window_days, "silent_days": after.silent_days}
    if rules != {"window_days": before.window_days, "silent_days": before.silent_days}:
        connection.execute(sql_text("projecting/all_chains"))
    connection.execute(sql_text("projecting/fresh_need_spans"), rules)
    return exchange(connection, "kept_need_spans", ("chain_key",), dirty="dirty_chains")
