from typing import Any

from tests.sql.event_log import Log, instant

TERMS = {"customer_id": "c1", "channel": "cloud", "generation": "trn2", "basis": "stock"}


def commit(
    log: Log, schedule: list[dict[str, Any]], *, kind: str = "committed", time: str = "2026-01-01"
) -> None:
    data = {**TERMS, "schedule": schedule, "penalty_per_chip": "100.00", "currency": "USD"}
    log.add(f"contract.{kind}", time, data, subject="k1")


def entry(start: str, chips: int, end: str | None = None) -> dict[str, Any]:
    return {"start": start, "chips": chips} | ({"end": end} if end else {})


def steps(log: Log, as_of: str = "2030-01-01") -> list[tuple[str, str | None, int]]:
    rows = sorted(log.rows("contracts", as_of), key=lambda row: row["start_at"])
    return [
        (f"{row['start_at']:%Y-%m-%d}", row["end_at"] and f"{row['end_at']:%Y-%m-%d}", row["chips"])
        for row in rows
    ]


def test_a_schedule_is_written_out_step_by_step(log: Log) -> None:
    commit(log, [entry("2026-02-01", 10, "2026-03-01"), entry("2026-04-01T00:00:00Z", 20)])
    assert steps(log) == [("2026-02-01", "2026-03-01", 10), ("2026-04-01", None, 20)]
    row = log.rows("contracts")[0]
    assert (row["contract_id"], row["penalty_per_chip"], row["currency"]) == ("k1", 100.0, "USD")
    assert row["region"] is None


def test_a_step_without_end_runs_until_the_next(log: Log) -> None:
    commit(log, [entry("2026-04-01", 20), entry("2026-02-01", 10)])
    assert steps(log) == [("2026-02-01", "2026-04-01", 10), ("2026-04-01", None, 20)]


def test_an_amendment_replaces_the_schedule_from_when_it_was_known(log: Log) -> None:
    commit(log, [entry("2026-02-01", 10)])
    commit(log, [entry("2026-02-01", 5, "2026-03-01")], kind="amended", time="2026-01-15")
    assert steps(log) == [("2026-02-01", "2026-03-01", 5)]
    assert steps(log, "2026-01-14") == [("2026-02-01", None, 10)]


def test_a_termination_cuts_what_runs_and_drops_what_would_start_later(log: Log) -> None:
    commit(log, [entry("2026-02-01", 10, "2026-04-01"), entry("2026-04-01", 20)])
    log.add("contract.terminated", "2026-03-01", subject="k1")
    assert steps(log) == [("2026-02-01", "2026-03-01", 10)]


def test_an_amendment_of_an_unknown_contract_waits(log: Log) -> None:
    commit(log, [entry("2026-02-01", 5)], kind="amended", time="2026-01-15")
    assert steps(log) == []
    commit(log, [entry("2026-02-01", 10)])
    assert steps(log) == [("2026-02-01", None, 5)]


def test_times_are_instants(log: Log) -> None:
    commit(log, [entry("2026-02-01", 10)])
    assert log.row("contracts")["start_at"] == instant("2026-02-01")
