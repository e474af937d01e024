"""Run Airflow on this machine in the foreground: what `make airflow` does.

`python -m pipeline.orchestration.standalone [--port 8080]`

Scheduler, DAG processor, triggerer and web UI, all on 127.0.0.1. Ctrl-C (or SIGTERM, or closing the terminal)
stops them and every task that they started; a second Ctrl-C does not wait for tasks in hand.
"""

import argparse
import json
import signal
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path

from pipeline.config.settings import PROJECT
from pipeline.core.errors import TerminalError, UsageError
from pipeline.orchestration.home import ADMIN, DEFAULT_PORT, AirflowHome, prepare_home
from pipeline.orchestration.home_lock import hold_home
from pipeline.orchestration.processes import Component, start_component, start_preparation, stop_components

START_SECONDS = 240.0
"""Healthy after a minute on two busy cores; beyond this, something is wrong."""

READY = """
Airflow is ready:  {url}
  log in as        {user}, password {password}   (kept in {folder}/passwords.json)
  logs             {folder}/logs
  in a shell       . {folder}/env
                   airflow dags trigger land_events --conf '{{"partition": "2026-09-06"}}'
                   airflow backfill create --dag-id land_events --from-date 2026-09-01 --to-date 2026-09-02
Ctrl-C stops everything.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until a signal comes or a component ends; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m pipeline.orchestration.standalone", description=__doc__)
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="of the web UI (default: %(default)s)")
    options = parser.parse_args(arguments)
    try:
        return serve(PROJECT, port=options.port)
    except (TerminalError, UsageError) as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        return error.exit_code


def serve(project: Path, *, port: int) -> int:
    """Start all components and watch them until a signal comes; returns 1 when one ends by itself.

    Raises:
        UsageError: another `make airflow`, or a local run, uses the home.
        TerminalError: Airflow did not become ready.
    """
    asked_to_stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: asked_to_stop.set())
    with hold_home(project / ".airflow", alone=True) as is_free:
        if not is_free:
            raise UsageError(
                f"{project / '.airflow'} is in use by `make airflow` or `make run`: wait or stop it"
            )
        home = prepare_home(project, port=free_port(port))
        if home.port != port:
            _say(f"port {port} is taken: the web UI gets {home.port}")
        components: list[Component] = []
        try:
            return _run(home, components, asked_to_stop)
        finally:
            _stop(components, asked_to_stop)


def free_port(wanted: int) -> int:
    """Return the wanted port of 127.0.0.1, or some free one where it is taken."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise UsageError(f"neither port {wanted} nor any other of 127.0.0.1 can be used")


def _run(home: AirflowHome, components: list[Component], asked_to_stop: threading.Event) -> int:
    def start(*names: str) -> None:
        for name in names:
            components.insert(0, start_component(name, home))
            _say(f"starting {name} ...")

    _say("preparing the database ...")
    components.append(start_preparation(home))
    if not _wait_until(lambda: components[0].process.poll() == 0, components, asked_to_stop):
        return 0
    components.clear()
    # The first task of a scheduler that is up before the API fails, so the API comes first.
    start("api-server")
    if not _wait_until(lambda: bool(_health(home)), components, asked_to_stop):
        return 0
    start("triggerer", "dag-processor", "scheduler")
    if not _wait_until(lambda: _is_healthy(_health(home)), components, asked_to_stop):
        return 0
    _say(READY.format(url=home.url, user=ADMIN, password=home.password, folder=home.folder))
    while not asked_to_stop.wait(0.5):
        if (ended := _ended(components)) is not None:
            raise _untimely(ended)
    return 0


def _wait_until(
    is_done: Callable[[], bool], components: Sequence[Component], asked_to_stop: threading.Event
) -> bool:
    deadline = time.monotonic() + START_SECONDS
    while not asked_to_stop.is_set():
        ended = _ended(components)  # looked up first: the preparation may end well in between
        if is_done():
            return True
        if ended is not None:
            raise _untimely(ended)
        if time.monotonic() > deadline:
            logs = components[0].log.parent
            raise TerminalError(f"Airflow was not ready after {START_SECONDS:.0f} s: see {logs}")
        asked_to_stop.wait(0.5)
    return False


def _ended(components: Sequence[Component]) -> Component | None:
    return next((component for component in components if component.process.poll() is not None), None)


def _untimely(component: Component) -> TerminalError:
    return TerminalError(
        f"airflow {component.name} ended with code {component.process.returncode}; "
        f"the end of {component.log}:\n{component.last_lines()}"
    )


def _health(home: AirflowHome) -> dict[str, dict[str, str]]:
    try:
        with urllib.request.urlopen(f"{home.url}/api/v2/monitor/health", timeout=5) as answer:  # noqa: S310
            health: dict[str, dict[str, str]] = json.load(answer)
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return {}
    return health


def _is_healthy(health: dict[str, dict[str, str]]) -> bool:
    return all(health.get(name, {}).get("status") == "healthy" for name in ("scheduler", "dag_processor"))


def _stop(components: Sequence[Component], asked_to_stop: threading.Event) -> None:
    asked_to_stop.clear()
    _say("stopping ...")
    killed = stop_components(components, give_up=asked_to_stop)
    _say("stopped" + (f"; {killed} processes did not end by themselves and were killed" if killed else ""))


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
