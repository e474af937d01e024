from pathlib import Path

import pytest

from pipeline.config import Settings
from pipeline.core.errors import UsageError
from pipeline.core.waiting import PATIENCE_SECONDS


@pytest.mark.parametrize(
    ("text", "seconds"), [(None, PATIENCE_SECONDS), ("", PATIENCE_SECONDS), ("2.5", 2.5)]
)
def test_the_patience_is_a_number_of_seconds(
    monkeypatch: pytest.MonkeyPatch, text: str | None, seconds: float
) -> None:
    monkeypatch.delenv("TRN_PATIENCE", raising=False)
    if text is not None:
        monkeypatch.setenv("TRN_PATIENCE", text)
    assert Settings.from_environment().patience_seconds == seconds


@pytest.mark.parametrize("text", ["soon", "-1", "nan", "inf"])
def test_another_patience_is_wrong_usage(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("TRN_PATIENCE", text)
    with pytest.raises(UsageError, match=f"TRN_PATIENCE is '{text}'"):
        Settings.from_environment()


@pytest.mark.parametrize(("text", "runs"), [("", 5), ("1", 1), ("30", 30)])
def test_the_runs_whose_paths_are_kept_are_a_whole_number(
    monkeypatch: pytest.MonkeyPatch, text: str, runs: int
) -> None:
    monkeypatch.setenv("TRN_PATHS_KEPT", text)
    assert Settings.from_environment().paths_kept == runs


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "all", "²"])
def test_another_number_of_runs_is_wrong_usage(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("TRN_PATHS_KEPT", text)
    with pytest.raises(UsageError, match=f"TRN_PATHS_KEPT is '{text}'"):
        Settings.from_environment()


def test_state_lives_below_the_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TRN_HOME", str(tmp_path))
    settings = Settings.from_environment()
    assert settings.home == tmp_path
    assert {settings.warehouse.parent, settings.reports.parent, settings.published.parent.parent} == {
        tmp_path
    }
