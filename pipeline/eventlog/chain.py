"""The chain over the log: an entry seals the events of one batch and carries the hash of the entry before it.

What an entry says of its batch is sealed by its own hash:

    entry_hash = SHA-256(previous_hash + canonical JSON of the entry's header + content_digest)

The first entry follows `GENESIS`. The salt is random, part of the content digest and not of the entry's hash,
so that an erasure may destroy it: without it the digest of what was there confirms no guess.
"""

import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import NamedTuple

from pipeline.core.clock import format_instant
from pipeline.core.errors import TerminalError
from pipeline.core.ids import canonical_json, content_hash
from pipeline.eventlog.digest import FORM, Stretch, digests_of
from pipeline.store import Connection, sql_text

GENESIS = "0" * 64
BATCH, ADOPTED, ERASURE = "batch", "adopted", "erasure"
_SALT_BYTES = 32


@dataclass(frozen=True)
class Entry:
    """An entry of the chain.

    Attributes:
        kind: `batch` where the transaction that appended the events sealed them; `adopted` for events from
            before the chain; `erasure` where `forget` rewrote events of a batch that was sealed before.
        form: number of the digest's canonical form.
        salt: 64 hexadecimal digits; None once an erasure has destroyed it.
    """

    entry_number: int
    kind: str
    batch_id: str
    first_position: int
    last_position: int
    events: int
    form: int
    salt: str | None
    content_digest: str
    previous_hash: str
    entry_hash: str
    sealed_at: datetime

    def computed_hash(self) -> str:
        """Return the hash that what the entry says must have."""
        header = [
            self.entry_number,
            self.kind,
            self.batch_id,
            self.first_position,
            self.last_position,
            self.events,
            self.form,
            format_instant(self.sealed_at),
        ]
        return content_hash(self.previous_hash + canonical_json(header) + self.content_digest)


class Head(NamedTuple):
    """The end of the chain: its last entry, and the last position of the log that an entry covers."""

    entry_number: int = 0
    entry_hash: str = GENESIS
    last_position: int = 0


class Batch(NamedTuple):
    """Adjoining events of one batch."""

    batch_id: str
    first_position: int
    last_position: int


def chain_head(connection: Connection) -> Head:
    """Return the end of the chain; that of an empty chain is `GENESIS`."""
    row = connection.execute(sql_text("eventlog/chain_head")).fetchone()
    return Head(*row) if row else Head()


def chain_entries(connection: Connection) -> list[Entry]:
    """Return all entries in the order of their numbers."""
    names = ", ".join(field.name for field in fields(Entry))
    query = f"SELECT {names} FROM log_chain ORDER BY entry_number"  # noqa: S608 declared names
    return [Entry(*row) for row in connection.execute(query).fetchall()]


def seal_batch(connection: Connection, batch_id: str, *, landed_at: datetime) -> None:
    """Seal what the caller's transaction has appended under this batch; nothing where it appended nothing.

    Called at the end of each transaction that appends events, before its commit. Events from before the chain
    began are adopted first.

    Raises:
        TerminalError: the batch's new events are not one gapless stretch of the log.
    """
    sealed = chain_head(connection).last_position
    parameters = {"sealed": sealed, "batch_id": batch_id}
    row = connection.execute(sql_text("eventlog/unsealed_batch"), parameters).fetchone()
    if row is None:
        return
    batch = Batch(batch_id, *row)
    adopt_batches(connection, sealed_at=landed_at, until=batch.first_position)
    append_entries(connection, BATCH, [batch], sealed_at=landed_at)


def adopt_batches(connection: Connection, *, sealed_at: datetime, until: int) -> int:
    """Seal events that stood in the log when the chain began, as they are now, and return how many batches.

    Nothing is adopted once the chain has an entry, nor what landed since it began.

    Args:
        until: only events before this position.
    """
    if until <= 1 or chain_head(connection).entry_number:
        return 0
    rows = connection.execute(sql_text("eventlog/batches_before_chain"), {"position": until}).fetchall()
    append_entries(connection, ADOPTED, [Batch(*row) for row in rows], sealed_at=sealed_at)
    return len(rows)


def append_entries(
    connection: Connection, kind: str, batches: Sequence[Batch], *, sealed_at: datetime
) -> None:
    """Add entries for batches as they stand in the log now, each with a new salt.

    Raises:
        TerminalError: a batch is not one gapless stretch of the log.
    """
    number, previous, _ = chain_head(connection)
    stretches = [Stretch(first, last, secrets.token_hex(_SALT_BYTES)) for _, first, last in batches]
    digests = list(digests_of(connection, stretches))
    for batch, stretch, digest in zip(batches, stretches, digests, strict=True):
        if digest.events != batch.last_position - batch.first_position + 1:
            raise TerminalError(
                f"the log lost count: batch {batch.batch_id} has {digest.events} events at positions "
                f"{batch.first_position} to {batch.last_position}; nothing was kept"
            )
        number += 1
        draft = Entry(
            number, kind, *batch, digest.events, FORM, stretch.salt, digest.content, previous, "", sealed_at
        )
        previous = draft.computed_hash()
        connection.execute(sql_text("eventlog/chain_entry"), asdict(draft) | {"entry_hash": previous})
