"""The foreground service, with small processes in the place of Airflow's."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from pipeline.core.errors import TerminalError, UsageError
from pipeline.orchestration import standalone
from pipeline.orchestration.home import AirflowHome
from pipeline.orchestration.home_lock import hold_home
from pipeline.orchestration.processes import Component

pytestmark = [pytest.mark.airflow, pytest.mark.xdist_group("airflow")]

API = """
import http.server, json, os
class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({name: {"status": "healthy"} for name in ("scheduler", "dag_processor")}).encode()
        self.send_response(200); self.send_header("Content-Length", str(len(body))); self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_): pass
http.server.HTTPServer(("127.0.0.1", int(os.environ["AIRFLOW__API__PORT"])), Health).serve_forever()
"""
OTHER = "import time; time.sleep(60)"
DYING = "import sys; sys.exit('the database is gone')"


@pytest.fixture(autouse=True)
def _restored_process() -> Iterator[None]:
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    handlers = {number: signal.getsignal(number) for number in numbers}
    environment = dict(os.environ)
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)
    os.environ.clear()
    os.environ.update(environment)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> dict[str, Component]:
    """The small processes by the name of the component that they stand for, in the order of their start."""
    components: dict[str, Component] = {}

    def start(name: str, home: AirflowHome) -> Component:
        code = os.environ.get(f"TEST_{name}") or (API if name == "api-server" else OTHER)
        log = home.logs / f"{name}.log"
        with log.open("wb") as stream:
            process = subprocess.Popen([sys.executable, "-c", code], stdout=stream, stderr=stream)
        components[name] = Component(name, process, log)
        return components[name]

    monkeypatch.setattr(standalone, "start_component", start)
    return components


def signalled(number: int, when: Callable[[], bool]) -> threading.Thread:
    def wait_and_send() -> None:
        while not when():
            time.sleep(0.05)
        os.kill(os.getpid(), number)

    thread = threading.Thread(target=wait_and_send)
    thread.start()
    return thread


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_every_component(
    airflow_home: AirflowHome,
    started: dict[str, Component],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    number: int,
) -> None:
    shown: list[str] = []
    monkeypatch.setattr(standalone, "_say", shown.append)
    thread = signalled(number, lambda: any("Airflow is ready" in text for text in shown))

    assert standalone.serve(airflow_home.folder.parent, port=8080) == 0

    thread.join()
    assert list(started) == ["api-server", "triggerer", "dag-processor", "scheduler"]
    assert all(component.process.poll() is not None for component in started.values())
    (ready,) = (text for text in shown if "Airflow is ready" in text)
    assert "http://127.0.0.1:" in ready
    assert airflow_home.password in ready
    assert shown[-1] == "stopped"


def test_a_component_that_dies_takes_the_others_along_and_tells_why(
    airflow_home: AirflowHome, started: dict[str, Component], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_scheduler", DYING)

    with pytest.raises(
        TerminalError, match=r"airflow scheduler ended with code 1(.|\n)*the database is gone"
    ):
        standalone.serve(airflow_home.folder.parent, port=8080)

    assert all(component.process.poll() is not None for component in started.values())


def test_the_home_serves_one_service_at_a_time(
    airflow_home: AirflowHome, started: dict[str, Component]
) -> None:
    with hold_home(airflow_home.folder, alone=False), pytest.raises(UsageError, match="is in use by"):
        standalone.serve(airflow_home.folder.parent, port=8080)

    assert not started
