"""Validate and append one portion of lines that fit in memory together."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.core.errors import TerminalError
from pipeline.eventlog import ARRIVALS, Conflict, append_arrivals
from pipeline.landing.clearing import clear_lines
from pipeline.landing.gathering import Account, Batch, Gathered, Ordinals
from pipeline.landing.hashing import hash_identity
from pipeline.landing.judging import Event, judge
from pipeline.landing.parsing import Refusal
from pipeline.landing.refusing import Refusals
from pipeline.schemas.events import EventType, Reason
from pipeline.schemas.events.envelope import SPEC_VERSION
from pipeline.store import Connection, sql_text

PORTION_BYTES = 160 * 2**20
_JUDGED_TOGETHER = 8192
_HANDED_OVER = (
    "id",
    "source",
    "type",
    "subject",
    "time",
    "recordedtime",
    "sequence",
    "datacontenttype",
    "dataschema",
)
_JUDGED = pa.schema(
    [ARRIVALS.field(name) for name in ("ordinal", *(column.name for column in fields(Event)))]
)


def prepare(connection: Connection) -> None:
    """Install the proofs of the kinds for this connection."""
    connection.execute(sql_text("landing/kinds"))


def land_portion(
    connection: Connection,
    gathered: Gathered,
    batch: Batch,
    accounts: Sequence[Account],
    *,
    refuse: Callable[[Refusals], None],
) -> None:
    """Give every line its fate, within the caller's transaction.

    Args:
        accounts: counts of each file, brought up to date.
        refuse: told what is refused, by rising ordinal in each call.

    Raises:
        TerminalError: the fates do not add up to the lines.
    """
    proven, left = clear_lines(connection, gathered, batch.catalogue)
    judged, refused = _judge(gathered, left, batch.catalogue, refuse)
    arrivals = [_arrivals(gathered, events) for events in (*proven, *judged)]
    restate = partial(_restate, batch.catalogue)
    fates = append_arrivals(
        connection, arrivals, batch_id=batch.batch_id, landed_at=batch.landed_at, restate=restate
    )
    taken = [(conflict.ordinal, _conflict(conflict, gathered)) for conflict in fates.conflicts]
    refuse(taken)
    refused += [ordinal for ordinal, _ in taken]
    numbers, total = gathered.file_numbers, len(accounts)
    lines = np.bincount(numbers, minlength=total)
    duplicates = np.bincount(numbers[fates.duplicates], minlength=total)
    quarantined = np.bincount(numbers[np.array(refused, dtype=np.int64)], minlength=total)
    landed = lines - duplicates - quarantined
    if landed.sum() != fates.landed:
        raise TerminalError(
            f"landing lost count: {landed.sum()} events were to land, {fates.landed} did; nothing was kept"
        )
    for number, account in enumerate(accounts):
        account.lines += int(lines[number])
        account.landed += int(landed[number])
        account.duplicates += int(duplicates[number])
        account.quarantined += int(quarantined[number])


def _judge(
    gathered: Gathered,
    ordinals: Ordinals,
    catalogue: Mapping[str, EventType],
    refuse: Callable[[Refusals], None],
) -> tuple[list[pa.Table], list[int]]:
    """Judge lines one by one; return the events of those that are right, and the ordinals of the others."""
    refused: list[int] = []
    tables: list[pa.Table] = []
    for start in range(0, len(ordinals), _JUDGED_TOGETHER):
        judged = ordinals[start : start + _JUDGED_TOGETHER]
        events: list[dict[str, object]] = []
        refusals: list[tuple[int, Refusal]] = []
        for ordinal, raw in zip(judged.tolist(), gathered.pick("raw", judged), strict=True):
            verdict = judge(raw, catalogue)
            if isinstance(verdict, Refusal):
                refusals.append((ordinal, verdict))
            else:
                events.append({"ordinal": ordinal, **vars(verdict)})
        table = pa.Table.from_pylist(events, schema=_JUDGED)
        keys = [hash_identity(str(event["source"]), str(event["id"])) for event in events]
        table = table.append_column("event_key", pa.array(keys, pa.binary()))
        tables.append(table.append_column("is_event", pa.array(np.ones(len(table), dtype=np.bool_))))
        refuse(refusals)
        refused += [ordinal for ordinal, _ in refusals]
    return tables, refused


def _arrivals(gathered: Gathered, events: pa.Table) -> pa.Table:
    """Tell of events from which file and line they came, and fill the columns that they have nothing for."""
    ordinals = events["ordinal"].to_numpy()
    numbers = pa.array(gathered.file_numbers[ordinals].astype(np.int32))
    files = pa.DictionaryArray.from_arrays(numbers, pa.array(gathered.names, pa.string()))
    lines = pa.array(gathered.lines["source_line"].to_numpy()[ordinals])
    columns = {
        name: pa.nulls(len(events), kind) for name, kind in zip(ARRIVALS.names, ARRIVALS.types, strict=True)
    }
    columns |= {name: events[name] for name in events.column_names}
    columns |= {"source_file": files, "source_line": lines}
    return pa.table(columns, schema=ARRIVALS)


def _restate(catalogue: Mapping[str, EventType], event: Mapping[str, Any]) -> str:
    """Return the content hash that an event of the log has by the catalogue."""
    members = [
        f"{json.dumps(name)}:{json.dumps(event[name])}" for name in _HANDED_OVER if event[name] is not None
    ]
    others = (event["attributes"] or "{}")[1:-1]
    line = ",".join(
        [f'"specversion":"{SPEC_VERSION}"', *members, f'"data":{event["data"]}', *filter(None, [others])]
    )
    verdict = judge(f"{{{line}}}", catalogue)
    return verdict.content_hash if isinstance(verdict, Event) else ""


def _conflict(conflict: Conflict, gathered: Gathered) -> Refusal:
    file, line = conflict.source_file, conflict.source_line
    if conflict.first_ordinal >= 0:
        file = gathered.names[gathered.file_numbers[conflict.first_ordinal]]
        line = int(gathered.pick("source_line", [conflict.first_ordinal])[0])
    return Refusal(
        Reason.CONFLICTING_DUPLICATE,
        f"id '{conflict.id}' of source '{conflict.source}' came before with other content (line {line} of "
        f"{file}), and the first stays; a correction is a new event with an id of its own",
    )
