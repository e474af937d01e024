"""Of needs, orders and feeds, only what an event touches is computed again."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pipeline.config import load_policy
from pipeline.config.policy import DemandPolicy
from pipeline.projecting import maintain
from pipeline.schemas.tables import KEPT_TABLES
from tests.sql.event_log import Event, Log, instant

AS_OF = "2026-03-04"
LATE = "2026-03-03T00:00:00Z"
PLACE = {"region": "us", "generation": "trn2"}
KEYS = {table.name: table.grain for table in KEPT_TABLES}
SIGNALS, SPANS, LINES = "kept_need_signals", "kept_need_spans", "kept_order_lines"
DECLINES, FEEDS = "kept_declines", "kept_demand_feeds"
Touched = dict[str, set[Any]]


def denied(name: str, time: str, customer: str, *, recorded: str | None = None, **data: Any) -> Event:
    asked = {**PLACE, "customer_id": customer, "chips_requested": 8, "chips_granted": 0}
    reason = {"reason": "insufficient_capacity"}
    return Event("request.denied", time, asked | reason | data, f"q-{name}", recorded=recorded, id=name)


def placed(name: str, time: str, customer: str, **data: Any) -> Event:
    return Event("order.placed", time, {**PLACE, "customer_id": customer, "chips": 4, **data}, name, id=name)


def declined(name: str, time: str, customer: str) -> Event:
    data = {**PLACE, "customer_id": customer, "chips": 2, "reason": "no_supply"}
    return Event("order.declined", time, data, name, id=name)


def booked(name: str, time: str, customer: str, start: str, **data: Any) -> Event:
    terms = {**PLACE, "customer_id": customer, "kind": "odcr", "chips": 8, "start": f"{start}T00:00:00Z"}
    return Event("reservation.scheduled", time, terms | data, name, id=f"{name}-{time}")


def metered(name: str, source: str = "/test") -> Event:
    period = {"period_start": "2026-01-05T00:00:00Z", "period_end": "2026-01-06T00:00:00Z"}
    data = {**PLACE, "customer_id": "c1", "purchase_option": "spot", "chip_hours": 24.0, **period}
    return Event("usage.metered", "2026-01-05", data, source=source, id=name)


def retracted(name: str, target: str, source: str = "/test") -> Event:
    return Event("event.retracted", LATE, {"retracted_source": source}, target, id=name)


def described(customer: str, **data: Any) -> Event:
    return Event("customer.described", LATE, data, customer, id=f"d-{customer}")


def history() -> list[Event]:
    return [
        denied("a", "2026-01-06", "c1"),
        denied("b", "2026-02-16", "c1"),
        denied("c", "2026-02-16", "c1", generation="trn3"),
        denied("d", "2026-02-16", "c2"),
        denied("e", "2026-02-17", "c3", need_id="n"),
        placed("o1", "2026-02-18", "c1"),
        placed("o2", "2026-02-18", "c2"),
        placed("o3", "2026-02-18", "c4", need_id="n", chips=3),
        declined("p1", "2026-02-19", "c1"),
        declined("p2", "2026-02-19", "c2"),
        booked("r1", "2026-01-10", "c5", "2026-01-12"),
        metered("m1"),
        metered("m2"),
    ]


def rows(log: Log, table: str) -> dict[int, tuple[Any, ...]]:
    """Return the rows of a table by the place in which they were written."""
    key = ", ".join(f"{name} := {name}" for name in KEYS[table])
    query = f"SELECT rowid, struct_pack({key}), t FROM {table} AS t"  # noqa: S608 declared names
    found = log.connection.execute(query).fetchall()
    return {place: (tuple(names.values()), tuple(row.values())) for place, names, row in found}


def touched(log: Log, events: Sequence[Event], as_of: str = AS_OF) -> Touched:
    """Land events; return the keys of the rows that were put in or taken out, by table."""
    tables = (SIGNALS, SPANS, LINES, DECLINES, FEEDS)
    before = {table: rows(log, table) for table in tables}
    log.append(events, as_of)
    changed = {table: before[table].items() ^ rows(log, table).items() for table in tables}
    return {table: {key for _, (key, _) in found} for table, found in changed.items() if found}


def needs(found: Touched) -> set[str]:
    return {need for need, *_ in found.get(SPANS, ())}


def feeds(log: Log) -> dict[tuple[Any, ...], int]:
    return {key: row[-1] for key, row in rows(log, FEEDS).values()}


def answer(log: Log, macro: str, as_of: str = AS_OF) -> list[dict[str, Any]]:
    return log.project(macro, as_of)


def computed(log: Log, macro: str, as_of: str = AS_OF) -> list[dict[str, Any]]:
    """Ask as if nothing were kept."""
    log.connection.begin()
    log.connection.execute("UPDATE projection_state SET known_from = 'infinity'")
    try:
        return answer(log, macro, as_of)
    finally:
        log.connection.rollback()


def test_needs_orders_and_declines_are_kept_as_they_are_computed(landed: Log) -> None:
    for macro in ("need_spans", "cloud_unmet", "order_book", "declines", "direct_demand", "demand_feeds"):
        assert answer(landed, macro) == computed(landed, macro) != []


def test_a_denial_touches_the_needs_of_its_customer_and_generation_alone(landed: Log) -> None:
    found = touched(landed, [denied("new", "2026-02-20", "c1")])
    assert found[SIGNALS] == {("denial", "q-new", "/test new")}
    assert needs(found) == {"customer c1 trn2 2"}
    assert found.keys() == {SIGNALS, SPANS, FEEDS}


def test_a_late_denial_joins_two_needs_of_its_customer_and_no_other(landed: Log) -> None:
    found = touched(landed, [denied("between", "2026-01-26", "c1", recorded=LATE)])
    assert found[SIGNALS] == {("denial", "q-between", "/test between")}
    assert needs(found) == {"customer c1 trn2 1", "customer c1 trn2 2"}
    assert {row["need_key"] for row in answer(landed, "needs") if row["customer_id"] == "c1"} == {
        "customer c1 trn2 1",
        "customer c1 trn3 1",
    }


def test_a_named_need_is_touched_whoever_speaks_of_it(landed: Log) -> None:
    assert needs(touched(landed, [denied("more", "2026-02-20", "c9", need_id="n")])) == {"need n 1"}
    deal = {**PLACE, "customer_id": "c9", "need_id": "n"}
    alive = Event("opportunity.changed", "2026-03-01", deal, "deal", id="alive")
    found = touched(landed, [alive])
    assert found[SIGNALS] == {("opportunity", "deal", "/test alive")}
    assert needs(found) == {"need n 1"}


def test_an_order_that_names_a_need_touches_it_and_another_only_itself(landed: Log) -> None:
    cancelled = [Event("order.cancelled", "2026-02-20", {"chips": 1}, line) for line in ("o2", "o3")]
    found = touched(landed, cancelled[:1])
    assert found.keys() == {LINES, FEEDS}
    assert found[LINES] == {("o2",)}
    found = touched(landed, cancelled[1:])
    assert found[LINES] == {("o3",)}
    assert needs(found) == {"need n 1"}


def test_a_shipment_touches_its_order_line_and_no_feed(landed: Log) -> None:
    shipped = Event("shipment.dispatched", "2026-02-20", {"shipment_id": "s", "chips": 1}, "o1")
    assert touched(landed, [shipped]) == {LINES: {("o1",)}}


def test_what_changes_the_opening_of_an_entry_touches_the_needs_of_both_customers(landed: Log) -> None:
    late = Event("reservation.activated", "2026-01-20", {}, "r1", recorded=LATE)
    assert needs(touched(landed, [late])) == {"customer c5 trn2 1"}
    found = touched(landed, [booked("r1", "2026-01-11", "c6", "2026-01-12")])
    assert {subject for _, subject, _ in found[SIGNALS]} == {"r1"}
    assert needs(found) == {"customer c5 trn2 1", "customer c6 trn2 1"}


def test_a_placing_that_lands_after_its_decline_moves_the_decline_to_the_order(landed: Log) -> None:
    found = touched(landed, [placed("p1", "2026-02-10", "c1")])
    assert found[DECLINES] == {(9,)}
    assert found[LINES] == {("p1",)}
    assert answer(landed, "declines") == computed(landed, "declines")


def test_a_segment_touches_what_is_kept_of_the_customer_and_a_country_nothing(landed: Log) -> None:
    assert touched(landed, [described("c1", country="US")]) == {}
    found = touched(landed, [described("c2", segment="labs")])
    assert found.pop(SIGNALS) == {("denial", "q-d", "/test d")}
    assert needs(found) == {"customer c2 trn2 1"}
    assert (found[LINES], found[DECLINES]) == ({("o2",)}, {(10,)})
    assert FEEDS not in found


def test_a_retraction_takes_out_what_its_event_said_and_its_own_retraction_gives_it_back(landed: Log) -> None:
    expected = answer(landed, "need_spans")
    found = touched(landed, [retracted("x", "b")])
    assert found[SIGNALS] == {("denial", "q-b", "/test b")}
    assert needs(found) == {"customer c1 trn2 2"}
    assert touched(landed, [retracted("y", "x")]).keys() == found.keys()
    assert answer(landed, "need_spans") == expected


def test_a_feed_goes_with_the_last_of_its_events(landed: Log) -> None:
    use = ("cloud", "trn2", "us", "/test", "trn.usage.metered.v1")
    assert feeds(landed)[use] == 2
    assert touched(landed, [retracted("x", "m1")]) == {FEEDS: {use}}
    assert feeds(landed)[use] == 1
    touched(landed, [retracted("y", "m2")])
    assert use not in feeds(landed)
    touched(landed, [retracted("z", "y")])
    assert feeds(landed)[use] == 1
    assert answer(landed, "demand_feeds") == computed(landed, "demand_feeds")


def test_a_new_source_feeds_its_place_from_its_first_event_on(landed: Log) -> None:
    use = ("cloud", "trn2", "us", "/other", "trn.usage.metered.v1")
    assert touched(landed, [metered("m3", source="/other")]) == {FEEDS: {use}}


def test_a_follow_up_moves_with_the_place_of_its_opening(landed: Log) -> None:
    changed = Event("order.changed", "2026-02-20", {"chips": 5}, "o1", source="/desk", id="more")
    touched(landed, [changed])
    here = ("direct", "trn2", "us", "/desk", "trn.order.changed.v1")
    assert feeds(landed)[here] == 1
    again = replace(placed("o1", "2026-02-18", "c1", region="eu"), id="again")
    touched(landed, [retracted("x", "o1"), again])
    assert here not in feeds(landed)
    assert feeds(landed)["direct", "trn2", "eu", "/desk", "trn.order.changed.v1"] == 1


def test_time_alone_touches_nothing_and_open_needs_still_grow(landed: Log) -> None:
    before = answer(landed, "needs")
    assert touched(landed, [], "2026-03-10") == {}
    later = answer(landed, "needs", "2026-03-10")
    assert later == computed(landed, "needs", "2026-03-10")
    assert sum(row["open_chip_hours"] for row in later) > sum(row["open_chip_hours"] for row in before)


def test_a_reservation_that_is_yet_to_start_meets_its_need_when_it_does(landed: Log) -> None:
    touched(landed, [booked("soon", "2026-03-01", "c2", "2026-03-08")])
    for as_of in (AS_OF, "2026-03-08", "2026-03-12"):
        assert answer(landed, "need_spans", as_of) == computed(landed, "need_spans", as_of)
    spans = [row for row in answer(landed, "need_spans", "2026-03-12") if row["customer_id"] == "c2"]
    assert max(row["until_at"] for row in spans).isoformat() == "2026-03-08T00:00:00"


def test_another_policy_chains_again_and_reads_no_event(landed: Log) -> None:
    before = {table: rows(landed, table) for table in (SIGNALS, LINES, DECLINES, FEEDS)}
    shown = answer(landed, "need_spans")
    other = DemandPolicy(need_window_days=60, need_silent_days=5, spare_share=0.1, peak_weeks=4)
    done = maintain(landed.connection, other, as_of=instant(AS_OF))
    assert done.changed[SPANS] > 0
    assert {table: rows(landed, table) for table in before} == before
    assert {row["need_key"] for row in _spans(landed, 60, 5)} >= {"customer c1 trn2 1"}
    assert answer(landed, "need_spans") == shown  # by the days of the question, not by those that are kept
    maintain(landed.connection, load_policy().demand, as_of=instant(AS_OF))
    assert answer(landed, "need_spans") == shown


def test_a_chain_whose_last_signal_goes_as_the_policy_changes_goes_with_it(landed: Log) -> None:
    other = DemandPolicy(need_window_days=60, need_silent_days=5, spare_share=0.1, peak_weeks=4)
    landed.append([retracted("x", "d")], AS_OF, other)
    assert {need for (need, *_), _ in rows(landed, SPANS).values() if "c2" in need} == set()


def _spans(log: Log, window_days: int, silent_days: int) -> list[dict[str, Any]]:
    query = "FROM need_spans(?, need_window_days := ?, need_silent_days := ?)"
    found = log.connection.execute(query, [instant(AS_OF), window_days, silent_days])
    names = [column[0] for column in found.description or []]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
