"""What may happen in a simulated market. All numbers are inventions; none describes a real market."""

from dataclasses import dataclass, replace

from pipeline.core.errors import UsageError


@dataclass(frozen=True)
class Scenario:
    """The knobs that separate one market from another.

    Attributes:
        name: as given on the command line.
        capacity_ratio: installed chips over the trend of the demand that the planners saw.
        capacity_lag_weeks: how old the planners' picture of the demand is when chips go in.
        surge_share: extra demand at the height of a surge, as a share of the trend.
        tail_from_share: share of the history after which capacity stays short until the end; None: never.
        tail_ratio: installed chips over the trend of demand in such a tail.
        ample_ratio: capacity is at least this multiple of the demand of each week; None: no such promise.
        supply_ratio: announced supply over what growth and direct orders would take.
        hostile_share: bad lines mixed in, as a share of the good ones.
    """

    name: str
    capacity_ratio: float = 1.2
    capacity_lag_weeks: int = 5
    surge_share: float = 0.40
    tail_from_share: float | None = None
    tail_ratio: float = 0.72
    ample_ratio: float | None = None
    supply_ratio: float = 0.65
    hostile_share: float = 0.0


_DEFAULT = Scenario("default")
SCENARIOS: dict[str, Scenario] = {
    scenario.name: scenario
    for scenario in (
        _DEFAULT,
        replace(_DEFAULT, name="sold_out", tail_from_share=0.7, supply_ratio=0.45),
        replace(_DEFAULT, name="abundant", ample_ratio=1.4, surge_share=0.1, supply_ratio=1.6),
        replace(_DEFAULT, name="hostile", hostile_share=0.01),
    )
}


def scenario_named(name: str) -> Scenario:
    """Return the scenario of that name.

    Raises:
        UsageError: there is none.
    """
    if name not in SCENARIOS:
        raise UsageError(f"there is no scenario '{name}'; choose one of {', '.join(SCENARIOS)}")
    return SCENARIOS[name]
