import json
from pathlib import Path

import pytest

from pipeline.landing import judging
from pipeline.store import Connection
from tests.landing_world import (
    event,
    land,
    land_lines,
    reasons,
    require_exact_account,
    rows,
    usage,
    write_lines,
)


def text(name: str = "bad", *, old: str = "", new: str = "", **changes: object) -> str:
    return json.dumps(event(name, **changes)).replace(old, new, 1)


DENIED = {
    "type": "trn.request.denied.v1",
    "subject": "r1",
    "data": {
        "customer_id": "c1",
        "region": "r",
        "generation": "trn2",
        "chips_requested": 16,
        "chips_granted": 16,
        "reason": "quota",
    },
}
SUPPLY = {
    "type": "trn.supply.scheduled.v1",
    "subject": "s1",
    "data": {
        "generation": "trn2",
        "period_start": "2026-01-05",
        "period_end": "2026-01-12",
        "chips_p10": 5,
        "chips_p50": 4,
        "chips_p90": 9,
    },
}
ORDER = {"type": "trn.order.placed.v1", "subject": "o1"}

BAD_LINES = {
    "JSON that breaks off": ('{"specversion":"1.0"', "invalid_json"),
    "text that is no JSON": ("hello", "invalid_json"),
    "a comma after the object": (text() + ",", "invalid_json"),
    "a trailing comma in the payload": (text(old="16}", new="16,}"), "invalid_json"),
    "a trailing comma in the envelope": (text()[:-1] + ",}", "invalid_json"),
    "a trailing comma and much space": (text()[:-1] + "," + " " * 40 + "}", "invalid_json"),
    "half a surrogate pair": (text(old="trn2", new="\\ud800"), "invalid_json"),
    "a raw control character": (text(old="trn2", new="a\tb"), "invalid_json"),
    "an array": ("[1]", "not_an_object"),
    "a string": ('"x"', "not_an_object"),
    "a number": ("12", "not_an_object"),
    "null": ("null", "not_an_object"),
    "deep nesting": ("[" * 100_000, "invalid_json"),
    "deep nesting in the payload": (text(old="16}", new='16,"x":' + "[" * 99_999 + "}"), "invalid_json"),
    "lists within lists in an unknown field": (
        text(old="16}", new=f'16,"x":{"[" * 400 + "]" * 400}}}'),
        "invalid_json",
    ),
    "objects within objects in an unknown attribute": (
        text(old='"id"', new='"x": ' + '{"a":' * 65 + "1" + "}" * 65 + ', "id"'),
        "invalid_json",
    ),
    "an exponent of thousands of digits in an unknown field": (
        text(old="16}", new=f'16,"x":1e{"7" * 5000}}}'),
        "out_of_range",
    ),
    "an exponent of thousands of digits in an unknown attribute": (
        text(old='"id"', new=f'"x": [-1E-{"7" * 5000}], "id"'),
        "out_of_range",
    ),
    "nothing with an exponent of twenty digits": (
        json.dumps(usage("bad")).replace("24.0", f"0e{'9' * 20}"),
        "out_of_range",
    ),
    "next to nothing": (json.dumps(usage("bad")).replace("24.0", f"1e-{'9' * 20}"), "out_of_range"),
    "an empty object": ("{}", "missing_attribute"),
    "no id": (text(id=None, old='"id": null, '), "missing_attribute"),
    "no data": (text(data=None), "missing_attribute"),
    "no subject where the type needs one": (
        text(type="trn.waitlist.withdrawn.v1", data={}),
        "missing_attribute",
    ),
    "an unknown type": (text(type="trn.inventory.lost.v1"), "unknown_type"),
    "an id that is a number": (text(id=5), "wrong_type"),
    "a payload that is a list": (text(data=[1]), "wrong_type"),
    "a payload that is text": (text(data="{}"), "wrong_type"),
    "a time that is a number": (text(time=1767571200), "wrong_type"),
    "another version of CloudEvents": (text(specversion="0.3"), "invalid_value"),
    "a version that is a number": (text(specversion=1.0), "wrong_type"),
    "another content type": (text(datacontenttype="text/plain"), "invalid_value"),
    "an empty id": (text(id=""), "invalid_length"),
    "an id of 129 characters": (text(id="x" * 129), "invalid_length"),
    "an empty subject": (text(subject=""), "invalid_length"),
    "a source with a space": (text(source="a b"), "invalid_source"),
    "a source of 257 characters": (text(source="x" * 257), "invalid_length"),
    "a missing field": (text(data={"chips": 1}), "missing_field"),
    "a field that is null": (text(data_generation=None), "missing_field"),
    "a name that is a number": (text(data_generation=5), "wrong_type"),
    "an empty name": (text(data_generation=""), "invalid_length"),
    "a name of 65 characters": (text(data_generation="x" * 65), "invalid_length"),
    "1.7 chips": (text(data_chips=1.7), "not_whole"),
    "1e3 chips": (text(old="16", new="1e3"), "not_whole"),
    "1E3 chips in quotes": (text(data_chips="1E3"), "not_whole"),
    "chips that are almost whole": (text(old="16", new="16.00000000000000000001"), "not_whole"),
    "chips beyond exact numbers": (text(old="16", new="12345678901234567890"), "not_whole"),
    "chips in words": (text(data_chips="sixteen"), "not_whole"),
    "chips that are true": (text(data_chips=True), "wrong_type"),
    "negative chips": (text(data_chips=-1), "out_of_range"),
    "NaN": (text(old="16", new="NaN"), "not_finite"),
    "Infinity": (text(old="16", new="-Infinity"), "not_finite"),
    "NaN in an unknown field": (text(old="16}", new='16,"x":NaN}'), "not_finite"),
    "NaN in an unknown attribute": (text()[:-1] + ',"x":NaN}', "not_finite"),
    "a number no machine holds": (json.dumps(usage("bad")).replace("24.0", "1e400"), "not_finite"),
    "chip-hours in quotes": (json.dumps(usage("bad", data_chip_hours="24")), "wrong_type"),
    "no chip-hours": (json.dumps(usage("bad", data_chip_hours=0)), "out_of_range"),
    "a time without offset": (text(time="2026-01-05T00:00:00"), "invalid_instant"),
    "a time that is a day": (text(time="2026-01-05"), "invalid_instant"),
    "a day that does not exist": (text(time="2026-02-30T00:00:00Z"), "invalid_instant"),
    "an hour that does not exist": (text(time="2026-02-03T24:00:00Z"), "invalid_instant"),
    "a time with a space": (text(time="2026-01-05 00:00:00Z"), "invalid_instant"),
    "year 10000": (text(time="10000-01-05T00:00:00Z"), "invalid_instant"),
    "year 1999": (text(time="1999-12-31T23:59:59Z"), "out_of_range"),
    "year 2200": (text(time="2200-01-01T00:00:00Z"), "out_of_range"),
    "a record time without offset": (text(recordedtime="2026-01-05T00:00:00"), "invalid_instant"),
    "a period without offset": (
        json.dumps(usage("bad", data_period_end="2026-01-06T00:00:00")),
        "invalid_instant",
    ),
    "end before start": (
        json.dumps(usage("bad", data_period_end="2026-01-04T00:00:00Z")),
        "end_before_start",
    ),
    "end at start": (json.dumps(usage("bad", data_period_end="2026-01-05T00:00:00Z")), "end_before_start"),
    "32 days": (json.dumps(usage("bad", data_period_end="2026-02-06T00:00:00Z")), "period_too_long"),
    "all granted": (text(**DENIED), "granted_not_below_requested"),
    "quantiles that fall": (text(**SUPPLY), "quantiles_out_of_order"),
    "a price without currency": (
        text(**ORDER, data={"chips": 1, "generation": "trn2", "unit_price": "1"}),
        "currency_missing",
    ),
    "a price that is a number": (
        text(**ORDER, data={"chips": 1, "generation": "trn2", "unit_price": 1, "currency": "USD"}),
        "wrong_type",
    ),
    "a price in words": (
        text(**ORDER, data={"chips": 1, "generation": "trn2", "unit_price": "1e3", "currency": "USD"}),
        "invalid_money",
    ),
    "a negative price": (
        text(**ORDER, data={"chips": 1, "generation": "trn2", "unit_price": "-1", "currency": "USD"}),
        "out_of_range",
    ),
    "a currency in small letters": (
        text(**ORDER, data={"chips": 1, "generation": "trn2", "unit_price": "1", "currency": "usd"}),
        "invalid_currency",
    ),
    "a requested day with a time": (
        text(**ORDER, data={"chips": 1, "generation": "trn2", "requested_date": "2026-01-05T00:00:00Z"}),
        "invalid_date",
    ),
    "a change of nothing": (text(type="trn.order.changed.v1", subject="o1", data={}), "nothing_changed"),
    "a key twice in the envelope": (text(old='"id"', new='"id": "x", "id"'), "duplicate_key"),
    "a key twice in the payload": (text(old='"chips"', new='"chips": 1, "chips"'), "duplicate_key"),
    "a null key beside the same key": (text(old='"chips"', new='"chips": null, "chips"'), "duplicate_key"),
    "a key twice far inside": (text(old="16}", new='16,"x":{"a":1,"a":2}}'), "duplicate_key"),
}


