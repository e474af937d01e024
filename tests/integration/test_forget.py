"""Forget a customer of a planned market, in real processes, some of which die on the way."""

import json
import signal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipeline.core.crash_points import CRASH_POINTS
from tests.crash_trials import Trials
from tests.crash_world import Under, copy_home
from tests.erasure_world import places_of
from tests.landing_world import usage, write_lines

from .conftest import Quick, Shell

AS_OF = "2030-01-01T00:00:00Z"
PROJECTIONS = (
    "order_book",
    "demand_history",
    "needs",
    "opportunities",
    "reservations",
    "customers",
    "orphans",
)
PASSED = ("forgetting", "rewriting", "maintaining", "publication")
CUSTOMER = "cust-zq81xv"


@pytest.mark.xdist_group("whole way")
def test_a_planned_market_goes_on_without_the_customer(
    planned_copy: Shell, quick: Quick, market: Path
) -> None:
    home = planned_copy.home
    shell = quick(home)
    (customer,) = one(home, "SELECT customer_id FROM order_book(now()) WHERE customer_id IS NOT NULL LIMIT 1")
    before = projections(home)
    assert customer in json.dumps(before, default=str)
    sound = shell.done("verify")
    told = planned_copy.done("forget", customer, "--yes")
    assert "forgotten: " in told
    assert str(market / "events") in told.partition("STILL THERE")[2]
    (name,) = one(home, "SELECT pseudonym FROM erasures")
    assert places_of(customer, home) == []
    assert projections(home) == renamed(before, customer, name)
    again = planned_copy.done("verify", "--expect", sound.split()[-1])
    assert "amended by forget" in again
    assert shell.done("verify", "--published") == again
    log = one(home, "SELECT count(*), max(log_position) FROM events")
    landed = json.loads(shell.done("land", market / "events", "--json"))
    assert (landed["landed"], landed["quarantined"]) == (0, 0)
    assert one(home, "SELECT count(*), max(log_position) FROM events") == log
    assert "published already" in shell.done("run")
    assert places_of(customer, home) == []


def one(home: Path, query: str) -> tuple[Any, ...]:
    with duckdb.connect(home / "published" / "warehouse.duckdb", read_only=True) as connection:
        (row,) = connection.execute(query).fetchall()
    return tuple(row)


def projections(home: Path) -> dict[str, list[Any]]:
    with duckdb.connect(home / "published" / "warehouse.duckdb", read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        return {
            name: sorted(
                json.dumps(row, default=str)
                for row in connection.execute(f"FROM {name}(?)", [AS_OF]).fetchall()
            )
            for name in PROJECTIONS
        }


def renamed(rows: dict[str, list[Any]], customer: str, name: str) -> dict[str, list[Any]]:
    return {macro: sorted(row.replace(customer, name) for row in kept) for macro, kept in rows.items()}


@pytest.fixture(scope="session")
def landed(trials: Trials, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which events of the customer have landed and are published."""
    folder = tmp_path_factory.mktemp("landed")
    lines = [
        *(usage(f"{CUSTOMER}/{day}", data_customer_id=CUSTOMER) for day in range(3)),
        *(usage(f"u{day}", data_customer_id=CUSTOMER) for day in range(3)),
        usage("other", data_customer_id="c2"),
        usage("refused", data_customer_id=CUSTOMER, data_chip_hours=-1),
    ]
    trials.commands.done(folder / "home", "land", write_lines(folder / "events.jsonl", lines))
    return folder / "home"


@pytest.mark.xdist_group("crashes")
@pytest.mark.parametrize("point", [point for point in CRASH_POINTS if point.partition(".")[0] in PASSED])
def test_killed_anywhere_the_same_call_again_finishes(
    trials: Trials, landed: Path, tmp_path: Path, point: str
) -> None:
    home, commands = copy_home(landed, tmp_path / "home"), trials.commands
    words = ("forget", CUSTOMER, "--yes")
    killed = commands.run(home, *words, under=Under(crash_at=point))
    assert killed.returncode == -signal.SIGKILL, killed.err
    assert commands.done(home, "verify").out.startswith("sound: 7 events in 1 batch")
    told = commands.done(home, *words).out
    is_over = point == "forgetting.after_clearing"
    assert ("an earlier forget was cut short" in told) == (not is_over)
    assert places_of(CUSTOMER, home) == []
    assert sorted(file.name for file in home.iterdir()) == ["published", "warehouse.duckdb", "warehouse.lock"]
    assert one(home, "SELECT count(*), count(DISTINCT data ->> 'customer_id') FROM events") == (7, 2)
    assert one(home, "SELECT count(*), sum(events), sum(quarantined) FROM erasures") == (1, 6, 1)
    assert commands.done(home, "verify", "--published").out.startswith("sound: 7 events in 1 batch")
