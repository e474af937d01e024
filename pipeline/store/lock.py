"""One writer at a time, over processes: a file lock that the system releases when its holder dies.

The lock is the system's, on the file; what stands in the file only tells who holds it. So whatever a dead
process left in it, the next one gets the lock at once.
"""

import errno
import fcntl
import json
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from pipeline.core.clock import format_instant, utc_now
from pipeline.core.errors import TerminalError, TransientError
from pipeline.core.waiting import PATIENCE_SECONDS, HeldError, wait_until_free

_NOT_WRITABLE = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})


@contextmanager
def writer_lock(path: Path, *, patience_seconds: float = PATIENCE_SECONDS) -> Iterator[None]:
    """Hold the lock file exclusively; wait with jittered pauses while another process holds it.

    Raises:
        TransientError: another process kept it for longer than the patience, or the disk refuses.
        TerminalError: the file system knows no locks.
    """
    with _opened(path) as file:
        wait_until_free(lambda: _take(file, path), patience_seconds=patience_seconds)
        with suppress(OSError):  # a full disk keeps nobody from reading, and the lock holds without words
            _write(file, json.dumps(_myself()))
        try:
            yield
        finally:
            with suppress(OSError):
                _write(file, "")
            fcntl.flock(file.fileno(), fcntl.LOCK_UN)


def _opened(path: Path) -> IO[bytes]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("ab+", buffering=0)
    except OSError as error:
        if error.errno in _NOT_WRITABLE and path.exists():
            return path.open("rb", buffering=0)  # a lock needs no right to write
        raise TransientError(
            f"{path} cannot be made: {error.strerror}; make room or allow writing, and try again"
        ) from None


def _take(file: IO[bytes], path: Path) -> None:
    try:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise HeldError(f"{path} is held by {_holder(path)}") from None
    except OSError as error:
        raise TerminalError(
            f"{path} cannot be locked: {error.strerror}; keep TRN_HOME on a disk whose file system has locks"
        ) from None


def _write(file: IO[bytes], text: str) -> None:
    file.truncate(0)
    file.write(text.encode())


def _myself() -> dict[str, str | int]:
    """Say who takes the lock; of its command only the name, since the rest may name a customer."""
    return {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "since": format_instant(utc_now().replace(microsecond=0)),
        "command": _command(),
    }


def _command() -> str:
    program = Path(sys.argv[0])
    if program.name != "__main__.py":
        return program.name or "python"
    return " ".join([f"python -m {program.parent.name}", *sys.argv[1:2]])


def _holder(path: Path) -> str:
    """Describe who holds the lock, as far as the file says so."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        pid, host, since, command = (told[name] for name in ("pid", "host", "since", "command"))
    except (OSError, ValueError, KeyError, TypeError):
        return "a process that did not say its name"
    who = f"process {pid} ({command}, since {since}"
    if host != socket.gethostname():
        return f"{who}, on the machine {host})"
    if not _is_alive(pid):
        return f"{who}), which has ended: a process that it started still holds the lock"
    return f"{who})"


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # somebody else's
    return True
