"""What the reader of an allocation must know beside its figures."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from pipeline.core.errors import TerminalError


class AllocationNotPossible(TerminalError):  # noqa: N818 - a state of the data, told beside the forecast
    """No programme can be set up; the message names what is missing and which event types bring it."""


@dataclass(frozen=True)
class Note:
    """One remark.

    Attributes:
        severity: 'warning' where a figure may mislead without the remark, else 'info'.
        code: stable name of the kind of remark.
        message: what, where, consequence and next step in one line.
    """

    severity: Literal["info", "warning"]
    code: str
    message: str

    def __str__(self) -> str:
        return self.message


def warn(code: str, message: str) -> Note:
    """Build a remark without which a figure may mislead."""
    return Note("warning", code, message)


def tell(code: str, message: str) -> Note:
    """Build a remark on how a figure came about."""
    return Note("info", code, message)


def gather(found: Iterable[tuple[str, Note]]) -> tuple[Note, ...]:
    """Make one remark of those that say the same of several places: 'place, place: what holds there'."""
    places: dict[Note, list[str]] = {}
    for place, note in found:
        places.setdefault(note, []).append(place)
    return tuple(replace(note, message=f"{', '.join(at)}: {note.message}") for note, at in places.items())
