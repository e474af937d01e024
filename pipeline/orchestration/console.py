"""A few lines for a person, while everything else that this process prints goes to a file."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO


class Console:
    """Lines of a name and its seconds, on what was standard output when it was made."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def print(self, text: str) -> None:
        """Write one line at once."""
        self._stream.write(text + "\n")
        self._stream.flush()

    def line(self, name: str, seconds: float, remark: str = "") -> None:
        """Write a name, its seconds in a column, and a remark."""
        self.print(f"{name:<28} {seconds:6.1f} s  {remark}".rstrip())

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Write a line for the block when it ends well."""
        started = time.perf_counter()
        yield
        self.line(name, time.perf_counter() - started)


@contextmanager
def output_to(file: Path) -> Iterator[Console]:
    """Send what this process prints, C libraries included, to a file; yields the way around it."""
    sys.stdout.flush()
    sys.stderr.flush()
    kept = [os.dup(number) for number in (1, 2)]
    with file.open("w") as log, os.fdopen(os.dup(kept[0]), "w", encoding="utf-8") as stream:
        try:
            for number in (1, 2):
                os.dup2(log.fileno(), number)
            yield Console(stream)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            for number, original in zip((1, 2), kept, strict=True):
                os.dup2(original, number)
                os.close(original)
