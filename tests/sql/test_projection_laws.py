"""Laws that hold for every projection, on one log in which everything happens."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.store import SQL_FOLDER, Connection
from tests.sql.event_log import EVERYTHING, Event, Log

pytestmark = pytest.mark.xdist_group("a month")  # so that one worker asks every macro about it

AS_OF = "2026-02-04T10:00:00Z"
A_MOMENT_LATER = "2026-02-04T10:00:01Z"
PLACE = {"region": "us", "generation": "trn2"}
PERSON = {"customer_id": "c1"}
SCALARS = {
    "exact",
    "hours_after",
    "hours_shared",
    "identity_key",
    "is_decision",
    "is_usage",
    "newest_type",
    "order_after",
    "order_room",
    "tells_of_needs",
    "uncovered_position",
    "uncovered_week",
    "utc_clock",
    "upcast_request_denied_v1",
    "upcast_waitlist_joined_v1",
    "utc_moment",
    "utc_text",
    "week_of",
    "weeks_covered",
}
STEPS = {"subject_steps", "subject_openings", "newest_events", "dated_values"}
KEEPING = {"coverage", "retracted_positions"}
Projections = dict[str, list[dict[str, Any]]]
MACROS = sorted(
    {file.stem for file in (SQL_FOLDER / "projections").glob("*.sql") if not file.stem.endswith("_from")}
    - SCALARS
    - STEPS
    - KEEPING
)


def usage(day: int, hours: float, kind: str = "usage.metered", **data: Any) -> Event:
    period = {"period_start": f"2026-01-{day:02}T00:00:00Z", "period_end": f"2026-01-{day + 1:02}T00:00:00Z"}
    terms = {**PLACE, **PERSON, **period, "chip_hours": hours, "purchase_option": "spot"}
    return Event(kind, f"2026-01-{day:02}", {**terms, **data})


def happenings() -> list[Event]:
    """Return a month in which everything happens, also out of order, late, twice at one time, retracted."""
    denied = {**PLACE, **PERSON, "reason": "insufficient_capacity"}
    wanted = {**PLACE, **PERSON, "chips": 20, "wanted_from": "2026-01-08T00:00:00Z"}
    booked = {**PLACE, **PERSON, "kind": "odcr", "chips": 8, "start": "2026-01-10T00:00:00Z"}
    supplied = {"generation": "trn2", "period_start": "2026-02-02", "period_end": "2026-03-02"}
    quantiles = {"chips_p10": 50, "chips_p50": 90, "chips_p90": 130}
    priced = {
        "channel": "cloud",
        "generation": "trn2",
        "unit": "chip_hour",
        "currency": "USD",
        "amount": "1.5",
    }
    window = {"window_start": "2026-01-12T00:00:00Z", "window_end": "2026-01-20T00:00:00Z", "cap_chips": 40}
    deal = {
        **PLACE,
        **PERSON,
        "chips": 64,
        "stage": "open",
        "win_probability": 0.5,
        "expected_close": "2026-06-01",
    }
    committed = {**PLACE, **PERSON, "channel": "cloud", "basis": "stock"}
    schedule = [{"start": "2026-02-01", "chips": 10}, {"start": "2026-04-01", "chips": 20}]
    completed = {"types": ["trn.usage.metered.v1"], "complete_through": "2026-01-19T00:00:00Z"}
    order = {**PLACE, **PERSON, "chips": 100}
    events = [
        usage(6, 240.1),
        usage(7, 100.7, reservation_id="r1"),
        usage(13, 99.9, "usage.adjusted"),
        usage(13, 333.3, segment="own"),
        Event("request.denied", "2026-01-06", {**denied, "chips_requested": 16, "chips_granted": 0}, "q1"),
        Event("request.denied", "2026-01-07", {**denied, "chips_requested": 16, "chips_granted": 4}, "q2"),
        Event(
            "request.denied",
            "2026-01-07",
            {**denied, "chips_requested": 9, "chips_granted": 0, "reason": "quota"},
            "q3",
        ),
        Event("waitlist.joined", "2026-01-07", wanted, "w1"),
        Event("waitlist.changed", "2026-01-09", {"chips": 24}, "w1", sequence="2"),
        Event("waitlist.changed", "2026-01-09", {"chips": 18}, "w1", sequence="1"),
        Event("waitlist.converted", "2026-01-15", {"converted_chips": 6}, "w1"),
        Event("waitlist.withdrawn", "2026-01-30", {}, "w1"),
        Event("waitlist.withdrawn", "2026-01-30", {}, "w-unknown"),
        Event("reservation.scheduled", "2026-01-05", booked, "r1"),
        Event("reservation.activated", "2026-01-11", {}, "r1"),
        Event("reservation.changed", "2026-01-14", {"chips": 12}, "r1"),
        Event("reservation.expired", "2026-01-28", {}, "r1", recorded="2026-01-29T00:00:00Z"),
        Event("capacity.installed", "2026-01-01", {**PLACE, "chips": 50}),
        Event("capacity.retired", "2026-01-15", {**PLACE, "chips": 5}),
        Event("capacity.stated", "2026-01-10", {**PLACE, "installed": 48, "sellable": 44}),
        Event("capacity.soldout", "2026-01-20", {**PLACE, **window}),
        Event("opportunity.changed", "2026-01-03", {**deal, "need_id": "n"}, "opp"),
        Event("order.placed", "2026-01-06", {**order, "need_id": "n"}, "o1"),
        Event("order.promised", "2026-01-07", {"chips": 100, "promised_date": "2026-05-01"}, "o1"),
        Event("order.changed", "2026-01-08", {"chips": 80}, "o1", source="/b"),
        Event("order.changed", "2026-01-08", {"chips": 90}, "o1", source="/a"),
        Event("order.cancelled", "2026-01-09", {"chips": 70}, "o1"),
        Event("order.cancelled", "2026-01-09", {"chips": 70}, "o1"),
        Event("shipment.dispatched", "2026-01-12", {"shipment_id": "s", "chips": 30}, "o1"),
        Event("shipment.delivered", "2026-01-13", {"shipment_id": "s", "chips": 31}, "o1"),
        Event("order.returned", "2026-01-20", {"chips": 40, "disposition": "restock"}, "o1"),
        Event("order.declined", "2026-01-14", {**PLACE, "chips": 6, "reason": "no_supply"}, "opp"),
        Event("order.changed", "2026-01-14", {"chips": 5}, "o-unknown"),
        Event("contract.committed", "2026-01-05", {**committed, "schedule": schedule}, "k1"),
        Event("contract.amended", "2026-01-25", {**committed, "schedule": schedule[:1]}, "k1"),
        Event("supply.scheduled", "2026-01-05", {**supplied, **quantiles}, "sup"),
        Event("supply.received", "2026-02-03", {"generation": "trn2", "chips": 15}, "sup"),
        Event("inventory.stated", "2026-01-05", {"generation": "trn2", "chips": 200}),
        Event("price.published", "2026-01-05", {**priced, "valid_from": "2026-01-01"}),
        Event("price.published", "2026-01-06", {**priced, "amount": "2", "valid_from": "2026-01-15"}),
        Event("margin.set", "2026-01-05", {**priced, "valid_from": "2026-01-01"}),
        Event(
            "fx.set", "2026-01-05", {"from": "EUR", "to": "USD", "rate": "1.1", "valid_from": "2026-01-01"}
        ),
        Event("product.launched", "2026-01-05", {"ga_date": "2025-01-01"}, "trn2"),
        Event("sku.defined", "2026-01-05", {"generation": "trn2", "chips_per_unit": 16}, "trn2.48xlarge"),
        Event("customer.described", "2026-01-05", {"segment": "labs"}, "c1"),
        Event("region.described", "2026-01-05", {"country": "US"}, "us"),
        Event(
            "restriction.set",
            "2026-01-05",
            {"generation": "trn2", "country": "XX", "valid_from": "2026-01-01"},
        ),
        Event("site.limited", "2026-01-05", {"region": "us", "power_kw": 10, "valid_from": "2026-01-01"}),
        Event("calendar.set", "2026-01-05", {"start": "2026-01-01", "pattern": "monthly"}, "FY26"),
        Event("policy.set", "2026-01-05", {"value": 1, "author": "p", "valid_from": "2026-01-01"}, "floor"),
        Event("source.completed", "2026-01-20", completed),
    ]
    named = [replace(event, id=f"e{number:04}") for number, event in enumerate(events)]
    retracted = [Event("event.retracted", "2026-01-31", {"retracted_source": "/test"}, "e0002", id="r")]
    return named + retracted


def later(events: list[Event]) -> list[Event]:
    """Return the same happenings again, as facts that were recorded only after the as-of instant."""
    recorded = "2026-02-04T10:00:00.000001Z"
    again = [replace(event, id=f"late-{event.id}", recorded=recorded) for event in events]
    more = {"chips": 7, "chip_hours": 7.5, "installed": 7, "sellable": 7, "amount": "7", "segment": "late"}
    return [
        replace(event, data={**event.data, **{k: v for k, v in more.items() if k in event.data}})
        for event in again
    ]


def project_all(log: Log, events: list[Event], position: int = EVERYTHING) -> Projections:
    return project(log.land(events), MACROS, AS_OF, position)


def project(log: Log, macros: Sequence[str], as_of: str, position: int = EVERYTHING) -> Projections:
    return {macro: log.project(macro, as_of, position) for macro in macros}


def retractions(events: list[Event], time: str) -> list[Event]:
    return [
        Event("event.retracted", time, {"retracted_source": event.source}, event.id, id=f"x{event.id}")
        for event in events
    ]


@pytest.fixture(scope="module")
def month(warehouse: Connection) -> Projections:
    return project_all(Log(warehouse), happenings())


@pytest.fixture(scope="module")
def month_with_later_knowledge(warehouse: Connection) -> Projections:
    events = happenings()
    return project_all(Log(warehouse), events + later(events) + retractions(events, "2026-02-05"))


@pytest.fixture(scope="module")
def month_up_to_its_position(warehouse: Connection) -> Projections:
    events = happenings()
    again = [replace(event, id=f"again-{event.id}") for event in events]
    return project_all(Log(warehouse), events + again + retractions(events, "2026-02-01"), len(events))


@pytest.mark.parametrize("macro", MACROS)
def test_every_projection_has_rows_in_the_month_in_which_everything_happens(
    month: Projections, macro: str
) -> None:
    assert month[macro]


@pytest.mark.parametrize("macro", MACROS)
def test_nothing_known_later_reaches_a_projection(
    month: Projections, month_with_later_knowledge: Projections, macro: str
) -> None:
    assert month_with_later_knowledge[macro] == month[macro]


def test_what_was_known_later_counts_as_of_later(log: Log, month: Projections) -> None:
    events = happenings()
    macros = ("demand_history", "order_book", "capacity", "supply", "prices", "needs")
    found = project(log.land(events + later(events)), macros, A_MOMENT_LATER)
    assert [macro for macro in macros if found[macro] == month[macro]] == []


@pytest.mark.parametrize("macro", MACROS)
def test_nothing_beyond_the_position_reaches_a_projection(
    month: Projections, month_up_to_its_position: Projections, macro: str
) -> None:
    assert month_up_to_its_position[macro] == month[macro]


@given(order=st.permutations(range(len(happenings()))))
@settings(max_examples=2, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_order_of_arrival_does_not_matter(log: Log, month: Projections, order: list[int]) -> None:
    events = happenings()
    shuffled = project_all(log, [events[index] for index in order])
    assert {macro: without_position(rows) for macro, rows in shuffled.items()} == {
        macro: without_position(rows) for macro, rows in month.items()
    }


def without_position(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    bare = [{name: value for name, value in row.items() if name != "log_position"} for row in rows]
    return sorted(bare, key=repr)


def test_every_file_is_in_the_order_of_creation() -> None:
    folder = SQL_FOLDER / "projections"
    names = [
        line for line in (folder / "order.txt").read_text().splitlines() if line and not line.startswith("#")
    ]
    assert sorted(names) == sorted(file.stem for file in folder.glob("*.sql"))
