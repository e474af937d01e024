"""Accuracy and cost of the forecasting models on M4 Weekly and Hourly, against the seasonal naive.

`TRN_BENCH_DATA` names the folder that holds `m4/series.parquet` (frequency, series_id, t, y, is_test).
sMAPE, MASE and OWA as in the M4 competition (Makridakis, Spiliotis and Assimakopoulos 2020,
doi:10.1016/j.ijforecast.2019.04.014): scaled by the season 1 for Weekly and 24 for Hourly, OWA relative to
Naive 2, here with an unconditional multiplicative season for Hourly. The product's own baseline is the
seasonal naive with season 52 and 24. The point forecast is the mean of the sample paths.
"""

import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from pipeline.forecasting import Engine, forecast_file


@dataclass(frozen=True)
class Collection:
    name: str
    horizon: int
    season: tuple[int, ...]
    mase_lag: int


COLLECTIONS = (Collection("weekly", 13, (52,), 1), Collection("hourly", 48, (24, 168), 24))


_MEASURES = ("smape", "mase", "coverage")


@dataclass(frozen=True)
class Score:
    smape: float
    mase: float
    coverage_95: float
    milliseconds: float


def load_collection(data: Path, collection: Collection) -> tuple[pl.DataFrame, pl.DataFrame]:
    rows = pl.read_parquet(data / "m4" / "series.parquet").filter(pl.col("frequency") == collection.name)
    named = rows.select(pl.col("series_id").alias("unique_id"), pl.col("t").alias("ds"), "y", "is_test")
    return named.filter(~pl.col("is_test")).drop("is_test"), named.filter("is_test").drop("is_test")


def forecast_all(train: pl.DataFrame, collection: Collection, engine: Engine | None) -> pl.DataFrame:
    if engine is None:
        return naive_2(train, collection)
    return forecast_file(
        train, horizon=collection.horizon, season=collection.season, levels=(95,), engine=engine
    )


def score(train: pl.DataFrame, test: pl.DataFrame, collection: Collection, engine: Engine | None) -> Score:
    started = time.process_time()
    forecast = forecast_all(train, collection, engine)
    seconds = time.process_time() - started
    lag = pl.col("y").shift(collection.mase_lag)
    scale = train.group_by("unique_id").agg((pl.col("y") - lag).abs().mean().alias("scale"))
    joined = test.join(forecast, on=["unique_id", "ds"], how="left").join(scale, on="unique_id")
    error = (pl.col("mean") - pl.col("y")).abs()
    a_series = joined.group_by("unique_id").agg(
        (200 * error / (pl.col("mean").abs() + pl.col("y").abs())).mean().alias("smape"),
        (error / pl.col("scale")).mean().alias("mase"),
        pl.col("y").is_between(pl.col("lo-95"), pl.col("hi-95")).mean().alias("coverage"),
    )
    means = [float(np.mean(a_series[name].fill_null(np.nan).to_numpy())) for name in _MEASURES]
    return Score(*means, 1000 * seconds / a_series.height)


def naive_2(train: pl.DataFrame, collection: Collection) -> pl.DataFrame:
    """Last value of the series without its season, which is the mean ratio to the centred mean of a cycle."""
    lag, horizon, frames = collection.mase_lag, collection.horizon, []
    for (name,), group in train.sort("unique_id", "ds").group_by("unique_id", maintain_order=True):
        values = group["y"].to_numpy()
        indices = np.ones(lag)
        if lag > 1:
            weights = np.ones(lag + 1)
            weights[[0, -1]] = 0.5
            ratio = values[lag // 2 : -(lag // 2)] / np.convolve(values, weights / lag, mode="valid")
            phase = (np.arange(len(ratio)) + lag // 2) % lag
            indices = np.array([ratio[phase == place].mean() for place in range(lag)])
            indices /= indices.mean()
        last = values[-1] / indices[(len(values) - 1) % lag]
        steps = np.arange(len(values), len(values) + horizon)
        times = group["ds"][-1] + 1 + np.arange(horizon)
        frames.append(pl.DataFrame({"unique_id": name, "ds": times, "mean": last * indices[steps % lag]}))
    return pl.concat(frames).with_columns(pl.lit(None, pl.Float64).alias(name) for name in ("lo-95", "hi-95"))


def main() -> int:
    folder = os.environ.get("TRN_BENCH_DATA")
    if not folder:
        print("skipped: TRN_BENCH_DATA names no folder with m4/series.parquet")
        return 0
    started = time.process_time()
    import statsmodels.tsa.exponential_smoothing.ets  # noqa: F401  the import is paid before anything is timed

    print(f"import of statsmodels: {time.process_time() - started:.1f} s CPU")
    for collection in COLLECTIONS:
        train, test = load_collection(Path(folder), collection)
        scores = {
            "ets": score(train, test, collection, "ets"),
            "seasonal naive": score(train, test, collection, "seasonal_naive"),
            "naive 2": score(train, test, collection, None),
        }
        peer = scores["naive 2"]
        print(
            f"M4 {collection.name}: {train['unique_id'].n_unique()} series, horizon {collection.horizon}, "
            f"season {', '.join(map(str, collection.season))}"
        )
        for name, result in scores.items():
            owa = (result.smape / peer.smape + result.mase / peer.mase) / 2
            print(
                f"  {name:15s} OWA {owa:.3f}  sMAPE {result.smape:5.2f}  MASE {result.mase:6.3f}  "
                f"95 % interval covers {result.coverage_95:.3f}  {result.milliseconds:5.1f} ms CPU a series"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
