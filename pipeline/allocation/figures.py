"""The plan added up."""

from dataclasses import dataclass

from pipeline.allocation.broken_rules import floor_gaps
from pipeline.allocation.instance import Instance
from pipeline.allocation.plan import Plan
from pipeline.allocation.programme import Programme
from pipeline.allocation.solver import Solution


@dataclass(frozen=True)
class AllocationSummary:
    """A plan in figures.

    Money is discounted to the first week's Monday and is the programme's optimum before rounding; chips are
    whole.

    Attributes:
        value: horizon_value + terminal_value + direct_value - penalties.
        horizon_value: what chips in the cloud earn within the horizon, those installed before it included.
        terminal_value: what they earn beyond it, to the end of the last install's life.
        penalties: owed for chips short of contracts.
        backlog_chips: direct chips due by the end of the horizon and not released, where a margin is known.
        floor_missing_chips: greatest gap to a floor in any week.
    """

    currency: str
    value: float
    horizon_value: float
    terminal_value: float
    direct_value: float
    penalties: float
    supplied_chips: int
    cloud_chips: int
    direct_chips: int
    held_chips: int
    backlog_chips: float
    floor_missing_chips: float


def summarise(instance: Instance, programme: Programme, solution: Solution, plan: Plan) -> AllocationSummary:
    """Add the plan up."""
    money = programme.money * solution.values
    columns = programme.columns
    horizon, tail, direct = (
        float(money[block].sum()) for block in (columns.used, columns.tail_used, columns.releases)
    )
    penalties = -float(money[programme.shortfalls].sum())
    return AllocationSummary(
        currency=instance.currency,
        value=horizon + tail + direct - penalties,
        horizon_value=horizon,
        terminal_value=tail,
        direct_value=direct,
        penalties=penalties + 0.0,
        supplied_chips=int(instance.supplied.sum()),
        cloud_chips=int(plan.installs.sum()),
        direct_chips=int(plan.releases.sum()),
        held_chips=int(plan.held[:, -1].sum()),
        backlog_chips=float((plan.direct_open - plan.direct_served)[instance.direct_open, -1].sum()),
        floor_missing_chips=max((float(gap.max()) for gap in floor_gaps(instance, plan)), default=0.0),
    )


def describe(figures: AllocationSummary) -> str:
    """Write the figures as lines of Markdown."""
    chips = (
        f"* {figures.supplied_chips:,} chips: {figures.cloud_chips:,} to the cloud, {figures.direct_chips:,} "
        f"released to direct orders, {figures.held_chips:,} held at the end"
    )
    value = (
        f"* value {figures.value:,.0f} {figures.currency} in money of the first week: "
        f"{figures.horizon_value:,.0f} cloud, {figures.terminal_value:,.0f} cloud beyond the horizon, "
        f"{figures.direct_value:,.0f} direct, {figures.penalties:,.0f} penalties"
    )
    lines = [chips, value, f"* {figures.backlog_chips:,.0f} direct chips due and not released by the end"]
    if figures.floor_missing_chips:
        lines.append(f"* floors missed by up to {figures.floor_missing_chips:,.0f} chips")
    return "\n".join(lines)
