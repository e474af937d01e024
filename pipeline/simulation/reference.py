"""Products, places, customers and fiscal years."""

from datetime import date, timedelta

import numpy as np
import polars as pl

from pipeline.core.clock import week_start
from pipeline.simulation.customers import SEGMENTS
from pipeline.simulation.encoding import Events, events
from pipeline.simulation.limits import limit_events
from pipeline.simulation.market import Market
from pipeline.simulation.prices import price_events, rate_events
from pipeline.simulation.timeline import (
    COUNTRIES,
    EQUIVALENT_CHIPS,
    GENERATIONS,
    PLANNED_WEEKS,
    REGIONS,
    Timeline,
)

# Chips a unit, from the event contract.
SKUS = (
    ("trn1.2xlarge", 0, 1),
    ("trn1.32xlarge", 0, 16),
    ("trn1n.32xlarge", 0, 16),
    ("trn2.48xlarge", 1, 16),
    ("trn2u.48xlarge", 1, 16),
    ("trn2.ultraserver", 1, 64),
    ("trn3.gen1-ultraserver", 2, 64),
    ("trn3.gen2-ultraserver", 2, 144),
)


def reference_events(market: Market) -> list[Events]:
    """Return everything about products, customers, places, money and limits."""
    timeline = market.timeline
    before = timeline.instants(-2)
    batches = [
        _launches(timeline),
        _skus(timeline),
        _regions(before),
        _customers(market),
        *price_events(timeline),
        rate_events(timeline),
        _fiscal_years(timeline),
        *limit_events(market),
    ]
    return [batch for batch in batches if len(batch)]


def _launches(timeline: Timeline) -> Events:
    announced = timeline.instants(np.array(timeline.launch_weeks) - 26)
    return events(
        "product.launched",
        {
            "id": [f"launch-{name}" for name in GENERATIONS],
            "subject": list(GENERATIONS),
            "time": announced,
            "ga_date": timeline.dates(timeline.launch_weeks),
            "predecessor": [None, *GENERATIONS[:-1]],
            "equivalent_chips": list(EQUIVALENT_CHIPS),
        },
    )


def _skus(timeline: Timeline) -> Events:
    at = timeline.instants(np.array(timeline.launch_weeks)[[generation for _, generation, _ in SKUS]] - 20)
    return events(
        "sku.defined",
        {
            "id": [f"sku-{name}" for name, _, _ in SKUS],
            "subject": [name for name, _, _ in SKUS],
            "time": at,
            "generation": [GENERATIONS[generation] for _, generation, _ in SKUS],
            "chips_per_unit": [chips for _, _, chips in SKUS],
            "lot_chips": [chips for _, _, chips in SKUS],
        },
    )


def _regions(before: np.ndarray) -> Events:
    return events(
        "region.described",
        {
            "id": [f"region-{name}" for name in REGIONS],
            "subject": list(REGIONS),
            "time": np.repeat(before, len(REGIONS)),
            "country": list(COUNTRIES),
        },
    )


def _customers(market: Market) -> Events:
    """Each customer is described a day before it first rents or buys, the settled ones before the start."""
    customers = market.customers
    at = np.clip(np.floor(customers.arrival), -1, None) - 1 / 7
    return events(
        "customer.described",
        {
            "id": "described-" + pl.Series(customers.name),
            "subject": customers.name,
            "time": market.timeline.instants(at),
            "segment": pl.Series(SEGMENTS).gather(customers.segment),
            "country": pl.Series(COUNTRIES).gather(customers.region),
        },
    )


def _fiscal_years(timeline: Timeline) -> Events:
    """Years of 52 or 53 weeks in quarters of 4-4-5, from the Monday of the week that holds 4 January."""
    last = (timeline.end + timedelta(weeks=PLANNED_WEEKS)).year
    years = list(range(timeline.start.year - 1, last + 2))
    starts = [week_start(date(year, 1, 4)) for year in years]
    return events(
        "calendar.set",
        {
            "id": [f"fiscal-{year}" for year in years],
            "subject": [f"FY{year}" for year in years],
            "time": np.repeat(timeline.instants(-2), len(years)),
            "start": np.array(starts, dtype="datetime64[D]"),
            "pattern": "4-4-5",
        },
    )
