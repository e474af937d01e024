"""What the macros under `sql/projections/` say about themselves in their headers."""

import re
from dataclasses import dataclass
from pathlib import Path

from pipeline.core.errors import TerminalError
from pipeline.store import SQL_FOLDER

_HEADER_LINE = re.compile(r"--\s?(?:(?P<key>meaning|grain|columns|reads):\s*)?(?P<text>.*)")
_MACRO = re.compile(r"CREATE OR REPLACE MACRO\s+(?P<name>\w+)\s*\((?P<parameters>[^)]*)\)\s+AS")
_REQUIRED = ("meaning", "grain", "reads")


@dataclass(frozen=True)
class Macro:
    """A macro and its header.

    Attributes:
        columns: what the header says on the columns of its rows, empty for a macro that gives one value.
        is_projection: whether it is a table as of an instant, to be asked by people.
    """

    name: str
    parameters: tuple[str, ...]
    meaning: str
    grain: str
    columns: str
    is_projection: bool

    @property
    def signature(self) -> str:
        """Name and parameters."""
        return f"{self.name}({', '.join(self.parameters)})"


def read_macros(folder: Path = SQL_FOLDER / "projections") -> list[Macro]:
    """Return the macros by name.

    Raises:
        TerminalError: a file without macro, or without meaning, grain or reads in its header.
    """
    return sorted((_read(file) for file in folder.glob("*.sql")), key=lambda macro: macro.name)


def _read(file: Path) -> Macro:
    text = file.read_text(encoding="utf-8")
    header = _header(text)
    found = _MACRO.search(text)
    if missing := [key for key in _REQUIRED if not header.get(key)]:
        raise TerminalError(f"{file}: the header says no {', '.join(missing)}")
    if found is None:
        raise TerminalError(f"{file}: no CREATE OR REPLACE MACRO")
    parameters = tuple(" ".join(part.split()) for part in found["parameters"].split(","))
    return Macro(
        name=found["name"],
        parameters=parameters,
        meaning=header["meaning"],
        grain=header["grain"],
        columns=header.get("columns", ""),
        is_projection=parameters[0] == "as_of" and all(":=" in part for part in parameters[1:]),
    )


def _header(text: str) -> dict[str, str]:
    parts: dict[str, list[str]] = {}
    key = ""
    for line in text.splitlines():
        found = _HEADER_LINE.match(line)
        if found is None:
            break
        key = found["key"] or key
        parts.setdefault(key, []).append(found["text"].strip())
    return {key: " ".join(lines).strip().rstrip(".") for key, lines in parts.items()}
