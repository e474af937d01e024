"""Verify the log against its chain, and name the first batch in which it is not what was sealed."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from pipeline.core.clock import format_instant
from pipeline.core.errors import TerminalError
from pipeline.core.progress import progress
from pipeline.core.wording import counted
from pipeline.eventlog.chain import ADOPTED, ERASURE, GENESIS, Entry, chain_entries
from pipeline.eventlog.digest import FORM, Digest, Stretch, digests_of
from pipeline.store import Connection, sql_text

_SHOWN_FILES = 3


@dataclass(frozen=True)
class Finding:
    """Where the log is not what was sealed.

    Attributes:
        what: what was found.
        batch_id: the batch; None where no batch can be named.
        first_position: first position of that batch, or of what no entry covers.
        last_position: its last position.
        files: files that it was landed from.
        landed_at: when.
    """

    what: str
    batch_id: str | None = None
    first_position: int | None = None
    last_position: int | None = None
    files: tuple[str, ...] = ()
    landed_at: datetime | None = None

    def describe(self) -> str:
        """Return it in one line."""
        if self.first_position is None:
            return self.what
        files = ", ".join(self.files[:_SHOWN_FILES])
        more = len(self.files) - _SHOWN_FILES
        origin = f", from {files}" + (f" and {more} more" if more > 0 else "") if files else ""
        landed = f", landed {format_instant(self.landed_at)}" if self.landed_at else ""
        place = f"positions {self.first_position} to {self.last_position}"
        if self.batch_id is None:
            return f"{place}: {self.what}"
        return f"batch {self.batch_id} ({place}{origin}{landed}): {self.what}"


@dataclass(frozen=True)
class Verdict:
    """What `verify_log` found.

    Attributes:
        events: events that the chain covers.
        batches: batches that it covers.
        erasures: batches that `forget` has amended.
        adopted: batches from before the chain.
        head: hash of the last entry.
        finding: the first batch that is not what was sealed; None where all is.
    """

    events: int
    batches: int
    erasures: int
    adopted: int
    head: str
    finding: Finding | None

    def to_json(self) -> dict[str, Any]:
        """Return it for `--json`."""
        broken = None
        if self.finding is not None:
            landed_at = self.finding.landed_at
            broken = {**vars(self.finding), "landed_at": format_instant(landed_at) if landed_at else None}
        return {**vars(self), "is_sound": self.finding is None, "finding": broken}

    def describe(self) -> str:
        """Return it for a terminal."""
        if self.finding is not None:
            return f"broken: {self.finding.describe()}"
        notes = ((self.adopted, "sealed only after the chain began"), (self.erasures, "amended by forget"))
        told = "".join(f", {count:,} {note}" for count, note in notes if count)
        size = f"{counted(self.events, 'event')} in {counted(self.batches, 'batch', 'batches')}"
        return f"sound: {size}{told}\nhead  {self.head}"


class _Gap(NamedTuple):
    """Positions that no sound entry covers, and what is wrong with the entries that should."""

    first: int
    last: int
    faults: tuple[str, ...]


def verify_log(connection: Connection, *, expected_head: str | None = None) -> Verdict:
    """Walk the chain and compare every batch with what was sealed.

    A batch stands as its latest entry says: an erasure amends it. The chain has no secret: who changes a
    batch and then seals it and all that follows anew, or cuts off last batches with their entries and their
    lines of the manifest, is found only by `expected_head`.

    Args:
        expected_head: hash of an entry that somebody kept elsewhere; the chain must still hold it.

    Raises:
        TerminalError: the chain was written by newer code.
    """
    entries = chain_entries(connection)
    faults = _faults(entries)
    sound = [entry for entry in entries if entry.entry_number not in faults]
    standing = _standing(sound)
    gap = next(_gaps(connection, standing, faults), None)
    whole = [entry for entry in standing if gap is None or entry.first_position < gap.first]
    finding = (
        _first_changed(connection, whole)
        or _in_gap(connection, gap)
        or _first_fault(faults)
        or _unaccounted(connection)
        or _unexpected(entries, expected_head)
    )
    return Verdict(
        events=sum(entry.events for entry in standing),
        batches=len(standing),
        erasures=sum(entry.kind == ERASURE for entry in standing),
        adopted=sum(entry.kind == ADOPTED for entry in sound),
        head=entries[-1].entry_hash if entries else GENESIS,
        finding=finding,
    )


def _faults(entries: Sequence[Entry]) -> dict[int, str]:
    """Tell what is wrong with entries, by number; those that are missing included."""
    intact = {entry.entry_number: entry for entry in entries if entry.computed_hash() == entry.entry_hash}
    last = max((entry.entry_number for entry in entries), default=0)
    times = Counter(entry.entry_number for entry in entries)
    faults = {}
    for number in range(1, last + 1):
        entry, following = intact.get(number), intact.get(number + 1)
        if times[number] != 1:
            faults[number] = "is missing" if times[number] == 0 else "stands there twice"
        elif entry is None:
            faults[number] = "was edited"
        elif number == 1 and entry.previous_hash != GENESIS:
            faults[number] = "is not the first one that was written"
        elif following is not None and following.previous_hash != entry.entry_hash:
            faults[number] = "was written anew: the next entry follows another one"
    return {number: f"entry {number} of the chain {fault}" for number, fault in faults.items()}


def _standing(sound: Sequence[Entry]) -> list[Entry]:
    """Return the entry that counts for each batch, in the order of positions."""
    standing: dict[tuple[int, int], Entry] = {}
    for entry in sound:
        place = (entry.first_position, entry.last_position)
        if entry.kind != ERASURE or place in standing:
            standing[place] = entry
    return [standing[place] for place in sorted(standing)]


def _gaps(connection: Connection, standing: Sequence[Entry], faults: Mapping[int, str]) -> Iterator[_Gap]:
    """Yield the stretches with events, or with faulty entries, that no entry covers, in their order."""
    least, greatest = connection.execute(
        "SELECT min(log_position), max(log_position) FROM events"
    ).fetchall()[0]
    if least is not None and least < 1:
        yield _Gap(least, 0, ())
    expected, before = 1, 0
    for entry in standing:
        if entry.first_position != expected:
            between = _between(faults, before, entry.entry_number)
            yield _Gap(min(expected, entry.first_position), max(expected, entry.first_position) - 1, between)
        expected, before = entry.last_position + 1, entry.entry_number
    if greatest is not None and greatest >= expected:
        yield _Gap(expected, greatest, _between(faults, before, max(faults, default=0) + 1))


def _between(faults: Mapping[int, str], before: int, after: int) -> tuple[str, ...]:
    return tuple(fault for number, fault in sorted(faults.items()) if before < number < after)


def _first_changed(connection: Connection, standing: Sequence[Entry]) -> Finding | None:
    if newer := next((entry for entry in standing if entry.form != FORM), None):
        raise TerminalError(
            f"entry {newer.entry_number} of the chain has form {newer.form}, this code knows {FORM}: "
            "update the code"
        )
    stretches = [Stretch(entry.first_position, entry.last_position, entry.salt or "") for entry in standing]
    changed = None
    with closing(digests_of(connection, stretches)) as digests:
        pairs = zip(standing, digests, strict=True)
        for entry, digest in progress(pairs, "verifying batches", total=len(standing)):
            if digest != (entry.events, entry.content_digest):
                changed = (entry, digest)
                break
    return _changed(connection, *changed) if changed else None


def _changed(connection: Connection, entry: Entry, digest: Digest) -> Finding:
    if digest.events != entry.events:
        what = f"{counted(digest.events, 'event')} stand there, {entry.events:,} were sealed"
    elif entry.salt is None:
        what = f"the entry that should amend entry {entry.entry_number} of the chain after an erasure is gone"
    else:
        what = "its events are not those that were sealed: something in them was changed, or their order"
    return _finding(connection, what, entry.batch_id, entry.first_position, entry.last_position)


def _in_gap(connection: Connection, gap: _Gap | None) -> Finding | None:
    if gap is None:
        return None
    place = {"first": gap.first, "last": gap.last}
    row = connection.execute(sql_text("eventlog/first_batch"), place).fetchone()
    what = "; ".join(gap.faults) or (
        "no entry of the chain covers these events: they were inserted outside the pipeline, "
        "or the chain was cut"
    )
    if row is None:
        return Finding(f"{what}; no event stands there", None, gap.first, gap.last)
    return _finding(connection, what, *row)


def _finding(connection: Connection, what: str, batch_id: str, first: int, last: int) -> Finding:
    parameters = {"batch_id": batch_id, "first": first, "last": last}
    rows = connection.execute(sql_text("eventlog/batch_files"), parameters).fetchall()
    files = tuple(sorted({file for file, _ in rows}))
    return Finding(what, batch_id, first, last, files, min((at for _, at in rows), default=None))


def _first_fault(faults: Mapping[int, str]) -> Finding | None:
    return Finding(faults[min(faults)]) if faults else None


def _unaccounted(connection: Connection) -> Finding | None:
    row = connection.execute(sql_text("eventlog/unaccounted_batches")).fetchone()
    if row is None:
        return None
    batch_id, landed, events = row
    what = (
        f"{landed} of its events landed, as the manifest has it, and the chain holds {events}: "
        "the batch was removed together with its entry, or the manifest was edited"
    )
    return _finding(connection, what, batch_id, 0, 0)


def _unexpected(entries: Sequence[Entry], expected: str | None) -> Finding | None:
    if expected is None or expected in {GENESIS, *(entry.entry_hash for entry in entries)}:
        return None
    return Finding(
        f"no entry of the chain has the hash {expected}: since it was kept, the log was cut back "
        "or sealed anew"
    )
