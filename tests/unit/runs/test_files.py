from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from pipeline.core.errors import UsageError
from pipeline.runs.files import read_table, write_table


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
