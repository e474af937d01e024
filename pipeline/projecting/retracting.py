"""When retractions are in force, where retractions are retracted themselves."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

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


def spans_in_force(retractions: Iterable[Retraction]) -> list[Span]:
    """Return where those that others retract are in force; those that nobody retracts are not in the answer.

    A retraction counts for nothing while another in force retracts it; those that retract each other in a
    circle all count for nothing.

    Args:
        retractions: those that are retracted, and all that do it, all the way up; each names one event.
    """
    in_order = sorted(retractions, key=attrgetter("position"))
    contested = {each.target for each in in_order}
    webs = _webs(_without_repeated(in_order, contested))
    return [span for web in webs for span in _spans_of(web) if span.retraction_position in contested]


def _without_repeated(in_order: Iterable[Retraction], contested: set[int]) -> Iterator[Retraction]:
    """Leave out what nobody retracts and another said too, which landed and was known before."""
    earliest: dict[int, datetime] = {}
    for each in in_order:
        if each.position in contested:
            yield each
        elif each.target not in earliest or each.known_at < earliest[each.target]:
            earliest[each.target] = each.known_at
            yield each


def _webs(retractions: Iterable[Retraction]) -> list[list[Retraction]]:
    """Part them into those that hang together."""
    by_position = {each.position: each for each in retractions}
    web_of: dict[int, list[Retraction]] = {}
    for start in by_position:
        path: list[Retraction] = []
        position = start
        while position in by_position and position not in web_of:
            web_of[position] = path
            path.append(by_position[position])
            position = by_position[position].target
        web = web_of.get(position, path)
        if web is not path:
            web.extend(path)
            web_of |= dict.fromkeys((each.position for each in path), web)
    return list({id(web): web for web in web_of.values()}.values())


def _spans_of(web: Sequence[Retraction]) -> Iterator[Span]:
    targets = {each.position: each.target for each in sorted(web, key=attrgetter("position"))}
    begun: dict[tuple[int, int, int], datetime] = {}
    for instant in sorted({each.known_at for each in web}):
        known = {each.position for each in web if each.known_at <= instant}
        now = set(_stretches({place: target for place, target in targets.items() if place in known}))
        yield from _ended(begun, begun.keys() - now, targets, instant)
        begun |= dict.fromkeys(now - begun.keys(), instant)
    yield from _ended(begun, set(begun), targets, None)


def _ended(
    begun: dict[tuple[int, int, int], datetime],
    ended: set[tuple[int, int, int]],
    targets: Mapping[int, int],
    until: datetime | None,
) -> Iterator[Span]:
    for place, first, last in sorted(ended):
        yield Span(place, targets[place], begun.pop((place, first, last)), until, first, last)


def _stretches(targets: Mapping[int, int]) -> Iterator[tuple[int, int, int]]:
    """Yield retractions with the first and the last position between which they are in force.

    Args:
        targets: all that are known at an instant, in order, with what they name.
    """
    seen: dict[int, int] = {}
    since: dict[int, int] = {}
    for position, target in targets.items():
        seen[position] = target
        in_force = _in_force(seen)
        yield from ((each, since.pop(each), position - 1) for each in since.keys() - in_force)
        since |= dict.fromkeys(in_force - since.keys(), position)
    yield from ((each, first, LAST_POSITION) for each, first in since.items())


def _in_force(targets: Mapping[int, int]) -> set[int]:
    """Settle all that is seen at an instant and a position, from the top down.

    One that another in force retracts counts for nothing, whatever else retracts it; one whose retractions
    all count for nothing is in force. As each names one event, what is left are circles, which count for
    nothing.
    """
    open_above = Counter(targets.values())
    fates = {place: True for place in targets if place not in open_above}
    waiting = list(fates)
    while waiting:
        place = waiting.pop()
        target = targets[place]
        open_above[target] -= 1
        is_settled = fates[place] or not open_above[target]
        if is_settled and target in targets and target not in fates:
            fates[target] = not fates[place]
            waiting.append(target)
    return {place for place, is_in_force in fates.items() if is_in_force}
