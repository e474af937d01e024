import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.eventlog import Renamer

RENAMER = Renamer("c-17", "P", others=["c-17-b", "x-c-17"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("c-17", "P"),
        ("order:c-17/3", "order:P/3"),
        ("c-17-2026-01-01", "P-2026-01-01"),
        ("c-17_a c-17", "P_a P"),
        ("c-170", "c-170"),
        ("ac-17", "ac-17"),
        ("c-17é", "c-17é"),
        ("C-17", "C-17"),
        ("c-17-b", "c-17-b"),
        ("c-17-b/c-17", "c-17-b/P"),
        ("c-17-bc", "P-bc"),
        ("x-c-17", "x-c-17"),
        ("", ""),
    ],
)
def test_the_id_is_found_as_a_word_and_longer_ids_stay(text: str, expected: str) -> None:
    assert RENAMER.text(text) == expected


@pytest.mark.parametrize("customer", ["a.b", "(", "/x/", "é", "17", "[a]", "a b", "\\d", 'quo"te', "日本"])
def test_any_id_is_taken_literally(customer: str) -> None:
    renamer = Renamer(customer, "P")
    assert renamer.text(customer) == "P"
    assert renamer.text(f"o:{customer}/1") == "o:P/1"
    payload = json.dumps({"customer_id": customer, "note": f"for {customer}."})
    assert json.loads(renamer.payload(payload)) == {"customer_id": "P", "note": "for P."}


def test_an_exact_renamer_leaves_words_alone() -> None:
    renamer = Renamer("c-17", "P", is_exact=True)
    assert [renamer.text(text) for text in ("c-17", "c-17/1", "c-17\n")] == ["P", "c-17/1", "c-17\n"]
    assert renamer.payload('{"customer_id":"c-17","note":"c-17 said"}') == (
        '{"customer_id":"P","note":"c-17 said"}'
    )


def test_only_strings_of_a_payload_are_touched_and_the_rest_stays_to_the_letter() -> None:
    payload = '{ "customer_id" : "16",\t"chips":16 , "unit_price":"16","x":[ "16",{"y":"16","16":1.60} ]}'
    assert Renamer("16", "P").payload(payload) == (
        '{ "customer_id" : "P",\t"chips":16 , "unit_price":"16","x":[ "P",{"y":"P","P":1.60} ]}'
    )


@pytest.mark.parametrize(
    ("member", "customer"),
    [
        ("region", "us-east-1"),
        ("generation", "trn2"),
        ("segment", "startups"),
        ("purchase_option", "internal"),
        ("period_start", "2026"),
        ("currency", "USD"),
    ],
)
def test_a_member_in_which_no_customer_can_stand_stays(member: str, customer: str) -> None:
    payload = json.dumps({"customer_id": customer, member: customer})
    assert json.loads(Renamer(customer, "P").payload(payload)) == {"customer_id": "P", member: customer}


def test_lists_of_names_and_names_of_members_of_the_contract_stay() -> None:
    payload = '{"acceptable_regions":["region","x"],"region":"x","notes":["region"],"free":{"region":"x"}}'
    assert Renamer("region", "P").payload(payload) == payload.replace('"notes":["region"]', '"notes":["P"]')


@pytest.mark.parametrize("escaped", [r"c\u002d17", r"\u0063-17", r"c-1\u0037"])
def test_an_escaped_id_is_found(escaped: str) -> None:
    assert RENAMER.payload(f'{{"note":"{escaped}\\n"}}') == '{"note":"P\\n"}'
    assert RENAMER.is_named_in(f'"{escaped}"')


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            '{"data":{"customer_id":17850,"parent_id":17850,"chips":17850}}',
            '{"data":{"customer_id":"P","parent_id":"P","chips":17850}}',
        ),
        ('{"CustomerID":17850,"Quantity":6}', '{"CustomerID":"P","Quantity":6}'),
        ('{"account":17850,"accounts":[17850,178501]}', '{"account":"P","accounts":["P",178501]}'),
        ('{"unit_price":17850,"lot_chips":17850}', '{"unit_price":17850,"lot_chips":17850}'),
    ],
)
def test_a_number_is_the_customer_unless_its_member_is_known_to_mean_something_else(
    line: str, expected: str
) -> None:
    assert Renamer("17850", "P").line(line) == expected


@pytest.mark.parametrize("customer", ["null", "true", "NaN"])
def test_a_literal_is_no_customer(customer: str) -> None:
    assert Renamer(customer, "P").payload(f'{{"customer_id":{customer}}}') == f'{{"customer_id":{customer}}}'


@pytest.mark.parametrize("line", ['{"customer_id":"c-17",', "c-17", r'{"a":"c\u002d17', r"\x63-17 {"])
def test_of_a_line_that_is_no_json_and_names_the_customer_nothing_is_kept(line: str) -> None:
    assert RENAMER.line(line) == "[P: a line that could not be read]"


@pytest.mark.parametrize("line", ['{"customer_id":"c-18",', "c-170", "", "[" * 100_000])
def test_any_other_line_stays(line: str) -> None:
    assert RENAMER.line(line) == line


TEXTS = st.text(alphabet='ab-1 "\\/é\n', max_size=6)
VALUES = st.recursive(
    TEXTS | st.integers() | st.none() | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@given(value=st.dictionaries(TEXTS, VALUES, max_size=4), is_ascii=st.booleans())
def test_a_payload_is_renamed_as_its_strings_are(value: dict[str, object], is_ascii: bool) -> None:
    renamer = Renamer("a-1", "P")

    def renamed(part: object) -> object:
        if isinstance(part, str):
            return renamer.text(part)
        if isinstance(part, list):
            return [renamed(item) for item in part]
        if isinstance(part, dict):
            return {renamer.text(name): renamed(item) for name, item in part.items()}
        return part

    text = json.dumps(value, ensure_ascii=is_ascii)
    assert json.loads(renamer.payload(text)) == renamed(value)
