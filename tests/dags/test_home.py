"""The local Airflow home: its secrets, its settings, who may use it."""

import os
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.orchestration.home import prepare_home
from pipeline.orchestration.home_lock import hold_home
from pipeline.orchestration.standalone import free_port

SECRETS = ("AIRFLOW__API_AUTH__JWT_SECRET", "AIRFLOW__CORE__FERNET_KEY", "AIRFLOW__API__SECRET_KEY")


@pytest.fixture(autouse=True)
def _restored_environment() -> Iterator[None]:
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


def test_secrets_are_long_and_made_once(tmp_path: Path) -> None:
    first, second = prepare_home(tmp_path), prepare_home(tmp_path, port=9090)

    assert len(first.environment["AIRFLOW__API_AUTH__JWT_SECRET"].encode()) >= 64
    assert len(first.password) >= 12
    assert first.password == second.password
    assert [first.environment[name] for name in SECRETS] == [second.environment[name] for name in SECRETS]


def test_two_installations_share_no_secret(tmp_path: Path) -> None:
    here, there = (prepare_home(tmp_path / name) for name in ("here", "there"))

    assert not {here.environment[name] for name in SECRETS} & {there.environment[name] for name in SECRETS}
    assert here.password != there.password


def test_only_the_owner_reads_the_home(tmp_path: Path) -> None:
    folder = prepare_home(tmp_path).folder

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir() if file.is_file()} == {
        "env": 0o600,
        "passwords.json": 0o600,
        "secrets.json": 0o600,
    }


def test_settings_of_another_installation_are_not_inherited(tmp_path: Path) -> None:
    os.environ["AIRFLOW__LOGGING__REMOTE_LOGGING"] = "True"
    os.environ["AIRFLOW_CONFIG"] = "/elsewhere/airflow.cfg"

    home = prepare_home(tmp_path)

    found = {name: value for name, value in os.environ.items() if name.startswith("AIRFLOW")}
    assert found == {name: value for name, value in home.environment.items() if name.startswith("AIRFLOW")}
    assert found["AIRFLOW_HOME"] == str(tmp_path / ".airflow")


def test_nothing_listens_beyond_this_machine(tmp_path: Path) -> None:
    environment = prepare_home(tmp_path, port=9090).environment

    assert environment["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert environment["AIRFLOW__API__BASE_URL"] == "http://127.0.0.1:9090"
    assert environment["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == "http://127.0.0.1:9090/execution/"


def test_a_shell_gets_the_same_settings_and_the_airflow_command(tmp_path: Path) -> None:
    project = tmp_path / "a clone; with 'quotes'"
    home = prepare_home(project)

    shown = subprocess.run(
        [
            "/bin/sh",
            "-c",
            '. "$1"; echo "$AIRFLOW__CORE__DAGS_FOLDER"; command -v airflow',
            "sh",
            home.folder / "env",
        ],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": os.environ["PATH"]},
    )

    folder, command = shown.stdout.splitlines()
    assert folder == str(project / "dags")
    assert Path(command).parent == Path(sys.executable).parent


@pytest.mark.parametrize(
    ("first", "second", "is_free"),
    [(True, True, False), (True, False, False), (False, True, False), (False, False, True)],
)
def test_a_scheduler_has_the_home_alone_and_local_runs_share_it(
    tmp_path: Path, first: bool, second: bool, is_free: bool
) -> None:
    with hold_home(tmp_path, alone=first) as is_first_in:
        assert is_first_in
        with hold_home(tmp_path, alone=second) as is_second_in:
            assert is_second_in is is_free
    with hold_home(tmp_path, alone=True) as is_free_again:
        assert is_free_again


def test_a_taken_port_gives_way_to_a_free_one() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        assert free_port(port) not in {0, port}
    assert free_port(port) == port
