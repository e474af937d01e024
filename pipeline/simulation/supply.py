"""Supply by generation and four weeks: what is used, what arrived, what is announced for years to come."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.simulation.direct import LOT_CHIPS, NEVER, PLACED, Orders
from pipeline.simulation.encoding import Events, events
from pipeline.simulation.market import Market
from pipeline.simulation.timeline import GENERATIONS, PLANNED_WEEKS, Floats, Ints, rng_for

BLOCK_WEEKS = 4
_DAY_WEEKS = 1 / 7
_SMALLEST_BLOCK = 8  # chips; less is not announced
_LATELY_WEEKS = 26  # over which the rate of direct orders is taken
_LEAD_WEEKS = 60  # supply is announced about this long before it arrives
_CANCELLED_SHARE = 0.02
_SPREAD_NEAR, _SPREAD_FAR = 0.06, 0.25  # half-width of p10 to p90 just before delivery and two years before


@dataclass(frozen=True)
class Supply:
    """One row an announced delivery of a generation in a block of four weeks.

    Attributes:
        generation: index.
        block: number of the block from the start of the history; may lie beyond its end.
        chips: final size: what arrived, or what is expected at last.
        stock_chips: chips in stock before the first block, by generation.
        arrived: chips by generation x block of the history.
        used: chips installed or shipped, by generation x block of the history.
    """

    generation: Ints
    block: Ints
    chips: Ints
    stock_chips: Ints
    arrived: Ints
    used: Ints


def plan_supply(market: Market, orders: Orders) -> Supply:
    """Return deliveries that just cover each following block, and announcements for the planned future."""
    rng = rng_for(market.seed, "supply")
    timeline = market.timeline
    blocks = -(-timeline.weeks // BLOCK_WEEKS)
    used = _used(market, orders, blocks)
    buffer = np.ceil(used * rng.uniform(0.02, 0.12, used.shape)).astype(np.int64)
    needed = used + buffer
    arrived = np.zeros_like(used)
    arrived[:, :-1] = needed[:, 1:]
    future = _future(market, orders)
    if blocks > 1:
        arrived[:, -1] = np.minimum(future[:, 0], arrived[:, -2])
    planned = np.concatenate([arrived, future], axis=1)
    generation, block = np.nonzero(planned >= _SMALLEST_BLOCK)
    arrived = np.where(arrived >= _SMALLEST_BLOCK, arrived, 0)
    stock = needed[:, 0] + np.maximum(-(np.cumsum(arrived - used, axis=1).min(axis=1)), 0)
    return Supply(generation, block, planned[generation, block], stock, arrived, used)


def _used(market: Market, orders: Orders, blocks: int) -> Ints:
    weekly = np.zeros((len(GENERATIONS), blocks * BLOCK_WEEKS), dtype=np.int64)
    installed = market.capacity.installed
    weekly[:, 1 : installed.shape[2]] = np.maximum(np.diff(installed, axis=2), 0).sum(axis=1)
    gone = np.flatnonzero(orders.shipped_at < NEVER)
    week = np.minimum(orders.shipped_at[gone].astype(np.int64), market.timeline.weeks - 1)
    np.add.at(weekly, (orders.last_generation[gone], week), orders.net_chips[gone])
    used: Ints = weekly.reshape(len(GENERATIONS), blocks, BLOCK_WEEKS).sum(axis=2)
    return used


def _future(market: Market, orders: Orders) -> Ints:
    """Growth of the cloud's trend plus direct orders of late, times what the scenario lets arrive."""
    timeline = market.timeline
    edges = np.minimum(
        np.arange(PLANNED_WEEKS // BLOCK_WEEKS) * BLOCK_WEEKS + timeline.weeks, timeline.span - 1
    )
    peak = np.maximum.accumulate(market.demand.trend, axis=2)
    after = np.minimum(edges + BLOCK_WEEKS, timeline.span - 1)
    installs: Floats = 1.05 * (peak[:, :, after] - peak[:, :, edges]).sum(axis=1)
    lately = (orders.outcome == PLACED) & (orders.at > timeline.weeks - _LATELY_WEEKS)
    bought = np.bincount(
        orders.last_generation[lately], weights=orders.net_chips[lately], minlength=len(GENERATIONS)
    )
    rate: Floats = bought / max(min(_LATELY_WEEKS, timeline.weeks), 1) * BLOCK_WEEKS
    fading = np.exp(-np.arange(len(edges))[None, :] / np.array([3.0, 13.0, 1e9])[:, None])
    chips = market.scenario.supply_ratio * (installs + rate[:, None] * fading)
    lots = np.array(LOT_CHIPS)[:, None]
    whole: Ints = (np.floor(chips / lots) * lots).astype(np.int64)
    return whole


def supply_events(market: Market, supply: Supply) -> list[Events]:
    """Return announcements, revisions, arrivals and stock. All of the future is announced before the end."""
    rng = rng_for(market.seed, "supply", "events")
    weeks = market.timeline.weeks
    count = len(supply.generation)
    start = supply.block * BLOCK_WEEKS
    is_past = start + BLOCK_WEEKS <= weeks
    latest = weeks - rng.uniform(8, 20, count)
    announced: Floats = np.minimum(start - _LEAD_WEEKS + rng.uniform(-6, 6, count), latest)
    wrong = rng.lognormal(0.0, 0.12, count)
    first = np.rint(supply.chips * wrong).astype(np.int64)
    every = np.arange(count)
    batches = [
        _announce(market, supply, every, announced, chips=first, step="scheduled", ahead=start - announced)
    ]
    for number, share in enumerate((0.35, 0.7)):
        at = announced + share * (np.minimum(start, weeks) - announced)
        size = np.rint(supply.chips * wrong ** (1 - share)).astype(np.int64)
        rows = np.flatnonzero((at < weeks - _DAY_WEEKS) & (at > announced))
        batches.append(
            _announce(market, supply, rows, at, chips=size, step=f"revised-{number}", ahead=start - at)
        )
    batches.extend(_arrivals(market, supply, np.flatnonzero(is_past)))
    batches.extend(_cancelled(market, supply, rng))
    batches.append(_stock(market, supply))
    return [batch for batch in batches if len(batch)]


def _name(supply: Supply, rows: Ints) -> pl.Series:
    generation = pl.Series(GENERATIONS).gather(supply.generation[rows])
    return "supply-" + generation + "-" + pl.Series(supply.block[rows]).cast(pl.String).str.zfill(3)


def _announce(
    market: Market, supply: Supply, rows: Ints, at: Floats, *, chips: Ints, step: str, ahead: Floats
) -> Events:
    reference = _name(supply, rows)
    share = np.clip(ahead[rows] / 104, 0, 1) * (_SPREAD_FAR - _SPREAD_NEAR) + _SPREAD_NEAR
    middle = chips[rows]
    start = supply.block[rows] * BLOCK_WEEKS
    return events(
        f"supply.{step.split('-', maxsplit=1)[0]}",
        {
            "id": reference + f"-{step}",
            "subject": reference,
            "time": market.timeline.instants(at[rows]),
            "generation": pl.Series(GENERATIONS).gather(supply.generation[rows]),
            "period_start": market.timeline.dates(start),
            "period_end": market.timeline.dates(start + BLOCK_WEEKS),
            "chips_p10": np.floor(middle * (1 - share)).astype(np.int64),
            "chips_p50": middle,
            "chips_p90": np.ceil(middle * (1 + share)).astype(np.int64),
        },
    )


def _arrivals(market: Market, supply: Supply, rows: Ints) -> list[Events]:
    """Two arrivals a block, and a last revision to what came: nothing of the past is still awaited."""
    batches = []
    start = supply.block[rows] * BLOCK_WEEKS
    half = supply.chips[rows] // 2
    for number, (day, chips) in enumerate(((9.4, half), (24.4, supply.chips[rows] - half))):
        some = np.flatnonzero(chips > 0)
        reference = _name(supply, rows[some])
        batches.append(
            events(
                "supply.received",
                {
                    "id": reference + f"-received-{number}",
                    "subject": reference,
                    "time": market.timeline.instants(start[some] + day * _DAY_WEEKS),
                    "generation": pl.Series(GENERATIONS).gather(supply.generation[rows[some]]),
                    "chips": chips[some],
                },
            )
        )
    at = np.zeros(len(supply.generation))
    at[rows] = start + 25 * _DAY_WEEKS
    final = _announce(
        market, supply, rows, at, chips=supply.chips, step="revised-last", ahead=np.zeros_like(at)
    )
    exact = final.frame.with_columns(chips_p10="chips_p50", chips_p90="chips_p50")
    return [*batches, Events(final.type, exact)]


def _cancelled(market: Market, supply: Supply, rng: np.random.Generator) -> list[Events]:
    """A few deliveries that were announced beside the others and called off a few weeks later."""
    rows = np.flatnonzero(rng.random(len(supply.generation)) < _CANCELLED_SHARE)
    ends = np.minimum(supply.block * BLOCK_WEEKS, market.timeline.weeks).astype(np.float64)
    extra = _announce(
        market, supply, rows, ends - 12, chips=supply.chips, step="scheduled", ahead=np.full(len(ends), 20.0)
    )
    frame = extra.frame.with_columns(id=pl.col("id") + "-extra", subject=pl.col("subject") + "-extra")
    reference = frame["subject"]
    cancelled = {
        "id": reference + "-cancelled",
        "subject": reference,
        "time": market.timeline.instants(ends[rows] - 3),
        "reason": "supplier withdrew",
    }
    return [Events(extra.type, frame), events("supply.cancelled", cancelled)]


def _stock(market: Market, supply: Supply) -> Events:
    """Chips in stock at the start of each block, before anything is installed in it, and at the end."""
    blocks = supply.arrived.shape[1]
    level = supply.stock_chips[:, None] + np.cumsum(supply.arrived - supply.used, axis=1)
    levels = np.concatenate([supply.stock_chips[:, None], level], axis=1)
    whole = blocks if market.timeline.weeks % BLOCK_WEEKS == 0 else blocks - 1
    generation, block = np.nonzero(np.ones((len(GENERATIONS), whole + 1), dtype=bool))
    launch = np.array(market.timeline.launch_weeks)[generation]
    known = block * BLOCK_WEEKS >= launch - 2 * BLOCK_WEEKS
    generation, block = generation[known], block[known]
    name = pl.Series(GENERATIONS).gather(generation)
    return events(
        "inventory.stated",
        {
            "id": "stock-" + name + "-" + pl.Series(block).cast(pl.String).str.zfill(3),
            "time": market.timeline.instants(block * BLOCK_WEEKS - 1 / 168),
            "generation": name,
            "chips": levels[generation, block],
        },
    )
