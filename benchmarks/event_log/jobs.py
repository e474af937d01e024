"""What is measured, each in a process of its own: `python -m benchmarks.event_log.jobs JOB ARGUMENTS`.

Seconds are processor seconds after the imports and the opening of the database, until the work is committed
(`cpu`) and until the database is closed (`closed`); `start` is what came before.
"""

import json
import shutil
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.event_log import hostile_lines, inputs
from benchmarks.event_log.peer_reads import columns
from benchmarks.event_log.processes import Result, cpu_seconds, report

if TYPE_CHECKING:
    from pipeline.runs.context import Run

LANDED_AT = datetime(2026, 9, 7, tzinfo=UTC)
PEER_MEMORY_LIMIT = "1GiB"  # as much as a writer of the warehouse may reserve


def land(home: str, paths: list[str], mapping: str | None = None) -> Result:
    """Land files into the warehouse of a home, which may be new."""
    from pipeline.config import Settings
    from pipeline.landing import land_files
    from pipeline.store import writer

    with writer(Settings(home=Path(home))) as connection:
        start = cpu_seconds()
        landed = land_files(connection, [Path(path) for path in paths], mapping=mapping, landed_at=LANDED_AT)
        committed = cpu_seconds()
    assert not landed.errors, landed.errors
    counts = {name: getattr(landed, name) for name in ("lines", "landed", "duplicates", "quarantined")}
    return {"start": start, "cpu": committed - start, "closed": cpu_seconds() - start, **counts}


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


def land_real(home: str, path: str, mapping: str) -> Result:
    """Land a real data set and add up what landed."""
    from pipeline.config import Settings
    from pipeline.store import writer

    result = land(home, [path], mapping)
    with writer(Settings(home=Path(home))) as connection:
        (hours,), units = (connection.execute(query).fetchone() or () for query in (GPU_HOURS, NET_UNITS))
    return result | {"gpu_hours": hours, "units": units}


def read_json(home: str, paths: list[str], payload: str, is_lenient: bool) -> Result:
    """Read JSON Lines into a typed table; lenient: what cannot be read is NULL."""
    lenient = str(is_lenient).lower()
    query = f"read_ndjson($files, columns = $columns, ignore_errors = {lenient})"
    return _read(home, query, {"files": paths, "columns": columns(payload)})


def read_parquet(home: str, paths: list[str]) -> Result:
    """Read Parquet into a table."""
    return _read(home, "read_parquet($files)", {"files": paths})


