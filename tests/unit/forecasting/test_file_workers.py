import os
import signal
from collections.abc import Iterator

import pytest

from pipeline.core.errors import TransientError
from pipeline.forecasting.file_workers import WorkerKilledError, in_processes


def doubled_or_killed(number: int) -> int:
    if number < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return 2 * number


def test_answers_come_in_order() -> None:
    assert list(in_processes(doubled_or_killed, iter(range(9)), processes=2)) == list(range(0, 18, 2))


def test_one_process_works_here_and_one_chunk_at_a_time() -> None:
    asked = []

    def chunks() -> Iterator[int]:
        for number in range(5):
            asked.append(number)
            yield number

    answers = in_processes(doubled_or_killed, chunks(), processes=1)
    assert next(answers) == 0
    assert asked == [0]


def test_few_chunks_are_laid_out_ahead_of_their_answers() -> None:
    asked = []

    def chunks() -> Iterator[int]:
        for number in range(50):
            asked.append(number)
            yield number

    answers = in_processes(doubled_or_killed, chunks(), processes=2)
    assert next(answers) == 0
    assert len(asked) <= 5
    answers.close()  # type: ignore[attr-defined]


def test_a_process_that_is_killed_ends_the_work_with_a_message_instead_of_a_traceback() -> None:
    with pytest.raises(
        WorkerKilledError, match=r"was killed.*no file was written.*same command again"
    ) as told:
        list(in_processes(doubled_or_killed, iter([1, -1, 2]), processes=2))
    assert isinstance(told.value, TransientError)
    assert told.value.exit_code == 1
