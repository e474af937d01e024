"""Validate and append one portion of lines that fit in memory together."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields

import numpy as np
import pyarrow as pa

from pipeline.core.errors import TerminalError
from pipeline.eventlog import Conflict, append_arrivals
from pipeline.landing.gathering import Account, Batch, Gathered
from pipeline.landing.judging import Event, judge
from pipeline.landing.parsing import Refusal
from pipeline.landing.proving import proof_query
from pipeline.landing.refusing import Refusals
from pipeline.schemas.events import EventType, Reason
from pipeline.store import Connection, sql_text

PORTION_BYTES = 64 * 2**20
_JUDGED_TOGETHER = 8192
_INSTANTS = frozenset({"time", "recordedtime", "known_at"})


def _judged_type(column: str) -> pa.DataType:
    if column in _INSTANTS:
        return pa.timestamp("us", tz="UTC")
    return pa.list_(pa.string()) if column == "flags" else pa.string()


_JUDGED = pa.schema(
    [
        ("ordinal", pa.int64()),
        *((column.name, _judged_type(column.name)) for column in fields(Event)),
    ]
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
    _stage(connection, gathered)
    _prove(connection, batch.catalogue)
    refused = _judge_unproven(connection, gathered, batch.catalogue, refuse)
    fates = append_arrivals(connection, batch_id=batch.batch_id, landed_at=batch.landed_at)
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


def _stage(connection: Connection, gathered: Gathered) -> None:
    names = list(gathered.names)
    file_names = pa.table({"file_number": np.arange(len(names)), "source_file": names})
    connection.register("portion_files", file_names)
    numbered = gathered.lines.append_column("file_number", pa.array(gathered.file_numbers))
    numbered = numbered.append_column("ordinal", pa.array(np.arange(len(numbered))))
    connection.register("portion_lines", numbered)
    connection.execute(sql_text("landing/stage"))
    connection.unregister("portion_lines")
    connection.execute(sql_text("landing/portion_tables"))
    connection.execute(sql_text("landing/arrivals"))


def _prove(connection: Connection, catalogue: Mapping[str, EventType]) -> None:
    found = connection.execute("SELECT DISTINCT type FROM staged WHERE is_plain").fetchall()
    for (name,) in found:
        if name in catalogue:
            connection.execute(*proof_query(catalogue[name]))


def _judge_unproven(
    connection: Connection,
    gathered: Gathered,
    catalogue: Mapping[str, EventType],
    refuse: Callable[[Refusals], None],
) -> list[int]:
    """Judge what was not proven and return the refused ordinals."""
    unproven = connection.execute(sql_text("landing/unproven")).to_arrow_table()["ordinal"].to_numpy()
    refused: list[int] = []
    for start in range(0, len(unproven), _JUDGED_TOGETHER):
        ordinals = unproven[start : start + _JUDGED_TOGETHER]
        cleared: list[dict[str, object]] = []
        refusals: list[tuple[int, Refusal]] = []
        for ordinal, raw in zip(ordinals.tolist(), gathered.pick("raw", ordinals), strict=True):
            verdict = judge(raw, catalogue)
            if isinstance(verdict, Refusal):
                refusals.append((ordinal, verdict))
            else:
                cleared.append({"ordinal": ordinal, **vars(verdict)})
        if cleared:
            connection.register("cleared", pa.Table.from_pylist(cleared, schema=_JUDGED))
            connection.execute("INSERT INTO judged BY NAME SELECT * FROM cleared")
            connection.unregister("cleared")
        refuse(refusals)
        refused += [ordinal for ordinal, _ in refusals]
    return refused


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
