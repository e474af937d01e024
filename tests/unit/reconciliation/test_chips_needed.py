from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from pipeline.features import demand_series
from pipeline.reconciliation import chips_needed
from pipeline.schemas.tables import CHIPS_NEEDED, ORDER_BOOK
from tests.demand_frames import AS_OF, MONDAY, paths_frame, series_history, small_policy

POLICY = small_policy()
LINEAGE = pl.DataFrame(
    {
        "generation": ["trn1", "trn2", "trn3"],
        "predecessor": [None, "trn1", "trn2"],
        "equivalent_chips": [None, 4.0, 2.0],
    }
)
CLOUD, DIRECT = ("cloud", "startup", "trn2", "us-east-1"), ("direct", "s", "trn2", "us-east-1")


def order(line: str, chips: int, requested: date | None, **fields: object) -> dict[str, object]:
    return {
        "order_line": line,
        "generation": "trn2",
        "region": "us-east-1",
        "placed_at": datetime(2026, 8, 3, tzinfo=UTC),
        "chips_ordered": chips,
        "chips_cancelled": 0,
        "chips_shipped": 0,
        "chips_returned": 0,
        "chips_open": chips,
        "requested_date": requested,
    } | fields


def needed(
    paths: pl.DataFrame,
    history: pl.DataFrame | None = None,
    *,
    orders: Sequence[dict[str, object]] = (),
    generations: pl.DataFrame = LINEAGE,
) -> pl.DataFrame:
    history = series_history([100.0] * 30, sellable=120.0) if history is None else history
    return chips_needed(
        paths,
        demand_series(history, as_of=AS_OF, policy=POLICY),
        order_book=pl.DataFrame(list(orders), schema=ORDER_BOOK.polars_schema),
        generations=generations,
        run_id="run",
        as_of=AS_OF,
        policy=POLICY,
    )


def means(frame: pl.DataFrame, channel: str, generation: str = "all") -> list[float]:
    rows = frame.filter(
        pl.col("channel") == channel, pl.col("generation") == generation, pl.col("region") == "all"
    )
    return rows["mean"].to_list()


def test_the_cloud_needs_only_what_goes_beyond_the_capacity_reached() -> None:
    paths = paths_frame({CLOUD: [[95.0], [133.0], [114.0], [152.0]]})
    assert means(needed(paths), "cloud") == pytest.approx([0.0, 20.0, 0.0, 20.0])


def test_installs_follow_the_peak_of_the_week() -> None:
    flat = paths_frame({CLOUD: [[95.0]]})
    history = series_history([100.0] * 30, sellable=100.0, peak=1.2)
    assert means(needed(flat, history), "cloud") == pytest.approx([95 * 1.2 / 0.95 - 100])


def test_capacity_is_counted_once_whatever_the_number_of_segments() -> None:
    history = pl.concat(
        [
            series_history([50.0] * 30, sellable=120.0),
            series_history([50.0] * 30, sellable=120.0, segment="internal"),
        ]
    )
    paths = paths_frame({CLOUD: [[76.0]], ("cloud", "internal", "trn2", "us-east-1"): [[76.0]]})
    assert means(needed(paths, history), "cloud") == pytest.approx([160.0 - 120.0])


def test_without_stated_capacity_the_chips_last_held_are_what_stands() -> None:
    history = series_history([*[100.0] * 29, 190.0])
    paths = paths_frame({CLOUD: [[190.0], [209.0]]})
    assert means(needed(paths, history), "cloud") == pytest.approx([10.0, 20.0])


def test_open_orders_fall_due_in_the_week_they_were_asked_for() -> None:
    orders = [
        order("a", 64, MONDAY + timedelta(days=9)),
        order("overdue", 16, MONDAY - timedelta(weeks=3)),
        order("undated", 8, None),
        order("promised", 4, None, promised_date=MONDAY + timedelta(weeks=2)),
        order("beyond", 1000, MONDAY + timedelta(weeks=40)),
        order("closed", 500, MONDAY, chips_open=0),
    ]
    paths = paths_frame({CLOUD: [[0.0]] * 3})
    assert means(needed(paths, orders=orders), "direct") == [24.0, 64.0, 4.0]


def test_a_forecast_order_is_due_after_the_usual_lead() -> None:
    orders = [order(f"{n}", 0, date(2026, 8, 17)) for n in range(3)]
    paths = paths_frame({DIRECT: [[10.0], [20.0], [30.0]]})
    assert means(needed(paths, orders=orders), "direct") == [0.0, 0.0, 10.0]
    assert means(needed(paths), "direct") == [10.0, 20.0, 30.0]


def test_an_order_without_a_region_is_kept_as_unassigned() -> None:
    result = needed(paths_frame({CLOUD: [[0.0]]}), orders=[order("a", 64, MONDAY, region=None)])
    assert result.filter(pl.col("region") == "unassigned")["mean"].to_list() == [64.0, 64.0]


def test_both_channels_are_added_along_each_path() -> None:
    paths = paths_frame({CLOUD: [[152.0, 95.0]], DIRECT: [[0.0, 40.0]]})
    result = needed(paths).filter(pl.col("generation") == "all")
    assert result.select("channel", "mean", "p10", "p90").rows() == [
        ("all", 40.0, 40.0, 40.0),
        ("cloud", 20.0, 4.0, 36.0),
        ("direct", 20.0, 4.0, 36.0),
    ]
    assert set(result["unit"].to_list()) == {"chips_needed"}


def test_equivalents_follow_the_chain_of_predecessors() -> None:
    paths = paths_frame({DIRECT: [[10.0]], ("direct", "s", "trn3", "us-east-1"): [[1.0]]})
    rows = needed(paths).filter(pl.col("channel") == "direct", pl.col("region") == "all")
    assert dict(rows.select("generation", "equivalent_chips_p50").iter_rows()) == {
        "all": 48.0,
        "trn2": 40.0,
        "trn3": 8.0,
    }


@pytest.mark.parametrize(
    "lineage",
    [
        LINEAGE.filter(pl.col("generation") != "trn1"),
        LINEAGE.with_columns(pl.lit(None, pl.Float64).alias("equivalent_chips")),
        LINEAGE.with_columns(pl.lit("trn2").alias("predecessor")),
        LINEAGE.clear(),
    ],
)
def test_an_unknown_lineage_leaves_equivalents_empty_not_wrong(lineage: pl.DataFrame) -> None:
    rows = needed(paths_frame({DIRECT: [[10.0]]}), generations=lineage)
    assert rows["equivalent_chips_p50"].null_count() == rows.height


def test_the_grain_is_unique_and_the_columns_are_declared(two_by_two: pl.DataFrame) -> None:
    result = needed(two_by_two)
    assert result.schema == CHIPS_NEEDED.polars_schema
    assert not result.select(CHIPS_NEEDED.grain).is_duplicated().any()
