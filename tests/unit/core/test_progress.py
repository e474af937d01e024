import sys

import pytest

from pipeline.core.progress import stages


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
