"""Events on their way into the log: tables that whoever hands events over filled apart, put in one order."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa

Ordinals = np.ndarray[tuple[int], np.dtype[np.int64]]
Marks = np.ndarray[tuple[int], np.dtype[np.bool_]]

_INSTANT = pa.timestamp("us", tz="UTC")
_WINDOW = 32_768  # ordinals put in order together: few enough for their copies to use the same memory again

ARRIVALS = pa.schema(
    [
        ("ordinal", pa.int64()),
        ("is_event", pa.bool_()),
        ("source", pa.string()),
        ("id", pa.string()),
        ("type", pa.string()),
        ("subject", pa.string()),
        ("time", _INSTANT),
        ("recordedtime", _INSTANT),
        ("known_at", _INSTANT),
        ("sequence", pa.string()),
        ("datacontenttype", pa.string()),
        ("dataschema", pa.string()),
        ("source_file", pa.dictionary(pa.int32(), pa.string())),
        ("source_line", pa.int64()),
        ("event_key", pa.binary()),
        ("content_hash", pa.string()),
        ("attributes", pa.string()),
        ("flags", pa.list_(pa.string())),
        ("data", pa.string()),
    ]
)
"""Rows by rising `ordinal`, the place in the portion; `event_key` is 128 bits of source and id.

A row that is no event says nothing but its ordinal, and another table may have an event of the same ordinal.
"""


class _Part(NamedTuple):
    table: pa.Table
    ordinals: Ordinals
    is_event: Marks


class Arrivals:
    """The events of a portion."""

    def __init__(self, tables: Sequence[pa.Table]) -> None:
        self._parts = [
            _Part(table, table["ordinal"].to_numpy(), table["is_event"].to_numpy()) for table in tables
        ]
        self.ordinals: Ordinals = np.concatenate(
            [np.empty(0, np.int64), *(part.ordinals[part.is_event] for part in self._parts)]
        )

    def columns(self, names: Sequence[str]) -> pa.Table:
        """Return some columns of all events, in no order."""
        empty = ARRIVALS.empty_table().select(names)
        return pa.concat_tables(
            [
                empty,
                *(
                    part.table.select(names).filter(pa.array(part.is_event))
                    if not part.is_event.all()
                    else part.table.select(names)
                    for part in self._parts
                ),
            ]
        )

    def batches(self, ordinals: Ordinals) -> Iterator[pa.RecordBatch]:
        """Yield the events of some ordinals, in the order of their ordinals."""
        end = int(ordinals.max(initial=-1)) + 1
        wanted: Marks = np.zeros(end, dtype=np.bool_)
        wanted[ordinals] = True
        for start in range(0, end, _WINDOW):
            found = [self._in_window(part, start, wanted[start : start + _WINDOW]) for part in self._parts]
            yield from _in_order([each for each in found if len(each[1])])

    @staticmethod
    def _in_window(part: _Part, start: int, wanted: Marks) -> tuple[pa.Table, Ordinals, Ordinals]:
        """Return a stretch of the part, the places in it of wanted events, and the ordinals of these."""
        low, high = np.searchsorted(part.ordinals, [start, start + len(wanted)])
        ordinals = part.ordinals[low:high]
        places = np.flatnonzero(part.is_event[low:high] & wanted[ordinals - start])
        return part.table.slice(low, high - low), places, ordinals[places]


def _in_order(found: Sequence[tuple[pa.Table, Ordinals, Ordinals]]) -> Iterator[pa.RecordBatch]:
    if not found:
        return
    if len(found) == 1 and len(found[0][0]) == len(found[0][1]):
        yield from found[0][0].to_batches()
        return
    starts = np.cumsum([0, *(len(table) for table, _, _ in found)])
    places = np.concatenate([places + start for start, (_, places, _) in zip(starts, found, strict=False)])
    order = np.argsort(np.concatenate([ordinals for _, _, ordinals in found]), kind="stable")
    together = pa.concat_tables([table for table, _, _ in found]).combine_chunks()
    yield from together.take(pa.array(places[order])).to_batches()
