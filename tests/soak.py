"""Kill commands at random instants, many times: `make soak [N=1000] [SEED=0]`.

Each seed is one trial: a command that lands, forecasts, publishes or decides is killed once or twice,
then typed again, and what stands is compared with a home in which nothing died.
"""

import argparse
import sys
import tempfile
import traceback
from collections import Counter
from pathlib import Path

from tests.crash_trials import Trials


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("-n", type=int, default=200, help="how many trials")
    parser.add_argument("--seed", type=int, default=0, help="of the first trial; the others count on from it")
    options = parser.parse_args()
    kills: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    failed = 0
    with tempfile.TemporaryDirectory(prefix="trn-soak-") as folder:
        trials = Trials(Path(folder) / "trials")
        for number in range(options.n):
            seed = options.seed + number
            try:
                command, killed = trials.kill(seed)
            except AssertionError:
                failed += 1
                _say(f"\nseed {seed} failed; again: make soak N=1 SEED={seed}\n{traceback.format_exc()}")
            else:
                kills[command] += killed
                missed[command] += not killed
            _progress(f"{number + 1} of {options.n} trials, {kills.total()} kills, {failed} failed")
        trials.close()
    _progress("")
    for command in sorted(kills.keys() | missed.keys()):
        _say(f"{command:<12}{kills[command]:>6} kills; {missed[command]} trials ended before theirs\n")
    seeds = f"seeds {options.seed} to {options.seed + options.n - 1}"
    _say(f"{options.n} trials, {seeds}: {kills.total()} kills, {failed} failed\n")
    return 1 if failed else 0


def _progress(line: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{line}")
    elif line:
        sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
