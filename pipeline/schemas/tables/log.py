"""The event log and what landing refused."""

import polars as pl

from pipeline.schemas.table import INSTANT, Column, Table

EVENTS = Table(
    "events",
    ("log_position",),
    "One landed event: the append-only log that everything else is computed from.",
    (
        Column("log_position", pl.Int64, "", "place in the log: gapless, increasing, never reused"),
        Column("source", pl.String, "", "producer, a URI-reference; with `id` the identity of the event"),
        Column("id", pl.String, "", "the producer's id of the event"),
        Column("type", pl.String, "", "what happened, with its schema version"),
        Column("subject", pl.String, "", "the thing it happened to; empty where the type names none", True),
        Column("time", INSTANT, "", "when the fact became true"),
        Column(
            "recordedtime", INSTANT, "", "when the producer recorded it; empty where it equals `time`", True
        ),
        Column(
            "known_at",
            INSTANT,
            "",
            "when anyone could have known: latest of time, recordedtime, end of its period",
        ),
        Column("landed_at", INSTANT, "", "when this pipeline read it"),
        Column("sequence", pl.String, "", "order within a subject, where the producer has one", True),
        Column("datacontenttype", pl.String, "", "empty or application/json", True),
        Column("dataschema", pl.String, "", "the producer's schema URI", True),
        Column("batch_id", pl.String, "", "transaction that landed it"),
        Column("source_file", pl.String, "", "file it was read from"),
        Column("source_line", pl.Int64, "", "physical line (JSON Lines) or row (tables), from 1"),
        Column(
            "content_hash",
            pl.String,
            "",
            "hash of envelope and data, instants in UTC and keys sorted; of an event that forget rewrote, "
            "the pseudonym",
        ),
        Column("attributes", pl.String, "", "JSON of attributes the contract does not name", True),
        Column("flags", pl.List(pl.String), "", "remarks of landing, such as unknown_value:purchase_option"),
        Column("data", pl.String, "", "the producer's JSON text of the payload"),
    ),
)

QUARANTINE = Table(
    "quarantine",
    ("batch_id", "source_file", "source_line"),
    "One refused line with its raw text and the reason.",
    (
        Column("batch_id", pl.String, "", "transaction that refused it"),
        Column("source_file", pl.String, "", "file it was read from"),
        Column("source_line", pl.Int64, "", "physical line or row, from 1"),
        Column("raw", pl.String, "", "the line as it came; bytes that are no UTF-8 stand as \\xNN"),
        Column("reason", pl.String, "", "reason code"),
        Column("message", pl.String, "", "what was wrong: field, got, allowed"),
        Column("quarantined_at", INSTANT, "", "when it was refused"),
        Column("relanded_at", INSTANT, "", "when its repaired form landed; empty while it has not", True),
    ),
)

LANDING_MANIFEST = Table(
    "landing_manifest",
    ("batch_id", "source_file"),
    "One landed file: lines = landed + duplicates + quarantined.",
    (
        Column("batch_id", pl.String, "", "transaction that landed it"),
        Column("source_file", pl.String, "", "path as given"),
        Column("content_hash", pl.String, "", "SHA-256 of the file's bytes"),
        Column("lines", pl.Int64, "lines", "non-blank lines, or rows"),
        Column("blank", pl.Int64, "lines", "lines of white space alone"),
        Column("landed", pl.Int64, "lines", "lines that became events"),
        Column(
            "duplicates",
            pl.Int64,
            "lines",
            "lines whose event was in the log already, or earlier in the file",
        ),
        Column("quarantined", pl.Int64, "lines", "lines refused with a reason"),
        Column("landed_at", INSTANT, "", "when the file landed"),
    ),
)

LOG_CHAIN = Table(
    "log_chain",
    ("entry_number",),
    "One entry of the chain that makes tampering evident: a sealed batch of events, or its amendment.",
    (
        Column("entry_number", pl.Int64, "", "place in the chain, from 1 without gaps"),
        Column(
            "kind",
            pl.String,
            "",
            "batch: sealed by the transaction that appended it; adopted: from before the chain; "
            "erasure: amends a batch in which forget rewrote events",
        ),
        Column("batch_id", pl.String, "", "the batch that it seals"),
        Column("first_position", pl.Int64, "", "first log position of the batch"),
        Column("last_position", pl.Int64, "", "last log position of the batch"),
        Column("events", pl.Int64, "events", "how many events the batch has"),
        Column("form", pl.Int64, "", "number of the canonical form that the digest is taken of"),
        Column("salt", pl.String, "", "secret of the digest; empty once an erasure has destroyed it", True),
        Column("content_digest", pl.String, "", "SHA-256 of the salt and all that is stored of the events"),
        Column("previous_hash", pl.String, "", "hash of the entry before; 64 noughts in the first"),
        Column("entry_hash", pl.String, "", "SHA-256 of the entry, the hash before included, salt apart"),
        Column("sealed_at", INSTANT, "", "when it was written: landing of the batch, or the erasure"),
    ),
)

ERASURES = Table(
    "erasures",
    ("pseudonym",),
    "One customer whom forget has erased; never who it was.",
    (
        Column("pseudonym", pl.String, "", "what stands in the place of the customer's id, at random"),
        Column("erased_at", INSTANT, "", "when"),
        Column("events", pl.Int64, "events", "events that named the customer"),
        Column("quarantined", pl.Int64, "lines", "refused lines that named the customer"),
        Column("batches", pl.Int64, "", "sealed batches that were amended"),
    ),
)
