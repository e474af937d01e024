from datetime import date
from typing import Any

from tests.sql.event_log import Log, monday

PLACE = {"region": "us", "generation": "trn2"}
FIRST, SECOND, THIRD = monday("2026-01-05"), monday("2026-01-12"), monday("2026-01-19")
METERED = "trn.usage.metered.v1"


def meter(log: Log, start: date, chips: float = 10, *, source: str = "/meter", **data: Any) -> None:
    end = date.fromordinal(start.toordinal() + 7)
    period = {"period_start": f"{start}T00:00:00Z", "period_end": f"{end}T00:00:00Z"}
    terms = {"customer_id": "c1", "purchase_option": "spot", "chip_hours": chips * 168}
    log.add("usage.metered", f"{start}", {**PLACE, **period, **terms, **data}, source=source)


def declare(log: Log, through: date, *, types: tuple[str, ...] = (METERED,), source: str = "/meter") -> None:
    data = {"types": list(types), "complete_through": f"{through}T00:00:00Z"}
    log.add("source.completed", f"{through}", data, source=source)


def partial(log: Log, as_of: str = "2026-01-28") -> dict[date, bool]:
    return {row["period_start"]: row["is_partial"] for row in log.rows("demand_history", as_of)}


def test_observed_and_unmet_stand_side_by_side(log: Log) -> None:
    meter(log, FIRST)
    asked = {"customer_id": "c2", **PLACE, "chips_requested": 5, "chips_granted": 0}
    log.add("request.denied", f"{FIRST}", asked | {"reason": "insufficient_capacity"}, subject="q")
    log.add("capacity.stated", "2026-01-01", {**PLACE, "installed": 12, "sellable": 10})
    row = log.row("demand_history", "2026-01-12")
    assert (row["channel"], row["unit"], row["segment"]) == ("cloud", "chips_held", "unassigned")
    assert (row["demand_observed_chips"], row["metered_chips"], row["unmet_chips"]) == (10, 10, 5)
    assert (row["sellable_chips"], row["installed_chips"], row["is_soldout"]) == (10, 12, False)
    assert (row["period_start"], row["period_end"]) == (FIRST, SECOND)


def test_a_week_of_unmet_demand_alone_has_a_row(log: Log) -> None:
    asked = {"customer_id": "c2", **PLACE, "chips_requested": 5, "chips_granted": 0}
    log.add("request.denied", f"{FIRST}", asked | {"reason": "insufficient_capacity"}, subject="q")
    row = log.row("demand_history", "2026-01-12")
    assert (row["demand_observed_chips"], row["unmet_chips"], row["sellable_chips"]) == (0, 5, None)


def test_channels_are_never_added_up(log: Log) -> None:
    meter(log, FIRST)
    log.add("order.placed", f"{FIRST}", {**PLACE, "chips": 7}, subject="o")
    found = {row["channel"]: row["demand_observed_chips"] for row in log.rows("demand_history")}
    assert found == {"cloud": 10, "direct": 7}


def test_without_declarations_only_the_running_week_is_partial(log: Log) -> None:
    meter(log, FIRST)
    meter(log, SECOND)
    log.add("reservation.scheduled", "2026-01-01", _reservation(), subject="r")
    assert partial(log, "2026-01-21") == {FIRST: False, SECOND: False, THIRD: True}
    assert partial(log, "2026-01-26") == {FIRST: False, SECOND: False, THIRD: False}


def _reservation() -> dict[str, Any]:
    return {
        **PLACE,
        "customer_id": "c1",
        "kind": "odcr",
        "chips": 1,
        "start": "2026-01-05T00:00:00Z",
        "end": "2026-01-26T00:00:00Z",
    }


def test_a_week_beyond_a_declaration_is_partial_though_it_is_over(log: Log) -> None:
    meter(log, FIRST)
    meter(log, SECOND)
    declare(log, SECOND)
    assert partial(log, "2026-01-19") == {FIRST: False, SECOND: True}
    declare(log, THIRD)
    assert partial(log, "2026-01-19") == {FIRST: False, SECOND: False}


