"""Share work over the processors, in order, a few chunks ahead: memory does not grow with their number."""

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import active_children, get_context
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
    others = active_children()
    pool = ProcessPoolExecutor(processes, mp_context=get_context("spawn"))
    try:
        yield from _in_order(pool, work, chunks, ahead=_AHEAD * processes)
    except BrokenProcessPool:
        raise WorkerKilledError(
            "a process that forecast series was killed, most often because memory ran out; no file was "
            "written. Free some memory and type the same command again, or split the file by series"
        ) from None
    except BaseException:  # nobody waits for what they still work on
        for process in set(active_children()) - set(others):
            process.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _in_order(
    pool: ProcessPoolExecutor, work: Callable[[Chunk], Answer], chunks: Iterable[Chunk], *, ahead: int
) -> Iterator[Answer]:
    waiting: deque[Future[Answer]] = deque()
    for chunk in chunks:
        with _interrupts_kept_here():
            waiting.append(pool.submit(work, chunk))
        if len(waiting) >= ahead:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


@contextmanager
def _interrupts_kept_here() -> Iterator[None]:
    """Let processes that start meanwhile ignore Ctrl-C, which a terminal sends to all: this one ends them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
