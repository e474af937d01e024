"""Seconds per million events of keeping and asking the projections, beside the plain sum of the same JSON.

    PYTHONPATH=. .venv/bin/python benchmarks/projections.py [events]

Mostly metered usage by customer and day; one event in ten is a denial, a waitlist
entry, a reservation or of an order.
"""

import resource
import sys
import tempfile
import time
from pathlib import Path

from pipeline.config import Settings, load_policy
from pipeline.projecting import maintain
from pipeline.store import Connection, writer

CUSTOMERS = 1000
PLAIN = """
    SELECT count(*), sum(CAST(data ->> 'chip_hours' AS DOUBLE))
    FROM events
    WHERE type = 'trn.usage.metered.v1'
"""
QUESTIONS = (
    "events_as_of",
    "usage_periods",
    "cloud_usage",
    "cloud_unmet",
    "order_book",
    "capacity",
    "demand_history",
)

FILL = """
    INSERT INTO events
    WITH numbered AS (
        SELECT
            i,
            'c' || (i * 7919 % $customers) AS customer_id,
            TIMESTAMP '2024-01-01' + to_days(CAST(i // $customers % 700 AS INTEGER)) AS day_at,
            ['us-east-1', 'us-west-2', 'eu-west-1', 'ap-south-1'][1 + i % 4] AS region,
            ['trn1', 'trn2', 'trn3'][1 + i % 3] AS generation,
            CASE
                WHEN i % 100 < 90 THEN 'usage.metered'
                WHEN i % 100 < 93 THEN 'request.denied'
                WHEN i % 1000 = 93 THEN 'waitlist.joined'
                WHEN i % 1000 = 94 THEN 'reservation.scheduled'
                WHEN i % 100 < 97 THEN 'order.placed'
                WHEN i % 100 < 99 THEN 'shipment.dispatched'
                ELSE 'order.changed'
            END AS kind
        FROM range($events) AS t (i)
    ),
    spoken AS (
        SELECT
            *,
            strftime(day_at, '%Y-%m-%dT%H:%M:%SZ') AS day_text,
            strftime(day_at + INTERVAL 1 DAY, '%Y-%m-%dT%H:%M:%SZ') AS next_text,
            strftime(day_at + INTERVAL 60 DAY, '%Y-%m-%dT%H:%M:%SZ') AS end_text
        FROM numbered
    )
    SELECT
        i + 1, '/bench', 'e' || i, 'trn.' || kind || '.v1',
        CASE
            WHEN kind LIKE 'order%' OR kind LIKE 'shipment%' THEN 'o' || (i // 100)
            WHEN kind NOT LIKE 'usage%' THEN 's' || i
        END,
        day_at AT TIME ZONE 'UTC', NULL, (day_at + INTERVAL 1 DAY) AT TIME ZONE 'UTC', now(), NULL, NULL,
        NULL, 'b', 'f', i, uuid(), '', NULL, [],
        CASE
            WHEN kind = 'usage.metered' THEN json_object(
                'customer_id', customer_id, 'region', region, 'generation', generation,
                'period_start', day_text,
                'period_end', next_text, 'chip_hours', 24.5 * (1 + i % 77), 'purchase_option', 'on_demand',
                'instance_type', generation || '.48xlarge'
            )
            WHEN kind = 'request.denied' THEN json_object(
                'customer_id', customer_id, 'region', region, 'generation', generation,
                'chips_requested', 16 * (1 + i % 5), 'chips_granted', i % 16,
                'reason', 'insufficient_capacity'
            )
            WHEN kind = 'waitlist.joined' THEN json_object(
                'customer_id', customer_id, 'region', region, 'generation', generation,
                'chips', 16 * (1 + i % 9),
                'wanted_from', day_text
            )
            WHEN kind = 'reservation.scheduled' THEN json_object(
                'customer_id', customer_id, 'region', region, 'generation', generation,
                'chips', 16, 'kind', 'odcr',
                'start', day_text, 'end', end_text
            )
            ELSE json_object('generation', generation, 'region', region, 'chips', 8, 'shipment_id', 'x' || i)
        END
    FROM spoken
"""


def seconds(connection: Connection, query: str) -> float:
    """Return the processor seconds of a query whose rows are counted, not fetched."""
    started = time.process_time()
    connection.execute(f"SELECT count(*), any_value(answer) FROM ({query}) AS answer").fetchall()  # noqa: S608
    return time.process_time() - started


def main(events: int) -> None:
    """Fill a log and print what each question costs."""
    with tempfile.TemporaryDirectory() as folder, writer(Settings(home=Path(folder))) as connection:
        connection.execute("SET threads = 2")
        connection.execute(FILL, {"customers": CUSTOMERS, "events": events})
        plain = min(seconds(connection, PLAIN) for _ in range(3)) / events * 1e6
        print(f"{events:,} events; processor seconds per million events; ratio to the plain sum")
        print(f"{'plain count and sum':24}{plain:8.2f}{1:8.1f}")
        policy = load_policy().demand
        started = time.process_time()
        maintain(connection, policy)
        spent = (time.process_time() - started) / events * 1e6
        print(f"{'keeping all from nothing':24}{spent:8.2f}{spent / plain:8.1f}")
        for macro in QUESTIONS:
            spent = seconds(connection, f"SELECT * FROM {macro}(now())") / events * 1e6  # noqa: S608
            print(f"{macro:24}{spent:8.2f}{spent / plain:8.1f}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"peak memory {peak:.2f} GiB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
