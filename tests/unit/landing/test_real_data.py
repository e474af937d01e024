"""The accounts of the real data sets; the folder that TRN_BENCH_DATA names holds them."""

import os
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipeline.store import Connection
from tests.landing_world import land, open_log, rows

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(
        "TRN_BENCH_DATA" not in os.environ, reason="TRN_BENCH_DATA names no folder of real data"
    ),
]


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Connection]:
    with open_log(tmp_path / "log.duckdb") as connection:
        yield connection


def data(name: str) -> Path:
    return Path(os.environ["TRN_BENCH_DATA"]) / name


def test_gpu_hours_of_all_jobs_land(log: Connection) -> None:
    path = data("gpu_itp/jobs.parquet")
    report = land(log, path, mapping="gpu_jobs")
    assert (report.lines, report.landed) == (32_211, 32_211)
    jobs = pq.read_table(path, columns=["duration_s", "num_gpu"]).to_pylist()
    hours = sum(job["duration_s"] * job["num_gpu"] for job in jobs) / 3600
    ((landed,),) = rows(log, "SELECT sum(CAST(data ->> 'chip_hours' AS DOUBLE)) FROM events")
    assert landed == pytest.approx(hours, rel=1e-9)


def test_every_billing_row_has_a_fate(log: Connection) -> None:
    report = land(log, data("focus/focus_sample_1000.parquet"), mapping="focus_1_0")
    assert (report.lines, report.landed, report.duplicates, report.quarantined) == (1000, 10, 0, 990)


def test_retail_units_are_explained_to_the_last_one(log: Connection) -> None:
    path = data("online_retail/lines.parquet")
    report = land(log, path, mapping="online_retail")
    assert (report.lines, report.duplicates, report.quarantined) == (541_909, 5_268, 1_339)
    table = pq.read_table(path).to_pydict()
    everything = sum(table["Quantity"])
    copies, seen = 0, set()
    for line in zip(*table.values(), strict=True):
        if line in seen:
            copies += line[3]
        seen.add(line)
    units = {
        (kind, is_orphan): total
        for kind, is_orphan, total in rows(
            log,
            "SELECT type, starts_with(subject, 'online_retail-unmatched:'), "
            "sum(CAST(data ->> 'chips' AS BIGINT)) FROM events GROUP BY ALL",
        )
    }
    ((refused,),) = rows(log, "SELECT sum(CAST(raw ->> 'Quantity' AS BIGINT)) FROM quarantine")
    ordered = units["trn.order.placed.v1", False]
    cancelled, orphaned = units["trn.order.cancelled.v1", False], units["trn.order.cancelled.v1", True]
    assert ordered - cancelled - orphaned + copies + refused == everything == 5_176_450


def test_retail_cancellations_without_an_order_are_orphans(log: Connection) -> None:
    land(log, data("online_retail/lines.parquet"), mapping="online_retail")
    table = pq.read_table(data("online_retail/lines.parquet")).to_pydict()
    seen, first = set(), {}
    columns = ("InvoiceNo", "StockCode", "Quantity", "InvoiceDate", "CustomerID")
    lines = list(zip(*(table[name] for name in columns), strict=True))
    for invoice, code, quantity, when, customer in lines:
        if invoice.isdigit() and quantity > 0 and customer is not None:
            first[customer, code] = min(when, first.get((customer, code), when))
    fates = {"matches none": 0, "precedes the first": 0, "no customer": 0}
    orphans = 0
    for line, (invoice, code, _, when, customer) in zip(
        zip(*table.values(), strict=True), lines, strict=True
    ):
        if not invoice.startswith("C"):
            continue
        fate = None
        if customer is None:
            fate = "no customer"
        elif (customer, code) not in first:
            fate = "matches none"
        elif when <= first[customer, code]:
            fate = "precedes the first"
        if fate:
            fates[fate] += 1
            orphans += line not in seen
            seen.add(line)
    assert (fates["matches none"], fates["precedes the first"]) == (948, 358)
    query = "SELECT count(*) FROM events WHERE starts_with(subject, 'online_retail-unmatched:')"
    assert rows(log, query) == [(orphans,)]
