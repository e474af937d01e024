"""Stopping processes: nothing that they started is left."""

import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest

from pipeline.orchestration.processes import Component, stop_components

# A parent in the manner of a scheduler: it starts a child in a group of its own, tells its id, and waits.
PARENT = """
import os, signal, subprocess, sys, time
{setup}
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
print(child.pid, flush=True)
time.sleep(60)
"""
OBEDIENT = "signal.signal(signal.SIGTERM, lambda *_: (child.terminate(), child.wait(), sys.exit(0)))"
DEAF = "signal.signal(signal.SIGTERM, signal.SIG_IGN)"
CARELESS = "signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))"


def a_component(setup: str, folder: Path) -> tuple[Component, int]:
    process = subprocess.Popen(
        [sys.executable, "-c", PARENT.format(setup=setup)], stdout=subprocess.PIPE, start_new_session=True
    )
    assert process.stdout is not None
    child = int(process.stdout.readline())
    process.stdout.close()
    return Component("scheduler", process, folder / "log"), child


def is_gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


@pytest.mark.parametrize(("setup", "killed"), [(OBEDIENT, 0), (DEAF, 2), (CARELESS, 1)])
def test_a_component_and_its_children_end_whatever_they_do_with_the_signal(
    tmp_path: Path, setup: str, killed: int
) -> None:
    component, child = a_component(setup, tmp_path)

    assert stop_components([component], give_up=threading.Event(), grace=2) == killed

    assert component.process.poll() is not None
    assert is_gone(child)


def test_a_second_ctrl_c_ends_the_waiting(tmp_path: Path) -> None:
    component, child = a_component(DEAF, tmp_path)
    impatient = threading.Event()
    impatient.set()

    # both sleep for a minute: with any waiting they would have ended by themselves, and none been killed
    assert stop_components([component], give_up=impatient, grace=600) == 2
    assert is_gone(child)


def test_a_component_that_has_ended_already_is_no_trouble(tmp_path: Path) -> None:
    component, child = a_component("", tmp_path)
    psutil.Process(child).kill()
    component.process.kill()
    component.process.wait()

    assert stop_components([component], give_up=threading.Event(), grace=2) == 0
