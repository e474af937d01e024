from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from pipeline.config import Settings
from pipeline.landing import LandingReport, land_files
from pipeline.simulation import SimulationSummary, simulate
from pipeline.store import read_frame, writer
from tests.unit.simulation.reading import Simulated

LANDED_AT = datetime(2030, 1, 1, tzinfo=UTC)


def land(settings: Settings, summary: SimulationSummary) -> tuple[LandingReport, pl.DataFrame, pl.DataFrame]:
    with writer(settings) as connection:
        report = land_files(connection, [summary.out / "events"], landed_at=LANDED_AT)
        reasons = read_frame(connection, "SELECT reason, count(*) AS lines FROM quarantine GROUP BY reason")
        known = read_frame(connection, "SELECT max(known_at) AS known_at, count(*) AS events FROM events")
    return report, reasons, known


def test_a_simulation_lands_whole_and_is_known_when_it_says(market: Simulated, tmp_path: Path) -> None:
    report, reasons, known = land(Settings(tmp_path), market.summary)
    identities = {(event["source"], event["id"]) for event in market.lines}
    assert report.errors == []
    assert reasons.is_empty()
    assert (report.lines, report.landed) == (market.summary.events, len(identities))
    assert known["events"].item() == len(identities)
    assert known["known_at"].item() <= market.summary.as_of


def test_of_a_hostile_simulation_only_the_hostile_lines_are_quarantined(tmp_path: Path) -> None:
    summary = simulate(tmp_path / "hostile", weeks=25, seed=2, scenario="hostile", events=8_000)
    report, reasons, _ = land(Settings(tmp_path / "home"), summary)
    assert report.errors == []
    assert report.quarantined == reasons["lines"].sum() == summary.bad_lines
    assert reasons.height >= 20
    assert report.lines == summary.events + summary.bad_lines
