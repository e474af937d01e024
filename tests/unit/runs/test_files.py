from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.core.errors import UsageError
from pipeline.runs.files import forecast_series_file, read_table, write_table


def test_instants_stand_as_in_the_reports(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {"unique_id": ["=a", None], "ds": [datetime(2026, 9, 7, tzinfo=UTC)] * 2, "y": [0.5, 1]}
    )
    write_table(frame, tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_bytes() == (
        b"unique_id,ds,y\n=a,2026-09-07T00:00:00Z,0.5\n,2026-09-07T00:00:00Z,1.0\n"
    )
    assert read_table(tmp_path / "out.csv")["unique_id"].to_list() == ["=a", None]


@pytest.mark.parametrize("name", ["out.csv", "out.parquet"])
def test_a_place_that_cannot_be_written_is_told_in_one_line(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match=rf"{name} cannot be written: No such file[^\n]*$"):
        write_table(pl.DataFrame({"y": [1]}), tmp_path / "nowhere" / name)
    assert not list(tmp_path.iterdir())


def test_sums_and_peaks_go_to_a_file_of_their_own(tmp_path: Path) -> None:
    series = tmp_path / "series.csv"
    rows = [{"unique_id": "a", "ds": place, "y": 10.0 + place % 3} for place in range(30)]
    pl.DataFrame(rows).write_csv(series)
    steps, totals = tmp_path / "steps.csv", tmp_path / "totals.csv"
    options: dict[str, Any] = {"horizon": 4, "season": (), "levels": (80,)}
    assert forecast_series_file(series, steps, totals=totals, **options) == {steps: 4, totals: 2}
    shown = pl.read_csv(totals)
    assert shown["measure"].to_list() == ["sum", "peak"]
    assert shown["mean"][0] == pytest.approx(pl.read_csv(steps)["mean"].sum())
    before = steps.read_bytes()
    with pytest.raises(UsageError, match="name the same file"):
        forecast_series_file(series, steps, totals=tmp_path / "." / "steps.csv", **options)
    assert steps.read_bytes() == before
