"""Joint sample paths as a planner finds them: what they say is what the run published, on every level."""

import re
from pathlib import Path

import duckdb
import pytest

from .conftest import Shell

pytestmark = pytest.mark.xdist_group("whole way")  # so that one worker plans the market for all

QUANTILES = ("p01", "p05", "p10", "p25", "p50", "p75", "p90", "p95", "p99")
LEVELS = ("channel", "channel/generation", "channel/segment", "channel/generation/region")
BOTTOM = "channel/generation/region/segment"
OF_LEVEL = """
WITH joint AS (
    SELECT channel, unit, {key}, period_start, path, sum(value) AS chips
    FROM sample_paths()
    GROUP BY ALL
),

told AS (
    SELECT
        channel, unit, {names}, period_start, avg(chips) AS mean,
        quantile_cont(chips, [.01, .05, .1, .25, .5, .75, .9, .95, .99]) AS quantiles
    FROM joint
    GROUP BY ALL
)

SELECT
    count(*) AS nodes,
    count(forecast.mean) AS matched,
    max(abs(told.mean - forecast.mean) / greatest(1, abs(forecast.mean))) AS of_mean,
    {differences}
FROM told
LEFT JOIN forecast USING (channel, unit, segment, generation, region, period_start)
WHERE forecast.level = '{level}' OR forecast.level IS NULL
"""


def run_id_of(shell: Shell) -> str:
    return (shell.home / "reports" / "latest").resolve().name


def paths_of(shell: Shell) -> Path:
    return shell.home / "paths" / f"{run_id_of(shell)}.parquet"


def recomputed(level: str) -> str:
    names = ("segment", "generation", "region")
    key = ", ".join(name if name in level.split("/") else f"'all' AS {name}" for name in names)
    differences = ",\n    ".join(
        f"max(abs(told.quantiles[{place}] - forecast.{name}) / greatest(1, abs(forecast.{name}))) AS {name}"
        for place, name in enumerate(QUANTILES, 1)
    )
    return OF_LEVEL.format(key=key, names=", ".join(names), differences=differences, level=level)


@pytest.mark.parametrize("level", [*LEVELS, BOTTOM])
def test_means_and_quantiles_of_every_level_come_from_the_paths(planned: Shell, level: str) -> None:
    header, row = (line.split(",") for line in planned.done("sql", recomputed(level), "--csv").splitlines())
    found = dict(zip(header, map(float, row), strict=True))
    count = f"SELECT count(*) FROM forecast WHERE level = '{level}'"  # noqa: S608 of our own
    nodes = int(planned.done("sql", count, "--csv").splitlines()[1])
    assert found.pop("nodes") == found.pop("matched") == nodes > 0
    assert max(found.values()) <= 1e-9, found


def test_every_path_of_every_series_and_week_is_there_once_and_not_below_zero(planned: Shell) -> None:
    query = "SELECT count(*), count(DISTINCT (path, channel, segment, generation, region, period_start)), "
    rows, distinct, least, paths = duckdb.sql(
        f"{query} min(value), max(path) FROM '{paths_of(planned)}'"
    ).fetchall()[0]
    count = f"SELECT count(*) FROM forecast WHERE level = '{BOTTOM}'"  # noqa: S608 of our own
    weeks = int(planned.done("sql", count, "--csv").splitlines()[1])
    assert (rows, distinct, paths) == (500 * weeks, 500 * weeks, 500)
    assert least >= 0


def test_the_latest_paths_are_those_of_the_run_and_no_others_stand_there(planned: Shell) -> None:
    assert (planned.home / "paths" / "latest.parquet").readlink().name == paths_of(planned).name
    assert len(list((planned.home / "paths").glob("*.parquet"))) == 2
    assert f"\npaths    {paths_of(planned)}\n" in planned.done("run")


def test_paths_come_again_from_the_log_to_the_byte(planned: Shell, tmp_path: Path) -> None:
    printed = planned.done("paths", run_id_of(planned), "--out", tmp_path / "again.parquet")
    assert "they give the forecast that it published" in printed
    assert (tmp_path / "again.parquet").read_bytes() == paths_of(planned).read_bytes()
    assert not list((planned.home / "work").iterdir())


def test_paths_that_do_not_give_the_stored_forecast_are_not_written(
    planned_copy: Shell, tmp_path: Path
) -> None:
    published = planned_copy.home / "published" / "warehouse.duckdb"
    published.chmod(0o644)
    with duckdb.connect(str(published)) as connection:
        connection.execute("UPDATE forecast SET p90 = p90 * 1.5 + 1 WHERE step = 7")
        connection.execute("ALTER TABLE forecast DROP COLUMN base_mean")  # as in a copy of an earlier version
    refused = planned_copy.pipeline("paths", run_id_of(planned_copy), "--out", tmp_path / "again.parquet")
    assert refused.returncode == 1
    nodes = len(planned_copy.done("sql", "FROM forecast WHERE step = 7", "--csv").splitlines()) - 1
    assert re.search(
        rf"with this one {nodes} of [\d,]+ rows of its forecast come out otherwise", refused.stderr
    )
    assert not list(tmp_path.glob("*.p*"))


@pytest.mark.parametrize(
    ("run", "target", "message"),
    [(None, "again.csv", "as Parquet"), ("20260101T000000Z-0", "again.parquet", "no run")],
)
def test_wrong_usage_is_told_before_anything_is_computed(
    planned: Shell, tmp_path: Path, run: str | None, target: str, message: str
) -> None:
    refused = planned.pipeline("paths", run or run_id_of(planned), "--out", tmp_path / target)
    assert refused.returncode == 2
    assert message in refused.stderr
    assert len(refused.stderr.splitlines()) == 1
