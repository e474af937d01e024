"""SQL by name: every statement of more than a line lives in a file under `sql/`."""

from functools import cache
from pathlib import Path

from pipeline.core.errors import TerminalError
from pipeline.core.ids import content_hash

SQL_FOLDER = Path(__file__).resolve().parents[2] / "sql"
FILLING_CODE = Path(__file__).resolve().parents[1] / "projecting"


@cache
def sql_text(name: str) -> str:
    """Return the text of `sql/<name>.sql`.

    Raises:
        TerminalError: there is no such file.
    """
    try:
        return (SQL_FOLDER / f"{name}.sql").read_text(encoding="utf-8")
    except FileNotFoundError:
        raise TerminalError(f"sql/{name}.sql is missing from the installation") from None


def migrations() -> list[tuple[int, str]]:
    """Return number and name of every migration in order, without 0000, the table of migrations itself."""
    files = sorted((SQL_FOLDER / "migrations").glob("[0-9][0-9][0-9][0-9]_*.sql"))[1:]
    return [(int(file.stem[:4]), f"migrations/{file.stem}") for file in files]


def projections() -> list[str]:
    """Return the names of the projection macros, each after those that it reads."""
    order = SQL_FOLDER / "projections" / "order.txt"
    if order.exists():
        names = [line.strip() for line in order.read_text(encoding="utf-8").splitlines()]
        return [f"projections/{name}" for name in names if name and not name.startswith("#")]
    return [f"projections/{file.stem}" for file in sorted((SQL_FOLDER / "projections").glob("*.sql"))]


def projections_hash() -> str:
    """Identify the present text of all projection macros, and of what fills the tables that they read."""
    filling = sorted(f"projecting/{file.stem}" for file in (SQL_FOLDER / "projecting").glob("*.sql"))
    texts = [sql_text(name) for name in [*projections(), *filling]]
    code = [file.read_text(encoding="utf-8") for file in sorted(FILLING_CODE.glob("*.py"))]
    return content_hash("\n".join([*texts, *code]))
