"""What landing costs beside DuckDB's own read of the same file, its memory, and the accounts of real data.

    PYTHONPATH=. .venv/bin/python benchmarks/landing.py [EVENTS]

The peer is `CREATE TABLE AS SELECT * FROM read_ndjson(...)` into a file of its own: it parses and stores the
same lines with types that it guesses, and neither validates, nor keeps what is wrong, nor tells duplicates
apart. Every measurement runs in a process of its own. The real data are in the folder TRN_BENCH_DATA names.
"""

import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

LANDED_AT = datetime(2026, 9, 7, tzinfo=UTC)
SEED = 20260907
PURCHASE_OPTIONS = ("on_demand", "spot", "reserved", "committed")
REAL = {
    "gpu_itp": ("gpu_jobs", "gpu_itp/jobs.parquet"),
    "online_retail": ("online_retail", "online_retail/lines.parquet"),
    "focus": ("focus_1_0", "focus/focus_sample_1000.parquet"),
}
GPU_HOURS = "SELECT sum(CAST(data ->> 'chip_hours' AS DOUBLE)) FROM events"
NET_UNITS = """
    SELECT
        coalesce(sum(CAST(data ->> 'chips' AS BIGINT)) FILTER (type = 'trn.order.placed.v1'), 0) AS ordered,
        coalesce(sum(CAST(data ->> 'chips' AS BIGINT)) FILTER (NOT starts_with(subject, 'online_retail-')
            AND type = 'trn.order.cancelled.v1'), 0) AS cancelled,
        coalesce(sum(CAST(data ->> 'chips' AS BIGINT))
            FILTER (starts_with(subject, 'online_retail-')), 0) AS orphaned,
        (SELECT sum(CAST(raw ->> 'Quantity' AS BIGINT)) FROM quarantine) AS refused
    FROM events
"""


def write_events(path: Path, events: int, *, bad_share: float, is_compact: bool) -> None:
    """Write metered days of use; a share of them with chip-hours in words."""
    chance = random.Random(SEED)  # noqa: S311 repeatable, no secret
    separators = (",", ":") if is_compact else (", ", ": ")
    with path.open("w", encoding="utf-8") as file:
        for number in range(events):
            day = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=number % 700)
            line = {
                "specversion": "1.0",
                "id": f"u-{number}-{chance.random()}",
                "source": "/bench/usage",
                "type": "trn.usage.metered.v1",
                "time": f"{day:%Y-%m-%dT%H:%M:%SZ}",
                "recordedtime": f"{day + timedelta(hours=26):%Y-%m-%dT%H:%M:%SZ}",
                "datacontenttype": "application/json",
                "data": {
                    "customer_id": f"c{number % 999:05}",
                    "region": "us-east-1",
                    "generation": "trn2",
                    "period_start": f"{day:%Y-%m-%dT%H:%M:%SZ}",
                    "period_end": f"{day + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}",
                    "chip_hours": "many" if chance.random() < bad_share else 24.0 * (number % 77 + 1),
                    "purchase_option": chance.choice(PURCHASE_OPTIONS),
                    "instance_type": "trn2.48xlarge",
                },
            }
            file.write(json.dumps(line, separators=separators) + "\n")


def measure_landing(folder: Path, file: Path, mapping: str | None) -> dict[str, object]:
    """Land a file into a new warehouse."""
    from pipeline.config import Settings
    from pipeline.landing import land_files
    from pipeline.store import writer

    with writer(Settings(home=folder)) as connection:
        started = time.process_time(), time.monotonic()
        report = land_files(connection, [file], mapping=mapping, landed_at=LANDED_AT)
        spent = time.process_time() - started[0], time.monotonic() - started[1]
        answers = (
            [connection.execute(query).fetchone() for query in (GPU_HOURS, NET_UNITS)] if mapping else []
        )
    return {
        "cpu": spent[0],
        "wall": spent[1],
        "report": report.to_json(),
        "answers": [list(row or ()) for row in answers],
    }


