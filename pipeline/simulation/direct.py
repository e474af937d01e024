"""What customers want to buy: lumpy orders, what became of each, and the demand that is left."""

from dataclasses import dataclass

import numpy as np

from pipeline.simulation.customers import ANCHOR
from pipeline.simulation.market import Market
from pipeline.simulation.timeline import (
    GENERATIONS,
    REGIONS,
    WORTH_IN_TRN2,
    Bools,
    Floats,
    Ints,
    adoption,
    growth,
    rng_for,
)

LOT_CHIPS = (16, 64, 64)  # chips of an order are whole lots
PLACED = 0
DECLINE_REASONS = ("placed", "no_supply", "lead_time", "price", "export", "credit")
_UNMET_REASONS = (1, 2)
_AWAY_SHARE = 0.15  # of the orders ship to another region than the customer's home
_CHANGED_SHARE, _UPGRADED_SHARE = 0.18, 0.15  # upgraded: of the changes after the newest launch
_CANCELLED_SHARE, _WHOLLY_CANCELLED_SHARE = 0.13, 0.6
_SPLIT_SHARE = 0.4
NEVER = 1e9


@dataclass(frozen=True)
class Orders:
    """One row an order line that a customer wanted, in the order of time.

    Weeks are fractional; NEVER: not at all.

    Attributes:
        customer, region: indices.
        generation, chips: as first ordered.
        at: week of the order or of its refusal.
        outcome: PLACED, or index into DECLINE_REASONS.
        requested, promised: weeks in which the chips are wanted and promised.
        changed_at, changed_chips, changed_generation: one later change (new total) and its week.
        cancelled_at, cancelled_chips: one later cancellation and its week.
        shipped_at: week in which the first shipment leaves; the second follows a week later.
        is_split: two shipments.
        is_mover: the order that starts a move from the cloud.
    """

    customer: Ints
    region: Ints
    generation: Ints
    chips: Ints
    at: Floats
    outcome: Ints
    requested: Floats
    promised: Floats
    changed_at: Floats
    changed_chips: Ints
    changed_generation: Ints
    cancelled_at: Floats
    cancelled_chips: Ints
    shipped_at: Floats
    is_split: Bools
    is_mover: Bools

    def __len__(self) -> int:
        return len(self.customer)

    @property
    def last_chips(self) -> Ints:
        """Chips after the change, before the cancellation."""
        return np.where(self.changed_at < NEVER, self.changed_chips, self.chips)

    @property
    def last_generation(self) -> Ints:
        """Generation after the change."""
        return np.where(self.changed_at < NEVER, self.changed_generation, self.generation)

    @property
    def net_chips(self) -> Ints:
        """Chips ordered net of the change and the cancellation; 0 where declined."""
        return np.where(self.outcome == PLACED, self.last_chips - self.cancelled_chips, 0)

    @property
    def unmet_chips(self) -> Ints:
        """Chips declined for want of supply or for the lead time."""
        return np.where(np.isin(self.outcome, _UNMET_REASONS), self.chips, 0)


