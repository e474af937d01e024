"""The catalogue: every event type of the contract, one declarative entry each.

Validation, documentation and the data dictionary come from it; a new type is one more entry.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from pipeline.schemas.events import cloud, decisions, direct, supply
from pipeline.schemas.events.declaration import (
    AtMostDays,
    ComesWith,
    EventType,
    Field,
    OneOf,
    Rising,
    Rule,
)
from pipeline.schemas.events.envelope import ENVELOPE, Attribute
from pipeline.schemas.events.fields import COMMON_FIELDS
from pipeline.schemas.events.kinds import KINDS, Kind
from pipeline.schemas.events.reasons import MEANINGS, Reason

CATALOGUE: Mapping[str, EventType] = MappingProxyType(
    {
        entry.name: replace(entry, common_fields=COMMON_FIELDS)
        for entry in (*cloud.TYPES, *direct.TYPES, *supply.TYPES, *decisions.TYPES)
    }
)

__all__ = [
    "CATALOGUE",
    "COMMON_FIELDS",
    "ENVELOPE",
    "KINDS",
    "MEANINGS",
    "AtMostDays",
    "Attribute",
    "ComesWith",
    "EventType",
    "Field",
    "Kind",
    "OneOf",
    "Reason",
    "Rising",
    "Rule",
]
