from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.core.errors import UsageError
from pipeline.landing import mapping_names
from pipeline.store import Connection
from tests.landing_world import land, reasons, rows

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
NINE = datetime(2011, 7, 4, 9, tzinfo=UTC).replace(tzinfo=None)


def retail(*lines: tuple[object, ...]) -> pa.Table:
    names = [
        "InvoiceNo",
        "StockCode",
        "Description",
        "Quantity",
        "InvoiceDate",
        "UnitPrice",
        "CustomerID",
        "Country",
    ]
    return pa.table(dict(zip(names, zip(*lines, strict=True), strict=True)))


def line(
    invoice: str, quantity: int, *, hour: int = 9, customer: int | None = 1, code: str = "85123A"
) -> tuple[object, ...]:
    return (invoice, code, "HEART", quantity, NINE.replace(hour=hour), 2.55, customer, "EIRE")


def land_table(log: Connection, path: Path, table: pa.Table, mapping: str) -> None:
    pq.write_table(table, path)
    assert land(log, path, mapping=mapping).errors == []


def test_the_four_mappings_are_there() -> None:
    assert mapping_names() >= {"gpu_jobs", "online_retail", "focus_1_0", "csv_orders"}


@pytest.mark.parametrize("name", ["gpu_jobs", "online_retail", "focus_1_0", "csv_orders"])
def test_every_row_of_a_sample_has_a_fate(log: Connection, name: str) -> None:
    report = land(log, EXAMPLES / name, mapping=name)
    assert report.errors == []
    assert report.landed > 0
    assert report.lines == report.landed + report.duplicates + report.quarantined
    assert set(reasons(log).values()) <= {"not_an_event"}
    assert all(file.stat().st_size < 300_000 for file in (EXAMPLES / name).iterdir())


def test_gpu_hours_equal_those_of_the_jobs(log: Connection) -> None:
    land(log, EXAMPLES / "gpu_jobs", mapping="gpu_jobs")
    jobs = pq.read_table(EXAMPLES / "gpu_jobs" / "jobs.parquet").to_pylist()
    hours = sum(job["duration_s"] * job["num_gpu"] for job in jobs) / 3600
    ((landed,),) = rows(log, "SELECT sum(CAST(data ->> 'chip_hours' AS DOUBLE)) FROM events")
    assert landed == pytest.approx(hours, rel=1e-9)


def test_a_job_longer_than_a_month_keeps_its_hours_and_is_not_known_before_it_ends(
    log: Connection, tmp_path: Path
) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    jobs = pa.table(
        {
            "cluster": ["c", "c"],
            "job_id": ["long", "idle"],
            "submit_time": pa.array([start, start], pa.timestamp("us", "UTC")),
            "duration_s": [40 * 86_400, 0],
            "num_gpu": [8, 8],
        }
    )
    land_table(log, tmp_path / "jobs.parquet", jobs, "gpu_jobs")
    assert rows(
        log,
        "SELECT data ->> 'chip_hours', data ->> 'period_start', data ->> 'period_end', "
        "data ->> 'job_started_at', "
        "strftime(known_at, '%Y-%m-%d') FROM events",
    ) == [("7680.0", "2026-01-10T00:00:00Z", "2026-02-10T00:00:00Z", "2026-01-01T00:00:00Z", "2026-02-10")]
    assert reasons(log) == {2: "not_an_event"}


def test_retail_times_are_london_times(log: Connection, tmp_path: Path) -> None:
    land_table(log, tmp_path / "l.parquet", retail(line("1", 6)), "online_retail")
    assert rows(log, "SELECT strftime(time, '%Y-%m-%dT%H:%M') FROM events") == [("2011-07-04T08:00",)]


def test_a_cancellation_goes_to_the_latest_earlier_order_line(log: Connection, tmp_path: Path) -> None:
    table = retail(
        line("1", 6, hour=8),
        line("2", 7, hour=9),
        line("C3", -2, hour=10),
        line("4", 9, hour=11),
        line("C5", -1, hour=7),
    )
    land_table(log, tmp_path / "l.parquet", table, "online_retail")
    subjects = dict(rows(log, "SELECT source_line, subject FROM events"))
    assert subjects[3] == subjects[2]
    assert subjects[5].startswith("online_retail-unmatched:C5:")
    assert len(set(subjects.values())) == 4


@pytest.mark.parametrize("other", [line("1", 6, hour=8, customer=2), line("1", 6, hour=8, code="X")])
def test_a_cancellation_matches_neither_another_customer_nor_another_stock_code(
    log: Connection, tmp_path: Path, other: tuple[object, ...]
) -> None:
    land_table(log, tmp_path / "l.parquet", retail(other, line("C3", -2)), "online_retail")
    assert rows(
        log, "SELECT count(*) FROM events WHERE starts_with(subject, 'online_retail-unmatched:')"
    ) == [(1,)]


