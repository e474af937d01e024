"""The account of a landing: what became of every line of every file."""

from collections.abc import Sequence
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
        """Write a table for a terminal: of many files, those with most refused lines, then folders."""
        rows = [["file", *_COUNTS]]
        if len(self.files) <= _MOST_ROWS:
            rows += [[file.file, *_cells(file)] for file in self.files]
            return _aligned([*rows, ["in all", *_sums(self.files)]])
        files = sorted(self.files, key=lambda file: -file.quarantined)
        named = [file for file in files[:_MOST_ROWS] if file.quarantined]
        rows += [[file.file, *_cells(file)] for file in named]
        rows += _by_folder(files[len(named) :], "other file" if named else "file")
        return _aligned([*rows, [f"in all ({_counted(files, 'file')})", *_sums(files)]])

    def describe_errors(self) -> list[str]:
        """Return the errors, without most of them where they are many."""
        errors = self.errors
        if len(errors) > _MOST_ROWS:
            more = f"{len(errors) - _MOST_ROWS:,} more files were refused as a whole: land --json names each"
            errors[_MOST_ROWS:] = [more]
        return errors


_COUNTS = ("lines", *_FATES)
_MOST_ROWS = 20


def _cells(file: FileReport) -> list[str]:
    return ["refused", "", "", ""] if file.error is not None else _sums([file])


def _sums(files: Sequence[FileReport]) -> list[str]:
    return [f"{sum(getattr(file, name) for file in files):,}" for name in _COUNTS]


def _by_folder(files: Sequence[FileReport], noun: str) -> list[list[str]]:
    """Sum files by folder; where the folders are many, by those above them."""
    places = [tuple(file.file.split("/")[:-1]) for file in files]
    depth = max(map(len, places), default=0)
    while len({place[:depth] for place in places}) > _MOST_ROWS:
        depth -= 1
    folders: dict[tuple[str, ...], list[FileReport]] = {}
    for place, file in zip(places, files, strict=True):
        folders.setdefault(place[:depth], []).append(file)
    return [
        [f"{'/'.join(place or '.')}/ ({_counted(inside, noun)})", *_sums(inside)]
        for place, inside in sorted(folders.items())
    ]


def _counted(files: Sequence[FileReport], noun: str) -> str:
    refused = sum(file.error is not None for file in files)
    return f"{len(files):,} {noun}{'s' * (len(files) > 1)}" + (f", {refused:,} refused" if refused else "")


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
