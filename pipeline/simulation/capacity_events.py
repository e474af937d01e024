"""Capacity as it is stated, installed, retired and sold out."""

import numpy as np
import polars as pl

from pipeline.simulation.capacity import STATED_EVERY_WEEKS
from pipeline.simulation.encoding import Events, events
from pipeline.simulation.market import Market
from pipeline.simulation.timeline import GENERATIONS, REGIONS, Ints


def capacity_events(market: Market) -> list[Events]:
    """Return snapshots every four weeks, changes in between, and one event for each sold-out week."""
    installed = market.capacity.installed
    change = np.diff(installed, axis=2, prepend=installed[:, :, :1])
    batches = [
        _stated(market),
        _moved(market, "installed", np.maximum(change, 0)),
        _moved(market, "retired", np.maximum(-change, 0)),
        _sold_out(market),
    ]
    return [batch for batch in batches if len(batch)]


def _where(generation: Ints, region: Ints) -> dict[str, pl.Series]:
    return {
        "region": pl.Series(REGIONS).gather(region),
        "generation": pl.Series(GENERATIONS).gather(generation),
    }


def _id(verb: str, generation: Ints, region: Ints, week: Ints) -> pl.Series:
    where = _where(generation, region)
    return verb + "-" + where["generation"] + "-" + where["region"] + "-" + pl.Series(week).cast(pl.String)


def _stated(market: Market) -> Events:
    capacity = market.capacity
    is_stated = capacity.installed > 0
    is_stated &= (np.arange(market.timeline.weeks) % STATED_EVERY_WEEKS == 0)[None, None, :]
    cell = np.nonzero(is_stated)
    generation, region, week = cell
    at = market.timeline.instants(week)
    return events(
        "capacity.stated",
        {
            "id": _id("stated", generation, region, week),
            "time": at,
            "recordedtime": at + np.timedelta64(20 * 60 * 1_000_000, "us"),
            **_where(generation, region),
            "installed": capacity.installed[cell],
            "sellable": capacity.sellable[cell],
            "impaired": capacity.impaired[cell],
            "spare": capacity.spare[cell],
        },
    )


def _moved(market: Market, verb: str, chips: Ints) -> Events:
    cell = np.nonzero(chips)
    generation, region, week = cell
    at = market.timeline.instants(week)
    return events(
        f"capacity.{verb}",
        {
            "id": _id(verb, generation, region, week),
            "time": at,
            "recordedtime": at + np.timedelta64(3600 * 1_000_000, "us"),
            **_where(generation, region),
            "chips": chips[cell],
        },
    )


def _sold_out(market: Market) -> Events:
    short = np.zeros((len(REGIONS), len(GENERATIONS), market.timeline.weeks), dtype=np.int64)
    np.add.at(short, market.lines.region, market.unmet)
    cell = np.nonzero(short.transpose(1, 0, 2))
    generation, region, week = cell
    ends = market.timeline.instants(week + 1)
    return events(
        "capacity.soldout",
        {
            "id": _id("soldout", generation, region, week),
            "time": market.timeline.instants(week),
            "recordedtime": ends + np.timedelta64(1800 * 1_000_000, "us"),
            **_where(generation, region),
            "window_start": market.timeline.instants(week),
            "window_end": ends,
            "cap_chips": market.capacity.sellable[cell],
        },
    )