def measure_peer(folder: Path, file: Path) -> dict[str, object]:
    """Read the same file with the database's own reader."""
    import duckdb

    with duckdb.connect(folder / "peer.duckdb", config={"memory_limit": "1GiB"}) as connection:
        started = time.process_time(), time.monotonic()
        connection.execute("CREATE TABLE peer AS SELECT * FROM read_ndjson($file)", {"file": str(file)})
        return {"cpu": time.process_time() - started[0], "wall": time.monotonic() - started[1]}


def in_a_process(what: str, file: Path, mapping: str | None = None) -> dict[str, object]:
    """Measure in a process of its own, so that its peak memory is its own."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, __file__, "--measure", what, folder, str(file), mapping or ""]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    result: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return result


def compare(events: int) -> None:
    """Print landing beside the peer for clean, spaced and partly bad files."""
    print(f"{events:,} events; processor seconds per million events; peak memory of the process")
    print(f"{'file':28}{'read_ndjson':>13}{'landing':>10}{'ratio':>8}{'peak GiB':>10}{'quarantined':>13}")
    kinds = {
        "compact JSON": (0.0, True),
        "JSON with spaces": (0.0, False),
        "compact JSON, 1 % bad": (0.01, True),
    }
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "events.jsonl")
        for name, (bad_share, is_compact) in kinds.items():
            write_events(file, events, bad_share=bad_share, is_compact=is_compact)
            peer, own = in_a_process("peer", file), in_a_process("landing", file)
            costs = [float(str(result["cpu"])) / events * 1e6 for result in (peer, own)]
            refused = own["report"]["quarantined"]  # type: ignore[index]
            ratio = costs[1] / costs[0]
            print(f"{name:28}{costs[0]:13.2f}{costs[1]:10.2f}{ratio:8.2f}{own['peak']:10.2f}{refused:13,}")


def account(folder: Path) -> None:
    """Print the accounts of the real data sets."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    print(f"\n{'real data':16}{'lines':>9}{'landed':>9}{'duplicates':>12}{'quarantined':>13}{'seconds':>9}")
    for name, (mapping, path) in REAL.items():
        result = in_a_process("landing", folder / path, mapping)
        counts = result["report"]
        assert isinstance(counts, dict)
        assert counts["lines"] == counts["landed"] + counts["duplicates"] + counts["quarantined"]
        row = "".join(
            f"{counts[key]:>{width},}"
            for key, width in zip(
                ("lines", "landed", "duplicates", "quarantined"), (9, 9, 12, 13), strict=True
            )
        )
        print(f"{name:16}{row}{result['wall']:9.1f}")
        table = pq.read_table(folder / path)
        (hours, *_), (ordered, cancelled, orphaned, refused) = result["answers"]  # type: ignore[misc]
        if name == "gpu_itp":
            in_file = pc.sum(pc.multiply(table["duration_s"], table["num_gpu"])).as_py() / 3600
            off = abs(hours / in_file - 1)
            print(f"    GPU-hours landed {hours:,.6f}, in the file {in_file:,.6f}: off by {off:.1e}")
        if name == "online_retail":
            net = pc.sum(table["Quantity"]).as_py()
            copies = net - (ordered - cancelled - orphaned + refused)
            lines = list(zip(*table.to_pydict().values(), strict=True))
            told = sum(line[3] for line in lines) - sum(line[3] for line in set(lines))
            print(
                f"    units ordered {ordered:,} - cancelled {cancelled:,} - orphaned {orphaned:,}"
                f" + refused {refused:,} + exact copies {told:,} = {net:,}; unexplained {copies - told:,}"
            )


def main(events: int) -> None:
    """Print both tables."""
    compare(events)
    if folder := os.environ.get("TRN_BENCH_DATA"):
        account(Path(folder))
    else:
        print("\nreal data skipped: TRN_BENCH_DATA names no folder")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        what, place, path, name = sys.argv[2:]
        found = (
            measure_peer(Path(place), Path(path))
            if what == "peer"
            else measure_landing(Path(place), Path(path), name or None)
        )
        print(json.dumps(found | {"peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20}))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