def test_copies_corrections_and_adjustments_of_retail_are_no_orders(log: Connection, tmp_path: Path) -> None:
    table = retail(line("1", 6), line("1", 6), line("1", 8), line("2", -5, customer=None), line("A3", 1))
    pq.write_table(table, tmp_path / "l.parquet")
    report = land(log, tmp_path / "l.parquet", mapping="online_retail")
    assert (report.landed, report.duplicates, report.quarantined) == (2, 1, 2)
    assert reasons(log) == {4: "not_an_event", 5: "not_an_event"}
    raw, message = rows(log, "SELECT raw, message FROM quarantine ORDER BY source_line")[0]
    assert '"Quantity":-5' in raw
    assert "stock correction" in message


def test_negative_hours_of_a_bill_are_a_correction(log: Connection, tmp_path: Path) -> None:
    charges = pq.read_table(EXAMPLES / "focus_1_0" / "charges.parquet")
    used = charges.filter(pa.compute.match_substring(charges["ChargeDescription"], "g5.4xlarge")).slice(0, 1)
    quantity = used.schema.get_field_index("ConsumedQuantity")
    table = pa.concat_tables([used, used.set_column(quantity, "ConsumedQuantity", pa.array([-1.0]))])
    land_table(log, tmp_path / "f.parquet", table, "focus_1_0")
    assert rows(log, "SELECT type FROM events ORDER BY source_line") == [
        ("trn.usage.metered.v1",),
        ("trn.usage.adjusted.v1",),
    ]


COLUMNS = (
    "entry_type,entry_at,order_number,line_number,customer_number,segment,product,ship_to,quantity,"
    "requested_date,promised_date,unit_price,currency,shipment_number,reason\n"
)


def test_wrong_cells_of_a_csv_are_refused_by_the_same_rules(log: Connection, tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(
        COLUMNS
        + "order,2026-01-05,1,1,c,s,trn2,eu,16,2026-03-01,,10.50,EUR,,\n"
        + "order,2026-01-05,2,1,c,s,trn2,eu,1.7,,,,,,\n"
        + "order,2026-01-05T10:00:00,3,1,c,s,trn2,eu,16,,,,,,\n"
        + "order,2026-01-05,4,1,c,s,trn2,eu,16,,,10.50,,,\n"
        + "order,2026-01-05,,1,c,s,trn2,eu,16,,,,,,\n"
        + "wish,2026-01-05,6,1,c,s,trn2,eu,16,,,,,,\n"
        + "cancellation,2026-02-05,1,1,,,,,,,,,,,budget\n",
        encoding="utf-8",
    )
    report = land(log, path, mapping="csv_orders")
    assert (report.landed, report.quarantined) == (2, 5)
    assert reasons(log) == {
        2: "not_whole",
        3: "invalid_instant",
        4: "currency_missing",
        5: "missing_attribute",
        6: "not_an_event",
    }
    ((raw,),) = rows(log, "SELECT raw FROM quarantine WHERE source_line = 2")
    assert '"quantity":"1.7"' in raw


BAD_MAPPINGS = {
    "no such table": "SELECT * FROM nowhere",
    "no SQL": "SELEKT",
    "missing columns": "SELECT 1 AS source_line, $path AS row",
    "rows left out": (
        "SELECT 2 AS source_line, '{}' AS raw_row, 'i' AS id, '/s' AS source, 't' AS type, now() AS time, "
        "'{}' AS data WHERE $path <> ''"
    ),
}


@pytest.mark.parametrize("query", BAD_MAPPINGS.values(), ids=BAD_MAPPINGS)
def test_a_mapping_that_cannot_be_used_is_one_line_and_leaves_the_log_empty(
    log: Connection, tmp_path: Path, query: str
) -> None:
    (tmp_path / "own.sql").write_text(query)
    (tmp_path / "table.csv").write_text("a\n1\n")
    (error,) = land(log, tmp_path / "table.csv", mapping=tmp_path / "own.sql").errors
    assert "own.sql" in error
    assert "\n" not in error
    assert rows(log, "SELECT count(*) FROM landing_manifest") == [(0,)]


def test_an_unknown_mapping_names_those_that_are_known(log: Connection, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="csv_orders, focus_1_0, gpu_jobs, online_retail"):
        land(log, tmp_path, mapping="gpu_jabs")


def test_the_same_bytes_through_another_mapping_are_another_matter(log: Connection, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a\n1\n")
    query = (
        "SELECT 1 AS source_line, '{{}}' AS raw_row, '{0}' AS id, '/s' AS source, "
        "'trn.inventory.stated.v1' AS type, TIMESTAMPTZ '2026-01-05 00:00:00+00' AS time, "
        "struct_pack(generation := 'trn2', chips := 5) AS data "
        "FROM read_csv($path)"
    )
    for name in ("one", "two"):
        (tmp_path / f"{name}.sql").write_text(query.format(name))
        assert land(log, path, mapping=tmp_path / f"{name}.sql").landed == 1
    assert land(log, path, mapping=tmp_path / "two.sql").duplicates == 1
