"""Every ready question runs on an empty store, and answers a small example as a planner would by hand."""

import shutil
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.config import Settings, load_policy
from pipeline.core.clock import parse_instant
from pipeline.core.ids import canonical_json
from pipeline.projecting import rebuild
from pipeline.reporting import write_sample_paths
from pipeline.runs.sample_paths import offer_sample_paths, sample_paths_of
from pipeline.schemas.table import Table
from pipeline.schemas.tables import (
    ACCURACY,
    ALLOCATION,
    CHIPS_NEEDED,
    FORECAST_PATHS,
    FORECAST_QUARTERS,
    LANDING_MANIFEST,
    QUARANTINE,
    RUNS,
)
from pipeline.store import SQL_FOLDER, Connection, read_answer, writer
from tests.demand_frames import paths_frame
from tests.sql.event_log import event_key

QUESTIONS = sorted((SQL_FOLDER / "adhoc").glob("*.sql"))
AS_OF = datetime(2026, 9, 7, tzinfo=UTC)
LAST_MONDAY = date(2026, 8, 31)
PLACE = {"generation": "trn2", "region": "us-east-1"}
CUSTOMER = {"customer_id": "c1", "segment": "labs"}


def ask(connection: Connection, name: str) -> pl.DataFrame:
    text = (SQL_FOLDER / "adhoc" / f"{name}.sql").read_text(encoding="utf-8")
    return read_answer(connection, text, {"as_of": AS_OF} if "$as_of" in text else {})


@pytest.fixture
def connection(tmp_path: Path, empty_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connection]:
    shutil.copytree(empty_home, tmp_path, dirs_exist_ok=True)
    monkeypatch.setenv("TRN_HOME", str(tmp_path))
    keep_paths(FORECAST_PATHS.empty())
    with writer(Settings(home=tmp_path)) as opened:
        offer_sample_paths(opened)
        yield opened


def keep_paths(paths: pl.DataFrame) -> None:
    """Let these be the sample paths of the run forecast last."""
    file = sample_paths_of("latest")
    file.parent.mkdir(exist_ok=True)
    write_sample_paths(paths, file)


@pytest.mark.parametrize("file", QUESTIONS, ids=lambda file: file.stem)
def test_a_question_says_what_it_asks_and_how_to_run_it(file: Path) -> None:
    header = file.read_text(encoding="utf-8").splitlines()
    assert header[0].startswith("-- question: ")
    assert header[0].endswith("?")
    command = next(line for line in header if line.startswith("-- run: "))
    assert command.startswith(f"-- run: python -m pipeline sql sql/adhoc/{file.name}")


@pytest.mark.parametrize("file", QUESTIONS, ids=lambda file: file.stem)
def test_a_question_has_an_empty_answer_where_nothing_happened(file: Path, connection: Connection) -> None:
    assert ask(connection, file.stem).is_empty()


def event(kind: str, at: str, data: Mapping[str, Any], **attributes: str) -> dict[str, Any]:
    return {
        "source": "/cloud",
        "type": f"trn.{kind}.v1",
        "subject": attributes.get("subject"),
        "time": parse_instant(at),
        "known_at": parse_instant(attributes.pop("known_at", at)),
        "data": canonical_json(data),
        **attributes,
    }


def land(connection: Connection, events: list[dict[str, Any]]) -> None:
    for position, entry in enumerate(events, 1):
        row = {
            "log_position": position,
            "id": f"e{position}",
            "landed_at": AS_OF,
            "batch_id": "b",
            "source_file": "f",
            "source_line": position,
            "content_hash": "h",
            "flags": [],
            **entry,
        }
        row["event_key"] = event_key(row["source"], row["id"])
        names = ", ".join(row)
        marks = ", ".join("?" for _ in row)
        connection.execute(f"INSERT INTO events ({names}) VALUES ({marks})", list(row.values()))  # noqa: S608
    rebuild(connection, load_policy().demand)


