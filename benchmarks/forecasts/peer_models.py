"""The peers' part: statsforecast's models, one series at a time; runs in the peers' environment."""

import json
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from statsforecast.models import (
    ADIDA,
    IMAPA,
    TSB,
    AutoARIMA,
    AutoCES,
    AutoETS,
    CrostonSBA,
    DynamicOptimizedTheta,
)
from statsforecast.utils import ConformalIntervals

from benchmarks.event_log.processes import Result, cpu_seconds, report

MODELS = {"AutoETS": AutoETS, "AutoCES": AutoCES, "DynamicOptimizedTheta": DynamicOptimizedTheta}
MODELS["AutoARIMA"] = AutoARIMA
COLUMNS = ("mean", "lo-80", "hi-80", "lo-95", "hi-95")

RARE_MODELS = {"CrostonSBA": CrostonSBA, "IMAPA": IMAPA, "ADIDA": ADIDA}
RARE_MODELS |= {f"TSB .{tenths}": partial(TSB, alpha_d=tenths / 10, alpha_p=tenths / 10) for tenths in (1, 3)}
SHARES = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)
_WINDOWS = 10

Array = np.ndarray


def forecast(series: str, out: str, model: str, season: int, horizon: int) -> Result:
    """Write every series' forecast: unique_id, step from 1 on, mean and bounds, NaN where there is none.

    Where a model fails its point forecast stands alone, or if that fails too the last value. What is compiled
    on the first call is not counted.
    """
    warnings.simplefilter("ignore")
    histories = list(_histories(series))
    _forecast_one(model, season, histories[0][1][-4 * season - 20 :], horizon)
    failed = 0

    def columns(values: Array) -> dict[str, Array]:
        nonlocal failed
        answer, is_whole = _forecast_one(model, season, values, horizon)
        failed += not is_whole
        missing = np.full(horizon, np.nan)
        return {key: np.asarray(answer.get(key, missing), dtype=float) for key in COLUMNS}

    return _write(histories, columns, horizon, Path(out)) | {"failed": failed}


def quantiles(series: str, out: str, model: str, horizon: int, *, is_conformal: bool) -> Result:
    """Write every series' quantiles, floored at zero, of a model for rare demand.

    Conformal ones are the model's own, from up to ten windows; the others are its forecast plus the quantiles
    of its errors one step ahead. What is compiled on the first call is not counted.
    """
    warnings.simplefilter("ignore")
    one = _conformal if is_conformal else _from_residuals
    histories = list(_histories(series))
    one(model, histories[0][1], horizon)

    def columns(values: Array) -> dict[str, Array]:
        floored = np.maximum(one(model, values, horizon), 0.0)
        return {f"{share:g}": steps for share, steps in zip(SHARES, floored, strict=True)}

    return _write(histories, columns, horizon, Path(out))


def _conformal(model: str, values: Array, horizon: int) -> Array:
    intervals = ConformalIntervals(h=horizon, n_windows=_WINDOWS)
    levels = [round(100 * (1 - 2 * share)) for share in SHARES if share < 0.5]  # noqa: PLR2004  lower bounds
    answer = RARE_MODELS[model](prediction_intervals=intervals).forecast(y=values, h=horizon, level=levels)
    bounds = [*(f"lo-{level}" for level in levels), "mean", *(f"hi-{level}" for level in levels[::-1])]
    return np.stack([answer[name] for name in bounds])


def _from_residuals(model: str, values: Array, horizon: int) -> Array:
    answer = RARE_MODELS[model]().forecast(y=values, h=horizon, fitted=True)
    return answer["mean"] + np.nanquantile(values - answer["fitted"], SHARES)[:, None]


def _write(
    histories: list[tuple[str, Array]], columns: Callable[[Array], dict[str, Array]], horizon: int, out: Path
) -> Result:
    start, started, frames = cpu_seconds(), time.perf_counter(), []
    for name, values in histories:
        key = {"unique_id": [name] * horizon, "step": np.arange(1, horizon + 1)}
        frames.append(pa.table(key | columns(values)))
    costs = {"cpu": cpu_seconds() - start, "wall": time.perf_counter() - started}
    pq.write_table(pa.concat_tables(frames), out / "forecasts.parquet")
    return costs | {"series": len(histories)}


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


JOBS: dict[str, Callable[..., Result]] = {"forecast": forecast, "quantiles": quantiles}

if __name__ == "__main__":
    report(JOBS[sys.argv[1]](**json.loads(sys.argv[2])))
