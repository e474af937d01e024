import json
import shutil
from pathlib import Path

import pytest

from pipeline.cli.main import main
from pipeline.config import Settings
from pipeline.store import writer
from tests.landing_world import event, write_lines

Shown = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TRN_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def made(home: Path, empty_home: Path) -> Path:
    """The home, before anything has landed in it."""
    shutil.copytree(empty_home, home)
    return home


def land(folder: Path, *names: str, capsys: Shown) -> None:
    file = write_lines(folder / f"{names[0]}.jsonl", [event(name) for name in names])
    assert main(["land", str(file)]) == 0
    capsys.readouterr()


def run(capsys: Shown, *words: str) -> tuple[int, str]:
    code = main(["verify", *words])
    shown = capsys.readouterr()
    assert shown.err == ""
    return code, shown.out


@pytest.mark.usefixtures("made")
def test_a_sound_log_and_its_copy_have_one_head_which_status_tells_too(tmp_path: Path, capsys: Shown) -> None:
    land(tmp_path, "a", "b", capsys=capsys)
    code, told = run(capsys)
    first, head = told.splitlines()
    assert (code, first) == (0, "sound: 2 events in 1 batch")
    assert run(capsys, "--published") == (code, told)
    assert main(["status"]) == 0
    assert head.split() == ["head", *capsys.readouterr().out.splitlines()[-1].split()[1:]]
    land(tmp_path, "c", capsys=capsys)
    assert run(capsys, "--expect", head.split()[1])[0] == 0


@pytest.mark.usefixtures("made")
def test_a_change_behind_the_pipelines_back_is_told_in_one_line(
    home: Path, tmp_path: Path, capsys: Shown
) -> None:
    for name in ("a", "b", "c"):
        land(tmp_path, name, capsys=capsys)
    with writer(Settings(home)) as connection:
        connection.execute("UPDATE events SET data = replace(data, '16', '61') WHERE id = 'b'")
    code, told = run(capsys)
    assert code == 1
    assert told.count("\n") == 1
    assert told.startswith("broken: batch ")
    assert f"positions 2 to 2, from {tmp_path}/b.jsonl, landed " in told
    assert run(capsys, "--published")[0] == 0
    code, told = run(capsys, "--json")
    answer = json.loads(told)
    assert (code, answer["is_sound"], answer["events"]) == (1, False, 3)
    assert answer["finding"]["files"] == [f"{tmp_path}/b.jsonl"]
    assert answer["finding"]["first_position"] == 2


@pytest.mark.usefixtures("made")
def test_a_head_that_the_log_never_had_is_told(tmp_path: Path, capsys: Shown) -> None:
    land(tmp_path, "a", capsys=capsys)
    code, told = run(capsys, "--expect", "1" * 64)
    assert code == 1
    assert told.startswith(f"broken: no entry of the chain has the hash {'1' * 64}")


@pytest.mark.parametrize("head", ["", "1" * 63, "g" * 64])
def test_what_is_no_head_is_refused(head: str, capsys: Shown) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["verify", "--expect", head])
    assert "is no head" in capsys.readouterr().err


@pytest.mark.parametrize("words", [[], ["--published"]])
def test_where_nothing_has_landed_there_is_nothing_to_verify(
    home: Path, words: list[str], capsys: Shown
) -> None:
    assert main(["verify", *words]) == 2
    assert "does not exist" in capsys.readouterr().err
    assert not (home / "warehouse.duckdb").exists()


@pytest.mark.usefixtures("made")
def test_a_copy_from_before_the_chain_says_so(home: Path, tmp_path: Path, capsys: Shown) -> None:
    land(tmp_path, "a", capsys=capsys)
    with writer(Settings(home)) as connection:
        connection.execute("DROP TABLE log_chain")
    (home / "warehouse.duckdb").replace(home / "published" / "warehouse.duckdb")
    assert main(["verify", "--published"]) == 2
    assert "before the log had a chain" in capsys.readouterr().err
    assert main(["status"]) == 0
    assert "head" not in capsys.readouterr().out


@pytest.mark.usefixtures("made")
def test_a_log_from_before_the_chain_is_sealed_by_the_first_verify(
    home: Path, tmp_path: Path, capsys: Shown
) -> None:
    land(tmp_path, "a", capsys=capsys)
    land(tmp_path, "b", capsys=capsys)
    with writer(Settings(home)) as connection:
        connection.execute("DROP TABLE log_chain")
        connection.execute("DELETE FROM schema_migrations WHERE number = 4")
    code, told = run(capsys)
    assert (code, told.splitlines()[0]) == (
        0,
        "sound: 2 events in 2 batches, 2 sealed only after the chain began",
    )
    assert run(capsys) == (0, told)
