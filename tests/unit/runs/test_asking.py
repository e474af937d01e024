from pathlib import Path

import pytest

from pipeline.cli.main import main
from pipeline.config import Settings
from pipeline.store import publish_copy, writer


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    settings = Settings(home=tmp_path_factory.mktemp("home"))
    with writer(settings):
        pass
    publish_copy(settings)
    return settings.home


@pytest.fixture(autouse=True)
def _published(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRN_HOME", str(home))


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("SELEC 1", 'syntax error at or near "SELEC" (line 1)'),
        ("SELECT * FROM order_book()", "order_book(as_of"),
        ("SELECT * FROM nowhere", "nowhere does not exist!"),
        ("DELETE FROM events", "read-only"),
        (" \n", "the question is empty: write 'SELECT …'"),
        ("nowhere.sql", "nowhere.sql cannot be read: No such file or directory; shipped"),
    ],
)
def test_a_question_that_cannot_be_run_is_refused_in_one_line(
    question: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sql", question]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.count("\n") == 1
    assert shown.err.startswith("error: ")
    assert said in shown.err


def test_a_question_beyond_the_memory_is_a_fault_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sql", "SET memory_limit = '1MB'; SELECT list(range) FROM range(10000000)"]) == 1
    shown = capsys.readouterr()
    assert shown.err == (
        "failed: the query needs more memory than it may take: ask for fewer weeks, "
        "or for one instant at a time\n"
    )


def test_the_shipped_questions_get_more_memory_than_a_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sql", "SELECT current_setting('memory_limit')", "--csv"]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == ["2.0 GiB"]


def test_a_folder_that_cannot_be_made_is_told_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "file"
    file.touch()
    assert main(["simulate", "--out", str(file / "below"), "--weeks", "1", "--events", "10000"]) == 2
    assert capsys.readouterr().err == (
        f"error: {file / 'below'} cannot be written: Not a directory; name another folder\n"
    )


def test_positions_start_at_one(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["run", "--position", "0"])
    assert stopped.value.code == 2
    assert "'0' is not a whole number from 1 up" in capsys.readouterr().err


def test_status_tells_of_a_file_that_came_after_its_days_run(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    late = home / "inbox" / "2026-09-07" / "late.jsonl"
    late.parent.mkdir(parents=True)
    late.write_text("", encoding="utf-8")
    (late.parent / ".hidden").touch()
    assert main(["status"]) == 0
    assert f"1 files have not landed, the first is {late}" in capsys.readouterr().out
    assert main(["land", str(late)]) == 0
    assert main(["status"]) == 0
    assert "have not landed" not in capsys.readouterr().out
    late.with_name("copy.jsonl").write_bytes(late.read_bytes())
    assert main(["status"]) == 0
    assert "have not landed" not in capsys.readouterr().out
