import pytest

from tests.sql.event_log import Log

FOLLOWERS = [
    ("waitlist.joined", "waitlist.withdrawn"),
    ("reservation.scheduled", "reservation.expired"),
    ("order.placed", "order.cancelled"),
    ("order.placed", "shipment.delivered"),
    ("contract.committed", "contract.terminated"),
    ("supply.scheduled", "supply.received"),
    ("forecast.overridden", "override.withdrawn"),
    ("allocation.proposed", "allocation.approved"),
]


def orphans(log: Log, as_of: str = "2030-01-01") -> list[tuple[str, str]]:
    return [(row["type"], row["subject"]) for row in log.rows("orphans", as_of)]


@pytest.mark.parametrize(("opening", "following"), FOLLOWERS)
def test_an_event_is_an_orphan_until_its_opening_lands(log: Log, opening: str, following: str) -> None:
    log.add(following, "2026-01-05", subject="s")
    assert orphans(log) == [(f"trn.{following}.v1", "s")]
    log.add(opening, "2026-01-01", subject="s")
    assert orphans(log) == []


@pytest.mark.parametrize("version", [1, 2])
def test_an_opening_of_any_version_opens_the_subject(log: Log, version: int) -> None:
    log.add("waitlist.changed", "2026-01-05", subject="s")
    (row,) = log.rows("orphans")
    assert row["missing"] == "trn.waitlist.joined.v2"
    log.add("waitlist.joined", "2026-01-01", subject="s", version=version)
    assert orphans(log) == []


def test_an_opening_that_is_not_known_yet_opens_nothing(log: Log) -> None:
    log.add("order.placed", "2026-01-01", subject="s", recorded="2026-02-01T00:00:00Z")
    log.add("order.cancelled", "2026-01-05", subject="s")
    assert orphans(log, "2026-01-31") == [("trn.order.cancelled.v1", "s")]
    assert orphans(log, "2026-02-01") == []


def test_the_opening_of_another_kind_of_subject_opens_nothing(log: Log) -> None:
    log.add("waitlist.joined", "2026-01-01", subject="s")
    log.add("order.cancelled", "2026-01-05", subject="s")
    assert orphans(log) == [("trn.order.cancelled.v1", "s")]


def test_a_retracted_opening_orphans_what_followed(log: Log) -> None:
    opening = log.add("order.placed", "2026-01-01", subject="s")
    log.add("order.cancelled", "2026-01-05", subject="s")
    log.add("event.retracted", "2026-01-06", {"retracted_source": "/test"}, subject=opening)
    assert orphans(log) == [("trn.order.cancelled.v1", "s")]


def test_a_decline_needs_no_order(log: Log) -> None:
    log.add(
        "order.declined", "2026-01-05", {"generation": "t", "chips": 1, "reason": "no_supply"}, subject="s"
    )
    assert orphans(log) == []


def test_a_retraction_of_an_event_that_never_landed_is_an_orphan(log: Log) -> None:
    log.add("event.retracted", "2026-01-05", {"retracted_source": "/elsewhere"}, subject="gone")
    assert orphans(log) == [("trn.event.retracted.v1", "gone")]
    log.add("sku.defined", "2026-01-01", subject="sku", source="/elsewhere", id="gone")
    assert orphans(log) == []
