from datetime import date
from typing import Any

from tests.sql.event_log import Log, instant

LINE = "/erp/o-1"


def place(log: Log, chips: int = 100, time: str = "2026-01-05", **data: Any) -> str:
    return log.add("order.placed", time, {"chips": chips, "generation": "trn2", **data}, subject=LINE)


def step(
    log: Log, kind: str, time: str, *, subject: str = LINE, recorded: str | None = None, **data: Any
) -> str:
    return log.add(kind, time, data, subject=subject, recorded=recorded)


def quantities(log: Log, as_of: str = "2030-01-01") -> tuple[int, int, int, int, int]:
    row = log.row("order_book", as_of)
    names = ("chips_ordered", "chips_cancelled", "chips_shipped", "chips_returned", "chips_open")
    ordered, cancelled, shipped, returned, left = (row[name] for name in names)
    return ordered, cancelled, shipped, returned, left


def excess(log: Log) -> dict[str, int]:
    return {row["kind"]: row["chips"] for row in log.rows("order_excess")}


def test_a_placed_order_is_open_in_full(log: Log) -> None:
    place(log, customer_id="c1", order_id="o", region="us", requested_date="2026-03-02", unit_price="12.50")
    row = log.row("order_book")
    assert quantities(log) == (100, 0, 0, 0, 100)
    assert (row["order_line"], row["order_id"], row["customer_id"], row["region"]) == (LINE, "o", "c1", "us")
    assert (row["placed_at"], row["requested_date"]) == (instant("2026-01-05"), date(2026, 3, 2))
    assert (row["unit_price"], row["promised_date"]) == (12.5, None)


def test_changes_state_the_new_total_and_keep_what_they_do_not_name(log: Log) -> None:
    place(log, region="us", requested_date="2026-03-02")
    step(log, "order.changed", "2026-01-06", chips=60)
    step(log, "order.changed", "2026-01-07", generation="trn3", requested_date="2026-04-06")
    row = log.row("order_book")
    assert quantities(log) == (60, 0, 0, 0, 60)
    assert (row["generation"], row["region"], row["requested_date"]) == ("trn3", "us", date(2026, 4, 6))


def test_the_latest_promise_stands(log: Log) -> None:
    place(log)
    step(log, "order.promised", "2026-01-08", chips=50, promised_date="2026-05-01")
    step(log, "order.promised", "2026-01-07", chips=100, promised_date="2026-04-01")
    assert log.row("order_book")["promised_date"] == date(2026, 5, 1)


def test_a_cancellation_without_chips_takes_all_that_remains(log: Log) -> None:
    place(log)
    step(log, "shipment.dispatched", "2026-01-06", shipment_id="s", chips=30)
    step(log, "order.cancelled", "2026-01-07")
    assert quantities(log) == (100, 70, 30, 0, 0)
    assert excess(log) == {}


def test_cancelling_more_than_is_open_lists_the_excess(log: Log) -> None:
    place(log)
    step(log, "order.cancelled", "2026-01-06", chips=80)
    step(log, "order.cancelled", "2026-01-07", chips=50)
    assert quantities(log) == (100, 100, 0, 0, 0)
    assert excess(log) == {"over_cancelled": 30}


def test_a_larger_total_after_a_cancellation_opens_only_the_difference(log: Log) -> None:
    place(log)
    step(log, "order.cancelled", "2026-01-06")
    step(log, "order.changed", "2026-01-07", chips=120)
    assert quantities(log) == (120, 100, 0, 0, 20)


def test_a_total_below_what_was_cancelled_gives_the_difference_back(log: Log) -> None:
    place(log)
    step(log, "shipment.dispatched", "2026-01-06", shipment_id="s", chips=10)
    step(log, "order.cancelled", "2026-01-07", chips=70)
    step(log, "order.changed", "2026-01-08", chips=50)
    assert quantities(log) == (50, 40, 10, 0, 0)
    assert excess(log) == {"over_cancelled": 30}


def test_a_shipment_counts_the_greater_of_dispatched_and_delivered(log: Log) -> None:
    place(log)
    step(log, "shipment.dispatched", "2026-01-06", shipment_id="a", chips=30)
    step(log, "shipment.delivered", "2026-01-08", shipment_id="a", chips=28)
    step(log, "shipment.delivered", "2026-01-09", shipment_id="b", chips=20)
    assert quantities(log) == (100, 0, 50, 0, 50)


