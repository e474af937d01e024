"""The catalogue against the contract's tables, written down here a second time, by hand."""

import re

import pytest

from pipeline.landing.proving import PROVABLE_KINDS
from pipeline.schemas.events import CATALOGUE, COMMON_FIELDS, ENVELOPE, KINDS, MEANINGS, Reason
from pipeline.store import sql_text

# type | subject | required fields | optional fields
CONTRACT = """
usage.metered | - | customer_id region generation period_start period_end chip_hours purchase_option | instance_type reservation_id
usage.adjusted | - | customer_id region generation period_start period_end chip_hours purchase_option | instance_type reservation_id
request.denied | request id | customer_id region generation chips_requested chips_granted reason | wanted_hours retry_group_id acceptable_regions acceptable_generations
waitlist.joined | waitlist id | customer_id region generation chips wanted_from | wanted_hours acceptable_regions acceptable_generations
waitlist.changed | waitlist id | chips |
waitlist.converted | waitlist id | converted_chips |
waitlist.withdrawn | waitlist id | | reason
reservation.scheduled | reservation id | customer_id region generation kind chips start | end
reservation.changed | reservation id | | chips start end
reservation.activated | reservation id | | reason
reservation.expired | reservation id | | reason
reservation.cancelled | reservation id | | reason
capacity.installed | - | region generation chips |
capacity.retired | - | region generation chips |
capacity.stated | - | region generation installed sellable | impaired spare
capacity.soldout | - | region generation window_start window_end cap_chips |
opportunity.changed | opportunity id | customer_id region generation chips stage win_probability expected_close | displaces_cloud_chips
order.placed | order line | chips generation | region customer_id requested_date unit_price currency lot_chips order_id opportunity_id
order.promised | order line | chips promised_date |
order.changed | order line | | chips requested_date generation region unit_price
order.cancelled | order line | | chips reason
order.declined | order line or opportunity id | generation chips reason | customer_id region
order.returned | order line | chips | disposition reason
shipment.dispatched | order line | shipment_id chips |
shipment.delivered | order line | shipment_id chips |
contract.committed | contract id | customer_id channel generation basis schedule | region penalty_per_chip currency
contract.amended | contract id | customer_id channel generation basis schedule | region penalty_per_chip currency
contract.terminated | contract id | | reason
supply.scheduled | supply ref | generation period_start period_end chips_p10 chips_p50 chips_p90 |
supply.revised | supply ref | generation period_start period_end chips_p10 chips_p50 chips_p90 |
supply.received | supply ref | generation chips |
supply.cancelled | supply ref | | reason
inventory.stated | - | generation chips | region
price.published | - | channel generation unit amount currency valid_from | region purchase_option term_months valid_to
margin.set | - | channel generation unit amount currency valid_from | region purchase_option term_months valid_to
product.launched | generation | ga_date | predecessor equivalent_chips
sku.defined | sku | generation chips_per_unit | lot_chips
customer.described | customer id | | segment parent_id country
region.described | region | | channel country
restriction.set | - | generation country valid_from | channel valid_to
site.limited | - | region power_kw valid_from | kw_per_chip valid_to
fx.set | - | from to rate valid_from |
calendar.set | fiscal year | start pattern |
event.retracted | id of the retracted event | retracted_source reason | replaced_by
source.completed | - | types complete_through |
forecast.published | run id | as_of log_position policy_hash code_version seed rows content_hash |
forecast.overridden | override id | channel period_start period_end kind value reason_code author | generation region run_id note expires_at
override.withdrawn | override id | author | reason
policy.set | constraint name | value valid_from author | scope valid_to
allocation.proposed | run id | as_of content_hash rows | author note
allocation.approved | run id | as_of content_hash rows | author note
allocation.rejected | run id | as_of content_hash rows | author note
"""  # noqa: E501 a row of the contract is a row here

# What changed since: version 2 says a period where version 1 says hours.
SECOND_VERSIONS = """
request.denied | request id | customer_id region generation chips_requested chips_granted reason wanted_from | wanted_until retry_group_id acceptable_regions acceptable_generations
waitlist.joined | waitlist id | customer_id region generation chips wanted_from | wanted_until acceptable_regions acceptable_generations
"""  # noqa: E501 as above

ENTRIES = {
    f"trn.{name}.v{version}": (subject, required, optional)
    for version, table in enumerate((CONTRACT, SECOND_VERSIONS), 1)
    for name, subject, required, optional in (
        [cell.strip() for cell in line.split("|")] for line in table.strip().splitlines()
    )
}