def keep(connection: Connection, table: Table, *rows: Mapping[str, Any]) -> None:
    plain = {pl.String: "x", pl.Int64: 1, pl.Float64: 1.0, pl.Boolean: True, pl.Date: LAST_MONDAY}
    for row in rows:
        filled = {c.name: None if c.is_nullable else plain.get(c.dtype, AS_OF) for c in table.columns}
        filled |= row
        names = ", ".join(filled)
        marks = ", ".join("?" for _ in filled)
        connection.execute(
            f"INSERT INTO {table.name} ({names}) VALUES ({marks})",  # noqa: S608 declared names
            list(filled.values()),
        )


def week(number: int) -> dict[str, str]:
    """Name the bounds of a week; 0 is the last complete one."""
    start = datetime(2026, 8, 31, tzinfo=UTC) + timedelta(weeks=number)
    return {
        "period_start": f"{start:%Y-%m-%dT%H:%M:%SZ}",
        "period_end": f"{start + timedelta(weeks=1):%Y-%m-%dT%H:%M:%SZ}",
    }


def usage(number: int, chips: int, kind: str = "usage.metered", **attributes: str) -> dict[str, Any]:
    period = week(number)
    data = {**CUSTOMER, **PLACE, **period, "chip_hours": chips * 168, "purchase_option": "on_demand"}
    clocks = {"known_at": period["period_end"], **attributes}
    return event(kind, period["period_start"], data, **clocks)


def column(answer: pl.DataFrame, name: str) -> list[Any]:
    return answer[name].to_list()


def test_sold_out_places_come_with_the_demand_that_waits(connection: Connection) -> None:
    window = {"window_start": "2026-08-24T00:00:00Z", "window_end": "2026-09-07T00:00:00Z", "cap_chips": 100}
    waiting = {**CUSTOMER, **PLACE, "chips": 50, "wanted_from": "2026-08-24T00:00:00Z"}
    land(
        connection,
        [
            event("capacity.stated", "2026-07-01T00:00:00Z", {**PLACE, "installed": 110, "sellable": 100}),
            usage(0, 100),
            usage(-1, 100),
            event("capacity.soldout", "2026-08-24T00:00:00Z", {**PLACE, **window}),
            event("waitlist.joined", "2026-08-24T00:00:00Z", waiting, subject="w1"),
        ],
    )
    (row,) = ask(connection, "sold_out").to_dicts()
    assert (row["generation"], row["region"], row["week"]) == ("trn2", "us-east-1", LAST_MONDAY)
    assert (row["sellable_chips"], row["soldout_share"], row["weeks_soldout"]) == (100, 1, 2)
    assert (row["held_chips"], row["unmet_chips"]) == (100, 50)
    assert row["unmet_share"] == pytest.approx(1 / 3)


def test_open_orders_past_their_day_are_listed_the_latest_first(connection: Connection) -> None:
    def order(line: str, **data: object) -> dict[str, Any]:
        placed = {"chips": 16, **CUSTOMER, **PLACE, **data}
        return event("order.placed", "2026-06-01T00:00:00Z", placed, subject=line, source="/erp")

    promise = {"chips": 16, "promised_date": "2026-09-02"}
    sent = {"shipment_id": "s", "chips": 16}
    land(
        connection,
        [
            order("unpromised", requested_date="2026-08-01"),
            order("late", requested_date="2026-08-01"),
            order("in time", requested_date="2026-10-01"),
            order("shipped", requested_date="2026-08-01"),
            event("order.promised", "2026-06-02T00:00:00Z", promise, subject="late"),
            event("shipment.dispatched", "2026-08-09T00:00:00Z", sent, subject="shipped"),
        ],
    )
    answer = ask(connection, "late_orders")
    assert column(answer, "order_line") == ["unpromised", "late"]
    assert column(answer, "days_late") == [37, 5]
    assert column(answer, "is_promised") == [False, True]


def test_idle_reservations_are_a_share_of_what_is_held(connection: Connection) -> None:
    scheduled = {**CUSTOMER, **PLACE, "kind": "odcr", "chips": 40, "start": "2026-06-29T00:00:00Z"}
    land(
        connection,
        [
            event("reservation.scheduled", "2026-06-01T00:00:00Z", scheduled, subject="r1"),
            event("reservation.activated", "2026-06-29T00:00:00Z", {}, subject="r1"),
            *(usage(-number, 60) for number in range(8)),
        ],
    )
    (row,) = ask(connection, "idle_reservations").to_dicts()
    assert (row["segment"], row["held_chips"], row["idle_chips"]) == ("labs", 100, 40)
    assert row["idle_share"] == pytest.approx(0.4)


