"""Run a job in a process of its own, so that its processor time and its peak memory are its own."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]

Result = dict[str, Any]


class JobFailedError(Exception):
    """A job ended with an error."""


def cpu_seconds() -> float:
    """Return user and system seconds of this process so far, its threads and finished children included."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def peak_gib() -> float:
    """Return the most memory that this process ever had resident; a parent's does not count."""
    status = Path("/proc/self/status")
    if status.exists():
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(lines["VmHWM"].split()[0]) / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def in_a_process(
    job: str, *, python: str = sys.executable, module: str = "benchmarks.event_log.jobs", **arguments: object
) -> Result:
    """Run a job of a module and return what it reports.

    Raises:
        JobFailedError: it ended with an error; its last lines are in the message.
    """
    words = [python, "-m", module, job, json.dumps(arguments, default=str)]
    done = subprocess.run(
        words,
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
    )
    if done.returncode:
        raise JobFailedError(f"{job}: {done.stderr.strip()[-2000:]}")
    result: Result = json.loads(done.stdout.splitlines()[-1])
    return result


def report(result: Result) -> None:
    """Print a job's result as the last line of its process."""
    print(json.dumps(result | {"peak": peak_gib()}, default=str))
