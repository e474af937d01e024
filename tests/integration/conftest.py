import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.crash_trials import Trials
from tests.crash_world import Commands

PROJECT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Shell:
    """Types commands as a person would, in a state folder of its own."""

    home: Path

    def pipeline(self, *words: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "pipeline", *map(str, words)],
            cwd=PROJECT,
            env={**os.environ, "TRN_HOME": str(self.home), **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    def done(self, *words: str | Path) -> str:
        result = self.pipeline(*words)
        assert result.returncode == 0, result.stderr
        return result.stdout


@dataclass(frozen=True)
class QuickShell(Shell):
    """Types them into a fork server: real processes too, without the seconds of imports."""

    commands: Commands

    def pipeline(self, *words: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
        assert not environment
        ended = self.commands.run(self.home, *words)
        return subprocess.CompletedProcess(words, ended.returncode, ended.out, ended.err)


Quick = Callable[[Path], Shell]


@pytest.fixture(scope="session")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Quick]:
    """A quick shell for a home; what a command imports is seen where it is typed as by a person."""
    commands = Commands(tmp_path_factory.mktemp("commands"))
    yield lambda home: QuickShell(home, commands)
    commands.close()


@pytest.fixture(scope="session")
def market(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small simulated market: folder with events/ and truth/."""
    out = tmp_path_factory.mktemp("market")
    Shell(out / "home").done("simulate", "--out", out, "--weeks", "120", "--seed", "7", "--events", "10000")
    return out


@pytest.fixture(scope="session")
def planned(market: Path, tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """A home in which the market has landed, was forecast and has an allocation proposed."""
    shell = Shell(tmp_path_factory.mktemp("planned"))
    shell.done("land", market / "events")
    shell.done("run")
    return shell


@pytest.fixture
def planned_copy(planned: Shell, tmp_path: Path) -> Shell:
    """A copy of the planned home, to decide in."""
    shutil.copytree(planned.home, tmp_path / "copy", symlinks=True)
    return Shell(tmp_path / "copy")


@pytest.fixture(scope="session")
def trials(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trials]:
    """A small market, homes to start commands in, and a server that starts them quickly."""
    made = Trials(tmp_path_factory.mktemp("trials") / "all")
    yield made
    made.close()
