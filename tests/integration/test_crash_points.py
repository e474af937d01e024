"""Kill each documented command at every declared crash point, see what stands, and type it again."""

import signal
from pathlib import Path

import pytest

from pipeline.core.crash_points import CRASH_AT, CRASH_POINTS
from tests.crash_trials import Trials, landed
from tests.crash_world import Under, require_sound

from .conftest import Shell

pytestmark = pytest.mark.xdist_group("crashes")  # so that one worker makes homes and control runs for all

COMMANDS = {
    "migration": "first land",
    "macros": "first land",
    "landing": "land",
    "maintaining": "land",
    "publication": "land",
    "relanding": "reland",
    "decision": "run",
    "results": "run",
    "proposal": "run",
    "report": "run",
    "paths": "run",
    "work": "run",
    "rebuilding": "replay",
    "sealing": "verify",
    "forgetting": "forget",
    "rewriting": "forget",
}
"""By the first word of a crash point: a command that passes it."""
MORE = {
    "first land": ("migration.before_commit:2", "migration.after_commit:2"),
    "land": ("landing.before_commit:2", "landing.after_commit:2"),
    "replay": ("maintaining.before_commit", "maintaining.after_commit"),
    "run": (
        "publication.after_copy",
        "publication.after_replace",
        "results.before_commit:2",  # the second time is the proposal's
        "results.after_commit:2",
        "report.after_version:2",
    ),
    "approve": ("decision.after_append", "results.after_commit", "report.after_version", "report.after_run"),
}
"""Other passes that are worth a kill."""
CASES = [
    *((COMMANDS[point.partition(".")[0]], point) for point in CRASH_POINTS),
    *((command, point) for command, points in MORE.items() for point in points),
]


@pytest.mark.parametrize(("command", "point"), CASES)
def test_nothing_is_lost_or_doubled_and_the_same_command_again_finishes(
    trials: Trials, command: str, point: str
) -> None:
    trials.crash(command, point)


@pytest.mark.parametrize(
    ("point", "is_there"), [("landing.before_commit", False), ("landing.after_commit", True)]
)
def test_the_commit_is_the_instant_at_which_a_landing_counts(
    trials: Trials, tmp_path: Path, point: str, *, is_there: bool
) -> None:
    file = trials.market.first / "hostile.jsonl"
    trials.commands.run(tmp_path / "home", "land", file, under=Under(crash_at=point))
    events = {("/test", "good-0-1"), ("/test", "good-0-2")} if is_there else set()
    assert landed(tmp_path / "home") == events


def test_a_typed_command_dies_and_recovers_as_one_of_the_fork_server_does(
    trials: Trials, tmp_path: Path
) -> None:
    shell = Shell(tmp_path / "home")
    words = ("land", trials.market.first)
    killed = shell.pipeline(*words, **{CRASH_AT: "publication.after_copy"})
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    require_sound(shell.home, set())
    assert not (shell.home / "published" / "warehouse.duckdb").exists()
    shell.done(*words)
    require_sound(shell.home, set())
    assert not list((shell.home / "published").glob(".*"))


def test_a_misspelt_crash_point_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"no crash point is declared as landing\.befor_commit"):
        Under(crash_at="landing.befor_commit")
