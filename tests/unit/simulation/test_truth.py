from datetime import date, datetime, timedelta

import polars as pl
import pytest

from tests.unit.simulation.conftest import WEEKS
from tests.unit.simulation.reading import Simulated

CELL = ["generation", "region", "period_start"]
PARTNER_WEEKS = WEEKS // 3


def by_cell(demand: pl.DataFrame, *columns: str) -> pl.DataFrame:
    return demand.filter(pl.col("channel") == "cloud").group_by(CELL).agg(pl.col(*columns).sum())


def monday(instant: str) -> pl.Expr:
    return pl.col(instant).dt.truncate("1w").dt.date().alias("period_start")


@pytest.mark.parametrize("name", ["market", "sold_out", "abundant"])
def test_held_is_the_demand_or_all_that_is_sellable(name: str, request: pytest.FixtureRequest) -> None:
    simulated: Simulated = request.getfixturevalue(name)
    held = by_cell(simulated.table("demand"), "demand_chips", "observed_chips", "unmet_chips")
    both = held.join(simulated.table("capacity").drop("demand_chips"), on=CELL, how="left", validate="1:1")
    assert both["sellable_chips"].null_count() == 0
    expected = both.select(pl.min_horizontal("demand_chips", "sellable_chips")).to_series()
    assert both["observed_chips"].to_list() == expected.to_list()
    assert (both["unmet_chips"] > 0).to_list() == both["is_soldout"].to_list()


def test_the_sold_out_tail_is_censored_without_a_break(sold_out: Simulated) -> None:
    tail = sold_out.table("capacity").filter(
        (pl.col("period_start") >= sold_out.summary.as_of.date() - timedelta(weeks=29))
        & (pl.col("demand_chips") > 0)
    )
    assert tail["is_soldout"].all()
    assert set(tail["generation"]) == {"trn1", "trn2", "trn3"}


def test_the_abundant_market_is_never_sold_out(abundant: Simulated) -> None:
    assert not abundant.table("capacity")["is_soldout"].any()
    types = {event["type"] for event in abundant.lines}
    assert "trn.capacity.soldout.v1" not in types
    assert "trn.waitlist.joined.v1" not in types


def test_the_default_market_is_sold_out_at_times_and_not_in_the_end(market: Simulated) -> None:
    capacity = market.table("capacity").filter(pl.col("demand_chips") > 0)
    assert 0.02 < capacity["is_soldout"].mean() < 0.5
    last = capacity.filter(pl.col("period_start") == capacity["period_start"].max())
    assert not last["is_soldout"].all()


def test_metered_hours_with_corrections_are_those_of_the_truth(market: Simulated) -> None:
    usage = market.of("usage.metered", "usage.adjusted").with_columns(monday("period_start"))
    weekly = usage.filter(pl.col("period_end") - pl.col("period_start") <= timedelta(days=7))
    truth = by_cell(market.table("demand"), "metered_chips")
    start = truth["period_start"].min()
    assert isinstance(start, date)
    after = truth.filter(pl.col("period_start") >= start + timedelta(weeks=PARTNER_WEEKS))
    both = after.join(weekly.group_by(CELL).agg(pl.col("chip_hours").sum()), on=CELL, how="left")
    error = (both["metered_chips"] - both["chip_hours"].fill_null(0) / 168).abs()
    assert error.max() < 1e-6
    assert usage["chip_hours"].sum() / 168 == pytest.approx(truth["metered_chips"].sum(), rel=1e-6)


def test_usage_never_exceeds_what_is_sellable_on_any_day(market: Simulated) -> None:
    usage = market.of("usage.metered", "usage.adjusted").filter(
        pl.col("period_end") - pl.col("period_start") <= timedelta(days=7)
    )
    length = (pl.col("period_end") - pl.col("period_start")).dt.total_days()
    days = usage.select(
        *CELL[:2],
        (pl.col("chip_hours") / 24 / length).alias("chips"),
        pl.datetime_ranges("period_start", "period_end", "1d", closed="left").alias("day"),
    ).explode("day")
    daily = days.with_columns(monday("day")).group_by(*CELL, "day").agg(pl.col("chips").sum())
    both = daily.join(market.table("capacity"), on=CELL, how="left", validate="m:1")
    assert (both["chips"] <= both["sellable_chips"] + 1e-6).all()
    per_week = both.group_by(CELL).agg(peak=pl.col("chips").max(), mean=pl.col("chips").mean())
    assert (per_week["peak"] > 1.01 * per_week["mean"]).mean() > 0.1


