"""Tables that a person brings or takes along: CSV or Parquet by the suffix, written whole or not at all."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.core.errors import UsageError
from pipeline.reporting import render_table

_WRITTEN = (".csv", ".parquet")


def read_table(file: Path) -> pl.DataFrame:
    """Read a CSV or Parquet file by its suffix; cells of a CSV stay text, for the stage to judge by row.

    Raises:
        UsageError: no such file, another suffix, or content that does not fit it.
    """
    readers = {
        ".csv": lambda: pl.read_csv(file, infer_schema=False),
        ".parquet": lambda: pl.read_parquet(file),
    }
    if file.suffix not in readers:
        raise UsageError(f"{file}: only .csv and .parquet can be read")
    try:
        return readers[file.suffix]()
    except (OSError, pl.exceptions.PolarsError) as error:
        told = str(error).partition("\n")[0]  # what follows is advice to those who call Polars
        raise UsageError(f"{file} cannot be read: {told}") from None


def write_table(frame: pl.DataFrame, file: Path) -> None:
    """Write a frame as CSV or Parquet by the file's suffix, whole or not at all.

    Raises:
        UsageError: another suffix, or a place that cannot be written.
    """
    with TableFiles() as files:
        files.write(frame, file)


def require_places(read: Mapping[str, Path], written: Mapping[str, Path]) -> None:
    """Refuse places that could not be written once all is computed; files by the option that names them.

    Raises:
        UsageError: two options name one file, another suffix, or no such folder.
    """
    places = {file.resolve(): option for option, file in read.items()}
    for option, file in written.items():
        if other := places.get(file.resolve()):
            raise UsageError(f"{file}: {other} and {option} name the same file; give each its own")
        places[file.resolve()] = option
        _require_suffix(file)
        if file.is_dir() or not file.parent.is_dir():
            why = "it is a folder" if file.is_dir() else f"there is no folder {file.parent}"
            raise UsageError(f"{file} cannot be written: {why}")


class TableFiles:
    """Files that take their places together when the block ends well; else none does and nothing is left.

    Attributes:
        rows: how many were written to which file.
    """

    def __init__(self) -> None:
        self.rows: dict[Path, int] = {}
        self._parts: dict[Path, Path] = {}
        self._writers: dict[Path, pq.ParquetWriter] = {}

    def __enter__(self) -> Self:
        return self

    def write(self, frame: pl.DataFrame, file: Path) -> None:
        """Write all rows of a file.

        Raises:
            UsageError: another suffix, or a place that cannot be written.
        """
        _require_suffix(file)
        part = self._part(file)
        with _told(file):
            if file.suffix == ".csv":
                part.write_text(render_table(frame, csv=True), encoding="utf-8", newline="")
            else:
                frame.write_parquet(part)
        self.rows[file] = frame.height

    def opened(self, file: Path) -> Callable[[pl.DataFrame], None]:
        """Return what appends rows to a Parquet file, so that they need not be in memory together."""

        def append(frame: pl.DataFrame) -> None:
            with _told(file):
                table = frame.to_arrow()
                if file not in self._writers:
                    part = self._part(file)
                    self._writers[file] = pq.ParquetWriter(part, table.schema, compression="zstd")
                self._writers[file].write_table(table)
            self.rows[file] = self.rows.get(file, 0) + frame.height

        return append

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            for file, writer in self._writers.items():
                with _told(file):
                    writer.close()
            if kind is None:
                for file, part in self._parts.items():
                    with _told(file):
                        part.replace(file)
        finally:
            for part in self._parts.values():
                part.unlink(missing_ok=True)

    def _part(self, file: Path) -> Path:
        return self._parts.setdefault(file, file.with_name(f".{file.name}.part"))


def _require_suffix(file: Path) -> None:
    if file.suffix not in _WRITTEN:
        raise UsageError(f"{file}: only .csv and .parquet can be written")


@contextmanager
def _told(file: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, pl.exceptions.ComputeError, pa.ArrowException) as error:
        why = getattr(error, "strerror", None) or error
        raise UsageError(f"{file} cannot be written: {why}") from None
