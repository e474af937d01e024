"""Generations, customers, regions, fiscal years, opportunities, completeness: the last word stands."""

from datetime import date

from tests.sql.event_log import Log, instant


def test_a_generation_is_as_last_launched(log: Log) -> None:
    log.add(
        "product.launched", "2026-01-01", {"ga_date": "2026-05-01", "predecessor": "trn1"}, subject="trn2"
    )
    log.add(
        "product.launched", "2026-02-01", {"ga_date": "2026-06-01", "equivalent_chips": 2.5}, subject="trn2"
    )
    row = log.row("generations")
    assert (row["generation"], row["predecessor"]) == ("trn2", "trn1")
    assert (row["ga_date"], row["equivalent_chips"]) == (date(2026, 6, 1), 2.5)
    assert log.row("generations", "2026-01-31")["ga_date"] == date(2026, 5, 1)


def test_a_sku_gives_chips_a_unit(log: Log) -> None:
    log.add(
        "sku.defined", "2026-01-01", {"generation": "trn2", "chips_per_unit": "16.0"}, subject="trn2.48xlarge"
    )
    row = log.row("skus")
    assert (row["sku"], row["generation"], row["chips_per_unit"], row["lot_chips"]) == (
        "trn2.48xlarge",
        "trn2",
        16,
        None,
    )


def test_a_customer_keeps_what_a_later_description_leaves_out(log: Log) -> None:
    log.add("customer.described", "2026-01-01", {"segment": "labs", "country": "DE"}, subject="c")
    log.add("customer.described", "2026-01-02", {"country": "FR"}, subject="c")
    row = log.row("customers")
    assert (row["customer_id"], row["segment"], row["country"], row["parent_id"]) == ("c", "labs", "FR", None)


def test_a_region_has_a_country(log: Log) -> None:
    log.add("region.described", "2026-01-01", {"channel": "cloud", "country": "US"}, subject="us")
    row = log.row("regions")
    assert (row["region"], row["channel"], row["country"]) == ("us", "cloud", "US")


def test_a_fiscal_year_is_as_last_set(log: Log) -> None:
    log.add("calendar.set", "2026-01-01", {"start": "2026-02-01", "pattern": "4-4-5"}, subject="FY26")
    row = log.row("fiscal_calendar")
    assert (row["fiscal_year"], row["start_date"], row["pattern"]) == ("FY26", date(2026, 2, 1), "4-4-5")


def test_an_opportunity_is_as_last_changed(log: Log) -> None:
    data = {"customer_id": "c", "region": "us", "generation": "trn2", "expected_close": "2026-06-30"}
    for day, stage, share in (("2026-01-05", "open", 0.2), ("2026-01-19", "offer", 0.6)):
        state = {"chips": 64, "stage": stage, "win_probability": share, "displaces_cloud_chips": -5}
        log.add("opportunity.changed", day, data | state, subject="opp")
    row = log.row("opportunities")
    assert (row["stage"], row["win_probability"], row["displaces_cloud_chips"]) == ("offer", 0.6, -5)
    assert (row["opened_at"], row["changed_at"]) == (instant("2026-01-05"), instant("2026-01-19"))
    assert row["expected_close_date"] == date(2026, 6, 30)


def test_completeness_is_the_furthest_declaration_a_source_and_type(log: Log) -> None:
    for day, through in (("2026-01-20", "2026-01-19"), ("2026-01-13", "2026-01-12")):
        data = {"types": ["a.v1", "b.v1"], "complete_through": f"{through}T00:00:00Z"}
        log.add("source.completed", day, data, source="/meter")
    found = [(row["source"], row["type"], row["complete_through"]) for row in log.rows("completeness")]
    assert found == [("/meter", "a.v1", instant("2026-01-19")), ("/meter", "b.v1", instant("2026-01-19"))]
    assert log.project("completeness", "2026-01-19")[0]["complete_through"] == instant("2026-01-12")
