import signal
import subprocess
import sys

import pytest

from pipeline.core.crash_points import CRASH_AT, CRASH_POINTS

PASSES = """
from pipeline.core.crash_points import crash_point
for number in range(3):
    crash_point("landing.before_commit")
    print(number, flush=True)
"""


@pytest.mark.parametrize(
    ("chosen", "printed"),
    [
        (None, ["0", "1", "2"]),
        ("landing.after_commit", ["0", "1", "2"]),
        ("landing.before_commit", []),
        ("landing.before_commit:3", ["0", "1"]),
        ("landing.before_commit:4", ["0", "1", "2"]),
    ],
)
def test_a_process_dies_at_the_pass_that_the_environment_names(
    chosen: str | None, printed: list[str]
) -> None:
    environment = {} if chosen is None else {CRASH_AT: chosen}
    result = subprocess.run(
        [sys.executable, "-c", PASSES], env=environment, capture_output=True, text=True, check=False
    )
    assert result.stdout.split() == printed
    assert result.returncode == (0 if len(printed) == 3 else -signal.SIGKILL), result.stderr


def test_each_point_is_declared_once() -> None:
    assert len(set(CRASH_POINTS)) == len(CRASH_POINTS)
