"""Tables for a terminal: aligned, within its width, harmless."""

import unicodedata
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.reporting import render_table

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "terminal"


def answer() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "region": ["us-east-1", "東京", None],
            "fiscal_year": [2026, 2026, 2027],
            "chips": [1234567, None, -12345],
            "share": [0.25, None, 0.0001],
            "value": [1234.5, 12.25, None],
            "week": [date(2026, 9, 7), None, date(2026, 9, 14)],
            "at": [datetime(2026, 9, 7, 12, 0, 0, 123, UTC)] * 3,
            "is_soldout": [True, None, False],
        }
    )


def display_width(line: str) -> int:
    wide = {"W", "F"}
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in wide else 1 for c in line
    )


def test_the_table_is_the_one_on_record() -> None:
    assert render_table(answer(), csv=False, width=120) == (GOLDEN / "wide.txt").read_text(encoding="utf-8")


def test_on_a_narrow_terminal_the_table_is_the_one_on_record() -> None:
    assert render_table(answer(), csv=False, width=50) == (GOLDEN / "narrow.txt").read_text(encoding="utf-8")


def test_names_of_runs_stay_whole_for_the_next_command() -> None:
    run_id = "20260908T060000Z-16e3cc279d24"
    frame = pl.DataFrame({"run_id": [run_id], "status": ["proposed"], "message": ["why " * 30]})
    assert run_id in render_table(frame, csv=False, width=60)


def test_csv_is_complete_and_exact() -> None:
    first, *_ = render_table(answer(), csv=True).splitlines()[1:]
    assert first == "us-east-1,2026,1234567,0.25,1234.5,2026-09-07,2026-09-07T12:00:00.000123Z,true"


def test_no_rows_are_told() -> None:
    assert render_table(answer().clear(), csv=False).endswith("(no rows)\n")


def test_no_columns_are_told() -> None:
    assert render_table(pl.DataFrame(), csv=False) == "no columns\n"


def test_many_rows_are_cut_and_counted() -> None:
    lines = render_table(pl.DataFrame({"n": range(20_000)}), csv=False).splitlines()
    assert len(lines) == 103
    assert lines[-1] == "(19,900 more rows; --csv shows them all)"


def test_text_cannot_command_the_terminal() -> None:
    shown = render_table(pl.DataFrame({"c\x1b": ["\x1b[2Jgone", "a\nb", "\u202eevil"]}), csv=False)
    assert "\\x1b[2Jgone" in shown
    assert "a\\nb" in shown
    assert "\\u202eevil" in shown
    assert not {c for c in shown if unicodedata.category(c)[0] == "C"} - {"\n"}


def test_years_are_not_grouped_and_a_column_of_large_numbers_is_as_a_whole() -> None:
    frame = pl.DataFrame({"year": [2026, 2027], "n": [1819, 14569]})
    assert render_table(frame, csv=False).splitlines()[2:] == ["2026   1,819", "2027  14,569"]


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ([1.0, 2.0], ["1", "2"]),
        ([0.12345, 0.5], ["0.1235", "0.5000"]),
        ([1.5, 20.25], ["1.50", "20.25"]),
        ([1500.25, 0.5], ["1,500.2", "0.5"]),
        ([float("nan"), 1.5], ["nan", "1.50"]),
        ([float("inf"), None], ["inf", "-"]),
    ],
)
def test_a_column_of_floats_has_one_precision(values: list[float], shown: list[str]) -> None:
    lines = render_table(pl.DataFrame({"x": values}), csv=False).splitlines()[2:]
    assert [line.strip() for line in lines] == shown


@given(
    st.lists(st.tuples(st.text(max_size=90), st.text(max_size=90), st.integers(0, 10**9)), min_size=1),
    st.integers(30, 150),
)
def test_no_line_is_wider_than_the_terminal(rows: list[tuple[str, str, int]], width: int) -> None:
    frame = pl.DataFrame(rows, schema={"a": pl.String, "b": pl.String, "n": pl.Int64}, orient="row")
    for line in render_table(frame, csv=False, width=width).splitlines():
        if not line.startswith("(not shown"):
            assert display_width(line) <= max(width, 60)
