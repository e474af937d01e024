from tests.sql.event_log import Log


def state(log: Log, time: str, chips: int, region: str | None = None) -> None:
    log.add("inventory.stated", time, {"generation": "trn2", "region": region, "chips": chips})


def receive(log: Log, time: str, chips: int) -> None:
    period = {"period_start": "2026-01-01", "period_end": "2026-02-01"}
    quantiles = {"chips_p10": 1, "chips_p50": 1, "chips_p90": 1}
    if not any(event.kind == "supply.scheduled" for event in log.events):
        log.add("supply.scheduled", "2025-12-01", {"generation": "trn2", **period, **quantiles}, subject="s")
    log.add("supply.received", time, {"generation": "trn2", "chips": chips}, subject="s")


def ship(log: Log, time: str, chips: int) -> None:
    log.add("order.placed", "2025-12-01", {"generation": "trn2", "chips": 1000}, subject="o")
    log.add("shipment.dispatched", time, {"shipment_id": time, "chips": chips}, subject="o")


def stock(log: Log, as_of: str = "2026-03-01") -> dict[str, float]:
    return {row["region"]: row["chips"] for row in log.rows("inventory", as_of)}


def test_the_last_statement_stands(log: Log) -> None:
    state(log, "2026-01-05", 100)
    state(log, "2026-01-12", 80)
    assert stock(log) == {"unassigned": 80}
    assert stock(log, "2026-01-11") == {"unassigned": 100}


def test_receipts_come_in_and_shipments_and_installs_go_out(log: Log) -> None:
    state(log, "2026-01-05", 100)
    receive(log, "2026-01-06", 50)
    ship(log, "2026-01-07", 20)
    log.add("capacity.installed", "2026-01-08", {"generation": "trn2", "region": "us", "chips": 30})
    assert stock(log) == {"unassigned": 100}
    assert stock(log, "2026-01-06") == {"unassigned": 150}


def test_movements_before_the_statement_are_in_it(log: Log) -> None:
    receive(log, "2026-01-04", 50)
    state(log, "2026-01-05", 100)
    assert stock(log) == {"unassigned": 100}


def test_only_restocked_returns_come_back(log: Log) -> None:
    state(log, "2026-01-05", 100)
    ship(log, "2026-01-06", 40)
    log.add("order.returned", "2026-01-07", {"chips": 10, "disposition": "restock"}, subject="o")
    log.add("order.returned", "2026-01-07", {"chips": 5, "disposition": "scrap"}, subject="o")
    assert stock(log) == {"unassigned": 70}


def test_a_delivery_of_what_was_dispatched_goes_out_once(log: Log) -> None:
    state(log, "2026-01-05", 100)
    ship(log, "2026-01-06", 40)
    log.add("shipment.delivered", "2026-01-09", {"shipment_id": "2026-01-06", "chips": 40}, subject="o")
    assert stock(log) == {"unassigned": 60}


def test_what_the_unassigned_stock_cannot_give_comes_out_of_the_regions(log: Log) -> None:
    state(log, "2026-01-05", 10)
    state(log, "2026-01-05", 60, "us")
    state(log, "2026-01-05", 30, "eu")
    ship(log, "2026-01-06", 40)
    assert stock(log) == {"unassigned": 0, "us": 40, "eu": 20}


def test_stock_is_never_negative(log: Log) -> None:
    state(log, "2026-01-05", 10, "us")
    ship(log, "2026-01-06", 400)
    assert stock(log) == {"unassigned": 0, "us": 0}


def test_a_generation_without_statement_counts_from_its_first_receipt(log: Log) -> None:
    receive(log, "2026-01-06", 50)
    ship(log, "2026-01-07", 20)
    assert stock(log) == {"unassigned": 30}
