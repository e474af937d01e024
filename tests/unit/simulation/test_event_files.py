import json
from collections import Counter
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest

from pipeline.core.errors import UsageError
from pipeline.landing.judging import Event, judge
from pipeline.simulation import SCENARIOS, simulate
from tests.contract_table import TYPES
from tests.unit.simulation.contract_checker import complaints
from tests.unit.simulation.reading import Simulated, raw_lines

DECIDED_BY_THE_PIPELINE = ("forecast", "override", "allocation")


def content(out: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()
    }


def test_every_event_keeps_the_contract(market: Simulated) -> None:
    found = Counter(complaint for event in market.lines for complaint in complaints(event))
    assert found == {}


def test_landing_accepts_every_line_and_flags_nothing(sold_out: Simulated) -> None:
    for line in raw_lines(sold_out.summary.out):
        verdict = judge(line.decode())
        assert isinstance(verdict, Event), (verdict, line)
        assert verdict.flags == []


def test_every_type_of_the_market_occurs(market: Simulated) -> None:
    assert {event["type"] for event in market.lines} == {
        name for name in TYPES if name.endswith(".v1") and name.split(".")[1] not in DECIDED_BY_THE_PIPELINE
    }


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    for name, seed in (("one", 3), ("two", 3), ("three", 4)):
        simulate(tmp_path / name, weeks=20, seed=seed)
    one, two, three = (content(tmp_path / name) for name in ("one", "two", "three"))
    assert one == two
    events = [name for name in one.keys() & three.keys() if name.startswith("events/")]
    assert events
    assert all(one[name] != three[name] for name in [*events, "truth/demand.parquet"])


def test_an_earlier_simulation_in_the_folder_is_replaced(tmp_path: Path) -> None:
    simulate(tmp_path / "used", weeks=30, seed=1)
    simulate(tmp_path / "used", weeks=12, seed=2)
    simulate(tmp_path / "fresh", weeks=12, seed=2)
    assert content(tmp_path / "used") == content(tmp_path / "fresh")


@pytest.mark.parametrize("events", [10_000, 100_000])
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_number_of_events_is_within_a_tenth_of_what_was_asked_for(
    tmp_path: Path, events: int, scenario: str
) -> None:
    summary = simulate(tmp_path, weeks=140, seed=11, scenario=scenario, events=events)
    assert summary.events == pytest.approx(events, rel=0.1)
    assert sum(1 for line in raw_lines(tmp_path)) == summary.events + summary.bad_lines


def test_the_default_example_is_a_few_dozen_files_of_three_formats(tmp_path: Path) -> None:
    summary = simulate(tmp_path, weeks=140, seed=1)
    assert 30_000 <= summary.events <= 50_000
    assert 5 <= len(summary.files) <= 40
    assert {"".join(Path(name).suffixes) for name in summary.files} == {".jsonl", ".jsonl.gz", ".jsonl.zst"}
    assert set(summary.files) == {path.name for path in (tmp_path / "events").iterdir()}


def test_some_events_are_late_some_repeated_some_out_of_order_and_some_retracted(market: Simulated) -> None:
    count = len(market.lines)
    repeated = Counter((event["source"], event["id"]) for event in market.lines)
    assert 0.001 * count < sum(times - 1 for times in repeated.values()) < 0.01 * count
    retracted = {event["subject"] for event in market.lines if event["type"] == "trn.event.retracted.v1"}
    assert retracted
    assert retracted <= {event["id"] for event in market.lines}
    metered = [event["recordedtime"] for event in market.lines if event["type"] == "trn.usage.metered.v1"]
    falls = sum(after < before for before, after in pairwise(metered))
    assert 0 < falls < 0.05 * len(metered)
    delay = market.of("usage.metered").select(pl.col("recordedtime") - pl.col("period_end")).to_series()
    assert 0 < (delay > timedelta(days=2)).sum() < 0.01 * count
    assert (delay > timedelta(0)).all()


def test_hostile_lines_are_refused_for_the_reasons_that_the_truth_names(tmp_path: Path) -> None:
    summary = simulate(tmp_path, weeks=30, seed=5, scenario="hostile", events=10_000)
    truth = json.loads((tmp_path / "truth" / "truth.json").read_text(encoding="utf-8"))["bad_lines"]
    expected: Counter[str] = Counter()
    for kind in truth.values():
        expected[kind["reason"]] += kind["lines"]
    refused: Counter[str] = Counter()
    said: dict[tuple[str, str], set[str]] = {}
    for line in raw_lines(tmp_path):
        try:
            verdict = judge(line.removesuffix(b"\r").decode())
        except UnicodeDecodeError:
            refused["invalid_utf8"] += 1
            continue
        if isinstance(verdict, Event):
            known = said.setdefault((verdict.source, verdict.id), set())
            refused["conflicting_duplicate"] += bool(known) and verdict.content_hash not in known
            known.add(verdict.content_hash)
        else:
            refused[str(verdict.reason)] += 1
    assert refused == expected
    assert len(truth) >= 25
    assert summary.bad_lines == expected.total() == pytest.approx(0.01 * summary.events, rel=0.3)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"weeks": 10, "scenario": "boom"}, "there is no scenario 'boom'"),
        ({"weeks": 0}, "at least 1 week"),
        ({"weeks": 9_000}, "must lie between"),
        ({"weeks": 10, "start": date(1999, 1, 4)}, "must lie between"),
        ({"weeks": 140, "events": 500}, "500 events are too few for 140 weeks"),
    ],
)
def test_what_cannot_be_simulated_is_refused_in_one_line(
    tmp_path: Path, arguments: dict[str, object], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        simulate(tmp_path, seed=1, **arguments)  # type: ignore[arg-type]
    assert not any(tmp_path.iterdir())


def test_files_that_no_simulation_wrote_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "events").mkdir()
    own = tmp_path / "events" / "orders.jsonl"
    own.write_text("{}\n")
    with pytest.raises(UsageError, match="holds files that no simulation wrote"):
        simulate(tmp_path, weeks=4, seed=1)
    assert own.read_text() == "{}\n"