VALUES = {
    ("trn.usage.metered.v1", "purchase_option"): "on_demand spot reserved capacity_block committed internal",
    ("trn.request.denied.v1", "reason"): "insufficient_capacity quota price",
    ("trn.request.denied.v2", "reason"): "insufficient_capacity quota price",
    ("trn.reservation.scheduled.v1", "kind"): "odcr future_odcr capacity_block prelaunch",
    ("trn.order.declined.v1", "reason"): "no_supply lead_time price export credit",
    ("trn.order.returned.v1", "disposition"): "restock scrap rma",
    ("trn.contract.committed.v1", "channel"): "cloud direct",
    ("trn.contract.amended.v1", "basis"): "stock flow",
    ("trn.price.published.v1", "unit"): "chip_hour chip",
    ("trn.calendar.set.v1", "pattern"): "4-4-5 4-5-4 5-4-4 monthly",
    ("trn.forecast.overridden.v1", "kind"): "absolute factor",
}


def test_the_catalogue_knows_exactly_the_types_of_the_contract() -> None:
    assert set(CATALOGUE) == set(ENTRIES)
    assert all(name == entry.name for name, entry in CATALOGUE.items())


@pytest.mark.parametrize("name", ENTRIES)
def test_subject_and_fields_of_a_type_are_those_of_the_contract(name: str) -> None:
    subject, required, optional = ENTRIES[name]
    entry = CATALOGUE[name]
    assert (entry.subject or "-") == subject
    own = {field.name: field.is_required for field in entry.own_fields}
    assert {field for field, is_required in own.items() if is_required} == set(required.split())
    assert {field for field, is_required in own.items() if not is_required} == set(optional.split())


@pytest.mark.parametrize(("place", "values"), VALUES.items(), ids=str)
def test_enumerations_have_the_values_of_the_contract(place: tuple[str, str], values: str) -> None:
    (field,) = [field for field in CATALOGUE[place[0]].fields if field.name == place[1]]
    assert field.values == tuple(values.split())


@pytest.mark.parametrize("name", ENTRIES)
def test_every_payload_may_carry_the_common_fields(name: str) -> None:
    names = [field.name for field in CATALOGUE[name].fields]
    assert {"sku", "segment", "need_id", "contract_id"} <= set(names)
    assert len(names) == len(set(names))
    assert not any(field.is_required for field in COMMON_FIELDS)


@pytest.mark.parametrize("name", ENTRIES)
def test_every_field_says_what_it_means_in_a_plain_word_of_its_own(name: str) -> None:
    for field in CATALOGUE[name].fields:
        assert re.fullmatch(r"[a-z][a-z0-9_]*", field.name)
        assert field.meaning
        assert field.kind in KINDS
        assert bool(field.unit) == (
            field.kind.name in {"chips", "number", "money"} or field.name == "term_months"
        )


def test_fields_of_money_may_not_be_negative_except_margins() -> None:
    free = {
        entry.name
        for entry in CATALOGUE.values()
        for field in entry.fields
        if field.kind.name == "money" and field.minimum is None
    }
    assert free == {"trn.margin.set.v1"}


def test_only_reports_on_a_period_wait_for_its_end() -> None:
    waiting = {name: entry.reports_until for name, entry in CATALOGUE.items() if entry.reports_until}
    assert waiting == {
        "trn.usage.metered.v1": "period_end",
        "trn.usage.adjusted.v1": "period_end",
        "trn.capacity.soldout.v1": "window_end",
    }


def test_every_reason_has_its_sentence() -> None:
    assert set(MEANINGS) == set(Reason)


def test_every_kind_that_sql_proves_has_its_macro() -> None:
    macros = set(re.findall(r"MACRO is_(\w+)\(", sql_text("landing/kinds")))
    assert macros == PROVABLE_KINDS
    assert {kind.name for kind in KINDS} - PROVABLE_KINDS == {"schedule", "object", "any"}


def test_staging_reads_exactly_the_attributes_of_the_envelope() -> None:
    structure = re.search(r"'\{\"specversion\".*?\}'", sql_text("landing/stage"), re.DOTALL)
    assert structure
    assert re.findall(r'"(\w+)":"JSON"', structure[0]) == [attribute.name for attribute in ENVELOPE]
