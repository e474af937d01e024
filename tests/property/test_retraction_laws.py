"""Which retractions are in force, held to a definition that is written out apart from how it is computed."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.projecting.retracting import Retraction, Span, spans_in_force

LAWS = settings(max_examples=150, deadline=None)
START = datetime(2026, 1, 5, tzinfo=UTC)
Edges = Collection[tuple[int, int]]


def in_force(retractions: Collection[int], edges: Edges) -> set[int]:
    """Return those in force; an edge is (retraction, retraction that it retracts).

    Again and again: what one in force retracts counts for nothing; what only those retract that count for
    nothing is in force. Where neither says anything more, whatever is open and retracted by no open one
    outside of its own circle counts for nothing.
    """
    fates: dict[int, bool] = {}
    while len(fates) < len(retractions):
        open_ones = [each for each in retractions if each not in fates]
        refuted = [each for each in open_ones if any(to == each and fates.get(by) for by, to in edges)]
        freed = [each for each in open_ones if all(fates.get(by) is False for by, to in edges if to == each)]
        fates |= dict.fromkeys(refuted, False) | dict.fromkeys(freed, True)
        if not refuted and not freed:
            reached = _reached(open_ones, edges)
            circles = [
                each
                for each in open_ones
                if all((each, other) in reached for other in open_ones if (other, each) in reached)
            ]
            fates |= dict.fromkeys(circles, False)
    return {each for each, is_in_force in fates.items() if is_in_force}


def _reached(open_ones: Collection[int], edges: Edges) -> set[tuple[int, int]]:
    reached = {(by, to) for by, to in edges if by in open_ones and to in open_ones}
    for middle in open_ones:
        reached |= {(first, last) for first, at in reached for back, last in reached if at == middle == back}
    return reached


@st.composite
def webs(draw: st.DrawFn) -> list[Retraction]:
    """Draw retractions of retractions; 0 is a fact that retractions may name too."""
    count = draw(st.integers(1, 8))
    targets = st.integers(0, count)
    moments = st.integers(0, 3).map(lambda days: START + timedelta(days=days))
    return [Retraction(position, draw(targets), draw(moments)) for position in range(1, count + 1)]


def _holds(span: Span, as_of: datetime, position: int) -> bool:
    until = span.known_until or datetime.max.replace(tzinfo=UTC)
    return span.known_from <= as_of < until and span.position_from <= position <= span.position_to


@LAWS
@given(webs(), st.integers(-1, 4), st.integers(0, 9))
def test_the_spans_of_retractions_say_which_are_in_force_at_any_instant_and_position(
    web: list[Retraction], days: int, position: int
) -> None:
    as_of = START + timedelta(days=days)
    spans = spans_in_force(web)
    named = {each.target for each in web}
    seen = {each.position for each in web if each.known_at <= as_of and each.position <= position}
    edges = {(each.position, each.target) for each in web if {each.position, each.target} <= seen}
    told = [span.retraction_position for span in spans if _holds(span, as_of, position)]
    assert len(told) == len(set(told))
    assert set(told) == in_force(seen, edges) & named
