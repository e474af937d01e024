"""The read-only copy that people open: replaced as a whole, never written in place."""

import os
import shutil
from pathlib import Path

from pipeline.config import Settings
from pipeline.store.warehouse import writer


def publish_copy(settings: Settings) -> bool:
    """Bring the published copy up to the warehouse; return whether it was behind.

    Whoever has the old copy open keeps reading it; the next one to open sees the new one.
    """
    with writer(settings) as connection:
        connection.execute("CHECKPOINT")
        if _is_current(settings):
            return False
        target = settings.published
        target.parent.mkdir(parents=True, exist_ok=True)
        for left in target.parent.glob(
            f".{target.name}.*"
        ):  # by a publication that was killed: none runs now
            left.unlink()
        fresh = target.with_name(f".{target.name}.{os.getpid()}")
        try:
            shutil.copy2(settings.warehouse, fresh)
            _sync(fresh)
            fresh.replace(target)
        finally:
            fresh.unlink(missing_ok=True)
        _sync(target.parent)
        return True


def _is_current(settings: Settings) -> bool:
    if not settings.published.exists():
        return False
    ours, theirs = settings.warehouse.stat(), settings.published.stat()
    return (ours.st_size, ours.st_mtime_ns) == (theirs.st_size, theirs.st_mtime_ns)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
