"""What customers want to rent, before any cap: chips by line x generation x week."""

from dataclasses import dataclass

import numpy as np

from pipeline.simulation.customers import ANCHOR, CAPACITY_BLOCK, Customers, Lines
from pipeline.simulation.movers import Movers
from pipeline.simulation.scenario import Scenario
from pipeline.simulation.timeline import (
    GENERATIONS,
    REGIONS,
    WORTH_IN_TRN2,
    Floats,
    Ints,
    Timeline,
    adoption,
    growth,
    rng_for,
    season,
)

CHIPS_PER_CUSTOMER = 100.0  # demand of the average customer in the first week, in chips of trn2
_RESERVED_WEEKS = 26  # a reservation lasts half a year
_RESIZED_WEEKS = 13  # and may change its size in between
_LEAST_SHARE = 0.07  # customers other than the anchor do not bother with less of a generation
_BLOCK_CYCLE_WEEKS, _BLOCK_WEEKS = 10, 4  # capacity blocks: four weeks in every ten
# Surges: start and length as shares of the history, and the regions that they reach.
_SURGES = ((0.30, 0.09, (0, 1, 2, 3)), (0.62, 0.10, (0, 1)), (0.80, 0.06, (2,)))


@dataclass(frozen=True)
class CloudDemand:
    """Demand before the cap.

    Attributes:
        chips: wanted, whole, by line x generation x week of the history.
        trend: smooth expectation in chips by generation x region x week of the span, without noise or surges.
        customer_chips: wanted in chips of trn2, by customer x week of the history, before movers' shifts.
        displaced: chips of trn2 that movers took away from (negative: brought to) the cloud, the same shape.
    """

    chips: Ints
    trend: Floats
    customer_chips: Floats
    displaced: Floats


def draw_cloud_demand(
    timeline: Timeline, scenario: Scenario, customers: Customers, lines: Lines, *, movers: Movers, seed: int
) -> CloudDemand:
    """Return the demand of every line: growth x season x noise x surge, split by adoption, in whole chips."""
    weeks = timeline.weeks
    market = growth(timeline) * CHIPS_PER_CUSTOMER * len(customers)
    weight = _weights(timeline, customers)
    expected = weight / weight[1:].sum(axis=0) * market[:weeks]
    expected[ANCHOR] = market[:weeks]
    yearly = season(timeline)
    wanted = (
        expected * yearly[:weeks] * _noise(rng_for(seed, "demand", "customers"), len(customers), weeks, 0.05)
    )
    wanted[ANCHOR] *= _campaigns(rng_for(seed, "demand", "anchor"), weeks)
    displaced = _displace(timeline, movers, wanted)

    per_line = (wanted - displaced)[lines.customer] * lines.share[:, None]
    per_line *= _noise(rng_for(seed, "demand", "lines"), len(lines), weeks, 0.04)
    per_line *= _surges(timeline, scenario)[lines.region]
    shares = _shares(timeline, customers)
    worth = np.array(WORTH_IN_TRN2)[None, :, None]
    rounding = rng_for(seed, "demand", "rounding").random((len(lines), len(GENERATIONS), 1))
    chips = np.floor(per_line[:, None, :] * shares[lines.customer] / worth + rounding * 0.999)
    chips[shares[lines.customer] == 0] = 0
    kept = _keep_terms(lines, chips.astype(np.int64), seed)
    return CloudDemand(kept, _trend(timeline, expected, lines, yearly), wanted, displaced)


def _shares(timeline: Timeline, customers: Customers) -> Floats:
    """Adoption by customer x generation x week; what is too little goes to the customer's main generation."""
    shares = adoption(timeline, customers.delay)[:, :, : timeline.weeks]
    small = shares < _LEAST_SHARE
    small[ANCHOR] = False
    moved = np.where(small, shares, 0.0).sum(axis=1)
    main = np.argmax(shares, axis=1)
    kept = np.where(small, 0.0, shares)
    customer, week = np.indices(main.shape)
    kept[customer, main, week] += moved
    return kept


def _weights(timeline: Timeline, customers: Customers) -> Floats:
    """Size of each customer while it is there, with a ramp of eight weeks, by customer x week."""
    week = np.arange(timeline.weeks)[None, :]
    ramp = np.clip((week - customers.arrival[:, None] + 1) / 8, 0.0, 1.0)
    weight: Floats = customers.size[:, None] * ramp * (week < customers.departure[:, None])
    return weight


