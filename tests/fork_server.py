"""Runs `python -m pipeline …`, each time in a fork of this process, which has imported everything already.

So a real process lives, dies of a real SIGKILL and leaves what it leaves, without the seconds of imports.
One request a line comes in as JSON: words to start, answered by a pid; or a pid, answered by how it ended.
"""

import gc
import importlib
import json
import os
import pkgutil
import resource
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

import pipeline
from pipeline.forecasting.ensemble import forecast_ensemble
from tests.small_disks import NoNamespacesError, read_only, with_room

HEAVY = ("great_expectations", "statsmodels.api", "highspy", "polars", "duckdb", "pyarrow.compute")
AIRFLOW = "pipeline.orchestration"
NO_NAMESPACES = 77


def import_everything() -> None:
    found = pkgutil.walk_packages(pipeline.__path__, "pipeline.", onerror=lambda _: None)
    ours = (module.name for module in found if not module.name.startswith((AIRFLOW, "pipeline.__main__")))
    for name in (*HEAVY, *ours):
        importlib.import_module(name)


def load_compiled() -> None:
    """Forecast a line: whoever forecasts first in a process loads what is compiled, for 0.7 s of CPU."""
    forecast_ensemble(np.arange(1.0, 121.0), seasons=(52,), horizon=13)


def land_by_portions(size: int) -> None:
    for name in ("landing", "lots"):
        vars(importlib.import_module(f"pipeline.landing.{name}"))["PORTION_BYTES"] = size


def start(request: Mapping[str, Any]) -> int:
    """Start a command in a process of its own."""
    pid = os.fork()
    if pid == 0:
        _become(request)
    return pid


def wait(pid: int, kill_after: float | None) -> dict[str, Any]:
    """Wait for a command's end, or kill it after so many seconds; tell how it ended."""
    started = time.monotonic()
    while True:
        ended, status, used = os.wait4(pid, 0 if kill_after is None else os.WNOHANG)
        seconds = time.monotonic() - started
        if ended:
            cpu_seconds = used.ru_utime + used.ru_stime
            code = os.waitstatus_to_exitcode(status)
            return {"returncode": code, "seconds": seconds, "cpu_seconds": cpu_seconds}
        if kill_after is not None and seconds >= kill_after:
            os.kill(pid, signal.SIGKILL)
            kill_after = None
        elif kill_after is not None:
            time.sleep(min(0.001, kill_after - seconds))


def _become(request: Mapping[str, Any]) -> None:
    code = 70
    try:
        for number, name in ((1, "out"), (2, "err")):
            os.dup2(os.open(request[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
        os.environ.update(request["environment"])
        if request["file_bytes"]:
            resource.setrlimit(resource.RLIMIT_FSIZE, (request["file_bytes"],) * 2)
        if request["is_read_only"]:
            read_only(Path(os.environ["TRN_HOME"]))
        if request["disk_room"]:
            with_room(request["disk_room"], Path(os.environ["TRN_HOME"]))
        sys.argv = [str(Path(pipeline.__path__[0], "__main__.py")), *request["words"]]
        code = importlib.import_module("pipeline.cli.main").main(request["words"])
    except NoNamespacesError:
        code = NO_NAMESPACES
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else 1
    except BaseException:  # noqa: BLE001 the parent's loop must not go on in the child
        sys.excepthook(*sys.exc_info())
        code = 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def serve(portion_bytes: int | None) -> None:
    import_everything()
    load_compiled()
    if portion_bytes:
        land_by_portions(portion_bytes)
    gc.freeze()  # so that no fork copies the pages of what is imported only to count its references
    _answer({"is_ready": True})
    for line in sys.stdin:
        request = json.loads(line)
        if "pid" in request:
            _answer(wait(**request))
        else:
            _answer({"pid": start(request)})


def _answer(answer: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    serve(int(sys.argv[1]) if sys.argv[1:] else None)
