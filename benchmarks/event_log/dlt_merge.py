"""dlt's part: files into a DuckDB table, one row an event; runs in the peers' environment.

The best configuration found: DuckDB parses the files and hands over Arrow, dlt writes it as Parquet and
merges it into the table on the events' identity, adding no columns of its own. It validates no payload and
keeps no line that it cannot read.
"""

import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.event_log.processes import Result, cpu_seconds, report

BATCH_ROWS = 200_000
MEMORY_LIMIT = "1GiB"


def run(home: str, paths: list[str], columns: dict[str, str], strategy: str) -> Result:
    """Load files; strategy `append`, or how to merge."""
    os.environ.update(RUNTIME__DLTHUB_TELEMETRY="false", RUNTIME__LOG_LEVEL="ERROR", DLT_DATA_DIR=home)
    is_typed = columns["data"] != "JSON"
    import dlt
    import duckdb
    import pyarrow as pa

    @dlt.resource(name="events", primary_key=("source", "id"))
    def events() -> Iterator[pa.RecordBatch]:
        with duckdb.connect(config={"memory_limit": MEMORY_LIMIT}) as reader:
            reader.execute("SET TimeZone = 'UTC'")
            shape = (
                "* EXCLUDE (data), unnest(data)" if is_typed else "* REPLACE (CAST(data AS VARCHAR) AS data)"
            )
            query = f"SELECT {shape} FROM read_ndjson($files, columns = $columns, ignore_errors = true)"  # noqa: S608
            found = reader.execute(query, {"files": paths, "columns": columns})
            yield from found.to_arrow_reader(BATCH_ROWS)

    pipeline = dlt.pipeline(
        pipeline_name="landing",
        pipelines_dir=str(Path(home, "dlt")),
        destination=dlt.destinations.duckdb(str(Path(home, "peer.duckdb"))),
        dataset_name="log",
    )
    disposition = "append" if strategy == "append" else {"disposition": "merge", "strategy": strategy}
    start = cpu_seconds()
    pipeline.run(events, write_disposition=disposition, loader_file_format="parquet")
    spent = cpu_seconds() - start
    with duckdb.connect(Path(home, "peer.duckdb")) as loaded:
        answer = loaded.execute("SELECT count(*) FROM log.events").fetchone()
    return {"start": start, "cpu": spent, "rows": answer[0] if answer else 0}


JOBS: dict[str, Callable[..., Result]] = {"run": run}

if __name__ == "__main__":
    report(JOBS[sys.argv[1]](**json.loads(sys.argv[2])))
