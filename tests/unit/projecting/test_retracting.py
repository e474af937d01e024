"""Settling what is in force stays cheap where many retractions meet."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.projecting import retracting
from pipeline.projecting.retracting import LAST_POSITION, Retraction, Span, spans_in_force

FACT = 0


def later(hours: int) -> datetime:
    return datetime(2026, 1, 5, tzinfo=UTC) + timedelta(hours=hours)


def test_what_was_retracted_again_and_again_costs_no_more_than_the_first_time() -> None:
    again = [Retraction(2 + number, 1, later(1 + number)) for number in range(200)]
    begun = time.process_time()
    found = spans_in_force([Retraction(1, FACT, later(0)), *again])
    assert time.process_time() - begun < 1
    assert found == [
        Span(1, FACT, later(0), later(1), 1, LAST_POSITION),
        Span(1, FACT, later(1), None, 1, 1),
    ]


def test_a_retraction_that_lands_later_and_was_known_before_says_something_of_its_own() -> None:
    found = spans_in_force(
        [Retraction(1, FACT, later(0)), Retraction(2, 1, later(9)), Retraction(3, 1, later(5))]
    )
    assert [(span.known_from, span.known_until, span.position_to) for span in found] == [
        (later(0), later(5), LAST_POSITION),
        (later(5), later(9), 2),
        (later(9), None, 1),
    ]


def test_all_of_a_long_chain_is_settled_at_once_for_an_instant_and_a_position(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settled = []
    in_force = retracting._in_force
    monkeypatch.setattr(retracting, "_in_force", lambda seen: settled.append(1) or in_force(seen))
    length = 30
    found = spans_in_force([Retraction(1 + each, each, later(each)) for each in range(length)])
    assert len(settled) == length * (length + 1) / 2
    last = [span for span in found if span.known_until is None and span.position_to == LAST_POSITION]
    assert [span.retraction_position for span in last] == list(range(2, length, 2))