def _read(home: str, source: str, parameters: dict[str, object]) -> Result:
    import duckdb

    file = Path(home, "peer.duckdb")
    with duckdb.connect(file, config={"memory_limit": PEER_MEMORY_LIMIT}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        start = cpu_seconds()
        query = f"CREATE TABLE peer AS SELECT * FROM {source}"  # noqa: S608
        answer = connection.execute(query, parameters).fetchone()
        committed = cpu_seconds()
    closed = cpu_seconds()
    lines = answer[0] if answer else 0
    return {"start": start, "cpu": committed - start, "closed": closed - start, "lines": lines}


def simulate(out: str, events: int, seed: int, scenario: str) -> Result:
    """Simulate a market of 140 weeks."""
    from pipeline.simulation import simulate as draw

    summary = draw(Path(out), weeks=140, seed=seed, events=events, scenario=scenario)
    return {"lines": summary.events + summary.bad_lines, "bad": summary.by_kind}


def history(out: str, events: int, new: int, recent: int, seed: int) -> Result:
    """Simulate a market and cut its events by when they were recorded."""
    market = Path(out, "market")
    simulate(str(market), events + new, seed, "default")
    inputs.split_by_recording(market / "events", Path(out), recent=recent, new=new)
    shutil.rmtree(market / "events")
    return {"as_of": json.loads((market / "truth" / "truth.json").read_text())["as_of"]}


def of_other_subjects(market: str, out: str) -> Result:
    """Write what happened in a market under other producers and subjects."""
    return {"lines": inputs.of_other_subjects(Path(market), Path(out))}


def maintain(home: str) -> Result:
    """Bring the kept tables of the projections up to the log."""
    from pipeline import projecting

    return _projected(home, projecting.maintain)


def rebuild(home: str) -> Result:
    """Rebuild the kept tables of the projections from the log."""
    from pipeline import projecting

    return _projected(home, projecting.rebuild)


def read_projections(home: str, as_of: str) -> Result:
    """Read every projection that a forecast or an allocation reads, and the orphans."""
    from pipeline.config import Settings
    from pipeline.runs import allocating, forecasting
    from pipeline.runs.context import demand_history, projection
    from pipeline.store import reader

    run = _run_at(as_of)
    costs: dict[str, float] = {}
    with reader(Settings(home=Path(home)).warehouse) as connection:
        start = cpu_seconds()
        demand_history(connection, run)
        costs["demand_history"] = cpu_seconds() - start
        for name in dict.fromkeys(("orphans", *forecasting.INPUTS, *allocating.INPUTS)):
            begun = cpu_seconds()
            projection(connection, name, run)
            costs[name] = cpu_seconds() - begun
    return {"start": start, "cpu": sum(costs.values()), "costs": costs}


def _run_at(as_of: str) -> "Run":
    from pipeline.core.clock import parse_instant
    from pipeline.runs.context import LAST_POSITION, Run, the_policy

    policy = the_policy()
    return Run("bench", parse_instant(as_of), LAST_POSITION, policy.hash, policy.forecast.seed)


def _projected(home: str, project: Callable[..., object]) -> Result:
    from pipeline.config import Settings, load_policy
    from pipeline.store import writer

    demand = load_policy().demand
    with writer(Settings(home=Path(home))) as connection:
        start = cpu_seconds()
        project(connection, demand)
        return {"start": start, "cpu": cpu_seconds() - start}


def freshen(home: str, paths: list[str], as_of: str) -> Result:
    """Land new events, bring the kept tables up, and read the demand series as a run does."""
    from pipeline.config import Settings
    from pipeline.features import demand_series
    from pipeline.landing import land_files
    from pipeline.projecting import maintain as bring_up
    from pipeline.runs.context import demand_history, the_policy
    from pipeline.store import publish_copy, reader, writer

    settings, policy, run = Settings(home=Path(home)), the_policy(), _run_at(as_of)
    with writer(settings) as connection:
        start = cpu_seconds()
        landed = land_files(connection, [Path(path) for path in paths], landed_at=LANDED_AT)
        landing = cpu_seconds() - start
        bring_up(connection, policy.demand)
        maintaining = cpu_seconds() - start - landing
    with reader(settings.warehouse) as connection:
        start = cpu_seconds()
        series = demand_series(demand_history(connection, run), as_of=run.as_of, policy=policy)
        reading = cpu_seconds() - start
    start = cpu_seconds()
    publish_copy(settings)
    return {
        "cpu": landing + maintaining + reading,
        "landing": landing,
        "maintaining": maintaining,
        "reading": reading,
        "publishing": cpu_seconds() - start,
        "landed": landed.landed,
        "rows": series.height,
    }


def without_repeats(market: str, out: str) -> Result:
    """Write each event of a clean market once."""
    return {"lines": inputs.without_repeats(Path(market), Path(out))}


def with_repeats(market: str, out: str) -> Result:
    """Write a hostile market with repeated lines."""
    return {"lines": inputs.with_repeats(Path(market), Path(out))}


def recount(home: str, market: str) -> Result:
    """Count a hostile market's lines without landing, and compare them with what landing wrote."""
    return hostile_lines.compare(Path(home, "warehouse.duckdb"), Path(market))


def cut_up(clean: str, out: str, lines: int) -> Result:
    """Write the same lines as one file and as many."""
    return {"files": inputs.cut_up(Path(clean), Path(out), lines)}


def as_parquet(clean: str, out: str, payload: str) -> Result:
    """Write a market as Parquet."""
    return {"lines": inputs.as_parquet(Path(clean), Path(out), payload)}


JOBS: dict[str, Callable[..., Result]] = {
    job.__name__: job
    for job in (
        land,
        land_real,
        read_json,
        read_parquet,
        simulate,
        history,
        of_other_subjects,
        maintain,
        rebuild,
        read_projections,
        freshen,
        recount,
        without_repeats,
        with_repeats,
        cut_up,
        as_parquet,
    )
}

if __name__ == "__main__":
    report(JOBS[sys.argv[1]](**json.loads(sys.argv[2])))
