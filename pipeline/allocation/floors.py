"""The planner's constraints: which the programme knows, and which it had to leave aside."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from pipeline.allocation.horizon import Horizon
from pipeline.allocation.margins import Cell
from pipeline.allocation.notes import Note, warn

CLOUD_FLOOR = "cloud_floor_chips"
SCOPE_KEYS = ("generation", "region")


@dataclass(frozen=True)
class Floor:
    """The scope's cloud stock holds at least `chips` in the weeks [first, last); None in the scope: all."""

    generation: str | None
    region: str | None
    chips: int
    first: int
    last: int

    @property
    def label(self) -> str:
        """The constraint as the planner named it."""
        return f"{CLOUD_FLOOR} = {self.chips} for {self.generation or 'all generations'} in " + (
            self.region or "all regions"
        )

    def covers(self, cell: Cell) -> bool:
        """Whether chips of the cell count towards the floor."""
        return self.generation in {None, cell.generation} and self.region in {None, cell.region}


def read_floors(constraints: pl.DataFrame, horizon: Horizon) -> tuple[tuple[Floor, ...], tuple[Note, ...]]:
    """Read the floors that touch the horizon; every constraint that cannot be followed becomes a warning."""
    floors: list[Floor] = []
    notes: list[Note] = []
    for name, value, scope, start, end in constraints.select(
        "name", "value", "scope", "valid_from", "valid_to"
    ).iter_rows():
        first, last = horizon.span(start, end)
        if first == last:
            continue
        if name != CLOUD_FLOOR:
            notes.append(
                warn(
                    "unknown_constraint",
                    f"constraint '{name}' is not known and not followed; known: {CLOUD_FLOOR}",
                )
            )
            continue
        chips, where = _number(value), _scope(scope)
        if chips is None or where is None:
            notes.append(
                warn(
                    "unreadable_constraint",
                    f"constraint {name}: value {value} with scope {scope} is not followed; allowed: a number "
                    f">= 0 and an object with {' and '.join(SCOPE_KEYS)} as names",
                )
            )
            continue
        floors.append(Floor(where.get("generation"), where.get("region"), math.ceil(chips), first, last))
    return tuple(floors), tuple(notes)


def unmatched_floors(floors: Sequence[Floor], cells: Sequence[Cell]) -> tuple[Note, ...]:
    """Warn of floors that no cloud cell can meet."""
    return tuple(
        warn("unmatched_constraint", f"{floor.label} matches no generation and region that is planned")
        for floor in floors
        if not any(floor.covers(cell) for cell in cells)
    )


def _number(text: str) -> float | None:
    try:
        value = json.loads(text)
        number = (
            float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else -1.0
        )
    except ValueError:
        return None
    return number if number >= 0 and math.isfinite(number) else None


def _scope(text: str | None) -> dict[str, str] | None:
    if text is None:
        return {}
    try:
        scope = json.loads(text)
    except ValueError:
        return None
    if scope is None:
        return {}
    if not isinstance(scope, dict) or set(scope) - set(SCOPE_KEYS):
        return None
    named = {key: value for key, value in scope.items() if value is not None}
    return named if all(isinstance(value, str) for value in named.values()) else None
