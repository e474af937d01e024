"""Share work over the processors, in order, a few chunks ahead: memory does not grow with their number."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import TypeVar

from pipeline.core.errors import TransientError

Chunk = TypeVar("Chunk")
Answer = TypeVar("Answer")

_AHEAD = 2  # chunks a process, worked on or waiting: none idles, and few answers lie in memory


class WorkerKilledError(TransientError):
    """A process that forecast series ended before its answer came."""


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_processes(
    work: Callable[[Chunk], Answer], chunks: Iterable[Chunk], *, processes: int
) -> Iterator[Answer]:
    """Yield the answer to each chunk, in order; one process works in this one.

    Raises:
        WorkerKilledError: a process was killed, by the system for want of memory or by hand.
    """
    if processes == 1:
        yield from map(work, chunks)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        try:
            yield from _in_order(pool, work, chunks, ahead=_AHEAD * processes)
        except BrokenProcessPool:
            raise WorkerKilledError(
                "a process that forecast series was killed, most often because memory ran out; no file was "
                "written. Free some memory and type the same command again, or split the file by series"
            ) from None


def _in_order(
    pool: ProcessPoolExecutor, work: Callable[[Chunk], Answer], chunks: Iterable[Chunk], *, ahead: int
) -> Iterator[Answer]:
    waiting: deque[Future[Answer]] = deque()
    for chunk in chunks:
        waiting.append(pool.submit(work, chunk))
        if len(waiting) >= ahead:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()
