"""The market as a whole: everything that is true before anyone writes an event about it."""

from dataclasses import dataclass

from pipeline.simulation.capacity import Capacity, hold_chips, plan_capacity
from pipeline.simulation.cloud_demand import CloudDemand, draw_cloud_demand
from pipeline.simulation.customers import (
    ANCHOR_LINES,
    LINES_PER_CUSTOMER,
    Customers,
    Lines,
    draw_customers,
    draw_lines,
)
from pipeline.simulation.movers import Movers, draw_movers
from pipeline.simulation.scenario import Scenario
from pipeline.simulation.timeline import Ints, Timeline


@dataclass(frozen=True)
class Market:
    """The truth of the cloud.

    Attributes:
        held: chips held by line x generation x week, at most the sellable ones in sum.
    """

    timeline: Timeline
    scenario: Scenario
    seed: int
    customers: Customers
    lines: Lines
    movers: Movers
    demand: CloudDemand
    capacity: Capacity
    held: Ints

    @property
    def unmet(self) -> Ints:
        """Chips wanted and not held, by line x generation x week."""
        return self.demand.chips - self.held


def draw_market(timeline: Timeline, scenario: Scenario, line_count: int, seed: int) -> Market:
    """Return a market with about `line_count` lines."""
    customer_count = round((line_count - ANCHOR_LINES) / LINES_PER_CUSTOMER)
    customers, profile = draw_customers(timeline, customer_count, seed)
    lines = draw_lines(customers, profile, seed)
    movers = draw_movers(timeline, customers, seed)
    demand = draw_cloud_demand(timeline, scenario, customers, lines, movers=movers, seed=seed)
    capacity = plan_capacity(timeline, scenario, demand, lines, seed)
    held = hold_chips(demand.chips, capacity.sellable, lines)
    return Market(timeline, scenario, seed, customers, lines, movers, demand, capacity, held)
