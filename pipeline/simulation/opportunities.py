"""Opportunities: the stages before an order, and those that come to nothing."""

import numpy as np
import polars as pl

from pipeline.simulation.direct import PLACED, Orders
from pipeline.simulation.encoding import Events, events, pick, where_known
from pipeline.simulation.market import Market
from pipeline.simulation.timeline import GENERATIONS, REGIONS, Bools, Floats, Ints

# Stage, chance to win, weeks before the order.
_STAGES = (("qualified", 0.25, 11.0), ("proposed", 0.5, 6.0), ("committed", 0.8, 2.0))
_IDLE_SHARE = 0.5  # of the orders without a record of their own leave one that came to nothing
_LAST = 9  # sequence of the end
_HOUR_WEEKS = 1 / 168
_RECENT_WEEKS = 12  # an opportunity is open for about that long


def opportunity_events(
    market: Market, orders: Orders, chosen: Bools, rng: np.random.Generator
) -> list[Events]:
    """Return the stages and the end of each chosen order, and others that came to nothing or are open."""
    rows = np.flatnonzero(chosen)
    batches = []
    for number, (stage, chance, before) in enumerate(_STAGES):
        at = orders.at[rows] - before + rng.uniform(-1, 1, len(rows))
        batches.append(_stage(market, orders, rows, at, (stage, chance, number)))
    won = orders.outcome[rows] == PLACED
    for stage, chance, mask in (("won", 1.0, won), ("lost", 0.0, ~won)):
        batches.append(_stage(market, orders, rows[mask], orders.at[rows[mask]], (stage, chance, _LAST)))
    idle = np.flatnonzero(~chosen & (rng.random(len(orders)) < _IDLE_SHARE))
    for number, (stage, chance, before) in enumerate(_STAGES[:2]):
        batches.append(_stage(market, orders, idle, orders.at[idle] - before, (stage, chance, number)))
    recent = orders.at[idle] > market.timeline.weeks - _RECENT_WEEKS
    ends = np.minimum(orders.at[idle] + 0.01, market.timeline.weeks - _HOUR_WEEKS)
    batches.append(_stage(market, orders, idle[~recent], ends[~recent], ("lost", 0.0, _LAST)))
    return batches


def _displaced(market: Market, orders: Orders) -> Ints:
    """What sales believes an order takes from the cloud: right within a quarter, known for movers only."""
    share = dict(zip(market.movers.customer.tolist(), market.movers.diversion.tolist(), strict=True))
    known = np.array([share.get(customer, 0.0) for customer in orders.customer.tolist()])
    guess: Ints = np.rint(known * orders.chips * 0.9).astype(np.int64)
    return np.where(orders.is_mover, guess, 0)


def _stage(
    market: Market,
    orders: Orders,
    rows: Ints,
    at: Floats,
    what: tuple[str, float, int],
) -> Events:
    subject = opportunity_ids(rows)
    stage, chance, number = what
    displaced = pl.Series(_displaced(market, orders)[rows])
    return events(
        "opportunity.changed",
        {
            "id": subject + f"-{stage}",
            "subject": subject,
            "time": market.timeline.instants(at),
            "sequence": f"{number:03}",
            "customer_id": pick(market.customers.name, orders.customer[rows]),
            "region": pick(REGIONS, orders.region[rows]),
            "generation": pick(GENERATIONS, orders.generation[rows]),
            "chips": orders.chips[rows],
            "stage": stage,
            "win_probability": chance,
            "expected_close": market.timeline.dates(orders.at[rows] + 0.5),
            "displaces_cloud_chips": where_known(displaced, orders.is_mover[rows]),
        },
    )


def opportunity_ids(rows: Ints) -> pl.Series:
    """Ids of the opportunities of orders."""
    return "opp-" + pl.Series(rows).cast(pl.String).str.zfill(6)
