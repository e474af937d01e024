"""Seconds and memory of the whole way: `make run`, `python -m pipeline run`, and a million events.

Limits: `make run` 90 s and `python -m pipeline run` 25 s on two cores, 2 GiB for a million events. What the
imports alone cost is printed beside them. `--million` also simulates, lands and forecasts a million events.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
IMPORTS = {
    "pipeline run": "import polars, duckdb, pyarrow, highspy, statsmodels.tsa.api, great_expectations",
    "make run": "import polars, duckdb, pyarrow, highspy, statsmodels.tsa.api, great_expectations, "
    "airflow.sdk, airflow.dag_processing.dagbag",
}


def measured(words: list[str], **environment: str) -> tuple[float, float, float]:
    """Run a command; return wall seconds, CPU seconds and peak memory in MiB of its largest process."""
    start = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, *words],
        cwd=PROJECT,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    errors = process.stderr.read() if process.stderr else ""
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise SystemExit(f"{' '.join(words)} failed:\n{errors[-2000:]}")
    return time.monotonic() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def row(name: str, figures: tuple[float, float, float], limit: str) -> None:
    wall, cpu, memory = figures
    print(f"{name:<52}{wall:>8.1f}{cpu:>8.1f}{memory:>10.0f}   {limit}")


def whole_way(scratch: Path) -> None:
    home = {"TRN_HOME": str(scratch / "home"), "AIRFLOW_HOME": str(scratch / "airflow")}
    row("make run: imports alone", measured(["-c", IMPORTS["make run"]], **home), "")
    row(
        "make run, first (environment installed)",
        measured(["-m", "pipeline.orchestration.example"], **home),
        "90 s",
    )
    row("make run, second (nothing new)", measured(["-m", "pipeline.orchestration.example"], **home), "")
    fresh = {"TRN_HOME": str(scratch / "fresh")}
    measured(["-m", "pipeline", "land", str(scratch / "home" / "example" / "events")], **fresh)
    row("pipeline run: imports alone", measured(["-c", IMPORTS["pipeline run"]]), "")
    row("python -m pipeline run, the same events", measured(["-m", "pipeline", "run"], **fresh), "25 s")


def million(scratch: Path) -> None:
    home = {"TRN_HOME": str(scratch / "million")}
    out = str(scratch / "simulated")
    simulate = ["-m", "pipeline", "simulate", "--out", out, "--events", "1000000"]
    row("simulate 1 M events", measured(simulate, **home), "")
    row("land 1 M events", measured(["-m", "pipeline", "land", out + "/events"], **home), "2048 MiB")
    row("python -m pipeline run on 1 M events", measured(["-m", "pipeline", "run"], **home), "2048 MiB")


def main() -> None:
    print(f"{'':<52}{'wall s':>8}{'CPU s':>8}{'peak MiB':>10}   limit")
    with tempfile.TemporaryDirectory() as scratch:
        whole_way(Path(scratch))
        if "--million" in sys.argv:
            million(Path(scratch))


if __name__ == "__main__":
    main()
