"""Refused lines come from outside: shown to a person, they must not command the terminal."""

from pathlib import Path

import pytest

from pipeline.runs.landing import land_paths, quarantine_lines


@pytest.fixture(autouse=True)
def refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRN_HOME", str(tmp_path / "home"))
    file = tmp_path / "events.jsonl"
    file.write_text("{ \x1b[2J\u202e no event\n")
    land_paths([file], mapping=None, publish=True)


def test_a_refused_line_is_shown_with_its_control_characters_spelt_out() -> None:
    shown = quarantine_lines(None, None, 20, is_json=False)
    assert r"{ \x1b[2J\u202e no event" in shown
    assert not {"\x1b", "\u202e"} & set(shown)


def test_as_json_it_is_whole() -> None:
    assert "no event" in quarantine_lines(None, None, 20, is_json=True)
