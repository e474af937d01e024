import sys
from typing import Any

import pytest
import tqdm

from pipeline.core.progress import measured, stages


def test_stages_stay_silent_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    with stages() as now:
        now("fitting")
    shown = capsys.readouterr()
    assert shown.out + shown.err == ""


def test_a_terminal_shows_the_stage_and_is_clean_after_a_failure(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with pytest.raises(ValueError, match="broken"):
        fail_while_fitting()
    assert capsys.readouterr().err == "\r\x1b[Kfitting\r\x1b[K"


def fail_while_fitting() -> None:
    with stages() as now:
        now("fitting")
        raise ValueError("broken")


def test_a_pipe_is_not_asked_how_much_there_is_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    with measured("landing", lambda: pytest.fail("asked")) as advance:
        advance(1)
    shown = capsys.readouterr()
    assert shown.out + shown.err == ""


def test_a_terminal_shows_the_share_of_the_bytes_that_is_done_and_is_clean_at_the_end(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def at_once(*, delay: float, **options: Any) -> Any:
        assert delay > 0
        return bar(**options, mininterval=0, ncols=80, ascii=True)

    bar = tqdm.tqdm
    monkeypatch.setattr(tqdm, "tqdm", at_once)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with measured("landing", lambda: 2**20) as advance:
        for _ in range(3):
            advance(2**19)
    *shown, cleared = capsys.readouterr().err.rstrip("\r").split("\r")
    assert ["landing:   0%" in shown[1], "landing:  50%" in shown[2], "1.00M/1.00M" in shown[3]] == [True] * 3
    assert cleared.strip() == ""
