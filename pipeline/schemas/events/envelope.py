"""The CloudEvents envelope: attributes that landing knows; any other is kept beside them."""

import re
from dataclasses import dataclass

from pipeline.schemas.events.kinds import INSTANT, TEXT, Kind

SPEC_VERSION = "1.0"
CONTENT_TYPE = "application/json"
FIRST_YEAR, LAST_YEAR = 2000, 2199
LONGEST_ID, LONGEST_SOURCE = 128, 256

URI_REFERENCE = re.compile(r"(?:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+")


@dataclass(frozen=True)
class Attribute:
    """One attribute of the envelope; an optional one may be absent or null."""

    name: str
    kind: Kind | None
    meaning: str
    rule: str
    is_required: bool = False


ENVELOPE = (
    Attribute("specversion", TEXT, "CloudEvents version", '"1.0"', is_required=True),
    Attribute(
        "id",
        TEXT,
        "the producer's id of the event",
        f"a string of 1 to {LONGEST_ID} characters",
        is_required=True,
    ),
    Attribute(
        "source",
        TEXT,
        "the producer; with `id` the identity of the event",
        f"a URI-reference of 1 to {LONGEST_SOURCE} characters",
        is_required=True,
    ),
    Attribute(
        "type", TEXT, "what happened, with its schema version", "a type of the catalogue", is_required=True
    ),
    Attribute(
        "subject", TEXT, "the thing it happened to", "a string, not empty; required where the type names one"
    ),
    Attribute(
        "time",
        INSTANT,
        "when the fact became true",
        f"{INSTANT.allowed}, years {FIRST_YEAR} to {LAST_YEAR}",
        is_required=True,
    ),
    Attribute(
        "recordedtime", INSTANT, "when the producer's system recorded it; absent: at `time`", INSTANT.allowed
    ),
    Attribute("sequence", TEXT, "order within a subject, where the producer has one", "a string"),
    Attribute("datacontenttype", TEXT, "content type of the payload", f'absent or "{CONTENT_TYPE}"'),
    Attribute("dataschema", TEXT, "the producer's schema", "a string"),
    Attribute("data", None, "the payload", "a JSON object", is_required=True),
)
