"""Source mappings: one SQL file that selects the contract's envelope from any other table.

The path of the table comes in as the parameter `$path`. The query gives, ordered by `source_line`, exactly
one row for each raw row: the envelope's columns (`specversion` may be left out), `data` as JSON or a struct,
`source_line` from 1, `raw_row` with the raw row as JSON, and, if it likes, a `remark` that says why a row is
no event. A row that is no event has a NULL `type`.
"""

import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from pipeline.core.errors import UsageError
from pipeline.core.ids import content_hash
from pipeline.landing.blocks import Block, UnreadableFileError
from pipeline.landing.tables import BATCH_ROWS, mapped_blocks
from pipeline.schemas.events.envelope import SPEC_VERSION
from pipeline.store import SQL_FOLDER, Connection, DatabaseError

REQUIRED_COLUMNS = frozenset({"id", "source", "type", "time", "data", "source_line", "raw_row"})
_PATTERN_CHARACTERS = frozenset("*?[]{}")


@dataclass(frozen=True)
class Mapping:
    """A mapping's name for messages and the manifest, and its text."""

    name: str
    query: str

    @property
    def hash(self) -> str:
        """Identify the text: the same file through another mapping is another matter."""
        return content_hash(self.query)


def mapping_names() -> frozenset[str]:
    """Return the names of the mappings in `sql/sources`."""
    return frozenset(file.stem for file in (SQL_FOLDER / "sources").glob("*.sql"))


def load_mapping(name_or_file: str | Path) -> Mapping:
    """Find a mapping by its name, or read a mapping file.

    Raises:
        UsageError: neither.
    """
    name = str(name_or_file)
    if name in mapping_names():
        return Mapping(name, (SQL_FOLDER / "sources" / f"{name}.sql").read_text(encoding="utf-8"))
    file = Path(name_or_file)
    try:
        return Mapping(file.name, file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        known = ", ".join(sorted(mapping_names()))
        raise UsageError(
            f"source mapping '{name}' cannot be read ({error}); known names: {known}; "
            "or give the path of an SQL file"
        ) from None


def blocks_of_mapping(connection: Connection, mapping: Mapping, path: Path) -> Iterator[Block]:
    """Yield what a mapping selects from a file.

    Raises:
        UnreadableFileError: the query fails on the file, or breaks the rules of a mapping.
    """
    with tempfile.TemporaryDirectory() as folder:
        cursor = connection.cursor()
        try:
            cursor.execute("SET TimeZone = 'UTC'")
            cursor.execute(mapping.query, {"path": _plain_path(path, Path(folder))})
            reader = cursor.to_arrow_reader(BATCH_ROWS)
            _require_columns(reader.schema.names, mapping)
            yield from mapped_blocks(connection, map(_with_spec_version, reader), mapping.name)
        except (DatabaseError, OSError, pa.ArrowException) as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise UnreadableFileError(f"cannot be read through mapping {mapping.name}: {reason}") from None
        finally:
            cursor.close()


def _plain_path(path: Path, folder: Path) -> str:
    """Return a path that is text, and that the database cannot take for a pattern of several files."""
    if not _PATTERN_CHARACTERS & set(str(path)) and os.fsencode(path) == str(path).encode(errors="replace"):
        return str(path)
    link = folder / (
        "table" + "".join(suffix for suffix in path.suffixes if suffix[1:].isascii() and suffix[1:].isalnum())
    )
    link.symlink_to(path.resolve())
    return str(link)


def _require_columns(columns: list[str], mapping: Mapping) -> None:
    if missing := REQUIRED_COLUMNS - set(columns):
        raise UnreadableFileError(
            f"mapping {mapping.name} selects no {', '.join(sorted(missing))}; it must select "
            f"{', '.join(sorted(REQUIRED_COLUMNS))}"
        )


def _with_spec_version(batch: pa.RecordBatch) -> pa.RecordBatch:
    if "specversion" in batch.schema.names:
        return batch
    return batch.append_column("specversion", pa.array([SPEC_VERSION] * len(batch), pa.string()))
