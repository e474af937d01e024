"""Progress for work that a person waits for."""

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


def progress(iterable: Iterable[T], label: str, total: int | None = None) -> Iterator[T]:
    """Yield the items; on a terminal a bar appears once the work has lasted two seconds."""
    from tqdm import tqdm

    yield from tqdm(iterable, desc=label, total=total, delay=2, leave=False, disable=not sys.stderr.isatty())
