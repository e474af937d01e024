"""The account of a landing: what became of every line of every file."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class FileReport:
    """One file: lines = landed + duplicates + quarantined; blank lines are counted apart.

    Attributes:
        error: why the file was refused as a whole, its line counts then being 0; None otherwise.
    """

    file: str
    lines: int = 0
    blank: int = 0
    landed: int = 0
    duplicates: int = 0
    quarantined: int = 0
    error: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the counts; `error` only where there is one."""
        counts = {name: getattr(self, name) for name in ("file", "lines", *_FATES, "blank")}
        return counts if self.error is None else {**counts, "error": self.error}


_FATES = ("landed", "duplicates", "quarantined")


@dataclass(frozen=True)
class LandingReport:
    """All files of one call, in the order in which they were read."""

    files: tuple[FileReport, ...]

    @property
    def lines(self) -> int:
        """Lines that are not blank."""
        return sum(file.lines for file in self.files)

    @property
    def landed(self) -> int:
        """Lines that became events."""
        return sum(file.landed for file in self.files)

    @property
    def duplicates(self) -> int:
        """Lines whose event the log has already."""
        return sum(file.duplicates for file in self.files)

    @property
    def quarantined(self) -> int:
        """Lines refused with a reason."""
        return sum(file.quarantined for file in self.files)

    @property
    def errors(self) -> list[str]:
        """One line for each file that was refused as a whole."""
        return [f"{file.file}: {file.error}" for file in self.files if file.error is not None]

    def to_json(self) -> dict[str, Any]:
        """Return what `land --json` prints."""
        totals = {name: getattr(self, name) for name in ("lines", *_FATES)}
        return {"files": [file.to_json() for file in self.files], **totals}

    def describe(self) -> str:
        """Write files and totals as a table for a terminal."""
        columns = ("lines", *_FATES)
        rows = [["file", *columns]]
        rows += [[file.file, *_cells(file, columns)] for file in self.files]
        rows.append(["in all", *(f"{getattr(self, name):,}" for name in columns)])
        return _aligned(rows)


def _cells(file: FileReport, columns: Iterable[str]) -> list[str]:
    if file.error is not None:
        return ["refused", "", "", ""]
    return [f"{getattr(file, name):,}" for name in columns]


def _aligned(rows: list[list[str]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join(
            [
                row[0].ljust(widths[0]),
                *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)),
            ]
        )
        for row in rows
    ]
    return "\n".join(line.rstrip() for line in lines)
