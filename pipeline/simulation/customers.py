"""Who rents and buys: customers, and the lines (customer x region x purchase option) that they hold."""

from dataclasses import dataclass

import numpy as np

from pipeline.simulation.timeline import REGION_SHARES, REGIONS, Bools, Floats, Ints, Timeline, rng_for

SEGMENTS = ("frontier_lab", "enterprise", "startup", "internal")
OPTIONS = ("on_demand", "spot", "reserved", "capacity_block", "committed", "internal")
ON_DEMAND, SPOT, RESERVED, CAPACITY_BLOCK, COMMITTED, INTERNAL = range(len(OPTIONS))
ANCHOR = 0  # row of the customer with half of the demand

# segment, share of the customers, options with their share of a customer's demand
_PROFILES: tuple[tuple[int, float, tuple[tuple[int, float], ...]], ...] = (
    (0, 0.06, ((RESERVED, 0.5), (ON_DEMAND, 0.5))),
    (1, 0.16, ((RESERVED, 0.6), (ON_DEMAND, 0.4))),
    (1, 0.12, ((COMMITTED, 0.6), (ON_DEMAND, 0.4))),
    (1, 0.14, ((ON_DEMAND, 1.0),)),
    (2, 0.24, ((ON_DEMAND, 1.0),)),
    (2, 0.12, ((ON_DEMAND, 0.6), (SPOT, 0.4))),
    (2, 0.10, ((CAPACITY_BLOCK, 1.0),)),
    (3, 0.06, ((INTERNAL, 1.0),)),
)
_ANCHOR_OPTIONS = ((RESERVED, 0.4), (ON_DEMAND, 0.4), (COMMITTED, 0.2))
_ANCHOR_OPTIONS_SMALL = ((RESERVED, 0.5), (ON_DEMAND, 0.5))
_SECOND_REGION_SHARE = 0.3
_SETTLED_SHARE = 0.5  # rent from before the start; the others arrive during the history
_LEAVING_SHARE = 0.1  # of those who arrive leave again
_BUYER_SHARE = 0.5
LINES_PER_CUSTOMER = 1.9  # expected, with the profiles above
ANCHOR_LINES = len(_ANCHOR_OPTIONS) * len(REGIONS)
LEAST_CUSTOMERS = 9
_SMALL_MARKET = 20  # customers; below, there are fewer regions and lines a customer
_SMALL_REGIONS = 2


@dataclass(frozen=True)
class Customers:
    """One row a customer; row 0 is the anchor.

    Attributes:
        name: pseudonym.
        segment: index into SEGMENTS.
        region: home, index into REGIONS.
        size: weight among the customers other than the anchor.
        delay: weeks by which the customer moves later than the market to a new generation.
        arrival, departure: weeks between which the customer rents.
        inflation: chips asked for while waiting over chips wanted.
        is_buyer: orders hardware.
    """

    name: list[str]
    segment: Ints
    region: Ints
    size: Floats
    delay: Floats
    arrival: Floats
    departure: Floats
    inflation: Floats
    is_buyer: Bools

    def __len__(self) -> int:
        return len(self.name)


@dataclass(frozen=True)
class Lines:
    """One row a line: what one customer rents in one region under one purchase option.

    Attributes:
        customer, region, option: indices.
        share: of the customer's demand; shares of a customer sum to one.
    """

    customer: Ints
    region: Ints
    option: Ints
    share: Floats

    def __len__(self) -> int:
        return len(self.customer)

    @property
    def is_reservation(self) -> Bools:
        """Whether the line holds reservations, which count as held used or idle."""
        holds: Bools = (self.option == RESERVED) | (self.option == CAPACITY_BLOCK)
        return holds


def draw_customers(timeline: Timeline, count: int, seed: int) -> tuple[Customers, Ints]:
    """Return customers and the profile of each; there are always at least nine, and each profile occurs."""
    rng = rng_for(seed, "customers")
    count = max(count, LEAST_CUSTOMERS)
    profile = rng.choice(len(_PROFILES), size=count, p=[share for _, share, _ in _PROFILES])
    profile[1 : 1 + len(_PROFILES)] = np.arange(len(_PROFILES))
    segment = np.array([entry[0] for entry in _PROFILES])[profile]
    segment[ANCHOR] = 0
    settled = rng.random(count) < _SETTLED_SHARE
    settled[: 1 + len(_PROFILES)] = True
    arrival = np.where(settled, -100.0, rng.uniform(0, 0.9 * timeline.weeks, count))
    leaves = (rng.random(count) < _LEAVING_SHARE) & ~settled
    departure = np.where(leaves, arrival + rng.uniform(10, 10 + timeline.weeks, count), 1e9)
    places = np.array(REGION_SHARES[: _region_count(count)])
    ids = rng.choice(2**31, size=count, replace=False) if count < 2**16 else rng.permutation(count) + 2**31
    customers = Customers(
        name=[f"cust-{value * 2654435761 % 2**40:010x}" for value in ids.tolist()],
        segment=segment.astype(np.int64),
        region=rng.choice(len(places), size=count, p=places / places.sum()),
        size=rng.lognormal(0.0, 0.9, count),
        delay=np.clip(rng.normal(0, 6, count), -12, 12),
        arrival=arrival,
        departure=departure,
        inflation=np.clip(rng.lognormal(np.log(1.25), 0.12, count), 1.0, 2.0),
        is_buyer=_draw_buyers(rng, segment),
    )
    return customers, profile.astype(np.int64)


def _region_count(customers: int) -> int:
    return _SMALL_REGIONS if customers < _SMALL_MARKET else len(REGIONS)


def _draw_buyers(rng: np.random.Generator, segment: Ints) -> Bools:
    is_buyer: Bools = (rng.random(len(segment)) < _BUYER_SHARE) & (segment != SEGMENTS.index("internal"))
    is_buyer[: min(5, len(segment))] = True
    return is_buyer


def draw_lines(customers: Customers, profile: Ints, seed: int) -> Lines:
    """Return the lines of all customers: the anchor rents everywhere, the others in one or two regions."""
    rng = rng_for(seed, "lines")
    count = len(customers)
    is_small = count < _SMALL_MARKET
    has_second = (rng.random(count) < _SECOND_REGION_SHARE) & (not is_small)
    second = (customers.region + 1 + rng.integers(0, len(REGIONS) - 1, count)) % len(REGIONS)
    parts: list[tuple[Ints, Ints, Ints, Floats]] = []
    places = np.array(REGION_SHARES[: _region_count(count)])
    for region, region_share in enumerate((places / places.sum()).tolist()):
        for option, share in _ANCHOR_OPTIONS_SMALL if is_small else _ANCHOR_OPTIONS:
            parts.append(
                _part(np.array([ANCHOR]), np.array([region]), option, np.array([region_share * share]))
            )
    for number, (_, _, options) in enumerate(_PROFILES):
        rows = np.flatnonzero(profile == number)
        rows = rows[rows != ANCHOR]
        for option, share in options:
            home = np.where(has_second[rows], 0.7, 1.0) * share
            parts.append(_part(rows, customers.region[rows], option, home))
            both = rows[has_second[rows]]
            parts.append(_part(both, second[both], option, np.full(len(both), 0.3 * share)))
    customer, region_, option_, share_ = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((option_, region_, customer))
    return Lines(customer[order], region_[order], option_[order], share_[order])


def _part(customer: Ints, region: Ints, option: int, share: Floats) -> tuple[Ints, Ints, Ints, Floats]:
    return customer, region, np.full(len(customer), option, dtype=np.int64), share