def test_held_chips_are_reservations_and_usage_outside_them(market: Simulated) -> None:
    weeks = market.table("capacity").select("period_start").unique()
    opened = market.of("reservation.scheduled").select(
        "subject", "generation", "region", "chips", "start", "end"
    )
    changes = market.of("reservation.changed").select("subject", "chips", start="time")
    ended = market.of("reservation.cancelled", "reservation.expired").select("subject", over="time")
    sizes = pl.concat([opened.select("subject", "chips", "start"), changes]).sort("start")
    running = (
        opened.select("subject", "generation", "region", "end", opens="start")
        .join(ended, on="subject", how="left")
        .join(weeks, how="cross")
        .filter(
            (pl.col("opens") <= pl.col("period_start"))
            & (pl.col("period_start") < pl.min_horizontal("end", "over"))
        )
        .with_columns(start=pl.col("period_start").cast(pl.Datetime("us")))
        .sort("start")
        .join_asof(sizes, on="start", by="subject", check_sortedness=False)
    )
    reserved = running.group_by(CELL).agg(reserved=pl.col("chips").sum())
    truth = market.table("demand").filter(pl.col("channel") == "cloud").group_by(CELL)
    expected = truth.agg(pl.col("observed_chips", "metered_chips", "reserved_idle_chips").sum())
    usage = market.of("usage.metered", "usage.adjusted").filter(
        pl.col("purchase_option").is_in(["reserved", "capacity_block"])
    )
    inside = (
        usage.with_columns(monday("period_start")).group_by(CELL).agg(used=pl.col("chip_hours").sum() / 168)
    )
    both = expected.join(reserved, on=CELL, how="left").join(inside, on=CELL, how="left").fill_null(0)
    held = both["metered_chips"] - both["used"] + both["reserved"]
    assert ((held - both["observed_chips"]).abs() <= 0.011 * both["observed_chips"]).all()
    assert (both["reserved_idle_chips"] > 0).any()


def test_capacity_events_lead_to_the_sellable_chips_of_the_truth(market: Simulated) -> None:
    moves = market.of("capacity.installed", "capacity.retired", "capacity.stated").sort("time")
    truth = {row[:3]: row[3] for row in market.table("capacity").select(*CELL, "sellable_chips").iter_rows()}
    level: dict[tuple[str, str], float] = {}
    found = {}
    for row in moves.with_columns(monday("time")).iter_rows(named=True):
        cell = (row["generation"], row["region"])
        sign = -1 if row["type"] == "capacity.retired" else 1
        level[cell] = (
            row["sellable"] if row["type"] == "capacity.stated" else level.get(cell, 0) + sign * row["chips"]
        )
        found[*cell, row["period_start"]] = level[cell]
    assert found
    assert {key: truth[key] for key in found} == found


def test_orders_net_of_changes_and_cancellations_are_the_direct_demand_of_the_truth(
    market: Simulated,
) -> None:
    open_chips: dict[str, float] = {}
    about: dict[str, tuple[str, str, date]] = {}
    steps = market.of("order.placed", "order.changed", "order.cancelled").with_columns(monday("time"))
    for row in steps.sort("time", "sequence").iter_rows(named=True):
        line = row["subject"]
        if row["type"] == "order.placed":
            about[line] = (row["generation"], row["region"], row["period_start"])
            open_chips[line] = row["chips"]
        elif row["type"] == "order.changed":
            about[line] = (row["generation"] or about[line][0], *about[line][1:])
            open_chips[line] = row["chips"]
        else:
            less = open_chips[line] if row["chips"] is None else row["chips"]
            open_chips[line] = max(0.0, open_chips[line] - less)
    rows = [(*about[line], chips) for line, chips in open_chips.items()]
    net = pl.DataFrame(rows, schema=[*CELL, "chips"], orient="row").group_by(CELL).agg(pl.col("chips").sum())
    declined = market.of("order.declined").filter(pl.col("reason").is_in(["no_supply", "lead_time"]))
    unmet = declined.with_columns(monday("time")).group_by(CELL).agg(unmet=pl.col("chips").sum())
    truth = market.table("demand").filter(pl.col("channel") == "direct").group_by(CELL)
    expected = truth.agg(pl.col("demand_chips", "observed_chips", "unmet_chips").sum())
    both = expected.join(net, on=CELL, how="left").join(unmet, on=CELL, how="left").fill_null(0)
    assert both["observed_chips"].to_list() == both["chips"].to_list()
    assert both["unmet_chips"].to_list() == both["unmet"].to_list()
    assert both["observed_chips"].sum() == net["chips"].sum() > 0


