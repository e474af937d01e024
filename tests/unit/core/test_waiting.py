import sys
from itertools import count

import pytest

from pipeline.core import waiting
from pipeline.core.errors import TransientError
from pipeline.core.waiting import HeldError, wait_until_free


def held(times: int) -> object:
    tries = count()

    def take() -> str:
        if next(tries) < times:
            raise HeldError("the log is held by process 7")
        return "taken"

    return take


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Time that passes only while somebody sleeps; the pauses slept."""
    slept: list[float] = []
    monkeypatch.setattr(waiting.time, "monotonic", lambda: sum(slept))
    monkeypatch.setattr(waiting.time, "sleep", slept.append)
    return slept


def test_it_is_tried_again_until_it_is_free_with_growing_jittered_pauses(clock: list[float]) -> None:
    assert wait_until_free(held(20)) == "taken"  # type: ignore[arg-type]
    assert len(clock) == 20
    assert max(clock) <= 1.5
    assert clock[0] < 0.02
    assert len({pause / clock[-1] for pause in clock[-5:]}) == 5


def test_patience_ends(clock: list[float]) -> None:
    with pytest.raises(TransientError, match="held by process 7, for more than 3 s"):
        wait_until_free(held(1000), patience_seconds=3)  # type: ignore[arg-type]
    assert 3 < sum(clock) < 5


@pytest.mark.parametrize(
    ("is_terminal", "times", "is_told"), [(True, 5, False), (True, 12, True), (False, 12, False)]
)
def test_a_terminal_is_told_after_two_seconds_who_is_waited_for(
    clock: list[float],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    *,
    is_terminal: bool,
    times: int,
    is_told: bool,
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: is_terminal)
    wait_until_free(held(times))  # type: ignore[arg-type]
    assert ("waiting: the log is held by process 7" in capsys.readouterr().err) == is_told
