"""The series that forecasts are held to: M4 Weekly and Hourly, and the tourism competition of 2010."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

Array = NDArray[np.float64]


CLASSES = ("smooth", "erratic", "intermittent", "lumpy")
_RARE_FROM, _VARIED_FROM = 1.32, 0.49


@dataclass(frozen=True)
class Collection:
    """Series of one frequency.

    Attributes:
        seasons: what our engines are told.
        lag: of the seasonal difference that scales errors, and season of Naive 2.
        peer_season: the one season that peers are told.
        arima_season: that of AutoARIMA; None: not run.
        limit: the most that the OWA may be; None: the score is the MASE, without a limit.
    """

    name: str
    horizon: int
    seasons: tuple[int, ...]
    lag: int
    peer_season: int
    arima_season: int | None
    limit: float | None = None

    @property
    def measure(self) -> str:
        """Name of the score."""
        return "MASE" if self.limit is None else "OWA"


COLLECTIONS = (
    Collection("M4 weekly", 13, (52,), 1, 52, 1, 0.75),
    Collection("M4 hourly", 48, (24, 168), 24, 24, None, 0.45),
    Collection("tourism quarterly", 8, (4,), 4, 4, 4),
    Collection("tourism yearly", 4, (1,), 1, 1, 1),
    Collection("tourism monthly", 24, (12,), 12, 12, 12),
)


@dataclass(frozen=True)
class Series:
    """What is known and what came after, by id in the order of text."""

    collection: Collection
    train: pl.DataFrame
    test: pl.DataFrame
    places: NDArray[np.int64]

    @cached_property
    def names(self) -> list[str]:
        """Ids in order."""
        return self.test["unique_id"].unique(maintain_order=True).to_list()

    @cached_property
    def known(self) -> list[Array]:
        """Values of each series that a forecast may see."""
        groups = self.train.group_by("unique_id", maintain_order=True).agg("y")
        return [np.asarray(values, dtype=float) for values in groups["y"]]

    @cached_property
    def actual(self) -> Array:
        """What came after, series x steps."""
        return self.test["y"].to_numpy().reshape(-1, self.collection.horizon)

    @property
    def is_odd(self) -> NDArray[np.bool_]:
        """Whether nothing was tuned on the series."""
        return self.places % 2 == 1


def demand_class(values: Array) -> str:
    """Return the class of Syntetos, Boylan and Croston (2005, doi:10.1057/palgrave.jors.2601841).

    By the mean interval between values above zero, rare from 1.32 on, and the squared coefficient of
    variation of these, varied from .49 on.
    """
    sold = values[values > 0]
    is_rare = len(values) >= _RARE_FROM * len(sold)
    is_varied = bool(np.var(sold) >= _VARIED_FROM * np.mean(sold) ** 2)
    return CLASSES[2 * is_rare + is_varied]


def by_length(lengths: NDArray[np.int64]) -> dict[str, NDArray[np.bool_]]:
    """Part series into the shortest, middle and longest third; fewer parts where lengths are alike."""
    edges = np.unique(np.quantile(lengths, [1 / 3, 2 / 3], method="higher"))
    part = np.searchsorted(edges, lengths, side="right")
    masks = [part == place for place in range(len(edges) + 1)]
    return {f"{lengths[mask].min()} to {lengths[mask].max()} known": mask for mask in masks if mask.any()}


def load(data: Path, collection: Collection, *, share: int) -> Series:
    """Read a collection, or one in `share` of each half of its series."""
    source, frequency = collection.name.split()
    rows = pl.read_parquet(data / ("m4" if source == "M4" else "tourism2010") / "series.parquet")
    if source == "M4":
        rows = rows.filter(pl.col("frequency") == frequency)
    else:
        meta = pl.read_parquet(data / "tourism2010" / "meta.parquet")
        rows = rows.join(
            meta.filter(pl.col("period").str.to_lowercase() == frequency), on="series_id", how="semi"
        )
    rows = rows.select(pl.col("series_id").alias("unique_id"), pl.col("t").alias("ds"), "y", "is_test")
    rows = rows.sort("unique_id", "ds")
    ids = rows["unique_id"].unique(maintain_order=True)
    places = np.flatnonzero(np.arange(len(ids)) // 2 % share == 0)
    rows = rows.filter(pl.col("unique_id").is_in(ids.gather(places).implode()))
    train, test = (rows.filter(wanted).drop("is_test") for wanted in (~pl.col("is_test"), pl.col("is_test")))
    return Series(collection, train, test, places)
