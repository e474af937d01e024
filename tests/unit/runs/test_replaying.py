"""replay and status from the command line, over a home of its own."""

import json
import shutil
from pathlib import Path

import duckdb
import pytest

from pipeline.cli.main import main
from pipeline.config import Settings
from pipeline.core.errors import TerminalError
from pipeline.runs.replaying import require_equal, require_sound_log
from pipeline.store import reader, sql_text, writer
from tests.landing_world import usage, write_lines

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TRN_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder to copy, of a home in which three events have landed and their file beside it."""
    folder = tmp_path_factory.mktemp("standing")
    lines = [usage(f"u{number}", data_customer_id=f"c{number}") for number in range(3)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRN_HOME", str(folder / "home"))
        assert main(["land", str(write_lines(folder / "a.jsonl", lines))]) == 0
    return folder


@pytest.fixture
def landed(home: Path, standing: Path) -> Path:
    shutil.copytree(standing, home.parent, dirs_exist_ok=True)
    return home


def change(home: Path, statement: str) -> None:
    with writer(Settings(home=home)) as connection:
        connection.execute(statement)


def published(home: Path, query: str) -> list[tuple[object, ...]]:
    with reader(Settings(home=home).published) as connection:
        return connection.execute(query).fetchall()


def test_a_published_copy_keeps_what_has_landed(landed: Path, capsys: Capture) -> None:
    assert published(landed, "SELECT count(*) FROM usage_periods(now())") == [(3,)]
    assert main(["status"]) == 0
    kept = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("kept"))
    assert "up to position 3;" in kept
    assert "2026-01-06T00:00:00Z on is kept" in kept


def test_what_was_landed_without_publishing_comes_with_the_next_publication(
    landed: Path, capsys: Capture
) -> None:
    file = write_lines(landed.parent / "b.jsonl", [usage("later")])
    assert main(["land", str(file), "--no-publish"]) == 0
    assert main(["replay", "--verify"]) == 0
    assert "1 event landed since" in capsys.readouterr().out
    assert main(["land", str(file)]) == 0
    assert published(landed, "SELECT count(*) FROM usage_periods(now())") == [(4,)]


def test_verify_is_content_with_what_is_kept_and_writes_nothing(landed: Path, capsys: Capture) -> None:
    before = (landed / "warehouse.duckdb").stat().st_mtime_ns
    assert main(["replay", "--verify"]) == 0
    assert "equal to what the log says" in capsys.readouterr().out
    assert (landed / "warehouse.duckdb").stat().st_mtime_ns == before


def test_verify_names_what_differs_and_replay_heals_it(landed: Path, capsys: Capture) -> None:
    change(landed, "UPDATE usage_facts SET chip_hours = 1 WHERE log_position = 2")
    assert main(["replay", "--verify", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["difference"] == {
        "table": "usage_facts",
        "key": {"log_position": "2"},
        "column": "chip_hours",
        "kept": "1.0",
        "computed": "24.0",
    }
    with pytest.raises(TerminalError, match="python -m pipeline replay"):
        require_equal()
    assert main(["replay"]) == 0
    assert capsys.readouterr().out == "rebuilt up to position 3 of the log\n"
    assert main(["replay", "--verify"]) == 0
    assert published(landed, "SELECT DISTINCT chip_hours FROM usage_periods(now())") == [(24.0,)]


def test_replay_says_what_it_did_as_json(landed: Path, capsys: Capture) -> None:
    assert main(["replay", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["log_position"] == 3
    assert said["rows"].keys() >= {"kept_customers", "kept_cloud_usage"}


@pytest.mark.parametrize("arguments", [["replay"], ["replay", "--verify"]])
def test_there_is_nothing_to_replay_before_anything_landed(
    home: Path, arguments: list[str], capsys: Capture
) -> None:
    assert main(arguments) == 2
    assert "nothing has landed yet" in capsys.readouterr().err
    assert not home.exists()


def test_a_log_that_was_changed_is_not_sound(landed: Path) -> None:
    assert require_sound_log()["is_sound"] is True
    change(landed, "UPDATE events SET data = '{}' WHERE log_position = 1")
    with pytest.raises(TerminalError, match="broken: batch"):
        require_sound_log()


def test_other_macros_compute_everything_anew(landed: Path, capsys: Capture) -> None:
    """What was kept by an older version of the projections is thrown away with it."""
    change(landed, "UPDATE schema_projections SET content_hash = 'older'")
    with writer(Settings(home=landed)) as connection:
        assert connection.execute("SELECT count(*) FROM usage_facts").fetchone() == (0,)
        assert connection.execute("FROM projection_state").fetchall() == []
    assert main(["replay", "--verify"]) == 0
    assert "nothing was compared" in capsys.readouterr().out
    assert require_equal()["is_compared"] is False
    assert main(["land", str(landed.parent / "a.jsonl")]) == 0
    assert published(landed, "SELECT count(*) FROM usage_periods(now())") == [(3,)]


def test_a_warehouse_of_before_gets_what_is_kept(landed: Path) -> None:
    """The tables come by migration; the next publication fills them."""
    change(landed, sql_text("projecting/clear"))
    assert main(["land", str(landed.parent / "a.jsonl")]) == 0
    assert published(landed, "SELECT count(*) FROM usage_periods(now())") == [(3,)]


def test_tables_without_a_state_differ_and_the_next_publication_fills_them_once(landed: Path) -> None:
    change(landed, "DELETE FROM projection_state")
    assert main(["replay", "--verify"]) == 1
    with pytest.raises(TerminalError, match="usage_facts number of rows: kept 3, computed 0"):
        require_equal()
    assert main(["land", str(landed.parent / "a.jsonl")]) == 0
    assert published(landed, "SELECT count(*) FROM usage_periods(now())") == [(3,)]


def test_status_reads_a_copy_from_before_projections_were_kept(landed: Path, capsys: Capture) -> None:
    copy = Settings(home=landed).published
    copy.chmod(0o644)
    with duckdb.connect(copy) as connection:
        connection.execute("DROP TABLE projection_state")
    assert main(["status"]) == 0
    assert "\nkept" not in capsys.readouterr().out
