"""Event files: one a producer and quarter, year or the whole, ordered by when events were recorded."""

import gzip
import io
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np
import polars as pl
import pyarrow as pa

Period = Literal["quarter", "year", "whole"]
# Two producers compress what they hand over, so that every reader has work.
_SUFFIXES = {"partners": ".jsonl.gz", "supply": ".jsonl.zst"}
INVALID_BYTE_MARK = "\ue000"  # stands for a byte that is no UTF-8 until the line is written


class EventFile:
    """The files of one producer.

    Lines wait until `flush` says that nothing earlier can follow, so that memory holds one stretch of time.
    """

    def __init__(self, folder: Path, stem: str, period: Period) -> None:
        self._folder = folder
        self._stem = stem
        self._period: Period = period
        self._waiting: list[pl.DataFrame] = []
        self.lines = 0
        self.names: list[str] = []

    def add(self, lines: pl.DataFrame) -> None:
        """Take lines (`key`, `line`)."""
        self._waiting.append(lines)

    def flush(self, before: np.datetime64 | None = None) -> None:
        """Write the waiting lines whose key lies before an instant, or all of them, by key."""
        if not self._waiting:
            return
        waiting = pl.concat(self._waiting)
        due = waiting
        self._waiting = []
        if before is not None:
            is_due = pl.col("key") < pl.lit(before)
            due = waiting.filter(is_due)
            self._waiting = [waiting.filter(~is_due)]
        due = due.sort("key", maintain_order=True).with_columns(period=self._label())
        for part in due.partition_by("period", maintain_order=True):
            self._write(part["period"][0], part["line"])

    def _label(self) -> pl.Expr:
        year = pl.col("key").dt.year().cast(pl.String)
        if self._period == "whole":
            return pl.lit("")
        if self._period == "year":
            return "-" + year
        return pl.concat_str([pl.lit("-"), year, pl.lit("-q"), pl.col("key").dt.quarter()])

    def _write(self, label: str, lines: pl.Series) -> None:
        suffix = _SUFFIXES.get(self._stem, ".jsonl")
        name = f"{self._stem}{label}{suffix}"
        content = io.BytesIO()
        lines.to_frame().write_csv(content, include_header=False, quote_style="never")
        data: bytes | memoryview = content.getbuffer()
        mark = INVALID_BYTE_MARK.encode()
        if mark in content.getvalue():
            data = content.getvalue().replace(mark, b"\xff")
        with (self._folder / name).open("ab") as file:
            file.write(_PACKERS[suffix](data))
        self.lines += len(lines)
        if name not in self.names:
            self.names.append(name)


def _gzipped(data: bytes | memoryview) -> bytes:
    return gzip.compress(data, compresslevel=6, mtime=0)


def _zstandard(data: bytes | memoryview) -> bytes:
    packed = pa.Codec("zstd").compress(pa.py_buffer(data), asbytes=True)
    return bytes(packed)


_PACKERS: dict[str, Callable[[bytes | memoryview], bytes | memoryview]] = {
    ".jsonl": lambda data: data,
    ".jsonl.gz": _gzipped,
    ".jsonl.zst": _zstandard,
}
