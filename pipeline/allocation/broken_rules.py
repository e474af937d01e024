"""What the plan could not keep, and what stood against it."""

import numpy as np

from pipeline.allocation.instance import Instance, Matrix
from pipeline.allocation.notes import Note, warn
from pipeline.allocation.plan import Plan
from pipeline.allocation.programme import Programme
from pipeline.allocation.solver import Solution

# Less of a chip than this is the solver's tolerance.
SHORT = 1e-6


def broken_rules(
    instance: Instance, programme: Programme, solution: Solution, plan: Plan
) -> tuple[Note, ...]:
    """Name each floor, frozen decision and contract that the plan missed, and what stood in the way."""
    notes = []
    for floor, gap in zip(instance.floors, floor_gaps(instance, plan), strict=True):
        if gap.max(initial=0.0) > 0:
            week = instance.horizon.weeks[floor.first + int((gap > 0).argmax())]
            notes.append(
                warn(
                    "floor_missed",
                    f"{floor.label} conflicts with the supply: {int((gap > 0).sum())} weeks from {week} fall "
                    f"short, by up to {gap.max():g} chips; lower it or bring supply forward",
                )
            )
    for channel, cells, fixed, chips in (
        ("installs", instance.cloud, instance.frozen_installs, plan.installs),
        ("releases", instance.direct, instance.frozen_releases, plan.releases),
    ):
        short = np.nan_to_num(fixed, nan=0.0) - np.where(np.isnan(fixed), 0, chips)
        notes += [
            warn(
                "frozen_missed",
                f"approved {channel} of {cells[row].generation} in {cells[row].region} conflict with the "
                f"supply: {short[row].sum():g} chips of the frozen weeks are not there",
            )
            for row in np.flatnonzero(short.sum(axis=1) > 0)
        ]
    for entry, chips in zip(instance.commitments, solution.values[programme.shortfalls], strict=True):
        if chips > SHORT:
            week = instance.horizon.weeks[entry.first]
            notes.append(
                warn(
                    "contract_short",
                    f"contract {entry.contract_id}: {chips:g} of {entry.chips:g} chips of its entry from the "
                    f"week of {week} are short, penalty {chips * entry.penalty:.2f} {instance.currency}",
                )
            )
    return tuple(notes)


def floor_gaps(instance: Instance, plan: Plan) -> list[Matrix]:
    """Chips that each floor misses, one for each of its weeks."""
    gaps = []
    for floor in instance.floors:
        cells = [row for row, cell in enumerate(instance.cloud) if floor.covers(cell)]
        gaps.append(np.maximum(floor.chips - plan.stock[cells, floor.first : floor.last].sum(axis=0), 0.0))
    return gaps
