"""When retractions are in force, where retractions are retracted themselves."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, pairwise, zip_longest

LAST_POSITION = 2**63 - 1


@dataclass(frozen=True)
class Retraction:
    """A retraction with the event that it names.

    Attributes:
        position: its own place in the log.
        target: that of the event.
    """

    position: int
    target: int
    known_at: datetime


@dataclass(frozen=True)
class Span:
    """Where a retraction is in force.

    Attributes:
        retraction_position: of the retraction.
        log_position: of the event that it names.
        known_from: for what is asked as of this instant or later,
        known_until: and before this one; None: for good.
        position_from: first log position up to which the question reads.
        position_to: last one.
    """

    retraction_position: int
    log_position: int
    known_from: datetime
    known_until: datetime | None
    position_from: int
    position_to: int


def spans_in_force(retractions: Sequence[Retraction]) -> list[Span]:
    """Return where those that others retract are in force; those that nobody retracts are not in the answer.

    A retraction counts for nothing while another in force retracts it; those that retract each other in a
    circle all count for nothing.

    Args:
        retractions: those that are retracted, and all that do it, all the way up.
    """
    named_by = {
        target: tuple(sorted(group, key=lambda each: each.position))
        for target, group in groupby(
            sorted(retractions, key=lambda each: each.target), lambda each: each.target
        )
    }
    contested = [each for each in retractions if each.position in named_by]
    return [span for each in contested for span in _spans_of(each, named_by)]


def _spans_of(retraction: Retraction, named_by: Mapping[int, Iterable[Retraction]]) -> list[Span]:
    above = _all_above(retraction, named_by)
    instants = sorted({each.known_at for each in above if each.known_at >= retraction.known_at})
    positions = sorted({each.position for each in above if each.position >= retraction.position})
    spans = []
    for known_from, known_until in zip_longest(instants, instants[1:]):
        fates = [
            (position, _is_in_force(retraction, above, known_from, position, named_by))
            for position in positions
        ]
        changes = [next(group) for _, group in groupby(fates, lambda fate: fate[1])]
        for (first, is_in_force), (following, _) in pairwise([*changes, (LAST_POSITION + 1, False)]):
            if is_in_force:
                place = (retraction.position, retraction.target)
                spans.append(Span(*place, known_from, known_until, first, following - 1))
    return spans


def _all_above(retraction: Retraction, named_by: Mapping[int, Iterable[Retraction]]) -> set[Retraction]:
    found, waiting = {retraction}, [retraction]
    while waiting:
        new = set(named_by.get(waiting.pop().position, ())) - found
        found |= new
        waiting.extend(new)
    return found


def _is_in_force(
    retraction: Retraction,
    above: set[Retraction],
    instant: datetime,
    position: int,
    named_by: Mapping[int, Iterable[Retraction]],
) -> bool:
    """Settle what is seen at an instant and a position, from the top down, until it is this one's turn.

    One that another in force retracts counts for nothing, whatever else retracts it; one whose retractions
    all count for nothing is in force; where neither can be said of any, a circle is left, which counts for
    nothing.
    """
    seen = {each for each in above if each.known_at <= instant and each.position <= position}
    by = {each: [other for other in named_by.get(each.position, ()) if other in seen] for each in seen}
    fates: dict[Retraction, bool] = {}
    while retraction not in fates:
        said = {each: [fates.get(other) for other in by[each]] for each in seen - fates.keys()}
        ready = {each: not any(told) for each, told in said.items() if any(told) or None not in told}
        fates |= ready or dict.fromkeys(_first_circle(by, fates), False)
    return fates[retraction]


def _first_circle(
    by: Mapping[Retraction, Sequence[Retraction]], settled: Mapping[Retraction, bool]
) -> set[Retraction]:
    """Find a circle that waits for nothing but itself."""
    waiting = {
        each: [other for other in others if other not in settled]
        for each, others in by.items()
        if each not in settled
    }
    open_above = [_closure(each, waiting) for each in waiting]
    return min(open_above, key=lambda above: (len(above), min(each.position for each in above)))


def _closure(retraction: Retraction, by: Mapping[Retraction, Sequence[Retraction]]) -> set[Retraction]:
    found: set[Retraction] = set()
    waiting = list(by[retraction])
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.add(each)
            waiting.extend(by[each])
    return found
