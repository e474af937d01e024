import os
import signal
from collections.abc import Iterator
from multiprocessing import active_children

import pytest

from pipeline.core.errors import TransientError
from pipeline.forecasting.file_workers import WorkerKilledError, in_processes


def doubled(number: int) -> tuple[int, bool]:
    """Twice the number, and whether an interrupt would be ignored here; below zero the process dies."""
    if number < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return 2 * number, signal.getsignal(signal.SIGINT) == signal.SIG_IGN


def numbers(asked: list[int], *, count: int = 40) -> Iterator[int]:
    """Numbers from zero on; `asked` tells how many were taken."""
    for number in range(count):
        asked.append(number)
        yield number


def test_one_process_works_here_and_one_chunk_at_a_time() -> None:
    asked: list[int] = []
    answers = in_processes(doubled, numbers(asked), processes=1)
    assert next(answers) == (0, False)
    assert asked == [0]


def test_answers_come_in_order_few_chunks_are_taken_ahead_and_interrupts_are_for_this_process() -> None:
    before = signal.getsignal(signal.SIGINT)
    asked: list[int] = []
    answers = in_processes(doubled, numbers(asked), processes=2)
    assert next(answers) == (0, True)
    assert len(asked) <= 5
    assert list(answers) == [(2 * number, True) for number in range(1, 40)]
    assert signal.getsignal(signal.SIGINT) == before


def test_a_process_that_is_killed_ends_the_work_with_a_message_instead_of_a_traceback() -> None:
    with pytest.raises(
        WorkerKilledError, match=r"was killed.*no file was written.*same command again"
    ) as told:
        list(in_processes(doubled, iter([1, -1, 2]), processes=2))
    assert isinstance(told.value, TransientError)
    assert told.value.exit_code == 1


def test_no_process_outlives_work_that_is_given_up() -> None:
    before = set(active_children())
    answers = in_processes(doubled, numbers([]), processes=2)
    next(answers)
    answers.close()  # type: ignore[attr-defined]
    assert set(active_children()) == before
