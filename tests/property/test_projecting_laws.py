"""What is kept of the projections is what the log says, however it was brought there."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.config import Settings, load_policy
from pipeline.config.policy import DemandPolicy
from pipeline.projecting import read_state, rebuild
from pipeline.schemas.tables import KEPT_TABLES
from pipeline.store import Connection, writer
from tests.histories import MOMENT, histories
from tests.sql.event_log import EVERYTHING, Event, Log, instant

LAWS = settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)
THEMES = ("use", "needs", "needs", "orders")
GATED = {
    "use": ("cloud_usage", "reservation_stretches"),
    "needs": ("need_spans", "needs", "cloud_unmet", "reservation_stretches", "order_book", "direct_demand"),
    "orders": ("order_book", "declines", "direct_demand"),
}
"""What reads kept tables, by the theme whose events it tells of; and what tells of all of them."""
GATED_OF_ALL = ("demand_history", "customers", "demand_feeds")
SHIPPED = load_policy().demand
POLICIES = st.sampled_from([SHIPPED, SHIPPED, replace(SHIPPED, need_window_days=8, need_silent_days=5)])
THEME = st.sampled_from(THEMES)
DRAWN = THEME.flatmap(lambda theme: histories(theme, most=60))
DRAWN_OF_A_THEME = THEME.flatmap(lambda theme: st.tuples(st.just(theme), histories(theme, most=60)))
QUESTIONS = st.one_of(
    st.just((None, EVERYTHING)),
    MOMENT.map(lambda as_of: (as_of, EVERYTHING)),
    st.integers(0, 60).map(lambda position: (None, position)),
)
"""As of which instant, None: that which is kept; and for whom reads the log how far."""
Rows = list[tuple[Any, ...]]


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory, empty_home: Path) -> Iterator[Connection]:
    home = shutil.copytree(empty_home, tmp_path_factory.mktemp("laws"), dirs_exist_ok=True)
    with writer(Settings(home=home)) as connection:
        yield connection


def kept(connection: Connection) -> dict[str, Rows]:
    return {
        table.name: connection.execute(f"FROM {table.name} ORDER BY ALL").fetchall() for table in KEPT_TABLES
    }


def answers(log: Log, theme: str, as_of: str, position: int) -> dict[str, list[dict[str, Any]]]:
    return {macro: log.project(macro, as_of, position) for macro in (*GATED_OF_ALL, *GATED[theme])}


def computed(log: Log, theme: str, as_of: str, position: int) -> dict[str, list[dict[str, Any]]]:
    """Ask as if nothing were kept as of any instant."""
    log.connection.begin()
    log.connection.execute("UPDATE projection_state SET known_from = 'infinity'")
    try:
        return answers(log, theme, as_of, position)
    finally:
        log.connection.rollback()


@LAWS
@given(DRAWN, st.lists(st.tuples(st.integers(1, 25), MOMENT, POLICIES), min_size=2, max_size=5))
def test_what_is_kept_is_what_a_rebuilding_keeps_whatever_came_when(
    warehouse: Connection, events: list[Event], moves: list[tuple[int, str, DemandPolicy]]
) -> None:
    log = Log(warehouse).land([], moves[0][1])
    for count, kept_as_of, demand in moves:
        log.append(events[:count], kept_as_of, demand)
        events = events[count:]
        incremental = kept(warehouse)
        rebuild(warehouse, demand, as_of=instant(kept_as_of))
        assert incremental == kept(warehouse)


@settings(LAWS, max_examples=20)
@given(DRAWN_OF_A_THEME, MOMENT, QUESTIONS)
def test_an_answer_is_the_same_whether_it_is_kept_or_computed(
    warehouse: Connection, drawn: tuple[str, list[Event]], kept_as_of: str, question: tuple[str | None, int]
) -> None:
    theme, events = drawn
    log = Log(warehouse).land(events, kept_as_of)
    state = read_state(warehouse)
    as_of, position = question
    instant_asked = as_of or kept_as_of
    kept_answers = answers(log, theme, instant_asked, position)
    assert kept_answers == computed(log, theme, instant_asked, position)
    covered = warehouse.execute("FROM coverage(?, ?)", [instant(kept_as_of), state.counted_position])
    assert covered.fetchall()


@LAWS
@given(st.data(), MOMENT)
def test_nothing_known_later_reaches_what_is_kept(
    warehouse: Connection, data: st.DataObject, kept_as_of: str
) -> None:
    events = data.draw(DRAWN)
    known = [event for event in events if event.known_at <= instant(kept_as_of)]
    log = Log(warehouse).land(known, kept_as_of)
    expected = {table: rows for table, rows in kept(warehouse).items() if table.startswith("kept_")}
    log.append([event for event in events if event not in known], kept_as_of)
    assert {table: rows for table, rows in kept(warehouse).items() if table.startswith("kept_")} == expected
