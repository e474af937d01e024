"""The digest of a stretch of the log: every stored byte of its events, however the database hands them out.

The canonical form of a stretch (form 1) is, for each column of `sql/eventlog/sealed_events.sql` in turn,
SHA-256 hashes that run over its values in the order of `log_position`:

    texts        their lengths in bytes as 32-bit numbers (2^32 - 1: NULL), and their bytes on end
    lists        the lengths of the lists, and their texts as above
    fixed width  the values as 64-bit numbers (0: NULL), and a byte a value that tells which are NULL

All numbers are little-endian. The digest is the SHA-256 of the JSON list of salt, count and hashes.
"""

import hashlib
from collections.abc import Generator, Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple, Protocol

import numpy as np
import pyarrow as pa

from pipeline.core.ids import canonical_json, content_hash
from pipeline.store import Connection, sql_text

FORM = 1
_ROWS_AT_A_TIME = 16_384
_NULL = 2**32 - 1


class Stretch(NamedTuple):
    """Positions `first` to `last` of the log, and the salt of their digest."""

    first: int
    last: int
    salt: str


class Digest(NamedTuple):
    """How many events a stretch holds, and the digest of their content."""

    events: int
    content: str


class _OutOfOrderError(Exception):
    """The database handed out other positions than those that come next."""


def digests_of(connection: Connection, stretches: Sequence[Stretch]) -> Generator[Digest]:
    """Yield the digest of each of some stretches, reading those that adjoin at once and in pieces.

    The connection is taken until the last one is yielded, or the generator is closed. Most events lie in the
    table in the order of their positions; a stretch in which they do not is read again by itself, in pieces
    that are sorted.
    """
    connection.execute(sql_text("eventlog/sealed_events"))
    connection.execute("SET arrow_large_buffer_size = true")  # a piece may hold more than 2 GiB of text
    try:
        done = 0
        while done < len(stretches):
            try:
                for digest in _scan(connection, _adjoining(stretches[done:])):
                    yield digest
                    done += 1
            except _OutOfOrderError:
                yield _sorted_digest(connection, stretches[done])
                done += 1
    finally:
        connection.execute("RESET arrow_large_buffer_size")


def _adjoining(stretches: Sequence[Stretch]) -> Sequence[Stretch]:
    """Return the first stretches, as far as each begins where the one before ends."""
    for count, (stretch, following) in enumerate(pairwise(stretches), 1):
        if following.first != stretch.last + 1:
            return stretches[:count]
    return stretches


def _scan(connection: Connection, stretches: Sequence[Stretch]) -> Iterator[Digest]:
    waiting = iter(stretches)
    stretch, hashes = next(waiting), _EventsHash()
    position = stretch.first
    events = _events(connection, stretch.first, stretches[-1].last)
    for piece in events.to_arrow_reader(_ROWS_AT_A_TIME):
        positions = piece.column("log_position").to_numpy()
        if not np.array_equal(positions, np.arange(position, position + len(positions))):
            raise _OutOfOrderError
        while position <= positions[-1]:
            taken = piece.slice(position - positions[0], stretch.last + 1 - position)
            hashes.add(taken)
            position += len(taken)
            if position > stretch.last:
                yield hashes.digest(stretch.salt)
                stretch, hashes = next(waiting, stretch), _EventsHash()
    if position <= stretches[-1].last:
        raise _OutOfOrderError


def _sorted_digest(connection: Connection, stretch: Stretch) -> Digest:
    hashes = _EventsHash()
    for first in range(stretch.first, stretch.last + 1, _ROWS_AT_A_TIME):
        last = min(first + _ROWS_AT_A_TIME - 1, stretch.last)
        events = _events(connection, first, last).to_arrow_table()
        order = np.argsort(events.column("log_position").to_numpy(), kind="stable")
        for piece in events.take(pa.array(order)).combine_chunks().to_batches():
            hashes.add(piece)
    return hashes.digest(stretch.salt)


def _events(connection: Connection, first: int, last: int) -> Connection:
    query = "FROM sealed_events WHERE log_position BETWEEN $first AND $last"
    return connection.execute(query, {"first": first, "last": last})


class _ColumnHash(Protocol):
    def add(self, column: Any) -> None:  # noqa: ANN401 an Arrow array
        """Go on with the next events."""

    def hashes(self) -> list[str]:
        """Return the hashes of all events so far."""


class _EventsHash:
    """Running hashes of the columns of events."""

    def __init__(self) -> None:
        self._events = 0
        self._columns: list[_ColumnHash] = []

    def add(self, piece: Any) -> None:  # noqa: ANN401
        if not self._columns:
            self._columns = [_hash_for(kind) for kind in piece.schema.types]
        for column_hash, column in zip(self._columns, piece.columns, strict=True):
            column_hash.add(column)
        self._events += len(piece)

    def digest(self, salt: str) -> Digest:
        hashes = [column.hashes() for column in self._columns]
        return Digest(self._events, content_hash(canonical_json([salt, self._events, hashes])))


class _TextHash:
    def __init__(self) -> None:
        self._lengths, self._bytes = hashlib.sha256(), hashlib.sha256()

    def add(self, column: Any) -> None:  # noqa: ANN401
        if column.null_count == len(column):
            self._lengths.update(np.full(len(column), _NULL, dtype="<u4").data)
            return
        filled = column.fill_null("") if column.null_count else column
        offsets = _offsets(filled)
        lengths = np.diff(offsets).astype("<u4")
        if column.null_count:
            lengths[column.is_null().to_numpy(zero_copy_only=False)] = _NULL
        self._lengths.update(lengths.data)
        self._bytes.update(memoryview(filled.buffers()[2])[offsets[0] : offsets[-1]])

    def hashes(self) -> list[str]:
        return [self._lengths.hexdigest(), self._bytes.hexdigest()]


class _ListHash:
    def __init__(self) -> None:
        self._lengths, self._texts = hashlib.sha256(), _TextHash()

    def add(self, column: Any) -> None:  # noqa: ANN401
        self._lengths.update(np.diff(_offsets(column)).astype("<u4").data)
        self._texts.add(column.flatten())

    def hashes(self) -> list[str]:
        return [self._lengths.hexdigest(), *self._texts.hashes()]


class _FixedWidthHash:
    def __init__(self) -> None:
        self._values, self._nulls = hashlib.sha256(), hashlib.sha256()

    def add(self, column: Any) -> None:  # noqa: ANN401
        numbers = column.view(pa.int64())
        is_null = np.zeros(len(column), dtype=bool)
        if column.null_count:
            is_null = column.is_null().to_numpy(zero_copy_only=False)
            numbers = numbers.fill_null(0)
        self._values.update(numbers.to_numpy().astype("<i8", copy=False).data)
        self._nulls.update(is_null.data)

    def hashes(self) -> list[str]:
        return [self._values.hexdigest(), self._nulls.hexdigest()]


def _hash_for(kind: Any) -> _ColumnHash:  # noqa: ANN401 an Arrow type
    if pa.types.is_large_list(kind):
        return _ListHash()
    return _TextHash() if pa.types.is_large_string(kind) else _FixedWidthHash()


def _offsets(column: Any) -> np.ndarray[Any, np.dtype[np.int64]]:  # noqa: ANN401
    whole = np.frombuffer(column.buffers()[1], dtype=np.int64)
    return whole[column.offset : column.offset + len(column) + 1]
