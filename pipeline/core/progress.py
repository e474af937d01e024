"""Progress for work that a person waits for."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")


def progress(iterable: Iterable[T], label: str, total: int | None = None) -> Iterator[T]:
    """Yield the items; on a terminal a bar appears once the work has lasted two seconds."""
    from tqdm import tqdm

    yield from tqdm(iterable, desc=label, total=total, delay=2, leave=False, disable=not sys.stderr.isatty())


@contextmanager
def stages() -> Iterator[Callable[[str], None]]:
    """Give a function that names what is done now: one line on a terminal, gone at the end."""
    is_shown = sys.stderr.isatty()

    def name(stage: str) -> None:
        if is_shown:
            sys.stderr.write(f"\r\033[K{stage}")
            sys.stderr.flush()

    try:
        yield name
    finally:
        name("")


@contextmanager
def measured(label: str, total: Callable[[], int]) -> Iterator[Callable[[int], None]]:
    """Give a function that tells of bytes done; on a terminal a bar appears after two seconds.

    Args:
        total: about how many bytes are to be done; only asked for where the bar is shown.
    """
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from tqdm import tqdm

    with tqdm(
        desc=label, total=total(), unit="B", unit_scale=True, unit_divisor=1024, delay=2, leave=False
    ) as bar:
        yield lambda done: bar.update(min(done, bar.total - bar.n))
