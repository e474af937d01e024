"""Kill documented commands, see what stands, type them again, and compare with a home that nobody killed."""

import random
import shutil
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.crash_world import (
    CUSTOMER,
    Commands,
    Ended,
    Under,
    copy_home,
    final_state,
    identities,
    make_market,
    require_equal,
    require_sound,
)

COMMANDS = ("first land", "land", "run", "approve", "reland", "forget", "replay")
_MOVES_PROJECTIONS = frozenset({"land", "forget", "replay"})
_MOST_KILLS = 2
_PORTION_BYTES = 2**16
"""The files are small here, and so are portions: several to a file, and several transactions to a landing."""

Words = list[str | Path]


@dataclass(frozen=True)
class Control:
    """What a command leaves that nobody kills, and how long it takes."""

    state: dict[str, Any]
    seconds: float


class Trials:
    """A small market, the homes in which commands start, and what they leave when nothing dies."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._controls: dict[str, Control] = {}
        (folder / "commands").mkdir(parents=True)
        self.commands = Commands(folder / "commands", portion_bytes=_PORTION_BYTES)
        self.market = make_market(folder / "market", self.commands)
        self.standing = self._standing(folder / "standing")
        grown = copy_home(self.standing, folder / "grown")
        self.commands.done(grown, "land", self.market.second, "--no-publish")
        self.starts: dict[str, tuple[Path, Words]] = {
            "first land": (folder / "none", ["land", self.market.first]),
            "land": (self.standing, ["land", self.market.second]),
            "reland": (self.standing, ["quarantine", "reland", self.market.repairs]),
            "run": (grown, ["run"]),
            "approve": (self.standing, ["approve", self.run_id, "--author", "Ada"]),
            "replay": (self.standing, ["replay"]),
            "verify": (self.standing, ["verify"]),
            "forget": (self.standing, ["forget", CUSTOMER, "--yes"]),
        }

    def close(self) -> None:
        self.commands.close()

    @property
    def run_id(self) -> str:
        """The run whose proposal waits in the standing home."""
        return (self.standing / "reports" / "latest").resolve().name

    def _standing(self, home: Path) -> Path:
        """Make a home in which the first delivery has landed, was forecast, proposed and reported."""
        self.commands.done(home, "land", self.market.first)
        self.commands.done(home, "run")
        return home

    def control(self, command: str) -> Control:
        """Run a command that nobody kills, and hold what it keeps of the projections to its log.

        So what another home keeps is what its log says too, where both are equal to these.
        """
        if command not in self._controls:
            home, words = self.home(command, "control")
            seconds = self.commands.done(home, *words).seconds
            if command in _MOVES_PROJECTIONS:
                self.commands.done(home, "replay", "--verify")
            self._controls[command] = Control(final_state(home), seconds)
            shutil.rmtree(home)
        return self._controls[command]

    def home(self, command: str, name: str) -> tuple[Path, Words]:
        """Return a fresh home in which a command starts, and its words."""
        start, words = self.starts[command]
        return copy_home(start, self.folder / name), words

    def crash(self, command: str, point: str) -> None:
        """Kill a command at a crash point, and type it again."""
        home, words = self.home(command, "crashed")
        before = landed(home)
        ended = self.commands.run(home, *words, under=Under(crash_at=point))
        assert ended.returncode == -signal.SIGKILL, (ended.returncode, ended.err)
        require_sound(home, before)
        self.finish(command, home)

    def kill(self, seed: int) -> tuple[str, int]:
        """Kill a command once or twice, each at any instant of it, and type it again.

        Returns:
            The command, and how many of the kills came before its end.
        """
        draw = random.Random(seed)  # noqa: S311 no secret
        command = COMMANDS[seed % len(COMMANDS)]
        seconds = self.control(command).seconds
        home, words = self.home(command, "killed")
        kills = 0
        for _ in range(draw.randint(1, _MOST_KILLS)):
            before = landed(home)
            ended = self.commands.start(home, *words).wait(kill_after=draw.uniform(0, seconds))
            if ended.returncode != -signal.SIGKILL:
                _require_done(command, ended)
                break
            kills += 1
            require_sound(home, before)
        self.finish(command, home)
        return command, kills

    def finish(self, command: str, home: Path) -> None:
        """Type a command again that died or failed: what it leaves is what it would have left at once."""
        before = landed(home)
        _require_done(command, self.commands.run(home, *self.starts[command][1]))
        require_sound(home, before)
        self.commands.done(home, "verify")
        require_equal(final_state(home), self.control(command).state)
        shutil.rmtree(home)


def landed(home: Path) -> set[tuple[str, str]]:
    """Return the identities in a home's log."""
    database = home / "warehouse.duckdb"
    return identities(database) if database.exists() else set()


def _require_done(command: str, ended: Ended) -> None:
    """A repair that landed before the crash is refused a second time, and says so."""
    is_said = command == "reland" and "no refused line waits" in ended.err
    assert ended.returncode == (2 if is_said else 0), (ended.returncode, ended.err)
