import os
import signal
import time
from collections.abc import Iterator
from multiprocessing import active_children
from pathlib import Path

import pytest

from pipeline.core.errors import TransientError
from pipeline.forecasting.file_workers import WorkerKilledError, in_processes


def doubled(number: int) -> tuple[int, bool]:
    """Twice the number, and whether interrupts are kept from here; below zero the process dies."""
    if number < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return 2 * number, signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ())


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
    asked: list[int] = []
    answers = in_processes(doubled, numbers(asked), processes=2)
    assert next(answers) == (0, True)
    assert len(asked) <= 5
    assert list(answers) == [(2 * number, True) for number in range(1, 40)]
    assert doubled(1) == (2, False)


def test_a_process_that_is_killed_ends_the_work_with_a_message_instead_of_a_traceback() -> None:
    with pytest.raises(
        WorkerKilledError, match=r"was killed.*no file was written.*same command again"
    ) as told:
        list(in_processes(doubled, iter([1, -1, 2]), processes=2))
    assert isinstance(told.value, TransientError)
    assert told.value.exit_code == 1


def slowly_told(file: Path) -> None:
    with file.open("a") as told:
        told.write("x")
    time.sleep(0.3)


def test_work_that_is_given_up_is_not_done_and_no_process_outlives_it(tmp_path: Path) -> None:
    before, told = set(active_children()), tmp_path / "told"
    answers = in_processes(slowly_told, iter([told] * 40), processes=2)
    next(answers)
    answers.close()  # type: ignore[attr-defined]
    assert set(active_children()) == before
    assert len(told.read_text()) <= 4
