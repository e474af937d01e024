"""Look for an id in every byte and in every text below a folder, without the code that removes it."""

from collections.abc import Iterator
from pathlib import Path

import duckdb


def places_of(text: str, folder: Path, *, apart_from: str = "\0") -> list[str]:
    """Return where the text stands: in the names and bytes of files, and in the columns of databases.

    Args:
        apart_from: a longer text that may stand there.
    """
    return [place for file in sorted(folder.rglob("*")) for place in _places(text, file, apart_from)]


def _places(text: str, file: Path, apart_from: str) -> Iterator[str]:
    if text in file.name:
        yield f"{file}: name"
    if not file.is_file() or file.is_symlink():
        return
    if text.encode() in file.read_bytes().replace(apart_from.encode(), b""):
        yield f"{file}: bytes"
    if file.suffix == ".duckdb":
        yield from (f"{file}: {place}" for place in _columns_with(text, file, apart_from))


def _columns_with(text: str, file: Path, apart_from: str) -> Iterator[str]:
    with duckdb.connect(file, read_only=True) as connection:
        for (table,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall():
            for column, *_ in connection.execute(f'DESCRIBE "{table}"').fetchall():
                value = f"replace(\"{column}\"::VARCHAR, ?, '')"
                query = f'SELECT count(*) FROM "{table}" WHERE contains({value}, ?)'  # noqa: S608
                if connection.execute(query, [apart_from, text]).fetchall() != [(0,)]:
                    yield f"{table}.{column}"
