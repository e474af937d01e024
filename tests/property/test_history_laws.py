"""What holds of every projection: order and batching are nothing to it, nor what is known or lands later."""

import json
import shutil
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.config import Settings, load_policy
from pipeline.eventlog import last_position
from pipeline.landing import land_files
from pipeline.projecting import maintain
from pipeline.reporting.macro_headers import read_macros
from pipeline.store import Connection, writer
from tests.histories import MOMENT, THEMES, at, histories
from tests.sql.event_log import EVERYTHING, Event, Log, instant

PLACES_IN_THE_LOG = frozenset({"log_position", "batch_id", "source_file", "source_line", "landed_at"})
MACROS = {
    "use": {
        *("usage_periods", "usage_days", "reservations", "reservation_stretches", "reservation_days"),
        *("cloud_usage", "capacity", "capacity_levels", "soldouts", "completeness", "demand_feeds"),
        "demand_history",
    },
    "needs": {
        *("denials", "waitlist_states", "need_signals", "need_chains", "need_asks", "need_spans", "needs"),
        *("cloud_unmet", "reservations", "demand_feeds", "demand_history"),
    },
    "orders": {
        *("order_book", "order_steps", "order_quantities", "order_excess", "declines", "direct_demand"),
        *("opportunities", "demand_feeds", "demand_history"),
    },
    "supply": {
        *("supply", "supply_commitments", "inventory", "inventory_moves", "contracts", "capacity"),
        *("capacity_levels", "order_book"),
    },
    "facts": {
        *("prices", "margins", "fx", "restrictions", "site_limits", "constraints", "regions", "skus"),
        *("generations", "fiscal_calendar"),
    },
}
# what is kept to answer from, and says nothing by itself
KEPT = {"coverage", "retracted_positions"}
EVERY = {macro.name for macro in read_macros() if macro.is_projection} - KEPT
OF_ANY_THEME = EVERY - set().union(*MACROS.values())
LAWS = settings(
    max_examples=5,
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)
Rows = list[tuple[Any, ...]]


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory, empty_home: Path) -> Iterator[Connection]:
    home = shutil.copytree(empty_home, tmp_path_factory.mktemp("laws"), dirs_exist_ok=True)
    with writer(Settings(home=home)) as connection:
        yield connection


def project(log: Log, macros: Sequence[str], as_of: str, position: int = EVERYTHING) -> dict[str, Rows]:
    """Return the rows of each macro without their places in the log."""
    found = {}
    for macro in macros:
        rows = log.project(macro, as_of, position)
        found[macro] = sorted(
            (tuple(value for name, value in row.items() if name not in PLACES_IN_THE_LOG) for row in rows),
            key=repr,
        )
    return found


def known_by(events: Sequence[Event], as_of: str) -> list[Event]:
    return [event for event in events if event.known_at <= instant(as_of)]


@st.composite
def questions(draw: st.DrawFn, theme: str) -> tuple[list[str], str]:
    """Draw an instant, and one macro beside all those of the theme."""
    other = st.sampled_from(sorted(OF_ANY_THEME))
    return [*sorted(MACROS[theme]), draw(other)], at(draw(st.integers(10, 80)))


@pytest.mark.parametrize("theme", THEMES)
@LAWS
@given(data=st.data())
def test_neither_order_nor_batches_nor_what_is_known_or_lands_later_reach_a_projection(
    warehouse: Connection, theme: str, data: st.DataObject
) -> None:
    """What was known, landed at once, against all of it in another order, in two batches, and more behind."""
    events = data.draw(histories(theme))
    macros, as_of = data.draw(questions(theme))
    log = Log(warehouse)
    expected = project(log.land(known_by(events, as_of), as_of), macros, as_of)
    permuted = data.draw(st.permutations(events))
    first = data.draw(st.integers(0, len(events)))
    more = data.draw(st.just([]) | histories(theme, "m", before=tuple(events), most=30))
    log.land(permuted[:first], data.draw(MOMENT))
    log.append([*permuted[first:], *more], data.draw(st.just(as_of) | MOMENT))
    assert project(log, macros, as_of, len(events)) == expected


def landed(connection: Connection, folder: Path, files: Sequence[Sequence[Event]], as_of: str) -> Log:
    """Land the events from files, each in a call of its own, keeping projections after each."""
    for (table,) in connection.execute(
        "SELECT table_name FROM duckdb_tables() WHERE NOT starts_with(table_name, 'schema_')"
    ).fetchall():
        connection.execute(f"DELETE FROM {table}")  # noqa: S608 names of tables
    for number, events in enumerate(files):
        path = folder / f"{number}.jsonl"
        path.write_text("".join(f"{json.dumps(event.envelope)}\n" for event in events))
        land_files(connection, [path], landed_at=instant("2026-09-07"))
        maintain(connection, load_policy().demand, as_of=instant(as_of))
    return Log(connection)


@settings(LAWS, max_examples=3)
@given(theme=st.sampled_from(sorted(THEMES)), data=st.data())
def test_files_may_be_cut_and_come_in_any_way_and_overlap(
    warehouse: Connection, theme: str, data: st.DataObject
) -> None:
    events = data.draw(histories(theme))
    macros, as_of = data.draw(questions(theme))
    shuffled = data.draw(st.permutations(events))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(events)), max_size=3)))
    pieces = [shuffled[first:last] for first, last in pairwise([0, *cuts, len(events)])]
    with TemporaryDirectory() as folder:
        expected = project(landed(warehouse, Path(folder), [events], as_of), macros, as_of)
        assert last_position(warehouse) > len(events) // 2
        overlapping = [*pieces, data.draw(st.lists(st.sampled_from(events), max_size=9))]
        assert project(landed(warehouse, Path(folder), overlapping, as_of), macros, as_of) == expected