def test_a_correction_shows_up_as_a_revised_week(connection: Connection) -> None:
    correction = usage(-6, 10, "usage.adjusted", known_at="2026-09-01T00:00:00Z")
    land(connection, [usage(-6, 80), usage(-5, 80), correction])
    (row,) = ask(connection, "revised_weeks").to_dicts()
    assert row["week"] == LAST_MONDAY - timedelta(weeks=6)
    assert (row["observed_before_chips"], row["observed_now_chips"], row["change_chips"]) == (80, 90, 10)


def test_refused_lines_are_counted_by_reason_and_file_until_they_are_repaired(connection: Connection) -> None:
    file = {"batch_id": "b", "source_file": "usage.jsonl"}
    keep(connection, LANDING_MANIFEST, {**file, "mapping_hash": "m", "lines": 10, "quarantined": 3})
    keep(
        connection,
        QUARANTINE,
        {**file, "source_line": 4, "reason": "not_whole", "message": "second"},
        {**file, "source_line": 2, "reason": "not_whole", "message": "first"},
        {**file, "source_line": 3, "reason": "unknown_type", "relanded_at": AS_OF},
    )
    (row,) = ask(connection, "quarantine_reasons").to_dicts()
    assert (row["reason"], row["refused_lines"], row["first_line"], row["first_message"]) == (
        "not_whole",
        2,
        2,
        "first",
    )
    assert row["refused_share"] == pytest.approx(0.2)


def test_the_next_quarter_stands_beside_the_last_thirteen_weeks(connection: Connection) -> None:
    land(connection, [usage(-number, 100) for number in range(13)])
    quarter = {
        "run_id": "r",
        "level": "channel/generation",
        "channel": "cloud",
        "generation": "trn2",
        "unit": "chips_held",
        "statistic": "mean",
        "period_start": date(2026, 10, 1),
        "p50": 120.0,
    }
    running = {**quarter, "is_whole": False, "period_start": date(2026, 7, 1)}
    later = {**quarter, "period_start": date(2027, 1, 1), "p50": 999.0}
    keep(
        connection, FORECAST_QUARTERS, quarter, running, later, {**quarter, "statistic": "peak", "p50": 999.0}
    )
    keep(connection, RUNS, {"run_id": "r", "kind": "forecast"})
    (row,) = ask(connection, "next_quarter").to_dicts()
    assert (row["last_13_weeks_chips"], row["p50_chips"]) == (100, 120)
    assert row["growth_share"] == pytest.approx(0.2)


def test_one_more_chip_is_worth_what_it_is_in_the_dearest_week_of_the_month(connection: Connection) -> None:
    plan = {"run_id": "r", "generation": "trn2", "currency": "USD"}
    cloud = {**plan, "channel": "cloud", "chips": 10, "demand_chips": 30.0}
    keep(
        connection,
        ALLOCATION,
        {**cloud, "period_start": date(2026, 9, 7), "shadow_price": 5.0, "served_chips": 10.0},
        {**cloud, "period_start": date(2026, 9, 14), "shadow_price": 8.0, "served_chips": 20.0},
        {**plan, "period_start": date(2026, 9, 7), "channel": "direct", "chips": 3},
    )
    keep(connection, RUNS, {"run_id": "r", "kind": "allocation", "status": "approved"})
    (row,) = ask(connection, "one_more_chip").to_dicts()
    assert (row["month_start"], row["one_more_chip_worth"]) == (date(2026, 9, 1), 8)
    assert (row["cloud_installs_chips"], row["direct_releases_chips"], row["cloud_unserved_mean_chips"]) == (
        20,
        3,
        15,
    )


