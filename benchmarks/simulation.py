"""Speed and memory of the simulator: events a second and peak memory, each size in a process of its own.

python benchmarks/simulation.py [EVENTS …]
"""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

WEEKS, SEED = 140, 1
DEFAULT_SIZES = ("100000", "1000000")


def measure(events: int) -> None:
    started = time.perf_counter()
    from pipeline.simulation import simulate

    imported = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        summary = simulate(Path(folder), weeks=WEEKS, seed=SEED, events=events)
        seconds = time.perf_counter() - imported
        size = sum(path.stat().st_size for path in (Path(folder) / "events").iterdir())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{summary.events:>12,} events  {seconds:6.2f} s  {summary.events / seconds:>10,.0f} events/s  "
        f"{size / 1e6:>7,.0f} MB written  peak {peak:>6,.0f} MiB  (imports {imported - started:.2f} s)"
    )


def main(sizes: list[str]) -> None:
    for size in sizes:
        subprocess.run([sys.executable, __file__, "--one", size], check=True)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    if sys.argv[1:2] == ["--one"]:
        measure(int(sys.argv[2]))
    else:
        main(sys.argv[1:] or list(DEFAULT_SIZES))
