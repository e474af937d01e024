import json
from pathlib import Path

import pytest

from pipeline.store import Connection
from tests.landing_world import event, land_lines, reasons, rows, usage

GOOD_LINES = {
    "16.0 chips": event(data_chips=16.0),
    "chips in quotes": event(data_chips="16"),
    "an optional field that is null": event(data_region=None),
    "an optional attribute that is null": event(subject=None),
    "an unknown attribute": event(traceparent="00-ab"),
    "an unknown field": event(data_colour="red"),
    "a nested unknown field": event(data_more={"a": [1, {"b": 2}]}),
    "a name in other letters": event(data_generation="名前é"),
    "a name of 64 characters": event(data_generation="é" * 64),
    "an offset": event(time="2026-01-05T05:30:00.123456+05:30"),
    "small letters in an instant": event(time="2026-01-05t00:00:00z"),
    "nanoseconds": event(time="2026-01-05T00:00:00.123456789Z"),
    "a year before 2000 in local time": event(time="1999-12-31T23:30:00-01:00"),
    "a far end of validity": event(
        type="trn.site.limited.v1",
        data={"region": "r", "power_kw": 5, "valid_from": "2026-01-01", "valid_to": "9999-12-31"},
    ),
    "31 days": usage(data_period_end="2026-02-05T00:00:00Z"),
    "an hour that is 1e-3 chip-hours": json.dumps(usage()).replace("24.0", "1e-3"),
    "a correction below zero": usage(type="trn.usage.adjusted.v1", data_chip_hours=-3.5),
    "an escaped name": json.dumps(event(data_generation='a"b\\c')),
    "more chip-hours than anyone has": usage(data_chip_hours=1e12),
    "a margin below zero": event(
        type="trn.margin.set.v1",
        data={
            "channel": "cloud",
            "generation": "trn2",
            "unit": "chip_hour",
            "amount": "-0.25",
            "currency": "USD",
            "valid_from": "2026-01-01T00:00:00Z",
        },
    ),
    "a contract with a schedule": event(
        type="trn.contract.committed.v1",
        subject="k1",
        data={
            "customer_id": "c1",
            "channel": "direct",
            "generation": "trn2",
            "basis": "flow",
            "schedule": [
                {"start": "2026-01-01", "end": "2026-02-01", "chips": 16},
                {"start": "2026-02-01", "chips": "8"},
            ],
        },
    ),
}


@pytest.mark.parametrize("line", GOOD_LINES.values(), ids=GOOD_LINES)
def test_what_the_contract_allows_lands(log: Connection, tmp_path: Path, line: str) -> None:
    report = land_lines(log, tmp_path, line)
    assert (report.landed, reasons(log)) == (1, {})
    ((data,),) = rows(log, "SELECT data FROM events")
    sent = json.loads(line) if isinstance(line, str) else line
    assert json.loads(data) == sent["data"]


def test_instants_are_stored_in_utc_with_microseconds(log: Connection, tmp_path: Path) -> None:
    land_lines(log, tmp_path, event(time="2026-01-05T05:30:00.123456789+05:30"))
    assert rows(log, "SELECT strftime(time, '%Y-%m-%dT%H:%M:%S.%f') FROM events") == [
        ("2026-01-05T00:00:00.123456",)
    ]


@pytest.mark.parametrize(
    ("line", "known_at"),
    [
        (event(), "2026-01-05"),
        (event(recordedtime="2026-01-08T00:00:00Z"), "2026-01-08"),
        (event(recordedtime="2026-01-01T00:00:00Z"), "2026-01-05"),
        (usage(), "2026-01-06"),
        (usage(recordedtime="2026-01-09T00:00:00Z"), "2026-01-09"),
        (usage(data_colour="judged, not proven"), "2026-01-06"),
    ],
)
def test_nothing_is_known_before_it_is_true_recorded_and_over(
    log: Connection, tmp_path: Path, line: dict[str, object], known_at: str
) -> None:
    land_lines(log, tmp_path, line)
    assert rows(log, "SELECT strftime(known_at, '%Y-%m-%d') FROM events") == [(known_at,)]


def test_a_plan_for_a_period_is_known_when_it_is_made(log: Connection, tmp_path: Path) -> None:
    plan = {
        "generation": "trn2",
        "period_start": "2027-01-04",
        "period_end": "2027-01-11",
        "chips_p10": 1,
        "chips_p50": 2,
        "chips_p90": 3,
    }
    land_lines(log, tmp_path, event(type="trn.supply.scheduled.v1", subject="s1", data=plan))
    assert rows(log, "SELECT known_at = time FROM events") == [(True,)]


@pytest.mark.parametrize("extra", [{}, {"data_colour": "judged, not proven"}])
def test_a_new_value_of_an_enumeration_lands_and_is_flagged(
    log: Connection, tmp_path: Path, extra: dict[str, str]
) -> None:
    land_lines(log, tmp_path, usage(data_purchase_option="flex", **extra))
    assert rows(log, "SELECT flags FROM events") == [(["unknown_value:purchase_option"],)]


def test_unknown_attributes_are_kept_beside_the_payload(log: Connection, tmp_path: Path) -> None:
    land_lines(log, tmp_path, '{"x": 1.50,' + json.dumps(event(traceparent="00-ab"))[1:])
    assert rows(log, "SELECT attributes FROM events") == [('{"x":1.50,"traceparent":"00-ab"}',)]


def test_numbers_longer_than_a_double_keep_their_digits(log: Connection, tmp_path: Path) -> None:
    land_lines(log, tmp_path, json.dumps(usage()).replace("24.0", "0.123456789012345678901234567890"))
    assert rows(log, "SELECT contains(data, '0.123456789012345678901234567890') FROM events") == [(True,)]


@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": "), (" ,  ", " :\t")])
@pytest.mark.parametrize("is_last", [True, False])
def test_the_payload_stays_the_producers_text_to_the_letter(
    log: Connection, tmp_path: Path, separators: tuple[str, str], *, is_last: bool
) -> None:
    members = usage("a")
    data = json.dumps(members.pop("data"), separators=separators).replace("24.0", "24.10")
    texts = [json.dumps({name: value}, separators=separators)[1:-1] for name, value in members.items()]
    texts.insert(len(texts) if is_last else 1, f'"data"{separators[1]}{data}')
    land_lines(log, tmp_path, "{" + separators[0].join(texts) + "}")
    assert rows(log, "SELECT CAST(data AS VARCHAR) FROM events") == [(data,)]