def test_parts_of_a_shipment_add_up(log: Log) -> None:
    place(log)
    step(log, "shipment.dispatched", "2026-01-06", shipment_id="a", chips=30)
    step(log, "shipment.delivered", "2026-01-08", shipment_id="a", chips=10)
    step(log, "shipment.delivered", "2026-01-09", shipment_id="a", chips=25)
    assert quantities(log) == (100, 0, 35, 0, 65)


def test_shipping_more_than_ordered_leaves_nothing_open_and_lists_the_excess(log: Log) -> None:
    place(log)
    step(log, "order.cancelled", "2026-01-06", chips=40)
    step(log, "shipment.dispatched", "2026-01-07", shipment_id="a", chips=70)
    assert quantities(log) == (100, 40, 70, 0, 0)
    assert excess(log) == {"over_shipped": 10}


def test_returns_never_reopen_an_order(log: Log) -> None:
    place(log)
    step(log, "shipment.delivered", "2026-01-06", shipment_id="a", chips=60)
    step(log, "order.returned", "2026-01-09", chips=20)
    assert quantities(log) == (100, 0, 60, 20, 40)


def test_returning_more_than_was_shipped_lists_the_excess(log: Log) -> None:
    place(log)
    step(log, "shipment.delivered", "2026-01-06", shipment_id="a", chips=60)
    step(log, "order.returned", "2026-01-09", chips=75)
    assert quantities(log) == (100, 0, 60, 60, 40)
    assert excess(log) == {"over_returned": 15}


def test_a_decline_of_a_placed_line_closes_it(log: Log) -> None:
    place(log)
    step(log, "order.declined", "2026-01-09", chips=100, generation="trn2", reason="no_supply")
    assert quantities(log) == (100, 100, 0, 0, 0)
    assert log.row("order_book")["chips_declined"] == 100


def test_a_decline_from_before_the_order_takes_nothing_from_it(log: Log) -> None:
    step(log, "order.declined", "2026-01-01", chips=100, generation="trn2", reason="no_supply")
    place(log)
    assert quantities(log) == (100, 0, 0, 0, 100)


def test_what_was_stamped_before_the_order_takes_effect_on_it(log: Log) -> None:
    step(log, "order.cancelled", "2026-01-04T23:59:00Z", chips=25)
    place(log)
    assert quantities(log) == (100, 25, 0, 0, 75)


def test_a_second_opening_restates_the_order_and_keeps_its_date(log: Log) -> None:
    place(log)
    place(log, 80, "2026-01-09")
    assert quantities(log) == (80, 0, 0, 0, 80)
    assert log.row("order_book")["placed_at"] == instant("2026-01-05")


def test_the_book_shows_only_what_was_known(log: Log) -> None:
    place(log)
    step(log, "order.cancelled", "2026-01-06", recorded="2026-01-10T00:00:00Z")
    assert quantities(log, "2026-01-09") == (100, 0, 0, 0, 100)
    assert quantities(log, "2026-01-10") == (100, 100, 0, 0, 0)


def test_a_retracted_cancellation_opens_the_order_again(log: Log) -> None:
    place(log)
    wrong = step(log, "order.cancelled", "2026-01-06")
    log.add("event.retracted", "2026-01-10", {"retracted_source": "/test"}, subject=wrong)
    assert quantities(log, "2026-01-09") == (100, 100, 0, 0, 0)
    assert quantities(log, "2026-01-10") == (100, 0, 0, 0, 100)


def test_an_order_that_nothing_opened_is_not_in_the_book(log: Log) -> None:
    step(log, "order.changed", "2026-01-06", chips=5)
    assert log.rows("order_book") == []


def test_the_segment_is_the_orders_else_the_customers(log: Log) -> None:
    log.add("customer.described", "2026-01-01", {"segment": "labs"}, subject="c1")
    place(log, customer_id="c1")
    log.add(
        "order.placed",
        "2026-01-05",
        {"chips": 1, "generation": "t", "customer_id": "c1", "segment": "x"},
        subject="b",
    )
    log.add("order.placed", "2026-01-05", {"chips": 1, "generation": "t"}, subject="c")
    assert [row["segment"] for row in log.rows("order_book")] == ["labs", "x", "unassigned"]
