"""Who uses the Airflow home: either one scheduler, or any number of local runs."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def hold_home(folder: Path, *, alone: bool) -> Iterator[bool]:
    """Hold the home while the block runs; yields False where another process stands in the way.

    A scheduler (`alone`) would pick up the runs that `dag.test()` has under way, so the two keep apart. The
    lock ends with the process that holds it, however that dies.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "in_use").open("a") as file:
        try:
            fcntl.flock(file, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
