"""The peers' part: statsforecast's models, one series at a time; runs in the peers' environment."""

import json
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from statsforecast.models import AutoARIMA, AutoCES, AutoETS, DynamicOptimizedTheta

from benchmarks.event_log.processes import Result, cpu_seconds, report

MODELS = {"AutoETS": AutoETS, "AutoCES": AutoCES, "DynamicOptimizedTheta": DynamicOptimizedTheta}
MODELS["AutoARIMA"] = AutoARIMA
COLUMNS = ("mean", "lo-80", "hi-80", "lo-95", "hi-95")

Array = np.ndarray


def forecast(series: str, out: str, model: str, season: int, horizon: int) -> Result:
    """Write every series' forecast: unique_id, step from 1 on, mean and bounds, NaN where there is none.

    Where a model fails its point forecast stands alone, or if that fails too the last value. What is compiled
    on the first call is not counted.
    """
    warnings.simplefilter("ignore")
    histories = list(_histories(series))
    _forecast_one(model, season, histories[0][1][-4 * season - 20 :], horizon)
    start, started, failed, frames = cpu_seconds(), time.perf_counter(), 0, []
    for name, values in histories:
        answer, is_whole = _forecast_one(model, season, values, horizon)
        failed += not is_whole
        columns = {"unique_id": [name] * horizon, "step": np.arange(1, horizon + 1)}
        missing = np.full(horizon, np.nan)
        columns |= {key: np.asarray(answer.get(key, missing), dtype=float) for key in COLUMNS}
        frames.append(pa.table(columns))
    costs = {"cpu": cpu_seconds() - start, "wall": time.perf_counter() - started}
    pq.write_table(pa.concat_tables(frames), Path(out, "forecasts.parquet"))
    return costs | {"failed": failed, "series": len(histories)}


def _histories(file: str) -> Iterator[tuple[str, Array]]:
    rows = pq.read_table(file)
    names, values = rows["unique_id"].to_numpy(), rows["y"].to_numpy()
    starts = [0, *(np.flatnonzero(names[1:] != names[:-1]) + 1), len(names)]
    for start, end in pairwise(starts):
        yield str(names[start]), values[start:end].astype(np.float64)


def _forecast_one(model: str, season: int, values: Array, horizon: int) -> tuple[dict[str, Array], bool]:
    for levels in ([80, 95], None):
        try:
            answer = MODELS[model](season_length=season).forecast(y=values, h=horizon, level=levels)
        except Exception:  # noqa: BLE001, S112  whatever a peer raises, the next series follows
            continue
        if np.isfinite(answer["mean"]).all():
            return answer, levels is not None
    return {"mean": np.full(horizon, values[-1])}, False


JOBS: dict[str, Callable[..., Result]] = {"forecast": forecast}

if __name__ == "__main__":
    report(JOBS[sys.argv[1]](**json.loads(sys.argv[2])))
