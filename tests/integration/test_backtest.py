"""A backtest as a person types it: what is printed and what stands in the reports say the same."""

import re
import shutil
from pathlib import Path

import duckdb
import polars as pl
import pytest

from pipeline.config import Settings
from pipeline.runs.publishing import report_run
from pipeline.store import publish_copy, sql_text
from pipeline.store.sql_files import migrations

from .conftest import Shell

pytestmark = pytest.mark.xdist_group("whole way")  # so that one worker plans the market for all

SHIPPED_LAGS = (4, 13, 26, 52)
NODE = ["level", "channel", "segment", "generation", "region", "lag_weeks"]


@pytest.fixture(scope="module")
def judged(planned: Shell, tmp_path_factory: pytest.TempPathFactory) -> tuple[Shell, str]:
    """A copy of the planned home after a backtest, and what that printed."""
    home = tmp_path_factory.mktemp("judged") / "home"
    shutil.copytree(planned.home, home, symlinks=True)
    shell = Shell(home)
    return shell, shell.done("backtest")


def report(shell: Shell, name: str) -> pl.DataFrame:
    return pl.read_csv(shell.home / "reports" / "latest" / f"{name}.csv", infer_schema_length=None)


def test_every_series_old_enough_is_compared_with_the_naive_at_every_lag(judged: tuple[Shell, str]) -> None:
    shell, _ = judged
    accuracy = report(shell, "accuracy").filter(~pl.col("level").str.starts_with("scorecard/"))
    compared = accuracy.group_by(NODE).agg(pl.col("model").sort())
    assert set(compared["model"].list.join(" ")) == {"ensemble ets seasonal_naive"}
    models = report(shell, "forecast_models").with_columns(pl.col("first_week", "last_week").str.to_date())
    for lag in SHIPPED_LAGS:
        origin = -(-lag // 13) * 13  # weeks back to the latest origin whose outcome is known
        age = (pl.col("last_week") - pl.col("first_week")).dt.total_days() // 7
        old = models.filter(age > origin + 1)
        found = accuracy.filter(lag_weeks=lag, level="channel/generation/region/segment", model="ensemble")
        assert old.join(found, on=["channel", "segment", "generation", "region"], how="anti").is_empty(), lag
        assert old.height > 0
        assert found["origins"].max() == sum(13 * number >= lag for number in range(1, 6))


def test_the_scorecard_counts_what_stands_in_the_accuracy(judged: tuple[Shell, str]) -> None:
    shell, _ = judged
    accuracy = report(shell, "accuracy").filter(~pl.col("level").str.starts_with("scorecard/"))
    ours, naive = (
        accuracy.filter(model=name).select(*NODE, "pinball", "origins", "origins_lost")
        for name in ("ensemble", "seasonal_naive")
    )
    both = ours.join(naive, on=NODE, suffix="_naive")
    counted = both.group_by("level", "channel", "lag_weeks").agg(
        pl.len().alias("nodes"),
        (pl.col("pinball") > pl.col("pinball_naive") + 1e-6).sum().alias("nodes_lost"),
    )
    scorecard = report(shell, "scorecard")
    together = scorecard.join(counted, on=["level", "channel", "lag_weeks"], suffix="_counted")
    assert together.height == scorecard.height == counted.height > 0
    for name in ("nodes", "nodes_lost"):
        assert together[name].to_list() == together[f"{name}_counted"].to_list()


def test_the_terminal_tells_the_scorecard(judged: tuple[Shell, str]) -> None:
    shell, printed = judged
    scorecard = report(shell, "scorecard")
    lost, nodes = scorecard["nodes_lost"].sum(), scorecard["nodes"].sum()
    assert 0 < lost < nodes
    assert f"better at {lost:,} of {nodes:,} nodes and lags" in printed
    for row in scorecard.filter(pl.col("nodes_lost") > 0).iter_rows(named=True):
        node = (row["channel"], *(row[f"worst_{name}"] for name in ("segment", "generation", "region")))
        counts = rf"{row['lag_weeks']} +{row['nodes_lost']} of {row['nodes']} .* {'/'.join(node)} "
        assert re.search(counts, printed), counts
    assert re.search(r"at most 0\.50 with 2, 0\.88 with 4, 0\.94 with 5", printed)


def test_the_same_backtest_again_computes_nothing_and_tells_the_same(judged: tuple[Shell, str]) -> None:
    shell, printed = judged
    head, _, rest = shell.done("backtest").partition("\n")
    assert "published already" in head
    assert rest == printed


def test_a_backtest_of_an_earlier_version_is_reported_as_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(home=tmp_path / "home")
    monkeypatch.setenv("TRN_HOME", str(settings.home))
    settings.home.mkdir()
    with duckdb.connect(str(settings.warehouse)) as connection:
        for name in ("migrations/0000_migrations", *(name for n, name in migrations() if n <= 8)):
            connection.execute(sql_text(name).replace("USING COMPRESSION zstd", ""))
        for number, name in migrations():
            if number <= 8:
                connection.execute("INSERT INTO schema_migrations VALUES (?, ?, now())", [number, name])
        connection.execute(
            "INSERT INTO accuracy VALUES ('old', now(), 'channel', 'cloud', 'all', 'all', 'all', "
            "'chips_held', 4, 'ensemble', 5, 5, 1.0, 0.8, 0.9, 0.0, 1.0, 0.1, 0.5)"
        )
        connection.execute(
            "INSERT INTO runs VALUES ('old', now(), 'backtest', 1, 'p', 1, '0.1.0', 'published', NULL, now())"
        )
    publish_copy(settings)
    folder = report_run("old", settings.reports)
    (row,) = pl.read_csv(folder / "accuracy.csv").to_dicts()
    assert (row["pinball_ratio"], row["origins_lost"], row["pinball_ratio_most"]) == (0.5, None, None)
    assert not (folder / "scorecard.csv").exists()
