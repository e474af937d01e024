"""The one place that opens a database. One writer at a time; people read the published copy."""

from pipeline.store.lending import lent
from pipeline.store.lock import writer_lock
from pipeline.store.publication import publish_copy
from pipeline.store.replica import replica_of_log
from pipeline.store.rewriting import rewrite_warehouse
from pipeline.store.sql_files import SQL_FOLDER, sql_text
from pipeline.store.warehouse import (
    Connection,
    DatabaseError,
    one_thread,
    read_answer,
    read_frame,
    reader,
    replace_rows,
    require_current,
    writer,
)

__all__ = [
    "SQL_FOLDER",
    "Connection",
    "DatabaseError",
    "lent",
    "one_thread",
    "publish_copy",
    "read_answer",
    "read_frame",
    "reader",
    "replace_rows",
    "replica_of_log",
    "require_current",
    "rewrite_warehouse",
    "sql_text",
    "writer",
    "writer_lock",
]
