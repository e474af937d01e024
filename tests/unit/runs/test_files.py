from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.cli.main import main
from pipeline.config import load_policy
from pipeline.core.errors import UsageError
from pipeline.forecasting.file_workers import WorkerKilledError
from pipeline.runs.files import forecast_series_file
from pipeline.runs.tables import TableFiles, read_table, write_table


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


def series_file(folder: Path) -> Path:
    file = folder / "series.csv"
    rows = [{"unique_id": "a", "ds": place, "y": 10.0 + place % 3} for place in range(30)]
    pl.DataFrame(rows).write_csv(file)
    return file


OPTIONS: dict[str, Any] = {"horizon": 4, "season": (), "levels": (80,)}


def test_models_go_to_a_file_of_their_own(tmp_path: Path) -> None:
    models = tmp_path / "models.csv"
    written = forecast_series_file(series_file(tmp_path), tmp_path / "steps.csv", models=models, **OPTIONS)
    assert written == {tmp_path / "steps.csv": 4, models: 1}
    assert pl.read_csv(models).row(0, named=True)["observations"] == 30


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ({"target": "series.csv"}, "--input and --out name the same file"),
        ({"models": "steps.csv"}, "--out and --models name the same file"),
        ({"totals": "totals.txt"}, "only .csv and .parquet can be written"),
        ({"models": "nowhere/models.csv"}, "there is no folder .*nowhere"),
        ({"models": "."}, "only .csv and .parquet"),
    ],
)
def test_places_are_judged_before_anything_is_forecast(
    tmp_path: Path, names: dict[str, str], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.forecasting.forecast_file", never)
    files = {name: tmp_path / name_of for name, name_of in ({"target": "steps.csv"} | names).items()}
    source = series_file(tmp_path)
    with pytest.raises(UsageError, match=message):
        forecast_series_file(source, files.pop("target"), **files, **OPTIONS)
    assert list(tmp_path.iterdir()) == [source]


def never(*_: object, **__: object) -> None:
    raise AssertionError("forecast before the places were judged")


def test_nothing_is_half_written_when_a_process_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def killed(*_: object, **__: object) -> None:
        raise WorkerKilledError("a process was killed")

    monkeypatch.setattr("pipeline.forecasting.forecast_file", killed)
    source, target, models = series_file(tmp_path), tmp_path / "steps.csv", tmp_path / "models.csv"
    target.write_text("as it was")
    words = ["--input", str(source), "--out", str(target), "--models", str(models), "--horizon", "4"]
    assert main(["forecast", *words]) == 1
    assert capsys.readouterr().err == "failed: a process was killed\n"
    assert sorted(tmp_path.iterdir()) == [source, target]
    assert target.read_text() == "as it was"


def write_three(first: Path, second: Path, third: Path) -> None:
    with TableFiles() as files:
        files.write(pl.DataFrame({"y": [1]}), first)
        files.opened(second)(pl.DataFrame({"y": [1]}))
        files.write(pl.DataFrame({"y": [1]}), third)


def test_files_take_their_places_together_or_none_does(tmp_path: Path) -> None:
    one = tmp_path / "one.csv"
    one.write_text("as it was")
    with pytest.raises(UsageError, match=r"other.txt: only .csv"):
        write_three(one, tmp_path / "rows.parquet", tmp_path / "other.txt")
    assert one.read_text() == "as it was"
    assert list(tmp_path.iterdir()) == [one]


def test_paths_are_written_as_they_are_made(tmp_path: Path) -> None:
    paths = tmp_path / "paths.parquet"
    written = forecast_series_file(series_file(tmp_path), tmp_path / "steps.csv", paths=paths, **OPTIONS)
    count = load_policy().forecast.paths
    assert written == {paths: 4 * count, tmp_path / "steps.csv": 4}
    drawn = pl.read_parquet(paths)
    assert drawn.columns == ["path", "unique_id", "ds", "value"]
    steps = drawn.group_by("unique_id", "ds").agg(pl.col("value").mean()).sort("ds")
    assert steps["value"].to_list() == pytest.approx(pl.read_csv(tmp_path / "steps.csv")["mean"].to_list())


def test_paths_are_never_text(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"paths.csv: paths are many rows; only .parquet"):
        forecast_series_file(
            series_file(tmp_path), tmp_path / "steps.csv", paths=tmp_path / "paths.csv", **OPTIONS
        )


def test_the_command_takes_what_is_known_of_the_future(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    is_sale = [float(place % 7 == 0) for place in range(64)]
    series, future = tmp_path / "series.csv", tmp_path / "future.csv"
    history = [
        {"unique_id": "a", "ds": n, "y": 10.0 + n % 3 + 9 * is_sale[n], "is_sale": is_sale[n]}
        for n in range(60)
    ]
    ahead = [
        {"unique_id": "a", "ds": n, "lower": 99 if n == 61 else None, "is_sale": is_sale[n]}
        for n in range(60, 64)
    ]
    pl.DataFrame(history).write_csv(series)
    pl.DataFrame(ahead).write_csv(future)
    steps, models = tmp_path / "steps.csv", tmp_path / "models.csv"
    words = ["--input", str(series), "--out", str(steps), "--models", str(models), "--horizon", "4"]
    words += ["--future", str(future), "--regressors", "is_sale"]
    assert main(["forecast", *words]) == 0
    assert pl.read_csv(models)["model"][0].endswith(" + is_sale")
    mean = pl.read_csv(steps)["mean"]
    assert mean[1] == 99.0
    assert mean[2] < 14
    assert mean[3] > 17
    assert capsys.readouterr().out == f"{steps}: 4 rows\n{models}: 1 row\n"
    with pytest.raises(SystemExit):
        main(["forecast", *words[:-1], "is_sale,,price"])
    assert "'is_sale,,price' is no list of columns such as price,is_promotion" in capsys.readouterr().err
