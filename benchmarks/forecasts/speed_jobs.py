"""Jobs of the speed of our forecasts, each in a process of its own."""

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta

import numpy as np
import polars as pl
import psutil

from benchmarks.event_log.processes import Result, cpu_seconds, report

HORIZON, SEED = 26, 5
_PROCESSORS = 2
_EVERY = 0.1


def first(cache: str, weeks: int) -> Result:
    """Time imports, the first forecast of this process and the next; kernels are kept in `cache`."""
    os.environ["NUMBA_CACHE_DIR"] = cache
    start = cpu_seconds()
    from pipeline.forecasting import forecast_file

    imports = cpu_seconds() - start
    times = []
    for number in range(2):
        frame = simulated(1, weeks, 52, seed=SEED + number)
        start, started = cpu_seconds(), time.perf_counter()
        forecast_file(frame, horizon=HORIZON, season=[52])
        times.append((cpu_seconds() - start, time.perf_counter() - started))
    (cpu, wall), (next_cpu, next_wall) = times
    return {"imports": imports, "cpu": cpu, "wall": wall, "next_cpu": next_cpu, "next_wall": next_wall}


def rate(series: int, length: int, season: list[int], runs: int) -> Result:
    """Time forecasts of many series in this process alone, kernels loaded."""
    from pipeline.forecasting import forecast_file

    frame = simulated(series, length, season[0], seed=SEED)
    forecast_file(frame.head(length), horizon=HORIZON, season=season)
    spent = []
    for _ in range(runs):
        start = cpu_seconds()
        forecast_file(frame, horizon=HORIZON, season=season)
        spent.append(cpu_seconds() - start)
    return {"series": series, "cpu": spent}


def many(series: int, length: int) -> Result:
    """Forecast a large file on two processors, all processes' memory watched."""
    from pipeline.forecasting import forecast_file

    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:_PROCESSORS])
    frame = simulated(series, length, 52, seed=SEED)
    forecast_file(frame.head(length), horizon=HORIZON, season=[52])
    with _watched() as sums:
        start, started = cpu_seconds(), time.perf_counter()
        forecast_file(frame, horizon=HORIZON, season=[52], levels=(80, 95))
        cpu, wall = cpu_seconds() - start, time.perf_counter() - started
    return {"cpu": cpu, "wall": wall, "together": max(sums) / 2**30}


def simulated(series: int, length: int, season: int, *, seed: int) -> pl.DataFrame:
    """Return weekly series with a level that wanders, a season and noise, all above zero."""
    rng = np.random.default_rng(seed)
    level = 4 + np.cumsum(rng.normal(0.002, 0.03, (series, length)), axis=1) + rng.normal(0, 1, (series, 1))
    phase = 2 * np.pi * np.arange(length) / max(season, 2)
    waves = 0.2 * rng.random((series, 1)) * np.sin(phase + 6 * rng.random((series, 1)))
    values = np.exp(level + waves * (season > 1) + rng.normal(0, 0.08, (series, length)))
    weeks = [date(2020, 1, 6) + timedelta(weeks=week) for week in range(length)]
    names = [f"series-{number:05d}" for number in range(series)]
    return pl.DataFrame(
        {
            "unique_id": np.repeat(names, length),
            "ds": pl.Series(weeks * series, dtype=pl.Date),
            "y": values.ravel(),
        }
    )


@contextmanager
def _watched() -> Iterator[list[int]]:
    """Sum the resident memory of this process and its children ten times a second."""
    sums, is_over, root = [0], threading.Event(), psutil.Process()

    def watch() -> None:
        while not is_over.wait(_EVERY):
            sums.append(sum(_resident(process) for process in (root, *root.children(recursive=True))))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield sums
    finally:
        is_over.set()
        watcher.join()


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


JOBS: dict[str, Callable[..., Result]] = {"first": first, "rate": rate, "many": many}

if __name__ == "__main__":
    report(JOBS[sys.argv[1]](**json.loads(sys.argv[2])))