def draw_orders(market: Market) -> Orders:
    """Return all orders of the history and what is known of each at its end."""
    rng = rng_for(market.seed, "orders")
    customer, week, is_mover, size = _occasions(market, rng)
    count, end = len(customer), market.timeline.weeks
    at = week + rng.uniform(0.05, 0.9, count)
    generation = _generations(market, customer, week, rng)
    lots = np.array(LOT_CHIPS)[generation]
    wanted = size / np.array(WORTH_IN_TRN2)[generation]
    chips = (np.maximum(np.ceil(wanted / lots), 1) * lots).astype(np.int64)
    away = rng.random(count) < _AWAY_SHARE
    region = np.where(away, rng.integers(0, len(REGIONS), count), market.customers.region[customer])
    outcome = np.where(is_mover, PLACED, _outcomes(market, generation, region, week, rng))
    requested = at + np.where(is_mover, _mover_lead(market, customer, week), rng.uniform(10, 32, count))
    promised = requested + np.where(is_mover, 0.0, np.maximum(rng.normal(0.5, 2.0, count), 0.0))
    is_open = (outcome == PLACED) & ~is_mover
    change = _change(market, at, generation, chips, is_open=is_open, rng=rng)
    last = np.where(change.at < NEVER, change.chips, chips)
    cancelled_at = at + rng.uniform(5.5, 7.5, count)
    cancels = is_open & (rng.random(count) < _CANCELLED_SHARE) & (cancelled_at < end)
    part = np.maximum(last // 2 // lots * lots, lots)
    cancelled = np.where(rng.random(count) < _WHOLLY_CANCELLED_SHARE, last, np.minimum(part, last))
    cancelled = np.where(cancels, cancelled, 0)
    shipped_at = promised - rng.uniform(0.3, 1.2, count)
    ships = (outcome == PLACED) & (shipped_at < end) & (last > cancelled)
    return Orders(
        customer=customer,
        region=region,
        generation=generation,
        chips=chips,
        at=at,
        outcome=outcome,
        requested=requested,
        promised=promised,
        changed_at=change.at,
        changed_chips=change.chips,
        changed_generation=change.generation,
        cancelled_at=np.where(cancels, cancelled_at, NEVER),
        cancelled_chips=cancelled,
        shipped_at=np.where(ships, shipped_at, NEVER),
        is_split=rng.random(count) < _SPLIT_SHARE,
        is_mover=is_mover,
    )


@dataclass(frozen=True)
class _Change:
    at: Floats
    chips: Ints
    generation: Ints


def _change(
    market: Market, at: Floats, generation: Ints, chips: Ints, *, is_open: Bools, rng: np.random.Generator
) -> _Change:
    """One change of some orders, one to five weeks later: another size, seldom the newest generation."""
    count = len(at)
    changed_at = at + rng.uniform(1, 5, count)
    changes = is_open & (rng.random(count) < _CHANGED_SHARE) & (changed_at < market.timeline.weeks)
    is_launched = changed_at >= market.timeline.launch_weeks[-1]
    upgrades = (rng.random(count) < _UPGRADED_SHARE) & is_launched
    newest = np.where(upgrades, len(GENERATIONS) - 1, generation)
    lots = np.array(LOT_CHIPS)[newest]
    factor = rng.choice([0.5, 0.75, 1.25, 1.5, 2.0], count)
    resized = (np.maximum(np.round(chips * factor / lots), 1) * lots).astype(np.int64)
    return _Change(np.where(changes, changed_at, NEVER), resized, newest)


def _occasions(market: Market, rng: np.random.Generator) -> tuple[Ints, Ints, Bools, Floats]:
    """Customer, week, whether it is a move, and size in chips of trn2 of every occasion to order, by time."""
    customers, movers, weeks = market.customers, market.movers, market.timeline.weeks
    buyers = np.flatnonzero(customers.is_buyer)
    rate = np.clip(rng.lognormal(np.log(0.13), 0.5, len(buyers)), 0.02, 0.5)
    rate[buyers == ANCHOR] *= 2
    week = np.arange(weeks)
    month = market.timeline.dates(week).astype("datetime64[M]").astype(np.int64) % 3
    push = np.where(month == 2, 1.6, 0.7)  # noqa: PLR2004  (the last month of a quarter)
    chance = rate[:, None] * push * (week[None, :] >= customers.arrival[buyers, None])
    leaving = movers.diversion < 0
    for customer, stop in zip(
        movers.customer[leaving].tolist(), movers.order_week[leaving].tolist(), strict=True
    ):
        chance[buyers == customer, stop:] = 0.0
    row, when = np.nonzero(rng.random(chance.shape) < chance)
    size = rng.lognormal(np.log(70.0), 0.8, len(row)) * growth(market.timeline)[when]
    size = np.where(buyers[row] == ANCHOR, 4 * size, size)
    moving = np.flatnonzero(movers.diversion > 0)
    moved = movers.customer[moving]
    bought = movers.size_share[moving] * market.demand.customer_chips[moved, movers.order_week[moving]]
    customer = np.concatenate([buyers[row], moved])
    when = np.concatenate([when, movers.order_week[moving]])
    is_mover = np.concatenate([np.zeros(len(row), bool), np.ones(len(moving), bool)])
    size = np.concatenate([size, bought])
    order = np.lexsort((customer, when))
    return customer[order], when[order], is_mover[order], size[order]


def _generations(market: Market, customer: Ints, week: Ints, rng: np.random.Generator) -> Ints:
    """Hardware is bought as the market adopts it, a little sooner than it is rented."""
    shares = adoption(market.timeline, [-8.0])[0][:, week]
    draw = rng.random(len(customer))
    generation: Ints = (draw[None, :] > np.cumsum(shares, axis=0)).sum(axis=0)
    return np.minimum(generation, len(GENERATIONS) - 1)


def _outcomes(market: Market, generation: Ints, region: Ints, week: Ints, rng: np.random.Generator) -> Ints:
    """Placed or declined; supply is short where the cloud is sold out of the same generation."""
    short = np.zeros((len(REGIONS), len(GENERATIONS), market.timeline.weeks), dtype=np.int64)
    np.add.at(short, market.lines.region, market.unmet)
    no_supply = 0.04 + 0.25 * (short[region, generation, week] > 0)
    edges = np.cumsum(
        np.stack([no_supply, *(np.full(len(week), share) for share in (0.04, 0.03, 0.008, 0.008))]), axis=0
    )
    draw = rng.random(len(week))
    below = (draw[None, :] < edges).sum(axis=0)  # 5 … 1 for the reasons in their order, 0: placed
    return np.where(below == 0, PLACED, len(DECLINE_REASONS) - below)


def _mover_lead(market: Market, customer: Ints, week: Ints) -> Floats:
    lead = np.zeros(len(customer))
    for mover, at, delivery in zip(
        market.movers.customer.tolist(),
        market.movers.order_week.tolist(),
        market.movers.delivery_week.tolist(),
        strict=True,
    ):
        lead[(customer == mover) & (week == at)] = delivery - at
    return lead