def test_the_anchor_has_half_of_the_cloud_demand(market: Simulated) -> None:
    anchor = market.table("customers").filter("is_anchor")["customer_id"].item()
    usage = market.of("usage.metered").group_by("customer_id").agg(pl.col("chip_hours").sum())
    assert usage.filter(pl.col("customer_id") == anchor)["chip_hours"].sum() / usage[
        "chip_hours"
    ].sum() == pytest.approx(0.5, abs=0.1)


def test_waitlists_end_as_the_truth_says_and_ask_for_more_than_is_missing(market: Simulated) -> None:
    truth = market.table("waitlists")
    ended = {
        outcome: set(market.of(f"waitlist.{outcome}")["subject"]) for outcome in ("converted", "withdrawn")
    }
    by_outcome = {outcome: set(rows["waitlist_id"]) for (outcome,), rows in truth.group_by("outcome")}
    assert ended["converted"] == by_outcome["converted"]
    assert ended["withdrawn"] - ended["converted"] == by_outcome["withdrawn"]
    assert not by_outcome.get("open", set()) & (ended["converted"] | ended["withdrawn"])
    joined = market.of("waitlist.joined")
    assert joined["chips"].sum() == truth["chips_asked"].sum() > truth["chips_missing"].sum()
    assert 0 < market.facts["waitlist_conversion"] < 1


def test_needs_are_heard_of_again_before_four_weeks_of_silence(market: Simulated) -> None:
    ends = market.table("waitlists").select(subject="waitlist_id", ended="ended_week")
    heard = market.of("waitlist.joined", "waitlist.changed").select("subject", "time").sort("subject", "time")
    gaps = heard.with_columns(after=pl.col("time").shift(-1).over("subject")).join(ends, on="subject")
    until = pl.coalesce("after", pl.col("ended").cast(pl.Datetime("us")))
    assert gaps.select((until - pl.col("time")).max()).item() < timedelta(days=28)


def test_some_needs_are_tried_in_several_regions(market: Simulated) -> None:
    denials = market.of("request.denied").drop_nulls("need_id")
    assert denials.group_by("need_id").agg(pl.col("region").n_unique())["region"].max() > 1
    assert denials.group_by("retry_group_id").len()["len"].max() > 1


def test_supply_is_announced_for_two_years_before_the_end_and_covers_what_is_used(market: Simulated) -> None:
    end = datetime.fromisoformat(market.facts["end"])
    announced = market.of("supply.scheduled", "supply.revised")
    assert announced["recordedtime"].max() < end + timedelta(hours=36)
    last = announced.filter(pl.col("chips_p50") > 0)["period_end"].max()
    assert last >= (end + timedelta(weeks=104)).date().isoformat()
    assert (market.of("inventory.stated")["chips"] >= 0).all()


def test_movers_shift_their_cloud_demand_when_bought_chips_arrive(market: Simulated) -> None:
    movers = market.table("diversion")
    assert set(movers["kind"]) == {"to_direct", "to_cloud"}
    buying = movers.filter(pl.col("kind") == "to_direct")
    placed = market.of("order.placed").with_columns(order_week=pl.col("time").dt.truncate("1w").dt.date())
    assert buying.join(placed, on=["customer_id", "order_week"], how="anti").is_empty()
    assert (buying["displaced_chips"] > 0).all()
    assert (movers.filter(pl.col("kind") == "to_cloud")["displaced_chips"] < 0).all()


def test_nothing_is_recorded_after_the_instant_by_which_all_is_known(market: Simulated) -> None:
    latest = max(event["recordedtime"].replace("+00:00", "Z") for event in market.lines)
    assert latest <= market.facts["as_of"]


def test_every_week_is_declared_complete_by_every_producer_of_demand(market: Simulated) -> None:
    declared: dict[tuple[str, str], list[str]] = {}
    for event in market.events:
        if event["type"] == "trn.source.completed.v1":
            for name in event["data"]["types"]:
                declared.setdefault((event["source"], name), []).append(
                    event["data"]["complete_through"][:10]
                )
    weeks = [
        (date.fromisoformat(market.facts["start"]) + timedelta(weeks=week)).isoformat()
        for week in range(1, WEEKS + 1)
    ]
    assert all(sorted(through) == weeks for through in declared.values())
    feeding = ("usage.", "request.", "waitlist.", "reservation.", "capacity.", "order.")
    sources = {
        (event["source"], event["type"])
        for event in market.events
        if event["type"].removeprefix("trn.").startswith(feeding)
    }
    assert sources <= declared.keys()


def test_the_truth_describes_every_column(market: Simulated) -> None:
    described = {name: set(columns) for name, columns in market.facts["tables"].items()}
    assert described == {name: set(market.table(name).columns) for name in described}
    assert described.keys() == {path.stem for path in (market.summary.out / "truth").glob("*.parquet")}
