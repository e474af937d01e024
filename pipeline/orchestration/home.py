"""The local Airflow home, `.airflow` beside the code: every setting of it in one place.

Airflow reads its settings once, at its first import, so `prepare_home` runs before that. Nothing listens
beyond 127.0.0.1, nothing is written outside the folder, and settings meant for another installation are not
inherited; to tune this one, write an `airflow.cfg` into the folder.
"""

import argparse
import base64
import contextlib
import json
import os
import secrets
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.config.settings import PROJECT

DEFAULT_PORT = 8080
ADMIN = "admin"


@dataclass(frozen=True)
class AirflowHome:
    """A prepared Airflow home.

    Attributes:
        folder: everything that Airflow writes lies in it.
        port: of web UI and API on 127.0.0.1.
        environment: what has to be set for every process of it.
    """

    folder: Path
    port: int
    environment: dict[str, str]

    @property
    def url(self) -> str:
        """Where web UI and API are."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return Path(self.environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"].removeprefix("sqlite:///"))

    @property
    def logs(self) -> Path:
        """Logs of tasks, of the components, and of local runs."""
        return self.folder / "logs"

    @property
    def password(self) -> str:
        """The generated password of `ADMIN`."""
        passwords: dict[str, str] = json.loads((self.folder / "passwords.json").read_text(encoding="utf-8"))
        return passwords[ADMIN]


def prepare_home(
    project: Path = PROJECT, *, port: int = DEFAULT_PORT, database: str = "airflow.db"
) -> AirflowHome:
    """Create the folder and its secrets where they are missing, and set this process' environment.

    Writes `.airflow/env` for shells: `. .airflow/env` lets the `airflow` command work on this home.
    """
    folder = project / ".airflow"
    (folder / "logs").mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    _write_once(folder / "passwords.json", {ADMIN: secrets.token_urlsafe(12)})
    home = AirflowHome(folder, port, _environment(project, folder, port, database))
    for name in [name for name in os.environ if name.startswith(("AIRFLOW_", "_AIRFLOW_"))]:
        del os.environ[name]
    os.environ.update(home.environment)
    lines = [f"export {name}={shlex.quote(value)}\n" for name, value in sorted(home.environment.items())]
    lines.append(f'export PATH={shlex.quote(str(Path(sys.executable).parent))}:"$PATH"\n')
    _write_private(folder / "env", "".join(lines))
    return home


def _environment(project: Path, folder: Path, port: int, database: str) -> dict[str, str]:
    kept = _write_once(
        folder / "secrets.json",
        {
            "jwt": secrets.token_urlsafe(64),
            "session": secrets.token_urlsafe(32),
            "fernet": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        },
    )
    paths = [str(project), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    return {
        "AIRFLOW_HOME": str(folder),
        "AIRFLOW__CORE__DAGS_FOLDER": str(project / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "4",  # the default preforks 32 workers
        "AIRFLOW__CORE__FERNET_KEY": kept["fernet"],
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{ADMIN}:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(folder / "passwords.json"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{folder / database}",
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{port}",
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API__SECRET_KEY": kept["session"],
        "AIRFLOW__API_AUTH__JWT_SECRET": kept["jwt"],
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(folder / "logs"),
        "AIRFLOW__WORKERS__EXECUTION_API_RETRIES": "15",  # two busy cores answer late
        "AIRFLOW__WORKERS__EXECUTION_API_RETRY_WAIT_MAX": "5",
        "GX_ANALYTICS_ENABLED": "false",
        "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths)),
    }


def prepare_database(home: AirflowHome) -> None:
    """Bring the metadata database to the installed Airflow, and create the pools.

    A mark beside the database saves the check, two seconds, when nothing changed.
    """
    from airflow import __version__ as version

    mark = home.database.with_suffix(".migrated")
    if home.database.is_file() and mark.is_file() and mark.read_text(encoding="utf-8") == version:
        return
    from airflow.models.pool import Pool
    from airflow.utils.db import initdb

    from pipeline.orchestration.defaults import WRITER_POOL

    initdb()
    Pool.create_or_update_pool(
        name=WRITER_POOL, slots=1, description="One process writes the warehouse", include_deferred=False
    )
    mark.write_text(version, encoding="utf-8")


def fail_interrupted_runs() -> None:
    """Fail the local runs that a crash left under way: a scheduler would go on with them.

    To be called by whoever holds the home alone.
    """
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from airflow.utils.state import DagRunState
    from sqlalchemy import update

    from pipeline.orchestration.assets import LOCAL_USER

    under_way = (DagRun.triggering_user_name == LOCAL_USER) & DagRun.state.in_(("running", "queued"))
    with create_session() as session:
        session.execute(update(DagRun).where(under_way).values(state=DagRunState.FAILED))


def _write_once(file: Path, value: dict[str, str]) -> dict[str, str]:
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    _write_private(draft, json.dumps(value))
    with contextlib.suppress(FileExistsError):
        file.hardlink_to(draft)
    draft.unlink()
    kept: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
    return kept


def _write_private(file: Path, text: str) -> None:
    draft = file.with_name(f"{file.name}.{os.getpid()}.draft")
    draft.touch(mode=0o600)
    draft.write_text(text, encoding="utf-8")
    draft.replace(file)


def main(arguments: Sequence[str] | None = None) -> int:
    """Prepare home and database, for a shell (`. .airflow/env`) or for `make airflow`."""
    parser = argparse.ArgumentParser(prog="python -m pipeline.orchestration.home", description=main.__doc__)
    parser.add_argument("--project", type=Path, default=PROJECT, help="gets the folder .airflow")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="of the web UI (default: %(default)s)")
    parser.add_argument(
        "--alone", action="store_true", help="nobody else uses the home: end what a crash left"
    )
    options = parser.parse_args(arguments)
    prepare_database(prepare_home(options.project, port=options.port))
    if options.alone:
        fail_interrupted_runs()
    return 0


if __name__ == "__main__":
    sys.exit(main())