def _noise(rng: np.random.Generator, rows: int, weeks: int, deviation: float) -> Floats:
    """Autoregressive noise around one: rows x weeks."""
    keep = 0.8
    shocks = rng.normal(0, deviation * np.sqrt(1 - keep**2), (rows, weeks))
    shocks[:, 0] = rng.normal(0, deviation, rows)
    for week in range(1, weeks):
        shocks[:, week] += keep * shocks[:, week - 1]
    noise: Floats = np.exp(shocks)
    return noise


def _campaigns(rng: np.random.Generator, weeks: int) -> Floats:
    """The anchor trains in campaigns: a level for 6 to 20 weeks, then another."""
    level = np.ones(weeks)
    week = 0
    while week < weeks:
        length = int(rng.integers(6, 21))
        level[week : week + length] = rng.uniform(0.88, 1.12)
        week += length
    return level


def _displace(timeline: Timeline, movers: Movers, wanted: Floats) -> Floats:
    """Chips of trn2 that leave the cloud once bought chips run, four weeks after delivery at the latest."""
    displaced = np.zeros_like(wanted)
    week = np.arange(timeline.weeks)
    for row, at in enumerate(movers.delivery_week.tolist()):
        customer = int(movers.customer[row])
        if at >= timeline.weeks:
            continue
        ramp = np.clip((week - at + 1) / 4, 0.0, 1.0)
        shift = (
            movers.diversion[row] * movers.size_share[row] * wanted[customer, movers.order_week[row]] * ramp
        )
        displaced[customer] = np.minimum(shift, 0.85 * wanted[customer])
    return displaced


def _surges(timeline: Timeline, scenario: Scenario) -> Floats:
    """Factor by region x week: weeks in which everyone wants more at once."""
    position = np.arange(timeline.weeks) / timeline.weeks
    factor = np.ones((len(REGIONS), timeline.weeks))
    for start, length, regions in _SURGES:
        shape = np.clip(np.minimum(position - start, start + length - position) / (0.25 * length), 0.0, 1.0)
        factor[list(regions)] += scenario.surge_share * shape
    return factor


def _keep_terms(lines: Lines, chips: Ints, seed: int) -> Ints:
    """Reservations keep their size for a quarter; capacity blocks come and go."""
    terms = terms_of(lines, chips.shape[2], seed)
    rows = np.flatnonzero(lines.is_reservation)
    phase = terms.phase[rows]
    sized = np.maximum(np.arange(chips.shape[2])[None, :] - phase % _RESIZED_WEEKS, 0)
    same = np.take_along_axis(chips[rows], sized[:, None, :], axis=2)
    kept = chips.copy()
    kept[rows] = same * (phase < terms.active[rows, None])[:, None, :]
    return kept


@dataclass(frozen=True)
class Terms:
    """Terms of the reservations of each line.

    Attributes:
        number: of the term, by line x week.
        phase: weeks since the term began (it may have begun before the history), by line x week.
        active: weeks of a term in which chips are wanted, by line.
    """

    number: Ints
    phase: Ints
    active: Ints


def terms_of(lines: Lines, weeks: int, seed: int) -> Terms:
    """Return the terms: half a year for reservations, four weeks in every ten for capacity blocks."""
    is_block = lines.option == CAPACITY_BLOCK
    cycle = np.where(is_block, _BLOCK_CYCLE_WEEKS, _RESERVED_WEEKS)
    offset = rng_for(seed, "demand", "terms").integers(0, cycle)
    week = np.arange(weeks)[None, :] + offset[:, None]
    active = np.where(is_block, _BLOCK_WEEKS, _RESERVED_WEEKS)
    return Terms(week // cycle[:, None], week % cycle[:, None], active)


def _trend(timeline: Timeline, expected: Floats, lines: Lines, yearly: Floats) -> Floats:
    """Expectation by generation x region x week of the span; the regions' last mix holds beyond the end."""
    weeks = timeline.weeks
    by_region = np.zeros((len(REGIONS), timeline.span))
    np.add.at(by_region[:, :weeks], lines.region, expected[lines.customer] * lines.share[:, None])
    market = growth(timeline)
    by_region[:, weeks:] = by_region[:, weeks - 1 : weeks] * market[weeks:] / market[weeks - 1]
    shares = adoption(timeline, [0.0])[0]
    trend: Floats = shares[:, None, :] * (by_region * yearly)[None] / np.array(WORTH_IN_TRN2)[:, None, None]
    return trend
