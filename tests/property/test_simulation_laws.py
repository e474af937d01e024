from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.simulation import simulate
from tests.unit.simulation.contract_checker import complaints, parse
from tests.unit.simulation.reading import raw_lines

CELL = ["generation", "region", "period_start"]


@settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(
    weeks=st.integers(1, 60),
    seed=st.integers(-(2**63), 2**63),
    scenario=st.sampled_from(["default", "sold_out", "abundant"]),
    scale=st.sampled_from([None, 4_000, 12_000]),
)
def test_any_market_keeps_the_contract_and_never_holds_more_than_is_wanted_or_sellable(
    weeks: int, seed: int, scenario: str, scale: int | None
) -> None:
    events = None if scale is None else max(scale, 300 * weeks)
    with TemporaryDirectory() as folder:
        out = Path(folder)
        summary = simulate(out, weeks=weeks, seed=seed, scenario=scenario, events=events)
        lines = [parse(line.decode()) for line in raw_lines(out)]
        demand = pl.read_parquet(out / "truth" / "demand.parquet").filter(pl.col("channel") == "cloud")
        capacity = pl.read_parquet(out / "truth" / "capacity.parquet")
    assert len(lines) == summary.events
    assert [(event["id"], list(complaints(event))) for event in lines if list(complaints(event))] == []
    cells = demand.group_by(CELL).agg(pl.col("demand_chips", "observed_chips").sum())
    both = cells.join(capacity.drop("demand_chips"), on=CELL, how="left")
    expected = both.select(pl.min_horizontal("demand_chips", "sellable_chips")).to_series()
    assert both["observed_chips"].to_list() == expected.to_list()
    assert (demand["metered_chips"] <= demand["observed_chips"]).all()
    assert (demand["reserved_idle_chips"] >= 0).all()