def test_a_rejected_plan_is_no_answer(connection: Connection) -> None:
    keep(connection, ALLOCATION, {"run_id": "r"})
    keep(connection, RUNS, {"run_id": "r", "kind": "allocation", "status": "rejected"})
    assert ask(connection, "one_more_chip").is_empty()


def test_the_source_longest_behind_comes_first_and_the_silent_one_last(
    connection: Connection,
) -> None:
    def complete(source: str, through: str) -> dict[str, Any]:
        data = {"types": ["trn.usage.metered.v1"], "complete_through": through}
        return event("source.completed", through, data, source=source)

    land(
        connection,
        [
            complete("/prompt", "2026-09-06T00:00:00Z"),
            complete("/behind", "2026-08-08T00:00:00Z"),
            usage(0, 1, source="/silent"),
            usage(0, 1, source="/behind"),
        ],
    )
    answer = ask(connection, "late_sources")
    assert column(answer, "source") == ["/behind", "/prompt", "/silent"]
    assert column(answer, "days_behind") == [30, 1, None]
    assert column(answer, "events") == [1, 0, 1]


def test_the_forecast_is_set_against_the_baseline_by_lag(connection: Connection) -> None:
    node = {"run_id": "r", "channel": "cloud", "level": "channel", "lag_weeks": 4, "model": "ensemble"}
    better, worse = (
        {**node, "region": "a", "pinball_ratio": 0.5},
        {**node, "region": "b", "pinball_ratio": 1.1},
    )
    keep(connection, ACCURACY, better, worse, {**node, "model": "seasonal_naive", "pinball_ratio": 1.0})
    keep(connection, RUNS, {"run_id": "r", "kind": "backtest"})
    (row,) = ask(connection, "forecast_accuracy").to_dicts()
    assert (row["series"], row["better_share"], row["median_pinball_ratio"]) == (2, 0.5, 0.8)


def test_orphans_are_counted_by_what_is_missing(connection: Connection) -> None:
    cancelled = [
        event("order.cancelled", "2026-08-01T00:00:00Z", {}, subject=line, source="/erp")
        for line in ("l1", "l2")
    ]
    land(connection, cancelled)
    (row,) = ask(connection, "orphaned_events").to_dicts()
    assert (row["type"], row["missing"]) == ("trn.order.cancelled.v1", "trn.order.placed.v1")
    assert (row["events"], row["subjects"], row["example_subject"]) == (2, 2, "l1")


def test_a_conflict_names_what_stays_what_was_refused_and_what_differs(connection: Connection) -> None:
    kept = event("order.placed", "2026-08-01T00:00:00Z", {"chips": 16, "lot_chips": 4}, subject="l1")
    land(
        connection, [kept | {"attributes": '{"trace":"t"}'}, event("sku.defined", "2026-08-01T00:00:00Z", {})]
    )
    same = {"specversion": "1.0", "source": "/cloud", "id": "e1", "type": "trn.order.placed.v1"}
    said = same | {"subject": "l2", "time": "2026-08-01T02:00:00+02:00", "trace": "t", "more": 1}
    said["data"] = {"chips": 17, "lot_chips": 4.0, "note/~": None}
    refusal = {"reason": "conflicting_duplicate", "source_file": "again", "source_line": 7}
    settled = {"relanded_at": AS_OF, "raw": canonical_json(said), **refusal}
    keep(connection, QUARANTINE, {"raw": canonical_json(said), **refusal}, settled, {"reason": "not_whole"})
    answer = ask(connection, "conflicting_duplicates")
    assert answer.select("member", "kept_value", "refused_value").rows() == [
        ("data.chips", "16", "17"),
        ("more", None, "1"),
        ("subject", '"l1"', '"l2"'),
    ]
    places = answer.select("kept_file", "kept_line", "kept_position", "refused_file", "refused_line")
    assert places.unique().rows() == [("f", 1, 1, "again", 7)]


