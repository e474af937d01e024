"""Folders for what databases spill to disk: one each, since two in one folder overwrite each other."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PREFIX = "trn-spilled-"
_UNLOCKED = "trn-new-"


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Give a folder that nobody else may read or use, and remove it with what is in it.

    What killed processes left is removed on the way: the system has released the locks on their folders.
    """
    new = Path(tempfile.mkdtemp(prefix=_UNLOCKED))
    descriptor = os.open(new, os.O_RDONLY)
    try:
        with suppress(OSError):  # where there are no locks, nothing counts as abandoned
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        folder = new.rename(new.with_name(_PREFIX + new.name))  # others may look at it from now on
        try:
            _clear_abandoned(folder.parent)
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(descriptor)


def _clear_abandoned(parent: Path) -> None:
    for folder in parent.glob(f"{_PREFIX}*"):
        with suppress(OSError):  # in use, gone by now, or somebody else's
            descriptor = os.open(folder, os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(descriptor)
