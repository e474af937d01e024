"""Starting processes that outlive no one: each is watched, and none is left behind."""

import contextlib
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from pipeline.orchestration.home import AirflowHome

GRACE_SECONDS = 10.0
"""A task in hand may end within it; else it is killed, and Airflow runs it again after the next start."""


@dataclass(frozen=True)
class Component:
    """A long-running Airflow process.

    Attributes:
        name: Airflow's sub-command.
        process: in a session of its own, so that Ctrl-C reaches its parent only.
        log: all that it prints.
    """

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def last_lines(self, count: int = 15) -> str:
        """Return the end of its log."""
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-count:])


def start_preparation(home: AirflowHome) -> Component:
    """Start what brings the database to the installed Airflow; it ends with code 0."""
    options = ["--project", str(home.folder.parent), "--port", str(home.port), "--alone"]
    return _start("preparation", ["pipeline.orchestration.home", *options], home.logs)


def start_component(name: str, home: AirflowHome) -> Component:
    """Start `airflow <name>`; nothing but the web server listens."""
    # Without a log server (0.0.0.0:8793 and 8794): logs are read from the folder that all components share.
    extra = ["--skip-serve-logs"] if name in {"scheduler", "triggerer"} else []
    return _start(name, ["airflow", name, *extra], home.logs)


def _start(name: str, module: Sequence[str], logs: Path) -> Component:
    log = logs / f"{name}.log"
    with log.open("wb") as stream:
        process = subprocess.Popen(  # noqa: S603 - this interpreter, no input from outside
            [sys.executable, "-m", *module],
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Component(name, process, log)


def stop_components(
    components: Sequence[Component], *, give_up: threading.Event, grace: float = GRACE_SECONDS
) -> int:
    """Stop components and all that they started; returns how many processes had to be killed.

    Args:
        components: stopped in this order, so those that others report to come last.
        give_up: when set, nothing is waited for any more.
        grace: seconds that each has to end by itself.
    """
    killed = 0
    for component in components:
        family = _family([_find(component.process.pid)])
        if component.process.poll() is None:
            component.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + grace
        while family and time.monotonic() < deadline and not give_up.wait(0.1):
            component.process.poll()
            family = _family(family)
        for process in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        killed += len(family)
        component.process.wait()
        psutil.wait_procs(family, timeout=5)
    return killed


def _find(pid: int) -> psutil.Process | None:
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(pid)
    return None


def _family(processes: Iterable[psutil.Process | None]) -> list[psutil.Process]:
    """Return those that still run, with all their descendants: also of a parent that ended meanwhile."""
    found: dict[psutil.Process, None] = {}
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            if process is not None and process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                found |= dict.fromkeys([process, *process.children(recursive=True)])
    return list(found)
