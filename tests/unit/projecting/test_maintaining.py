"""Only what an event touches is computed again."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from pipeline.config import load_policy
from pipeline.config.policy import DemandPolicy
from pipeline.projecting import maintain, read_state
from pipeline.store import Connection
from tests.sql.event_log import Event, Log, instant, monday

FIRST = monday("2026-01-05")
AS_OF = "2026-03-04"
PLACE = {"region": "us", "generation": "trn2"}
DEMAND = load_policy().demand
Weeks = set[tuple[str, str, date]]


def week(number: int) -> date:
    return FIRST + timedelta(weeks=number)


def metered(number: int, name: str, *, recorded: str | None = None, **data: Any) -> Event:
    """A week of use of ten chips."""
    start = week(number)
    period = {
        "period_start": f"{start}T00:00:00Z",
        "period_end": f"{start + timedelta(days=7)}T00:00:00Z",
    }
    terms = {"customer_id": "c1", "purchase_option": "spot", "chip_hours": 1680.0}
    return Event(
        data.pop("kind", "usage.metered"),
        f"{start}",
        {**PLACE, **period, **terms, **data},
        recorded=recorded,
        id=name,
    )


def history() -> list[Event]:
    """Eight weeks of use in two regions, and a reservation over all of them."""
    booked = {**PLACE, "customer_id": "c2", "kind": "odcr", "chips": 8, "start": "2026-01-05T00:00:00Z"}
    used = [
        metered(number, f"{region}{number}", region=region) for number in range(8) for region in ("us", "eu")
    ]
    return [*used, Event("reservation.scheduled", "2026-01-01", booked, "r1", id="booked")]


def kept(connection: Connection) -> dict[int, tuple[Any, ...]]:
    rows = connection.execute("SELECT rowid, * FROM kept_cloud_usage").fetchall()
    return {row[0]: row[1:] for row in rows}


def touched(log: Log, events: Sequence[Event], as_of: str = AS_OF) -> Weeks:
    """Land events; return region, segment and week of the rows that were put in or taken out."""
    before = kept(log.connection)
    log.append(events, as_of)
    after = kept(log.connection)
    changed = before.items() ^ after.items()
    return {(region, segment, start) for _, (segment, _, region, start, *_) in changed}


def us(*numbers: int, segment: str = "unassigned") -> Weeks:
    return {("us", segment, week(number)) for number in numbers}


def test_weeks_that_have_ended_are_kept_and_the_running_one_is_not(landed: Log) -> None:
    starts = {row[3] for row in kept(landed.connection).values()}
    assert starts == {week(number) for number in range(8)}
    assert read_state(landed.connection).closed_before == week(8)


def test_a_late_event_touches_its_week_and_place(landed: Log) -> None:
    assert touched(landed, [metered(2, "late", recorded="2026-03-03T00:00:00Z")]) == us(2)


def test_a_correction_touches_the_week_that_it_corrects(landed: Log) -> None:
    correction = metered(1, "less", kind="usage.adjusted", chip_hours=-84.0, recorded="2026-03-03T00:00:00Z")
    assert touched(landed, [correction]) == us(1)


def test_a_retraction_touches_the_week_of_its_event_and_its_own_retraction_again(landed: Log) -> None:
    retracted = Event("event.retracted", "2026-03-03", {"retracted_source": "/test"}, "us3", id="x")
    assert touched(landed, [retracted]) == us(3)
    again = Event("event.retracted", "2026-03-03", {"retracted_source": "/test"}, "x", id="y")
    assert touched(landed, [again]) == us(3)


def spans(log: Log) -> dict[int, set[int]]:
    """Return where the spans of retractions are written, by the position of the retraction."""
    places: dict[int, set[int]] = {}
    for position, place in log.connection.execute(
        "SELECT retraction_position, rowid FROM retracted_spans"
    ).fetchall():
        places.setdefault(position, set()).add(place)
    return places


def retracted(name: str, target: str) -> Event:
    return Event("event.retracted", "2026-03-03", {"retracted_source": "/test"}, target, id=name)


def test_contested_retractions_are_settled_again_only_where_something_new_hangs_together_with_them(
    landed: Log,
) -> None:
    landed.append([retracted("x1", "us1"), retracted("y1", "x1")], AS_OF)
    landed.append([retracted("x2", "us2"), retracted("y2", "x2")], AS_OF)
    before = spans(landed)
    first, second = 18, 20
    assert before.keys() == {first, first + 1, second, second + 1}
    landed.append([retracted("x3", "us3")], AS_OF)
    assert spans(landed).items() >= before.items()
    landed.append([retracted("z1", "y1")], AS_OF)
    after = spans(landed)
    assert {position for position in before if after[position] != before[position]} == {first, first + 1}


def test_an_event_that_was_retracted_before_it_landed_touches_nothing(landed: Log) -> None:
    retracted = Event("event.retracted", "2026-03-03", {"retracted_source": "/test"}, "to come", id="x")
    assert touched(landed, [retracted]) == set()
    assert touched(landed, [metered(3, "to come")]) == set()


def test_a_reservation_touches_the_weeks_that_it_changes(landed: Log) -> None:
    changed = Event("reservation.changed", f"{week(5)}", {"chips": 20}, "r1")
    assert touched(landed, [changed]) == us(5, 6, 7)
    ended = Event("reservation.expired", f"{week(7)}", {}, "r1")
    assert touched(landed, [ended]) == us(7)


def test_use_inside_a_reservation_touches_the_place_of_the_reservation_too(landed: Log) -> None:
    inside = metered(4, "inside", region="eu", reservation_id="r1", recorded="2026-03-03T00:00:00Z")
    assert touched(landed, [inside]) == us(4) | {("eu", "unassigned", week(4))}


def test_a_customer_described_late_touches_the_weeks_of_its_use_alone(landed: Log) -> None:
    other = [metered(6, "other", customer_id="c3")]
    assert touched(landed, other) == us(6)
    described = Event("customer.described", "2026-03-03", {"segment": "labs"}, "c3")
    assert touched(landed, [described]) == us(6) | us(6, segment="labs")
    moved = Event("customer.described", "2026-03-03T12:00:00Z", {"country": "US"}, "c3")
    assert touched(landed, [moved]) == set()


def test_what_is_not_known_yet_touches_nothing_until_it_is(landed: Log) -> None:
    ahead = metered(2, "ahead", recorded="2026-03-10T00:00:00Z")
    assert touched(landed, [ahead]) == set()
    assert touched(landed, [], "2026-03-09T23:59:59Z") == set()
    assert touched(landed, [], "2026-03-10T00:00:00Z") == us(2) | us(8)


def test_going_back_takes_out_what_was_not_known_and_weeks_that_had_not_ended(landed: Log) -> None:
    back = touched(landed, [], f"{week(6)}")
    assert back == us(6, 7) | {("eu", "unassigned", week(number)) for number in (6, 7)}


def test_nothing_is_written_where_nothing_is_new(landed: Log) -> None:
    first = maintain(landed.connection, DEMAND, as_of=instant(AS_OF))
    assert first.before == first.after
    later = maintain(landed.connection, DEMAND, as_of=instant("2026-03-05"))
    assert later.before == later.after


def test_decisions_move_the_position_and_nothing_else(landed: Log) -> None:
    before = read_state(landed.connection)
    decided = Event("forecast.published", "2026-03-03T12:00:00Z", {}, "run")
    assert touched(landed, [decided]) == set()
    after = read_state(landed.connection)
    assert after.log_position == before.log_position + 1
    assert (after.known_from, after.counted_position) == (before.known_from, before.counted_position)


def test_another_policy_is_kept_under_its_own_days(landed: Log) -> None:
    other = DemandPolicy(need_window_days=10, need_silent_days=5, spare_share=0.1, peak_weeks=4)
    done = maintain(landed.connection, other, as_of=instant(AS_OF))
    assert (done.after.window_days, done.after.silent_days) == (10, 5)


def test_many_weeks_are_computed_in_portions(landed: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = sorted(kept(landed.connection).values())
    monkeypatch.setattr("pipeline.projecting.weeks.PORTION_FACTS", 1)
    monkeypatch.setattr("pipeline.projecting.weeks.PIECE_WEEKS", 3)
    monkeypatch.setattr("pipeline.projecting.maintaining.CHUNK_EVENTS", 5)
    landed.land(history(), AS_OF)
    assert sorted(kept(landed.connection).values()) == expected


def test_a_period_over_several_weeks_counts_once_in_each(landed: Log) -> None:
    long = {"period_start": "2026-01-08T00:00:00Z", "period_end": "2026-01-29T00:00:00Z"}
    event = metered(0, "long", chip_hours=16.8 * 21 * 24, recorded="2026-03-03T00:00:00Z", **long)
    assert touched(landed, [event]) == us(0, 1, 2, 3)
    rows = landed.project("cloud_usage", AS_OF)
    held = {row["period_start"]: row["metered_chips"] for row in rows if row["region"] == "us"}
    assert [round(held[week(number)], 9) for number in range(4)] == [19.6, 26.8, 26.8, 17.2]
