"""Identities that follow from content, so that equal work has equal names."""

import hashlib
import json
from datetime import datetime

from pipeline.core.clock import format_instant


def canonical_json(value: object) -> str:
    """Write a value as JSON with sorted keys and no spaces."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def content_hash(content: bytes | str) -> str:
    """Return the SHA-256 of the content (text as UTF-8) in hexadecimal."""
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()


def derive_run_id(as_of: datetime, position: int, policy_hash: str, seed: int) -> str:
    """Name a run after all that decides its result: `20260907T000000Z-` and 12 hexadecimal digits."""
    instant = format_instant(as_of)
    digest = content_hash(canonical_json([instant, position, policy_hash, seed]))
    return f"{as_of:%Y%m%dT%H%M%SZ}-{digest[:12]}"


def seed_for(seed: int, *names: str) -> int:
    """Derive a 64-bit seed from a run's seed and a name, so that one more name changes no other's."""
    return int.from_bytes(hashlib.sha256(canonical_json([seed, *names]).encode()).digest()[:8], "big")
