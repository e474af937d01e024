"""Clear the lines of a portion in bulk: learn the shapes of its lines from samples, and prove each shape.

Every round takes a sample of the lines that are left, and proves the shapes that are common enough in it to
be worth a query. What no query clears is left to be judged line by line.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from pipeline.landing.gathering import Gathered, Ordinals
from pipeline.landing.proving import Query, proof_query
from pipeline.landing.shapes import common_shapes
from pipeline.schemas.events import EventType
from pipeline.store import Connection, lent

SAMPLE_LINES = 400
_ROWS_AT_A_TIME = 65_536
LEAST_LINES = 100  # a query costs about as much as judging so many lines,
_LINES_A_JUDGEMENT = 400  # and one more for each so many that it reads
_LEAST_CLEARED = 1 / 8  # of the lines, before it is worth a copy of those that are left


@dataclass
class _Left:
    """Lines that wait for a proof: `lines` holds them all, and such as were cleared since it was copied."""

    lines: pa.Table
    ordinals: Ordinals

    def clear(self, cleared: Ordinals) -> None:
        self.ordinals = np.setdiff1d(self.ordinals, cleared, assume_unique=True)
        if len(self.ordinals) < len(self.lines) * (1 - _LEAST_CLEARED):
            is_left = np.isin(self.lines["ordinal"].to_numpy(), self.ordinals, assume_unique=True)
            self.lines = self.lines.filter(pa.array(is_left))


def clear_lines(
    connection: Connection, gathered: Gathered, catalogue: Mapping[str, EventType]
) -> tuple[list[pa.Table], Ordinals]:
    """Return the events of the lines that are proven right, by tables, and the ordinals of the others.

    Rows that are no events stand between them, since a copy without them would cost more.
    """
    ordinals: Ordinals = np.arange(len(gathered.lines), dtype=np.int64)
    lines = gathered.lines.drop_columns(["source_line", "row"])
    left = _Left(lines.append_column("ordinal", pa.array(ordinals)), ordinals)
    cleared: list[pa.Table] = []
    tried: set[str] = set()
    while queries := list(_queries(gathered, left, catalogue, tried)):
        for query in queries:
            tried.add(repr(query[1]))
            events, proven = _proven(connection, left, query)
            if len(proven):
                cleared.append(events)
                left.clear(proven)
    return cleared, left.ordinals


def _queries(
    gathered: Gathered, left: _Left, catalogue: Mapping[str, EventType], tried: set[str]
) -> Iterator[Query]:
    """Yield the proofs that are worth it for what is left, of the commonest shape first."""
    count = len(left.ordinals)
    if count <= LEAST_LINES:
        return
    places = np.unique(np.linspace(0, count - 1, SAMPLE_LINES).astype(np.int64))
    sample = gathered.pick("raw", left.ordinals[places])
    waiting = count
    for shape, found in common_shapes(sample, catalogue):
        expected = found / len(sample) * count
        if expected < LEAST_LINES + waiting / _LINES_A_JUDGEMENT:
            return
        query = proof_query(shape, catalogue[shape.type], gathered.columns)
        if query is not None and repr(query[1]) not in tried:
            yield query
            waiting -= int(expected)


def _proven(connection: Connection, left: _Left, query: Query) -> tuple[pa.Table, Ordinals]:
    """Return the rows that the query gives, and the ordinals of those that it proves."""
    with lent(connection, "portion_lines", left.lines):
        rows = connection.execute(*query).to_arrow_table(_ROWS_AT_A_TIME)
    ordinals = rows["ordinal"].to_numpy()
    is_proven = rows["is_proven"].to_numpy() & np.isin(ordinals, left.ordinals, assume_unique=True)
    return rows.drop_columns(["is_proven"]).append_column("is_event", pa.array(is_proven)), ordinals[
        is_proven
    ]
