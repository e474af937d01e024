"""Make a customer unreachable: a random pseudonym stands wherever the log and its accounts named the id."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa

from pipeline.core.errors import TerminalError
from pipeline.core.progress import progress
from pipeline.eventlog.chain import ERASURE, Batch, adopt_batches, append_entries, chain_head
from pipeline.eventlog.renaming import Renamer, is_thing
from pipeline.eventlog.verifying import verify_log
from pipeline.schemas.tables import DATA_QUALITY, LANDING_MANIFEST, RUNS
from pipeline.store import Connection, sql_text

PSEUDONYM_PREFIX = "forgotten-"
_CHUNK = 20_000
_PLAIN = ("source", "id", "subject", "sequence", "dataschema", "source_file")
_PAYLOADS = ("attributes", "data")
_FREE_TEXTS = (
    (LANDING_MANIFEST.name, "source_file"),
    (RUNS.name, "message"),
    (DATA_QUALITY.name, "observed"),
)
"""Columns beside events and quarantine in which a customer can stand; all others have names and codes."""


@dataclass(frozen=True)
class Erasure:
    """What an erasure rewrote.

    Attributes:
        pseudonym: what stands in the place of the id.
        events: events that named the customer.
        embedded: of these, how many had the id within their own id or subject.
        example: such an id or subject as it was; empty where there is none.
        quarantined: refused lines that named the customer.
        batches: sealed batches that were amended.
        results: names of files in the manifest, and messages in the tables of results.
        others: customers whose longer ids hold this one, and who stayed.
    """

    pseudonym: str
    events: int
    embedded: int
    example: str
    quarantined: int
    batches: int
    results: int
    others: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing named the customer."""
        return not (self.events or self.quarantined or self.results)


def new_pseudonym() -> str:
    """Return a name that follows from nothing: 128 random bits."""
    return PSEUDONYM_PREFIX + secrets.token_hex(16)


def erase_customer(
    connection: Connection, customer: str, *, pseudonym: str, erased_at: datetime, is_exact: bool = False
) -> Erasure:
    """Rewrite all that names the customer, within the caller's transaction.

    Positions, times and lines stay. Each batch that is touched gets an entry of the chain that amends it, and
    the salt of what was sealed before is destroyed.

    Args:
        is_exact: leave ids, subjects and texts of which the customer's id is only a part.

    Raises:
        TerminalError: the log is not what was sealed, and an erasure would seal it as it is.
    """
    adopt_batches(connection, sealed_at=erased_at, until=2**63 - 1)
    if finding := verify_log(connection).finding:
        raise TerminalError(
            f"the log is not what was sealed, and forgetting would seal it anew; {finding.describe()}"
        )
    parameters = {"customer": customer}
    connection.execute(sql_text("erasing/candidates"), parameters)
    similar = connection.execute(sql_text("erasing/similar_customers"), parameters).fetchall()
    others = tuple(name for (name,) in similar)
    renamer = Renamer(customer, pseudonym, others=others, is_exact=is_exact)
    events, embedded, example = _rewrite_events(connection, renamer)
    batches = _amend_chain(connection, erased_at)
    quarantined = _rewrite_quarantine(connection, renamer)
    results = sum(_rewrite_texts(connection, *place, renamer) for place in _FREE_TEXTS)
    erasure = Erasure(pseudonym, events, embedded, example, quarantined, batches, results, others)
    if not erasure.is_empty:
        connection.execute(
            "INSERT INTO erasures VALUES (?, ?, ?, ?, ?)",
            [pseudonym, erased_at, events, quarantined, batches],
        )
    return erasure


def _rewrite_events(connection: Connection, renamer: Renamer) -> tuple[int, int, str]:
    connection.execute(sql_text("erasing/rewritten_events"))
    events = embedded = 0
    example = ""
    ((candidates,),) = connection.execute("SELECT count(*) FROM erasure_candidates").fetchall()
    for first in progress(range(1, candidates + 1, _CHUNK), "rewriting events"):
        numbers = {"first": first, "last": first + _CHUNK - 1}
        rows = connection.execute(sql_text("erasing/candidate_texts"), numbers).to_arrow_table().to_pylist()
        rewritten = []
        for row in rows:
            new = _rewritten(row, renamer)
            if new == row:
                continue
            is_named = new != {**row, "source_file": new["source_file"]}
            rewritten.append({**new, "is_named": is_named})
            within = [row[name] for name in ("id", "subject") if new[name] != row[name] != renamer.customer]
            events += is_named
            embedded += bool(within)
            example = example or next(iter(within), "")
        _insert(connection, rewritten)
    connection.execute(sql_text("erasing/rewrite_events"), {"pseudonym": renamer.pseudonym})
    return events, embedded, example


def _rewritten(row: dict[str, Any], renamer: Renamer) -> dict[str, Any]:
    new = dict(row)
    for name in _PLAIN:
        if row[name] and not (name == "subject" and is_thing(row["type"])):
            new[name] = renamer.text(row[name])
    for name in _PAYLOADS:
        if row[name]:
            new[name] = renamer.payload(row[name])
    return new


def _insert(connection: Connection, rewritten: Sequence[dict[str, Any]]) -> None:
    if not rewritten:
        return
    texts = ((name, pa.string()) for name in (*_PLAIN, *_PAYLOADS))
    schema = pa.schema([("log_position", pa.int64()), *texts, ("is_named", pa.bool_())])
    connection.register("new_texts", pa.Table.from_pylist(list(rewritten), schema=schema))
    connection.execute("INSERT INTO rewritten_events FROM new_texts")
    connection.unregister("new_texts")


def _amend_chain(connection: Connection, erased_at: datetime) -> int:
    batches = [Batch(*row) for row in connection.execute(sql_text("erasing/amended_batches")).fetchall()]
    head = chain_head(connection).entry_number
    append_entries(connection, ERASURE, batches, sealed_at=erased_at)
    for batch in batches:
        place = {"first": batch.first_position, "last": batch.last_position, "head": head}
        connection.execute(sql_text("erasing/destroy_salt"), place)
    return len(batches)


def _rewrite_quarantine(connection: Connection, renamer: Renamer) -> int:
    answer = connection.execute(sql_text("erasing/quarantine_texts"), {"customer": renamer.customer})
    lines, named = [], 0
    for row in answer.to_arrow_table().to_pylist():
        new = dict(row)
        for name in ("raw", "envelope"):
            new[name] = renamer.line(row[name]) if row[name] else row[name]
        for name in ("message", "source_file"):
            new[name] = renamer.text(row[name])
        if new != {**row, "source_file": new["source_file"]}:
            new["message"] = "the line named a customer who was forgotten since"
            named += 1
        if new != row:
            lines.append(new)
    if lines:
        texts = ("source_file", "raw", "envelope", "message")
        schema = pa.schema([("row_number", pa.int64()), *((name, pa.string()) for name in texts)])
        connection.register("rewritten_lines", pa.Table.from_pylist(lines, schema=schema))
        connection.execute(sql_text("erasing/rewrite_quarantine"))
        connection.unregister("rewritten_lines")
    return named


def _rewrite_texts(connection: Connection, table: str, column: str, renamer: Renamer) -> int:
    changed = 0
    query = f"SELECT DISTINCT {column} FROM {table} WHERE contains({column}, ?)"  # noqa: S608 declared names
    for (text,) in connection.execute(query, [renamer.customer]).fetchall():
        if (new := renamer.text(text)) != text:
            update = f"UPDATE {table} SET {column} = ? WHERE {column} = ?"  # noqa: S608 declared names
            connection.execute(update, [new, text])
            changed += 1
    return changed
