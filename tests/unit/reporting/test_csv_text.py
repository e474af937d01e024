"""CSV: what stands in a cell, and that nothing in it is run or lost."""

import csv
import io
import math
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.reporting.csv_text import answer_csv, report_csv


def cell(value: object, dtype: pl.DataType | type[pl.DataType] | None = None) -> str:
    rows = answer_csv(pl.DataFrame({"c": pl.Series([value], dtype=dtype)}))
    assert rows.startswith("c\n")
    return rows[2:-1]


@pytest.mark.parametrize(
    ("value", "dtype", "text"),
    [
        (None, pl.String, ""),
        ("", pl.String, '""'),
        ("a,b", pl.String, '"a,b"'),
        ('say "hi"', pl.String, '"say ""hi"""'),
        ("two\nlines", pl.String, '"two\nlines"'),
        (True, pl.Boolean, "true"),
        (12345678, pl.Int64, "12345678"),
        (2**100, pl.Int128, str(2**100)),
        (Decimal("1.50"), pl.Decimal(10, 2), "1.50"),
        (0.1 + 0.2, pl.Float64, "0.30000000000000004"),
        (math.inf, pl.Float64, "INF"),
        (-math.inf, pl.Float64, "-INF"),
        (math.nan, pl.Float64, "NaN"),
        (date(2026, 9, 7), pl.Date, "2026-09-07"),
        (time(1, 2, 3), pl.Time, "01:02:03"),
        (timedelta(hours=25), pl.Duration("us"), '"1 day, 1:00:00"'),
        (datetime(2026, 9, 7, tzinfo=UTC), pl.Datetime("us", "UTC"), "2026-09-07T00:00:00Z"),
        (
            datetime(2026, 9, 7, 1, tzinfo=timezone(timedelta(hours=2))),
            pl.Datetime("us", "Europe/Berlin"),
            "2026-09-06T23:00:00Z",
        ),
        (datetime(2026, 9, 7, 0, 0, 0, 12, UTC), pl.Datetime("us", "UTC"), "2026-09-07T00:00:00.000012Z"),
        (datetime(2026, 9, 7), pl.Datetime("ms"), "2026-09-07T00:00:00"),  # noqa: DTZ001 a TIMESTAMP has no zone
        (b"\x00\xff", pl.Binary, "00ff"),
        (["a", None], pl.List(pl.String), '"[""a"", null]"'),
        ({"at": datetime(2026, 9, 7, tzinfo=UTC)}, None, '"{""at"": ""2026-09-07T00:00:00Z""}"'),
        (None, pl.Null, ""),
    ],
)  # fmt: skip
def test_a_value_stands_as_its_text(value: object, dtype: pl.DataType | None, text: str) -> None:
    assert cell(value, dtype) == text


def test_a_frame_without_rows_is_its_header() -> None:
    assert answer_csv(pl.DataFrame(schema={"a": pl.Int64, "b": pl.String})) == "a,b\n"


def test_a_statement_without_an_answer_is_an_empty_file() -> None:
    assert not answer_csv(pl.DataFrame())


def test_a_report_rounds_floats_to_six_decimals_half_to_even_and_knows_no_minus_zero() -> None:
    frame = pl.DataFrame({"x": [0.1 + 0.2, 2**-7, 3 * 2**-7, -1e-9, -0.0, -2.5, 1e15, None]})
    written = report_csv(frame).split("\n")
    assert written == ["x", "0.3", "0.007812", "0.023438", "0.0", "0.0", "-2.5", "1000000000000000.0", "", ""]


@pytest.mark.parametrize(
    "formula",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "\n=1", "＝1", "=cmd|' /C calc'!A0"],  # noqa: RUF001
)
def test_a_report_disarms_text_that_a_spreadsheet_would_run(formula: str) -> None:
    frame = pl.DataFrame({"region": [formula]})
    assert next(csv.reader(io.StringIO(report_csv(frame)[7:], newline="")))[0] == f"'{formula}"
    assert next(csv.reader(io.StringIO(answer_csv(frame)[7:], newline="")))[0] == formula


def test_a_negative_number_stays_a_number_in_a_report() -> None:
    assert report_csv(pl.DataFrame({"bias": [-0.5], "chips": [-3]})) == "bias,chips\n-0.5,-3\n"


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x00")), min_size=1))
def test_any_text_comes_back_from_a_report_but_for_the_apostrophe(texts: list[str]) -> None:
    written = report_csv(pl.DataFrame({"n": range(len(texts)), "text": texts}))
    read = [row[1] for row in csv.reader(io.StringIO(written, newline=""))][1:]
    for before, after in zip(texts, read, strict=True):
        assert after in {before, f"'{before}"}
        assert after.lstrip()[:1] not in {"=", "+", "-", "@", "＝", "＋", "－", "＠"}  # noqa: RUF001


@given(st.lists(st.floats(allow_nan=False), min_size=1))
def test_an_answer_keeps_every_digit_of_a_float(values: list[float]) -> None:
    read = answer_csv(pl.DataFrame({"x": pl.Series(values, dtype=pl.Float64)})).split()[1:]
    assert [float(text.replace("INF", "inf")) for text in read] == values
