"""The event log: append-only, each identity once, positions gapless, sealed by a chain of hashes."""

from pipeline.eventlog.appending import Conflict, Fates, append_arrivals, batch_name, last_position
from pipeline.eventlog.arrivals import ARRIVALS
from pipeline.eventlog.chain import adopt_batches, chain_head, seal_batch
from pipeline.eventlog.erasing import Erasure, erase_customer, new_pseudonym
from pipeline.eventlog.renaming import Renamer
from pipeline.eventlog.verifying import Finding, Verdict, verify_log

__all__ = [
    "ARRIVALS",
    "Conflict",
    "Erasure",
    "Fates",
    "Finding",
    "Renamer",
    "Verdict",
    "adopt_batches",
    "append_arrivals",
    "batch_name",
    "chain_head",
    "erase_customer",
    "last_position",
    "new_pseudonym",
    "seal_batch",
    "verify_log",
]