def test_a_declaration_counts_from_when_it_was_known(log: Log) -> None:
    meter(log, FIRST)
    declare(log, monday("2026-01-05"))
    declare(log, SECOND)
    assert partial(log, "2026-01-12") == {FIRST: False}
    log.events.pop()
    assert partial(log, "2026-01-12") == {FIRST: True}


def test_declarations_of_other_types_and_sources_do_not_matter(log: Log) -> None:
    meter(log, FIRST)
    declare(log, monday("2026-01-05"), types=("trn.order.placed.v1",))
    declare(log, monday("2026-01-05"), source="/elsewhere")
    assert partial(log) == {FIRST: False}


def test_every_source_that_feeds_the_place_must_have_declared(log: Log) -> None:
    meter(log, FIRST)
    meter(log, FIRST, source="/second", segment="other")
    declare(log, THIRD)
    declare(log, FIRST, source="/second")
    assert {row["is_partial"] for row in log.rows("demand_history")} == {True}


def test_a_source_of_another_region_does_not_matter(log: Log) -> None:
    meter(log, FIRST)
    meter(log, FIRST, source="/second", region="eu")
    declare(log, THIRD)
    declare(log, FIRST, source="/second")
    assert {row["region"]: row["is_partial"] for row in log.rows("demand_history", "2026-01-12")} == {
        "us": False,
        "eu": True,
    }


def test_a_follow_up_feeds_the_place_of_its_opening(log: Log) -> None:
    log.add("order.placed", f"{FIRST}", {**PLACE, "chips": 7}, subject="o", source="/erp")
    log.add("order.cancelled", f"{FIRST}", {"chips": 1}, subject="o", source="/desk")
    declare(log, FIRST, types=("trn.order.cancelled.v1",), source="/desk")
    assert partial(log, "2026-01-12") == {FIRST: True}


def test_the_versions_of_a_type_are_one_feed(log: Log) -> None:
    terms = {**PLACE, "customer_id": "c1", "chips_requested": 7, "chips_granted": 0, "reason": "quota"}
    later = terms | {"wanted_from": f"{FIRST}"}
    log.add("request.denied", f"{FIRST}", terms, subject="q1", source="/desk")
    log.add("request.denied", f"{FIRST}", later, subject="q2", source="/desk", version=2)
    assert [row["type"] for row in log.rows("demand_feeds")] == ["trn.request.denied.v2"]
    declare(log, FIRST, types=("trn.request.denied.v1",), source="/desk")
    assert partial(log, "2026-01-12") == {FIRST: True}
    declare(log, SECOND, types=("trn.request.denied.v2",), source="/desk")
    assert partial(log, "2026-01-12") == {FIRST: False}


def test_who_declares_the_older_version_speaks_for_the_newer(log: Log) -> None:
    wanted = {**PLACE, "customer_id": "c1", "chips": 7, "wanted_from": f"{FIRST}"}
    log.add("waitlist.joined", f"{FIRST}", wanted, subject="w", version=2, source="/desk")
    declare(log, FIRST, types=("trn.waitlist.joined.v1",), source="/desk")
    assert partial(log, "2026-01-12") == {FIRST: True}
    declare(log, SECOND, types=("trn.waitlist.joined.v1",), source="/desk")
    assert partial(log, "2026-01-12") == {FIRST: False}


def test_a_week_that_a_late_source_has_yet_to_report_is_partial_and_not_absent(log: Log) -> None:
    meter(log, FIRST)
    declare(log, SECOND)
    meter(log, FIRST, source="/other", region="eu")
    declare(log, THIRD, source="/other")
    awaited = {
        (row["region"], row["period_start"]): (row["is_partial"], row["demand_observed_chips"])
        for row in log.rows("demand_history", "2026-01-26")
    }
    assert awaited == {
        ("us", FIRST): (False, 10),
        ("us", SECOND): (True, 0),
        ("us", THIRD): (True, 0),
        ("eu", FIRST): (False, 10),
        ("eu", THIRD): (True, 0),
    }


def test_a_week_declared_complete_without_use_stays_absent(log: Log) -> None:
    meter(log, FIRST)
    declare(log, THIRD)
    assert partial(log, "2026-01-19") == {FIRST: False}
