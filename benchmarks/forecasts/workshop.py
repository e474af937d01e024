"""The folder of one run: series, and the forecasts that engines and peers made of them."""

import json
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.event_log.processes import PROJECT, Result, in_a_process
from benchmarks.forecasts.series import COLLECTIONS, Collection, Series, load

Array = NDArray[np.float64]
Kept = TypeVar("Kept")

PEERS_PYTHON = PROJECT / "benchmarks" / ".venv" / "bin" / "python"
OWN = "ensemble"
ENGINES = (OWN, "ets", "seasonal_naive")
LEVELS = (80, 95)
COMBINED = "SCUM"
ARIMA = "AutoARIMA"
_MODELS = ("AutoETS", "AutoCES", "DynamicOptimizedTheta", ARIMA)
_COLUMNS = ("mean", *(f"{side}-{level}" for level in LEVELS for side in ("lo", "hi")))
_DONE, _FILE = "done.json", "forecasts.parquet"


@dataclass(frozen=True)
class Answer:
    """What one engine or peer forecast for a collection.

    Attributes:
        columns: series x steps of `mean` and each bound.
        total: series x bounds of 80 % of the sum over the horizon, where there is such a thing.
        cpu: processor seconds for all series.
        failed: series without an interval.
    """

    columns: dict[str, Array]
    total: Array | None
    cpu: float
    failed: int

    @property
    def mean(self) -> Array:
        """Point forecasts, series x steps."""
        return self.columns["mean"]

    def interval(self, level: int) -> tuple[Array, Array]:
        """Bounds, series x steps each."""
        return self.columns[f"lo-{level}"], self.columns[f"hi-{level}"]


@dataclass(frozen=True)
class Workshop:
    """What one run works with.

    Attributes:
        folder: the peers' forecasts; kept between runs where the operator names it.
        data: the folder of the real series; None: not there.
        share: one series in how many is forecast.
        has_arima: whether AutoARIMA runs, which costs more than all else.
        runs: repetitions of what is timed.
    """

    folder: Path
    data: Path | None
    share: int
    has_arima: bool
    runs: int
    _memory: dict[str, object] = field(default_factory=dict)

    @property
    def has_peers(self) -> bool:
        """Whether the peers' environment can forecast."""
        return PEERS_PYTHON.exists() and any(
            PEERS_PYTHON.parents[1].glob("lib/*/site-packages/statsforecast")
        )

    def collections(self) -> list[Series]:
        """Return the collections that are there."""
        return [self.series(collection) for collection in COLLECTIONS]

    def series(self, collection: Collection) -> Series:
        """Return the series of a collection."""
        assert self.data is not None
        data = self.data
        return self.once(f"series {collection.name}", lambda: load(data, collection, share=self.share))

    def answers(self, series: Series) -> dict[str, Answer]:
        """Return what each engine and each peer forecast, ours first."""
        answers = {engine: self._own(series, engine) for engine in ENGINES}
        if self.has_peers:
            peers = {model: self._peer(series, model) for model in self.peers_of(series.collection)}
            answers |= peers | {COMBINED: _combined(list(peers.values()))}
        return answers

    def peers_of(self, collection: Collection) -> tuple[str, ...]:
        """Name the peers that run on a collection."""
        is_whole = self.has_arima and collection.arima_season is not None
        return _MODELS if is_whole else _MODELS[:-1]

    def run_own(self, series: Series, engine: str, levels: tuple[int, ...]) -> tuple[Path, Result]:
        """Forecast a collection by an engine of ours; returns the folder of `forecasts` and `totals`."""
        folder = self._emptied(f"own-{self._stem(series)}-{engine}")
        series.train.write_parquet(folder / "train.parquet")
        result = in_a_process(
            "forecast",
            module="benchmarks.forecasts.own_jobs",
            series=folder / "train.parquet",
            out=folder,
            engine=engine,
            seasons=series.collection.seasons,
            horizon=series.collection.horizon,
            levels=levels,
            runs=self.runs if engine == OWN else 1,
        )
        return folder, result

    def run_peer(self, job: str, series: Series, name: str, **arguments: object) -> tuple[Path, Result]:
        """Forecast a collection by a job of the peers, once for all runs that keep their folder."""
        folder = self.folder / f"peer-{self._stem(series)}-{name}"
        if not (folder / _DONE).exists():
            print(f"{series.collection.name} by {name}, once ...", file=sys.stderr, flush=True)
            self._emptied(folder.name)
            series.train.write_parquet(folder / "train.parquet")
            result = in_a_process(
                job,
                python=str(PEERS_PYTHON),
                module="benchmarks.forecasts.peer_models",
                series=folder / "train.parquet",
                out=folder,
                horizon=series.collection.horizon,
                **arguments,
            )
            (folder / _DONE).write_text(json.dumps(result))
        return folder, json.loads((folder / _DONE).read_text())

    def _own(self, series: Series, engine: str) -> Answer:
        name = f"own {series.collection.name} {engine}"
        return self.once(name, lambda: self._forecast_own(series, engine))

    def _forecast_own(self, series: Series, engine: str) -> Answer:
        folder, result = self.run_own(series, engine, LEVELS)
        totals = read_totals(folder, ("lo-80", "hi-80"))
        return _answer(folder, series, result, np.stack(list(totals.values()), axis=1))

    def _peer(self, series: Series, model: str) -> Answer:
        name = f"peer {series.collection.name} {model}"
        return self.once(name, lambda: self._forecast_peer(series, model))

    def _forecast_peer(self, series: Series, model: str) -> Answer:
        collection = series.collection
        season = (model == ARIMA and collection.arima_season) or collection.peer_season
        folder, result = self.run_peer("forecast", series, f"{model}-{season}", model=model, season=season)
        return _answer(folder, series, result, None)

    def _stem(self, series: Series) -> str:
        return f"{series.collection.name.replace(' ', '-')}-{len(series.names)}"

    def _emptied(self, name: str) -> Path:
        folder = self.folder / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder

    def once(self, name: str, make: Callable[[], Kept]) -> Kept:
        """Return what is kept under a name, made when first asked for."""
        if name not in self._memory:
            self._memory[name] = make()
        kept: Kept = self._memory[name]  # type: ignore[assignment]
        return kept


def _answer(folder: Path, series: Series, result: Result, total: Array | None) -> Answer:
    columns = read_steps(folder, series, _COLUMNS)
    return Answer(columns, total, float(result["cpu"]), int(result.get("failed", 0)))


def read_steps(folder: Path, series: Series, names: Sequence[str]) -> dict[str, Array]:
    """Read columns of forecasts, series x steps each."""
    rows = pl.read_parquet(folder / _FILE)
    ids = rows["unique_id"].unique(maintain_order=True).to_list()
    assert ids == series.names, f"{folder} holds forecasts of other series"
    shape = len(ids), series.collection.horizon
    return {name: rows[name].to_numpy().reshape(shape) for name in names}


def read_totals(folder: Path, names: Sequence[str]) -> dict[str, Array]:
    """Read columns of the sums over the horizon, one value a series."""
    rows = pl.read_parquet(folder / "totals.parquet").filter(pl.col("measure") == "sum")
    return {name: rows[name].to_numpy() for name in names}


def _combined(peers: list[Answer]) -> Answer:
    """Medians of points and of bounds, as in M4 (Petropoulos and Svetunkov 2020)."""
    columns = {name: np.nanmedian([peer.columns[name] for peer in peers], axis=0) for name in _COLUMNS}
    return Answer(columns, None, sum(peer.cpu for peer in peers), 0)
