"""Customers who move: some of their cloud use to bought chips, or from their own chips to the cloud."""

from dataclasses import dataclass

import numpy as np

from pipeline.simulation.customers import ANCHOR, Customers
from pipeline.simulation.timeline import Floats, Ints, Timeline, rng_for

_TO_DIRECT_SHARE, _TO_CLOUD_SHARE = 0.12, 0.05


@dataclass(frozen=True)
class Movers:
    """One row a moving customer.

    Attributes:
        customer: row of the customer.
        order_week: week of the order that starts the move.
        delivery_week: week in which its chips arrive; the cloud demand shifts over the four weeks from there.
        size_share: chips bought over the customer's cloud demand in the order week (both in chips of trn2).
        diversion: cloud chips given up per chip bought; negative: the cloud gains.
    """

    customer: Ints
    order_week: Ints
    delivery_week: Ints
    size_share: Floats
    diversion: Floats

    def __len__(self) -> int:
        return len(self.customer)


def draw_movers(timeline: Timeline, customers: Customers, seed: int) -> Movers:
    """Return the movers: settled buyers other than the anchor; at least one in each direction."""
    rng = rng_for(seed, "movers")
    settled = customers.is_buyer & (customers.arrival < 0)
    settled[ANCHOR] = False
    pool = rng.permutation(np.flatnonzero(settled))
    leaving = max(1, min(round(_TO_DIRECT_SHARE * len(customers)), len(pool) - 1))
    joining = max(1, min(round(_TO_CLOUD_SHARE * len(customers)), len(pool) - leaving))
    count = leaving + joining
    order_week = rng.integers(
        int(0.25 * timeline.weeks), max(1 + int(0.25 * timeline.weeks), int(0.7 * timeline.weeks)), count
    )
    lead = rng.integers(8, 15, count)
    is_leaving = np.arange(count) < leaving
    return Movers(
        customer=pool[:count].astype(np.int64),
        order_week=order_week.astype(np.int64),
        delivery_week=(order_week + lead).astype(np.int64),
        size_share=rng.uniform(0.4, 1.0, count),
        diversion=np.where(is_leaving, rng.uniform(0.2, 0.8, count), rng.uniform(-0.6, -0.15, count)),
    )
