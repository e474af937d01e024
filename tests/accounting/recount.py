"""An account of landing that shares no code with it: what becomes of every line of files landed in turn."""

import gzip
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from tests.accounting.letter import NoEventError, Stated, stated

What = Literal["event", "duplicate", "conflict", "refused"]


class Fate(NamedTuple):
    """What becomes of a line. `text` is what the quarantine keeps of it; rows of tables have none."""

    line: int
    what: What
    text: str | None
    event: Stated | None


@dataclass
class FileAccount:
    """The account of one file; `is_known`: its bytes landed before, so that every line is a duplicate."""

    blank: int = 0
    fates: list[Fate] = field(default_factory=list)
    is_known: bool = False

    @property
    def counts(self) -> tuple[int, int, int, int, int]:
        """Lines, blank ones, landed, duplicates, quarantined."""
        found = Counter(fate.what for fate in self.fates)
        refused = found["refused"] + found["conflict"]
        if self.is_known:
            return len(self.fates), self.blank, 0, len(self.fates), 0
        return len(self.fates), self.blank, found["event"], found["duplicate"], refused


@dataclass
class Recount:
    """Counts files one after the other, as a log would take them that starts empty."""

    contents: dict[tuple[str, str], object] = field(default_factory=dict)
    digests: set[bytes] = field(default_factory=set)

    def count(self, path: Path) -> FileAccount:
        """Account for one more file: JSON Lines, plain or packed, or Parquet."""
        packed = path.read_bytes()
        digest = hashlib.sha256(packed).digest()
        account = FileAccount(is_known=digest in self.digests)
        self.digests.add(digest)
        for number, line in _lines(packed):
            if line is None:
                account.blank += 1
            else:
                account.fates.append(self._fate(number, line, is_known=account.is_known))
        return account

    def _fate(self, number: int, line: bytes | str, *, is_known: bool) -> Fate:
        text = line if isinstance(line, str) else line.decode("utf-8", "backslashreplace")
        kept = text if isinstance(line, bytes) else None
        try:
            event = stated(line if isinstance(line, str) else line.decode())
        except (NoEventError, UnicodeDecodeError):
            return Fate(number, "refused", kept, None)
        identity = (event.source, event.id)
        if identity not in self.contents and not is_known:
            self.contents[identity] = event.content
            return Fate(number, "event", kept, event)
        is_same = self.contents.get(identity) == event.content
        return Fate(number, "duplicate" if is_same else "conflict", kept, event)


def _lines(packed: bytes) -> Iterator[tuple[int, bytes | str | None]]:
    """Yield line number and content; None for a blank line; text for a row of a table."""
    if packed.startswith(b"PAR1"):
        yield from enumerate(_rows(packed), 1)
        return
    plain = packed
    if packed.startswith(b"\x1f\x8b"):
        plain = gzip.decompress(packed)
    if packed.startswith(b"\x28\xb5\x2f\xfd"):
        plain = pa.CompressedInputStream(pa.BufferReader(packed), "zstd").read()
    lines = plain.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    for number, line in enumerate(lines, 1):
        yield number, line.removesuffix(b"\r") if line.strip(b" \t\r\x0b\x0c") else None


def _rows(packed: bytes) -> Iterable[str]:
    """Write rows of envelope columns as lines; a payload of text is its own JSON, an empty cell is absent."""
    for row in pq.read_table(pa.BufferReader(packed)).to_pylist():
        told = {name: value for name, value in row.items() if value is not None}
        data = told.pop("data", None)
        members = [f"{json.dumps(name)}:{json.dumps(value)}" for name, value in told.items()]
        if data is not None:
            members.append(f'"data":{data if isinstance(data, str) else json.dumps(data)}')
        yield "{" + ",".join(members) + "}"
