"""DuckDB's own typed read of the contract's files, which is the limit that landing is held to.

Two ways to type the payload of mixed events:

* `json`: the envelope's attributes have their types, the payload is JSON. It costs what a STRUCT of the ten
  fields of metered use costs, and is what a person writes for files of many event types: the limits are
  held to it.
* `struct`: the payload is one STRUCT of all fields of the catalogue. It is dearer, so it is printed beside.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline.schemas.events import CATALOGUE, ENVELOPE

_TYPES = {
    "chips": "BIGINT",
    "whole": "BIGINT",
    "number": "DOUBLE",
    "instant": "TIMESTAMPTZ",
    "moment": "TIMESTAMPTZ",
    "date": "DATE",
    "names": "VARCHAR[]",
    "texts": "VARCHAR[]",
    "schedule": "JSON",
    "object": "JSON",
    "any": "JSON",
}
USAGE_FIELDS = tuple(field.name for field in CATALOGUE["trn.usage.metered.v1"].fields)


def envelope_types() -> dict[str, str]:
    """Return the columns of the envelope without the payload."""
    kinds = {item.name: item.kind.name for item in ENVELOPE if item.kind is not None}
    return {name: _TYPES.get(kind, "VARCHAR") for name, kind in kinds.items()}


def payload_types(names: Sequence[str] | None = None) -> dict[str, str]:
    """Return the type of each payload field; where event types differ, the one that holds all."""
    found: dict[str, set[str]] = {}
    for entry in CATALOGUE.values():
        for field in (*entry.fields, *entry.common_fields):
            found.setdefault(field.name, set()).add(_TYPES.get(field.kind.name, "VARCHAR"))
    types = {name: _widest(kinds) for name, kinds in found.items()}
    return types if names is None else {name: types[name] for name in names}


def _widest(types: set[str]) -> str:
    if len(types) == 1:
        return next(iter(types))
    return "TIMESTAMPTZ" if types <= {"DATE", "TIMESTAMPTZ"} else "JSON"


def struct_of(types: Mapping[str, str]) -> str:
    """Write a STRUCT type."""
    return "STRUCT(" + ", ".join(f'"{name}" {kind}' for name, kind in types.items()) + ")"


def columns(payload: str) -> dict[str, str]:
    """Return the columns of a typed read, the payload as `json`, `struct` or `usage`."""
    names = USAGE_FIELDS if payload == "usage" else None
    data = "JSON" if payload == "json" else struct_of(payload_types(names))
    return envelope_types() | {"data": data}


def files_below(folder: Path) -> list[str]:
    """Return the files of a folder in order."""
    return sorted(str(file) for file in folder.iterdir())
