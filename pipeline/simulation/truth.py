"""What was true in the simulated market, as Parquet tables beside a description of their columns."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from pipeline.simulation.customers import SEGMENTS
from pipeline.simulation.direct import Orders
from pipeline.simulation.market import Market
from pipeline.simulation.metering import HOURS, Metering
from pipeline.simulation.needs import Needs, waitlist_truth
from pipeline.simulation.prices import margin_table
from pipeline.simulation.reservations import Reservations
from pipeline.simulation.timeline import (
    GENERATIONS,
    REGIONS,
    WORTH_IN_TRN2,
    Floats,
    Ints,
    Timeline,
    adoption,
)
from pipeline.simulation.truth_columns import COLUMNS


@dataclass(frozen=True)
class Truth:
    """All parts of a simulated market."""

    market: Market
    reservations: Reservations
    needs: Needs
    orders: Orders
    metering: Metering


def write_truth(folder: Path, truth: Truth, facts: dict[str, Any]) -> None:
    """Write one Parquet file a table, and `truth.json` last."""
    market = truth.market
    waitlists = waitlist_truth(market, truth.needs)
    tables = {
        "demand": _demand(truth),
        "capacity": _capacity(truth),
        "diversion": _diversion(truth),
        "substitution": _substitution(market.timeline),
        "waitlists": waitlists,
        "margins": margin_table(market.timeline),
        "customers": _customers(truth),
    }
    for name, table in tables.items():
        table.select(list(COLUMNS[name])).write_parquet(folder / f"{name}.parquet")
    joined = max(1, int(waitlists.filter(pl.col("outcome") != "open")["chips_asked"].sum()))
    described = facts | {
        "scenario": asdict(market.scenario),
        "waitlist_conversion": round(int(waitlists["chips_converted"].sum()) / joined, 4),
        "tables": COLUMNS,
    }
    text = json.dumps(described, indent=1, sort_keys=True, ensure_ascii=False)
    (folder / "truth.json").write_text(text + "\n", encoding="utf-8")


def by_series(market: Market, chips: Ints | Floats) -> Floats:
    """Sum line x generation x week to segment x generation x region x week."""
    lines = market.lines
    cell = market.customers.segment[lines.customer] * len(REGIONS) + lines.region
    total = np.zeros((len(SEGMENTS) * len(REGIONS), *chips.shape[1:]))
    np.add.at(total, cell, chips)
    return total.reshape(len(SEGMENTS), len(REGIONS), *chips.shape[1:]).transpose(0, 2, 1, 3)


def _series_frame(timeline: Timeline, channel: str, values: dict[str, Floats]) -> pl.DataFrame:
    shape = next(iter(values.values())).shape
    segment, generation, region, week = np.indices(shape).reshape(4, -1)
    names = {
        "segment": (SEGMENTS, segment),
        "generation": (GENERATIONS, generation),
        "region": (REGIONS, region),
    }
    keys = {name: pl.Series(labels).gather(rows) for name, (labels, rows) in names.items()}
    numbers = {name: value.ravel() for name, value in values.items()}
    frame = pl.DataFrame({**keys, "period_start": timeline.dates(week), **numbers})
    frame = frame.with_columns(channel=pl.lit(channel))
    is_ever = pl.col("demand_chips").sum().over("segment", "generation", "region") > 0
    return frame.filter(is_ever)


def _demand(truth: Truth) -> pl.DataFrame:
    market, own = truth.market, truth.reservations
    wanted, held = by_series(market, market.demand.chips), by_series(market, market.held)
    idle = np.where(own.number >= 0, market.held - own.used, 0)
    cloud = _series_frame(
        market.timeline,
        "cloud",
        {
            "demand_chips": wanted,
            "observed_chips": held,
            "unmet_chips": wanted - held,
            "metered_chips": by_series(market, truth.metering.hours) / HOURS,
            "reserved_idle_chips": by_series(market, idle),
        },
    )
    orders = truth.orders
    shape = (len(SEGMENTS), len(GENERATIONS), len(REGIONS), market.timeline.weeks)
    net, unmet = np.zeros(shape), np.zeros(shape)
    where = (
        market.customers.segment[orders.customer],
        orders.last_generation,
        orders.region,
        orders.at.astype(np.int64),
    )
    np.add.at(net, where, orders.net_chips)
    np.add.at(unmet, where, orders.unmet_chips)
    values = {"demand_chips": net + unmet, "observed_chips": net, "unmet_chips": unmet}
    return pl.concat([cloud, _series_frame(market.timeline, "direct", values)], how="diagonal")


def _capacity(truth: Truth) -> pl.DataFrame:
    market = truth.market
    generation, region, week = np.indices(market.capacity.installed.shape).reshape(3, -1)
    wanted = by_series(market, market.demand.chips).sum(axis=0).astype(np.int64).ravel()
    sellable = market.capacity.sellable.ravel()
    return pl.DataFrame(
        {
            "generation": pl.Series(GENERATIONS).gather(generation),
            "region": pl.Series(REGIONS).gather(region),
            "period_start": market.timeline.dates(week),
            "installed_chips": market.capacity.installed.ravel(),
            "sellable_chips": sellable,
            "demand_chips": wanted,
            "is_soldout": wanted > sellable,
        }
    )


def _diversion(truth: Truth) -> pl.DataFrame:
    market, movers = truth.market, truth.market.movers
    bought = movers.size_share * market.demand.customer_chips[movers.customer, movers.order_week]
    return pl.DataFrame(
        {
            "customer_id": pl.Series(market.customers.name).gather(movers.customer),
            "kind": pl.Series(
                np.where(movers.diversion > 0, "to_direct", "to_cloud").tolist(), dtype=pl.String
            ),
            "order_week": market.timeline.dates(movers.order_week),
            "delivery_week": market.timeline.dates(movers.delivery_week),
            "chips_bought": bought,
            "diversion_share": movers.diversion,
            "displaced_chips": bought * movers.diversion,
        }
    )


def _substitution(timeline: Timeline) -> pl.DataFrame:
    shares = adoption(timeline, [0.0])[0]
    generation, week = np.indices(shares.shape).reshape(2, -1)
    return pl.DataFrame(
        {
            "generation": pl.Series(GENERATIONS).gather(generation),
            "period_start": timeline.dates(week),
            "adoption_share": shares.ravel(),
        }
    )


def _customers(truth: Truth) -> pl.DataFrame:
    customers = truth.market.customers
    return pl.DataFrame(
        {
            "customer_id": customers.name,
            "segment": pl.Series(SEGMENTS).gather(customers.segment),
            "region": pl.Series(REGIONS).gather(customers.region),
            "is_anchor": np.arange(len(customers)) == 0,
            "is_buyer": customers.is_buyer,
            "inflation": customers.inflation,
            "adoption_delay_weeks": customers.delay,
        }
    )


def world_facts(timeline: Timeline) -> dict[str, Any]:
    """Return what `truth.json` says about the stretch and the generations."""
    launches = timeline.dates(timeline.launch_weeks)
    return {
        "start": timeline.start.isoformat(),
        "end": timeline.end.isoformat(),
        "weeks": timeline.weeks,
        "generations": {
            name: {"ga_date": str(launches[number]), "chips_of_trn2": WORTH_IN_TRN2[number]}
            for number, name in enumerate(GENERATIONS)
        },
    }
