"""The stage: frames and a policy in, a proposed allocation out."""

from dataclasses import dataclass
from datetime import UTC, datetime

import polars as pl

from pipeline.allocation.broken_rules import broken_rules
from pipeline.allocation.demand import planned_weeks
from pipeline.allocation.figures import AllocationSummary, describe, summarise
from pipeline.allocation.inputs import (
    APPROVED_INPUT,
    AS_OF_INPUT,
    CAPACITY_INPUT,
    CONSTRAINTS_INPUT,
    CONTRACTS_INPUT,
    FORECAST_INPUT,
    FX_INPUT,
    GENERATIONS_INPUT,
    INVENTORY_INPUT,
    MARGINS_INPUT,
    ORDER_BOOK_INPUT,
    SUPPLY_INPUT,
    AllocationInputs,
)
from pipeline.allocation.instance import build_instance
from pipeline.allocation.margins import usable_margins
from pipeline.allocation.notes import AllocationNotPossible, Note
from pipeline.allocation.plan import whole_plan
from pipeline.allocation.programme import build_programme
from pipeline.allocation.reading import conform
from pipeline.allocation.report import allocation_frame, supply_balance_frame, warning_rows
from pipeline.allocation.solver import solve_programme
from pipeline.config.policy import Policy

FILE_RUN = "file"


@dataclass(frozen=True)
class AllocationResult:
    """A proposal.

    Attributes:
        allocation: ALLOCATION rows.
        supply_balance: SUPPLY_BALANCE rows.
        figures: the plan added up.
        remarks: what must be known beside the figures, warnings first.
    """

    allocation: pl.DataFrame
    supply_balance: pl.DataFrame
    figures: AllocationSummary
    remarks: tuple[Note, ...]

    @property
    def summary(self) -> str:
        """The figures as Markdown lines, for the person who approves."""
        return describe(self.figures)

    @property
    def notes(self) -> list[str]:
        """The remarks' messages, warnings first."""
        return [str(remark) for remark in self.remarks]

    @property
    def warnings(self) -> pl.DataFrame:
        """DATA_QUALITY rows: one a kind of warning, failed."""
        return warning_rows(self.allocation, self.remarks)


def propose_allocation(
    *,
    run_id: str,
    as_of: datetime,
    forecast: pl.DataFrame,
    supply: pl.DataFrame | None,
    inventory: pl.DataFrame | None,
    capacity: pl.DataFrame | None,
    margins: pl.DataFrame | None,
    fx: pl.DataFrame | None,
    contracts: pl.DataFrame | None,
    constraints: pl.DataFrame | None,
    order_book: pl.DataFrame | None,
    generations: pl.DataFrame | None,
    approved: pl.DataFrame | None,
    policy: Policy,
) -> AllocationResult:
    """Split the supply between cloud and direct sales over the weeks of the forecast.

    The cloud is planned by the median of each week, direct orders by what adds up (`demand.chips_ordered`).

    Columns of the frames: `inputs`. None is a frame without rows.

    Raises:
        AllocationNotPossible: no supply, no margin or no forecast to plan with; the message names what would
        bring it. UsageError: a frame lacks a column or holds a value that cannot be read.
    """
    inputs = AllocationInputs(
        forecast=conform(forecast, FORECAST_INPUT),
        supply=conform(supply, SUPPLY_INPUT),
        inventory=conform(inventory, INVENTORY_INPUT),
        capacity=conform(capacity, CAPACITY_INPUT),
        margins=conform(margins, MARGINS_INPUT),
        fx=conform(fx, FX_INPUT),
        contracts=conform(contracts, CONTRACTS_INPUT),
        constraints=conform(constraints, CONSTRAINTS_INPUT),
        order_book=conform(order_book, ORDER_BOOK_INPUT),
        generations=conform(generations, GENERATIONS_INPUT),
        approved=conform(approved, APPROVED_INPUT),
    )
    _require(inputs)
    instance, notes = build_instance(inputs, policy.allocation)
    programme = build_programme(instance)
    solution = solve_programme(programme)
    plan = whole_plan(instance, programme, solution)
    remarks = (*broken_rules(instance, programme, solution, plan), *notes)
    return AllocationResult(
        allocation=allocation_frame(instance, plan, run_id, as_of),
        supply_balance=supply_balance_frame(instance, plan, run_id, as_of),
        figures=summarise(instance, programme, solution, plan),
        remarks=tuple(sorted(remarks, key=lambda remark: remark.severity != "warning")),
    )


def allocate_frames(
    *,
    forecast: pl.DataFrame,
    supply: pl.DataFrame,
    margins: pl.DataFrame,
    policy: Policy,
    inventory: pl.DataFrame | None = None,
    capacity: pl.DataFrame | None = None,
    fx: pl.DataFrame | None = None,
    contracts: pl.DataFrame | None = None,
    constraints: pl.DataFrame | None = None,
    order_book: pl.DataFrame | None = None,
    generations: pl.DataFrame | None = None,
    approved: pl.DataFrame | None = None,
) -> AllocationResult:
    """Allocate from tables alone, such as files.

    Run and as-of instant are the forecast's where it has them, else 'file' and the Monday of its first week.

    Raises:
        AllocationNotPossible, UsageError: as `propose_allocation`.
    """
    return propose_allocation(
        run_id=_first_text(forecast, "run_id") or FILE_RUN,
        as_of=_as_of(forecast),
        forecast=forecast,
        supply=supply,
        inventory=inventory,
        capacity=capacity,
        margins=margins,
        fx=fx,
        contracts=contracts,
        constraints=constraints,
        order_book=order_book,
        generations=generations,
        approved=approved,
        policy=policy,
    )


def _require(inputs: AllocationInputs) -> None:
    missing = []
    if not inputs.supply.height and not inputs.inventory["chips"].sum():
        missing.append(
            "no supply: land trn.supply.scheduled.v1 (chips to come) or trn.inventory.stated.v1 (chips in "
            "stock)"
        )
    if not usable_margins(inputs.margins)[0].height:
        missing.append(
            "no margin: land trn.margin.set.v1 with unit chip_hour for the cloud or chip for direct sales"
        )
    if missing:
        raise AllocationNotPossible(
            f"nothing can be allocated; {'; '.join(missing)}. The forecast does not need them and stands"
        )


def _first_text(frame: pl.DataFrame, column: str) -> str | None:
    return str(frame[column][0]) if column in frame.columns and frame.height else None


def _as_of(forecast: pl.DataFrame) -> datetime:
    """Return the forecast's as-of instant, else the Monday of its first week."""
    if "as_of" in forecast.columns and forecast.height:
        instant: datetime = conform(forecast, AS_OF_INPUT)["as_of"][0]
        return instant
    day = planned_weeks(conform(forecast, FORECAST_INPUT)).first_day
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
