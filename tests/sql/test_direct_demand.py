from datetime import date
from typing import Any

from tests.sql.event_log import Log, monday

FIRST, SECOND, THIRD = monday("2026-01-05"), monday("2026-01-12"), monday("2026-01-19")


def order(log: Log, subject: str, time: str, chips: int, **data: Any) -> None:
    terms = {"chips": chips, "generation": "trn2", "region": "us", **data}
    log.add("order.placed", time, terms, subject=subject)


def decline(log: Log, subject: str, time: str, chips: int, reason: str = "no_supply") -> None:
    data = {"chips": chips, "generation": "trn2", "region": "us", "reason": reason}
    log.add("order.declined", time, data, subject=subject)


def weeks(log: Log, name: str = "demand_observed_chips", as_of: str = "2030-01-01") -> dict[date, float]:
    rows = log.rows("demand_history", as_of)
    assert {(row["channel"], row["unit"]) for row in rows} <= {("direct", "chips_ordered")}
    return {row["period_start"]: row[name] for row in rows}


def test_orders_count_in_the_week_of_their_time(log: Log) -> None:
    order(log, "a", "2026-01-11T23:59:59Z", 10)
    order(log, "b", "2026-01-12T00:00:00Z", 5)
    order(log, "c", "2026-01-05T01:00:00+02:00", 1)
    assert weeks(log) == {monday("2025-12-29"): 1, FIRST: 10, SECOND: 5}


def test_a_cancellation_lowers_the_week_of_its_order(log: Log) -> None:
    order(log, "a", "2026-01-06", 10)
    log.add("order.cancelled", "2026-01-20", {"chips": 4}, subject="a")
    assert weeks(log) == {FIRST: 6}


def test_a_cancellation_lowers_nothing_before_it_was_known(log: Log) -> None:
    order(log, "a", "2026-01-06", 10)
    log.add("order.cancelled", "2026-01-20", {"chips": 4}, subject="a")
    assert weeks(log, as_of="2026-01-19") == {FIRST: 10}


def test_a_change_of_chips_changes_the_week_of_the_order(log: Log) -> None:
    order(log, "a", "2026-01-06", 10)
    log.add("order.changed", "2026-01-20", {"chips": 25}, subject="a")
    assert weeks(log) == {FIRST: 25}


def test_a_change_of_generation_or_region_moves_the_demand(log: Log) -> None:
    order(log, "a", "2026-01-06", 10)
    log.add("order.changed", "2026-01-20", {"generation": "trn3", "region": "eu"}, subject="a")
    row = log.row("demand_history")
    assert (row["generation"], row["region"], row["period_start"]) == ("trn3", "eu", FIRST)


def test_shipments_and_returns_do_not_lower_demand(log: Log) -> None:
    order(log, "a", "2026-01-06", 10)
    log.add("shipment.delivered", "2026-01-13", {"shipment_id": "s", "chips": 10}, subject="a")
    log.add("order.returned", "2026-01-20", {"chips": 10}, subject="a")
    assert weeks(log) == {FIRST: 10}


def test_a_decline_without_an_order_is_unmet_in_its_own_week(log: Log) -> None:
    decline(log, "opportunity", "2026-01-13", 7, "lead_time")
    assert weeks(log, "unmet_chips") == {SECOND: 7}


def test_a_decline_of_a_placed_order_turns_its_chips_into_unmet_demand_of_the_same_week(log: Log) -> None:
    order(log, "a", "2026-01-06", 10)
    decline(log, "a", "2026-01-20", 10)
    assert weeks(log) == {FIRST: 0}
    assert weeks(log, "unmet_chips") == {FIRST: 10}


def test_a_decline_from_before_the_order_stays_in_its_own_week(log: Log) -> None:
    decline(log, "a", "2026-01-06", 10)
    order(log, "a", "2026-01-13", 10)
    assert weeks(log) == {FIRST: 0, SECOND: 10}
    assert weeks(log, "unmet_chips") == {FIRST: 10, SECOND: 0}


def test_a_decline_for_price_stands_apart_and_one_for_credit_nowhere(log: Log) -> None:
    decline(log, "a", "2026-01-13", 7, "price")
    decline(log, "b", "2026-01-13", 9, "credit")
    row = log.row("demand_history")
    assert (row["unmet_chips"], row["unmet_price_chips"]) == (0, 7)


def test_an_order_without_region_and_customer_is_unassigned(log: Log) -> None:
    log.add("order.placed", "2026-01-06", {"chips": 3, "generation": "trn2"}, subject="a")
    row = log.row("demand_history")
    assert (row["segment"], row["region"]) == ("unassigned", "unassigned")
    assert (row["metered_chips"], row["peak_chips"], row["sellable_chips"]) == (None, None, None)


def test_over_cancelling_never_makes_demand_negative(log: Log) -> None:
    order(log, "a", "2026-01-06", 10)
    log.add("order.cancelled", "2026-01-07", {"chips": 99}, subject="a")
    log.add("order.cancelled", "2026-01-08", {"chips": 99}, subject="a")
    log.add("order.changed", "2026-01-09", {"chips": 5}, subject="a")
    assert weeks(log) == {FIRST: 0}


def test_orders_of_a_week_add_up(log: Log) -> None:
    for number in range(5):
        order(log, f"o{number}", "2026-01-20", 2**number)
    assert weeks(log) == {THIRD: 31}
