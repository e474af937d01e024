from typing import Any

from tests.sql.event_log import Log, instant

PRICE = {"channel": "cloud", "generation": "trn2", "unit": "chip_hour", "currency": "USD"}


def price(
    log: Log, amount: str, start: str, end: str | None = None, *, time: str = "2025-12-01", **data: Any
) -> None:
    validity = {"valid_from": start, "valid_to": end}
    log.add("price.published", time, {**PRICE, **validity, "amount": amount, **data})


def history(log: Log, as_of: str = "2030-01-01") -> list[tuple[float, str, str | None]]:
    rows = log.rows("prices", as_of)
    found = [
        (row["valid_from"], row["amount"], row["valid_to"] and f"{row['valid_to']:%Y-%m-%d}") for row in rows
    ]
    return [(amount, f"{start:%Y-%m-%d}", end) for start, amount, end in sorted(found)]


def test_a_price_holds_until_the_next_one_starts(log: Log) -> None:
    price(log, "2.00", "2026-01-01")
    price(log, "1.50", "2026-04-01")
    assert history(log) == [(2.0, "2026-01-01", "2026-04-01"), (1.5, "2026-04-01", None)]


def test_an_exception_gives_way_again_to_what_it_interrupted(log: Log) -> None:
    price(log, "2.00", "2026-01-01")
    price(log, "1.00", "2026-02-01", "2026-03-01")
    assert history(log) == [
        (2.0, "2026-01-01", "2026-02-01"),
        (1.0, "2026-02-01", "2026-03-01"),
        (2.0, "2026-03-01", None),
    ]


def test_of_two_that_start_together_the_later_publication_holds(log: Log) -> None:
    price(log, "1.50", "2026-01-01", time="2025-12-02")
    price(log, "2.00", "2026-01-01", time="2025-12-01")
    assert history(log) == [(1.5, "2026-01-01", None)]


def test_an_ended_price_leaves_a_gap(log: Log) -> None:
    price(log, "2.00", "2026-01-01", "2026-02-01")
    price(log, "1.00", "2026-03-01")
    assert history(log) == [(2.0, "2026-01-01", "2026-02-01"), (1.0, "2026-03-01", None)]


def test_keys_do_not_overrule_each_other(log: Log) -> None:
    price(log, "2.00", "2026-01-01")
    price(log, "1.00", "2026-02-01", region="us")
    price(log, "0.50", "2026-02-01", region="us", term_months=12)
    rows = log.rows("prices")
    assert {(row["region"], row["term_months"], row["valid_to"]) for row in rows} == {
        (None, None, None),
        ("us", None, None),
        ("us", 12, None),
    }


def test_a_price_published_later_is_not_seen_before(log: Log) -> None:
    price(log, "2.00", "2026-01-01")
    price(log, "1.50", "2026-01-01", time="2026-02-01")
    assert history(log, "2026-01-31") == [(2.0, "2026-01-01", None)]


def test_instants_and_dates_name_the_same_moments(log: Log) -> None:
    price(log, "2.00", "2026-01-01T01:00:00+01:00", "2026-02-01")
    (row,) = log.rows("prices")
    assert (row["valid_from"], row["valid_to"]) == (instant("2026-01-01"), instant("2026-02-01"))


def test_margins_may_be_negative(log: Log) -> None:
    log.add("margin.set", "2026-01-01", {**PRICE, "amount": "-0.25", "valid_from": "2026-01-01"})
    assert log.row("margins")["amount"] == -0.25


def test_rates_are_kept_for_a_pair_of_currencies(log: Log) -> None:
    for start, rate in (("2026-01-01", "1.10"), ("2026-02-01", "1.20")):
        log.add("fx.set", start, {"from": "EUR", "to": "USD", "rate": rate, "valid_from": start})
    log.add("fx.set", "2026-01-01", {"from": "GBP", "to": "USD", "rate": "1.3", "valid_from": "2026-01-01"})
    rows = [(row["currency_from"], row["currency_to"], row["rate"]) for row in log.rows("fx")]
    assert rows == [("EUR", "USD", 1.1), ("EUR", "USD", 1.2), ("GBP", "USD", 1.3)]


def test_a_constraint_holds_side_by_side_for_its_scopes(log: Log) -> None:
    for scope, value in ((None, 1), ({"region": "us"}, 2), ({"region": "us"}, 3)):
        day = f"2026-01-0{value}"
        data = {"value": value, "scope": scope, "valid_from": day, "author": "p"}
        log.add("policy.set", day, data, subject="cloud_floor_chips")
    found = {(row["name"], row["value"], row["scope"], row["valid_to"]) for row in log.rows("constraints")}
    assert found == {
        ("cloud_floor_chips", "1", None, None),
        ("cloud_floor_chips", "2", '{"region":"us"}', instant("2026-01-03")),
        ("cloud_floor_chips", "3", '{"region":"us"}', None),
    }


def test_restrictions_and_site_limits_keep_their_fields(log: Log) -> None:
    ban = {"generation": "trn2", "country": "XX", "channel": "direct", "valid_from": "2026-01-01"}
    log.add("restriction.set", "2026-01-01", ban)
    log.add("site.limited", "2026-01-01", {"region": "us", "power_kw": 900.5, "valid_from": "2026-01-01"})
    found = log.row("restrictions")
    assert (found["generation"], found["country"], found["channel"]) == ("trn2", "XX", "direct")
    limit = log.row("site_limits")
    assert (limit["region"], limit["power_kw"], limit["kw_per_chip"]) == ("us", 900.5, None)