@pytest.mark.parametrize(("line", "reason"), BAD_LINES.values(), ids=BAD_LINES)
def test_a_bad_line_is_quarantined_with_its_reason_and_good_ones_around_it_land(
    log: Connection, tmp_path: Path, line: str, reason: str
) -> None:
    path = write_lines(tmp_path / "events.jsonl", [event("before"), line, event("after")])
    report = land(log, path)
    assert reasons(log) == {2: reason}
    assert rows(log, "SELECT raw FROM quarantine") == [(line,)]
    assert rows(log, "SELECT id, source_line FROM events ORDER BY log_position") == [
        ("before", 1),
        ("after", 3),
    ]
    require_exact_account(log, path, report)


def test_what_lies_within_the_limits_lands(log: Connection, tmp_path: Path) -> None:
    deep = text("deep", old="16}", new='16,"x":' + "[" * 62 + "]" * 62 + "}")
    wide = event("wide", data_x=[{"a": [1]}] * 100)
    far = text("far", old="16}", new='16,"x":[1e9999,0.1E-0009]}')
    assert land_lines(log, tmp_path, deep, wide, far).landed == 3


def test_a_line_that_breaks_a_check_keeps_no_other_out(
    log: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> str:
        raise RecursionError

    monkeypatch.setattr(judging, "hash_content", fails)
    report = land_lines(log, tmp_path, text("a", old="16}", new='16,"x":1}'))
    assert (report.quarantined, reasons(log)) == (1, {1: "invalid_value"})


def test_a_message_names_the_field_what_came_and_what_is_allowed(log: Connection, tmp_path: Path) -> None:
    land_lines(log, tmp_path, event("bad", data_chips=1.7))
    ((message,),) = rows(log, "SELECT message FROM quarantine")
    assert message.startswith('data.chips: got 1.7; allowed: a whole number such as 16, 16.0 or "16"')
    assert message.endswith("at least 0")


def test_an_unknown_type_is_told_with_the_likely_one(log: Connection, tmp_path: Path) -> None:
    land_lines(log, tmp_path, event("bad", type="trn.inventory.state.v1"))
    ((message,),) = rows(log, "SELECT message FROM quarantine")
    assert "did you mean trn.inventory.stated.v1?" in message


def test_many_bad_lines_of_one_file_are_all_kept(log: Connection, tmp_path: Path) -> None:
    lines = [event(f"n{number}", data_chips=-number) for number in range(1, 20_001)]
    report = land_lines(log, tmp_path, *lines)
    assert (report.landed, report.quarantined) == (0, 20_000)
    assert rows(log, "SELECT count(DISTINCT source_line) FROM quarantine") == [(20_000,)]
