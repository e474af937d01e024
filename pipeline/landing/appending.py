"""Append the pipeline's own decisions: events like any other, through the same validation."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.core.clock import utc_now
from pipeline.core.crash_points import crash_point
from pipeline.core.errors import TerminalError
from pipeline.core.ids import canonical_json
from pipeline.eventlog import batch_name, seal_batch
from pipeline.landing.blocks import LINES
from pipeline.landing.gathering import Account, Batch, Gathered
from pipeline.landing.portion import land_portion, prepare
from pipeline.landing.refusing import Refusals
from pipeline.schemas.events import CATALOGUE
from pipeline.store import Connection

OWN_FILE = "pipeline"


def append_events(
    connection: Connection, events: Sequence[Mapping[str, Any]], *, landed_at: datetime | None = None
) -> int:
    """Append events within the caller's transaction and return how many are new.

    An event that the log has already with the same content counts for nothing. They carry the source file
    'pipeline' and have no line in the manifest.

    Raises:
        TerminalError: an event breaks the contract or its identity is taken; roll the transaction back.
    """
    if not events:
        return 0
    prepare(connection)
    lines = pa.table(
        [np.arange(1, len(events) + 1), [canonical_json(event) for event in events], pa.nulls(len(events))],
        schema=LINES,
    )
    instant = landed_at or utc_now()
    batch = Batch(batch_name(instant, lines["raw"].to_pylist()), instant, CATALOGUE)
    account = Account()
    gathered = Gathered(lines, np.zeros(len(events), dtype=np.int64), [OWN_FILE])
    crash_point("decision.before_append")
    land_portion(connection, gathered, batch, [account], refuse=_raise_refused)
    seal_batch(connection, batch.batch_id, landed_at=instant)
    crash_point("decision.after_append")
    return account.landed


def _raise_refused(refusals: Refusals) -> None:
    for ordinal, refusal in refusals:
        raise TerminalError(f"event {ordinal + 1} of the pipeline's own is refused: {refusal.message}")
