import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from pipeline.config import Settings
from pipeline.store import publish_copy, reader, writer
from pipeline.store.scratch import scratch_folder


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_each_has_a_folder_of_its_own_that_goes_with_it() -> None:
    with scratch_folder() as one, scratch_folder() as other:
        assert one != other
        assert one.stat().st_mode & 0o077 == 0
        (one / "spilled").write_text("rows")
    assert not one.exists()
    assert not other.exists()


def test_what_a_killed_process_left_goes_with_the_next_and_what_a_living_one_uses_stays(
    temporary: Path,
) -> None:
    code = (
        "import sys\nfrom pipeline.store.scratch import scratch_folder\n"
        "with scratch_folder() as folder:\n    print(folder, flush=True)\n    sys.stdin.read()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        env={**os.environ, "TMPDIR": str(temporary)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    theirs = Path(process.stdout.readline().strip())
    with scratch_folder():
        assert theirs.exists()
    process.send_signal(signal.SIGKILL)
    process.communicate()
    with scratch_folder():
        assert not theirs.exists()


def test_nobody_clears_the_folder_of_another_that_lives(temporary: Path) -> None:
    code = (
        "from pipeline.store.scratch import scratch_folder\n"
        "for _ in range(200):\n"
        "    with scratch_folder() as folder:\n"
        "        (folder / 'spilled').write_text('rows')\n"
        "        assert (folder / 'spilled').read_text() == 'rows'\n"
    )
    environment = {**os.environ, "TMPDIR": str(temporary)}
    several = [subprocess.Popen([sys.executable, "-c", code], env=environment) for _ in range(4)]
    assert [process.wait() for process in several] == [0] * 4
    assert list(temporary.iterdir()) == []


def test_readers_spill_apart(tmp_path: Path) -> None:
    def folder_of(copy: Path) -> str:
        with reader(copy) as connection:
            row = connection.execute("SELECT current_setting('temp_directory')").fetchone()
            assert row
            return str(row[0])

    settings = Settings(tmp_path / "home")
    publish_copy(settings)
    assert folder_of(settings.published) != folder_of(settings.published)


def test_what_a_killed_writer_spilled_is_cleared_away(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "home")
    spilled = settings.home / "tmp" / "duckdb_temp_storage_DEFAULT-0.tmp"
    spilled.parent.mkdir(parents=True)
    spilled.write_bytes(b"rows")
    with writer(settings):
        pass
    assert not spilled.exists()
