"""One writer at a time, over processes: a file lock that the system releases when its holder dies."""

import fcntl
import os
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.core.errors import TransientError

PATIENCE_SECONDS = 300.0


@contextmanager
def writer_lock(path: Path, *, patience_seconds: float = PATIENCE_SECONDS) -> Iterator[None]:
    """Hold the lock file exclusively; wait with jittered pauses while another process holds it.

    Raises:
        TransientError: another process kept it for longer than the patience.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        _acquire(file.fileno(), path, patience_seconds)
        try:
            file.seek(0)
            file.truncate()
            file.write(str(os.getpid()))
            file.flush()
            yield
        finally:
            fcntl.flock(file.fileno(), fcntl.LOCK_UN)


def _acquire(descriptor: int, path: Path, patience_seconds: float) -> None:
    deadline = time.monotonic() + patience_seconds
    pause = 0.01
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                holder = path.read_text(encoding="utf-8") or "unknown"
                raise TransientError(
                    f"{path} is held by process {holder} for more than {patience_seconds:.0f} s: "
                    "wait for it to end, or stop it, and try again"
                ) from None
            time.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 jitter, not a secret
            pause = min(pause * 2, 1.0)
        else:
            return