def test_excess_is_told_with_the_line_and_the_last_word_on_it(connection: Connection) -> None:
    shipped = {"shipment_id": "s", "chips": 12}
    land(
        connection,
        [
            event("order.placed", "2026-08-01T00:00:00Z", {**PLACE, "chips": 10}, subject="l1"),
            event("shipment.dispatched", "2026-08-02T00:00:00Z", shipped, subject="l1"),
            event("shipment.delivered", "2026-08-03T00:00:00Z", shipped, subject="l1"),
            event("order.returned", "2026-08-04T00:00:00Z", {"chips": 13}, subject="l1"),
            event("order.cancelled", "2026-08-05T00:00:00Z", {"chips": 5}, subject="l1"),
            event("order.placed", "2026-08-01T00:00:00Z", {**PLACE, "chips": 10}, subject="l2"),
        ],
    )
    answer = ask(connection, "order_excess")
    assert answer.select("order_line", "kind", "excess_chips", "events", "last_line").rows() == [
        ("l1", "over_cancelled", 5, 1, 5),
        ("l1", "over_shipped", 2, 2, 3),
        ("l1", "over_returned", 1, 1, 4),
    ]
    assert answer.select("chips_ordered", "chips_shipped", "chips_returned").unique().rows() == [(10, 12, 12)]


def test_contested_retractions_are_told_with_who_contests_them(connection: Connection) -> None:
    def retraction(name: str, day: int, target: str) -> dict[str, Any]:
        at = f"2026-08-{day:02}T00:00:00Z"
        return event("event.retracted", at, {"retracted_source": "/cloud"}, subject=target, id=name)

    land(
        connection,
        [
            event("sku.defined", "2026-08-01T00:00:00Z", {}, subject="s", id="fact"),
            retraction("r1", 2, "fact"),
            retraction("r2", 3, "r1"),
            retraction("r3", 4, "r2"),
            retraction("r4", 5, "nowhere"),
        ],
    )
    answer = ask(connection, "contested_retractions")
    assert answer.select("id", "is_in_force", "has_target", "retracted_by").rows() == [
        ("r4", True, False, None),
        ("r2", False, True, "/cloud r3"),
        ("r1", True, True, "/cloud r2"),
    ]
    assert [state.split(":")[0] for state in column(answer, "state")] == [
        "waits",
        "counts for nothing",
        "in force",
    ]


def test_the_gap_counts_stock_and_what_is_to_come_against_what_is_needed(connection: Connection) -> None:
    supply = {"generation": "trn2", "period_start": "2026-10-05", "period_end": "2026-10-12"}
    quantiles = {"chips_p10": 60, "chips_p50": 60, "chips_p90": 60}
    land(
        connection,
        [
            event("inventory.stated", "2026-09-01T00:00:00Z", {**PLACE, "chips": 10}),
            event("supply.scheduled", "2026-08-01T00:00:00Z", {**supply, **quantiles}, subject="s1"),
        ],
    )
    node = {"run_id": "r", "channel": "all", "generation": "trn2", "region": "all", "p50": 40.0}
    keep(
        connection,
        CHIPS_NEEDED,
        {**node, "period_start": date(2026, 9, 7)},
        {**node, "period_start": date(2026, 10, 5)},
        {**node, "period_start": date(2026, 10, 5), "generation": "all", "p50": 99.0},
    )
    keep(connection, RUNS, {"run_id": "r", "kind": "forecast"})
    answer = ask(connection, "supply_gap")
    assert column(answer, "month_start") == [date(2026, 9, 1), date(2026, 10, 1)]
    assert column(answer, "gap_chips") == [30, 10]


def test_the_highest_week_needs_more_than_any_single_week_says(connection: Connection) -> None:
    """Two futures have their peak of 10 chips in different weeks; later ones are not told."""
    late = [[0, 0]] * 24 + [[99, 99]]
    keep_paths(
        paths_frame(
            {
                ("cloud", "labs", "trn2", "us-east-1"): [[6, 0], [0, 6], *late],
                ("cloud", "startup", "trn2", "us-east-1"): [[4, 0], [0, 4], *late],
                ("direct", "labs", "trn2", "us-east-1"): [[50, 50], [50, 50], *late],
            }
        )
    )
    told = ask(connection, "peak_stock").rows()
    assert told == [("trn2", pytest.approx(10), pytest.approx(10), pytest.approx(9))]
