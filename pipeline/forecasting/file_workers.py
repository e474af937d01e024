"""Share work over the processors, in order, a few chunks ahead: memory does not grow with their number."""

import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from multiprocessing.synchronize import Event
from typing import TypeVar, cast

from pipeline.core.errors import TransientError

Chunk = TypeVar("Chunk")
Answer = TypeVar("Answer")

_IS_OVER: list[Event] = []  # in a process that works for another: whether that one still waits
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
    context = get_context("spawn")
    is_over = context.Event()
    pool = ProcessPoolExecutor(processes, mp_context=context, initializer=_listen, initargs=(is_over,))
    try:
        yield from _in_order(pool, partial(_unless_over, work), chunks, ahead=_AHEAD * processes)
    except BrokenProcessPool:
        raise WorkerKilledError(
            "a process that forecast series was killed, most often because memory ran out; no file was "
            "written. Free some memory and type the same command again, or split the file by series"
        ) from None
    finally:
        is_over.set()
        pool.shutdown(cancel_futures=True)


def _listen(is_over: Event) -> None:
    _IS_OVER.append(is_over)


def _unless_over(work: Callable[[Chunk], Answer], chunk: Chunk) -> Answer | None:
    """Leave chunks alone that nobody waits for any more: a process ended midway could block the others."""
    return None if _IS_OVER[0].is_set() else work(chunk)


def _in_order(
    pool: ProcessPoolExecutor, work: Callable[[Chunk], Answer | None], chunks: Iterable[Chunk], *, ahead: int
) -> Iterator[Answer]:
    waiting: deque[Future[Answer | None]] = deque()
    for chunk in chunks:
        with _interrupts_kept_here():
            waiting.append(pool.submit(work, chunk))
        if len(waiting) >= ahead:
            yield _came(waiting.popleft())
    while waiting:
        yield _came(waiting.popleft())


def _came(answer: "Future[Answer | None]") -> Answer:
    return cast("Answer", answer.result())


@contextmanager
def _interrupts_kept_here() -> Iterator[None]:
    """Let processes that start meanwhile never see Ctrl-C, which a terminal sends to all: this one ends them.

    They inherit what is blocked; here an interrupt that came meanwhile is met at the end.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
