"""The catalogue against the contract's tables, written down a second time, by hand."""

import re

import pytest

from pipeline.eventlog import ARRIVALS
from pipeline.landing.proving import PROVABLE_KINDS
from pipeline.schemas.events import CATALOGUE, COMMON_FIELDS, ENVELOPE, KINDS, MEANINGS, Reason
from pipeline.schemas.tables.log import EVENTS
from pipeline.store import sql_text
from tests.contract_table import TYPES

ENTRIES = tuple(TYPES)
VALUES = [
    (name, field, tuple(mark.kind.split("|")))
    for name, row in TYPES.items()
    for field, mark in row.fields.items()
    if "|" in mark.kind
]


def test_the_catalogue_knows_exactly_the_types_of_the_contract() -> None:
    assert set(CATALOGUE) == set(TYPES)
    assert all(name == entry.name for name, entry in CATALOGUE.items())


@pytest.mark.parametrize("name", ENTRIES)
def test_subject_and_fields_of_a_type_are_those_of_the_contract(name: str) -> None:
    subject, fields = TYPES[name]
    entry = CATALOGUE[name]
    assert (entry.subject or "-") == subject
    required = {field.name: not field.is_required for field in entry.own_fields}
    assert required == {field: mark.is_optional for field, mark in fields.items()}


@pytest.mark.parametrize(("name", "field", "values"), VALUES, ids=str)
def test_enumerations_have_the_values_of_the_contract(name: str, field: str, values: tuple[str, ...]) -> None:
    (found,) = [each for each in CATALOGUE[name].fields if each.name == field]
    assert found.values == values


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


def test_an_arrival_is_an_event_without_what_the_log_adds() -> None:
    added = {"log_position", "landed_at", "batch_id"}
    arrivals = {*ARRIVALS.names} - {"ordinal", "is_event", "event_key"}
    assert arrivals == {column.name for column in EVENTS.columns} - added
    assert {attribute.name for attribute in ENVELOPE} - arrivals == {"specversion"}
