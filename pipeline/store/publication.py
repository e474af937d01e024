"""The read-only copy that people open: replaced as a whole, never written in place."""

import errno
import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from pipeline.config import Settings
from pipeline.core.crash_points import crash_point
from pipeline.core.durable import sync_path
from pipeline.core.errors import TransientError
from pipeline.store.warehouse import Connection, writer

_NOBODY_WRITES = 0o444
_IS_HELD = frozenset({errno.EAGAIN, errno.EACCES})


def publish_copy(settings: Settings, *, prepare: Callable[[Connection], object] | None = None) -> bool:
    """Bring the published copy up to the warehouse; return whether it was behind.

    Whoever has the old copy open keeps reading it; the next one to open sees the new one. A copy that a
    person holds for writing, or wrote into, counts as behind: the next one to open gets a clean one.

    Args:
        prepare: what is to be done in the warehouse first, under the same lock.

    Raises:
        TransientError: another process writes for too long, or the disk refuses; the old copy stays.
    """
    with writer(settings) as connection:
        if prepare:
            prepare(connection)
        crash_point("publication.before_checkpoint")
        connection.execute("CHECKPOINT")
        crash_point("publication.after_checkpoint")
        if _is_current(settings):
            return False
        try:
            _replace(settings.warehouse, settings.published)
        except OSError as error:
            raise TransientError(
                f"{settings.published} cannot be published: {error.strerror}; what was committed stays, and "
                "so does the copy that stood there: make room or allow writing, and try again"
            ) from error
        return True


def _replace(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        shutil.copy2(source, fresh)
        fresh.chmod(_NOBODY_WRITES)
        crash_point("publication.after_copy")
        sync_path(fresh)
        crash_point("publication.after_sync")
        _log_beside(target).unlink(missing_ok=True)
        fresh.replace(target)
        crash_point("publication.after_replace")
    finally:
        fresh.unlink(missing_ok=True)
    sync_path(target.parent)


def _log_beside(copy: Path) -> Path:
    """Where a person's own writing into the copy stands; the database would apply it to the next copy too."""
    return copy.with_name(f"{copy.name}.wal")


def _is_current(settings: Settings) -> bool:
    copy = settings.published
    if not copy.exists() or _log_beside(copy).exists() or _is_held_for_writing(copy):
        return False
    ours, theirs = settings.warehouse.stat(), copy.stat()
    return (ours.st_size, ours.st_mtime_ns) == (theirs.st_size, theirs.st_mtime_ns)


def _is_held_for_writing(copy: Path) -> bool:
    with copy.open("rb") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError as error:
            return error.errno in _IS_HELD
    return False
