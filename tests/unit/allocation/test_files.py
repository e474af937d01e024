"""The stage on its own: tables as files give them, text for days and instants."""

import io
from datetime import UTC, datetime

import polars as pl
import pytest

from pipeline.allocation import AllocationNotPossible, allocate_frames
from pipeline.core.errors import UsageError
from tests.allocation_market import AS_OF, forecast, installed, margin, margins, policy, propose, supply

FRAMES = {
    "forecast": forecast({("cloud", "trn2", "east"): [4, 5], ("direct", "trn2", "east"): [2, 2]}),
    "supply": supply([("trn2", 0, 3), ("trn2", 1, 4)]),
    "margins": margins(margin("cloud", 1.0), margin("direct", 300.0)),
    "capacity": installed(east=1),
}


def as_csv(frame: pl.DataFrame, *, with_days: bool) -> pl.DataFrame:
    return pl.read_csv(io.StringIO(frame.write_csv()), try_parse_dates=with_days)


@pytest.mark.parametrize("with_days", [True, False])
def test_files_give_the_same_plan_as_frames(with_days: bool) -> None:
    read = {name: as_csv(frame, with_days=with_days) for name, frame in FRAMES.items()}
    from_files = allocate_frames(**read, policy=policy())
    from_frames = propose(**FRAMES)
    same = pl.exclude("run_id", "as_of")
    assert from_files.allocation.select(same).equals(from_frames.allocation.select(same))


def test_run_and_instant_are_those_of_the_forecast() -> None:
    stamped = FRAMES["forecast"].with_columns(run_id=pl.lit("run-7"), as_of=pl.lit("2026-09-06T12:00:00Z"))
    result = allocate_frames(**(FRAMES | {"forecast": stamped}), policy=policy())
    assert result.allocation["run_id"].unique().to_list() == ["run-7"]
    assert result.allocation["as_of"].unique().to_list() == [datetime(2026, 9, 6, 12, tzinfo=UTC)]


def test_a_forecast_without_run_counts_from_its_first_week() -> None:
    result = allocate_frames(**FRAMES, policy=policy())
    assert result.allocation["as_of"].unique().to_list() == [AS_OF]


def test_optional_tables_may_be_left_out() -> None:
    needed = {name: FRAMES[name] for name in ("forecast", "supply", "margins")}
    assert allocate_frames(**needed, policy=policy()).allocation.height == 4


def test_a_constraint_s_scope_may_be_a_struct() -> None:
    scoped = pl.DataFrame(
        {
            "name": ["cloud_floor_chips"],
            "value": [3],
            "scope": [{"generation": "trn2", "region": "east"}],
            "valid_from": ["2020-01-01T00:00:00Z"],
        }
    )
    result = allocate_frames(
        **(FRAMES | {"margins": margins(margin("direct", 300.0))}), constraints=scoped, policy=policy()
    )
    assert result.allocation.filter(pl.col("channel") == "cloud")["chips"].sum() == 2


def test_a_value_that_cannot_be_read_names_the_table() -> None:
    bad = FRAMES["supply"].with_columns(chips_p50=pl.lit("many"))
    with pytest.raises(UsageError, match="supply: "):
        allocate_frames(**(FRAMES | {"supply": bad}), policy=policy())


def test_an_empty_supply_file_is_no_supply() -> None:
    with pytest.raises(AllocationNotPossible, match="no supply"):
        allocate_frames(**(FRAMES | {"supply": FRAMES["supply"].clear()}), policy=policy())
