"""Refused lines come from outside: a person sees them whole, and they must not command the terminal."""

import json
import shutil
from pathlib import Path

import pytest

from pipeline.runs.landing import land_paths, quarantine_lines, reland_quarantine
from tests.landing_world import event

JOURNAL = (
    "entry_type,entry_at,order_number,line_number,customer_number,segment,product,ship_to,quantity,"
    "requested_date,promised_date,unit_price,currency,shipment_number,reason"
)


@pytest.fixture(autouse=True)
def refused(tmp_path: Path, empty_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(empty_home, tmp_path / "home")
    monkeypatch.setenv("TRN_HOME", str(tmp_path / "home"))
    file = tmp_path / "events.jsonl"
    file.write_text("{ \x1b[2J\u202e no event\n")
    land_paths([file], mapping=None, publish=True)


def test_a_refused_line_is_shown_with_its_control_characters_spelt_out() -> None:
    shown = quarantine_lines(None, None, 20, is_json=False)
    assert r"{ \x1b[2J\u202e no event" in shown
    assert not {"\x1b", "\u202e"} & set(shown)


def test_as_json_it_is_whole() -> None:
    assert "no event" in quarantine_lines(None, None, None, is_json=True)


def waiting() -> list[dict[str, str]]:
    return [json.loads(line) for line in quarantine_lines(None, None, None, is_json=True).splitlines()]


def test_what_is_left_out_is_said_and_json_leaves_out_nothing(tmp_path: Path) -> None:
    file = tmp_path / "more.jsonl"
    file.write_text("x\n" * 30)
    land_paths([file], mapping=None, publish=True)
    shown = quarantine_lines(None, None, 20, is_json=False)
    assert shown.endswith("\n\n11 more wait: --limit N shows more, --json all\n")
    assert "more wait" not in quarantine_lines(None, None, 31, is_json=False)
    assert len(waiting()) == 31


def test_a_row_of_a_table_is_repaired_as_the_event_that_it_was_to_be(tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_text(f"{JOURNAL}\norder,2026-09-07,O1,1,c1,labs,trn2,us,16.5,,,,,,\n")
    land_paths([file], mapping="csv_orders", publish=True)
    assert "as the mapping wrote it: {" in quarantine_lines(str(file), None, 20, is_json=False)
    (line,) = [line for line in waiting() if line["source_file"] == str(file)]
    assert json.loads(line["row"])["quantity"] == "16.5"
    repairs = tmp_path / "repairs.jsonl"
    repairs.write_text(json.dumps(line | {"raw": line["raw"].replace("16.5", "16")}) + "\n")
    assert reland_quarantine(repairs, None, None).splitlines()[-1].split()[-4:] == ["1", "1", "0", "0"]
    assert str(file) not in quarantine_lines(None, None, None, is_json=True)


def test_a_repair_may_hold_any_character(tmp_path: Path) -> None:
    file = tmp_path / "odd.jsonl"
    file.write_text(
        json.dumps(event("a", data_chips=1.5, data_generation="a\u2028b\x85"), ensure_ascii=False) + "\n"
    )
    land_paths([file], mapping=None, publish=True)
    repairs = tmp_path / "repairs.jsonl"
    shown = quarantine_lines(str(file), None, None, is_json=True)
    repairs.write_text(shown.replace("1.5", "2"), encoding="utf-8")
    assert reland_quarantine(repairs, None, None).splitlines()[-1].split()[-4:] == ["1", "1", "0", "0"]
