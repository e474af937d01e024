"""An account of a hostile market's files that shares no code with landing: plain lines, told by marks."""

import json
import re
from collections import Counter
from pathlib import Path

import numpy as np

from benchmarks.event_log.processes import Result

_GOOD = b'{"specversion":"1.0","id":"'
_ODD = b'"id":"odd-'
_CONFLICT = b"said otherwise"
_IDENTITY_ENDS = b',"type":'
_NUMBERED = re.compile(rb"hostile-([0-9]+)")
_UNNUMBERED = {
    "number": re.compile(rb"42"),
    "null": re.compile(rb"null"),
    "number_as_id": re.compile(rb'.*"id":17,.*\}'),
    "empty_id": re.compile(rb'.*"id":"",.*\}'),
    "no_id": re.compile(rb".*\}"),
    "cut_off": re.compile(rb".*"),
}


def _kinds() -> list[str]:
    """Return the kinds of bad lines in the order in which the simulator takes them in turn."""
    from pipeline.simulation.hostile import HostileLines

    return [
        kind for kind in HostileLines(0, np.random.default_rng()).reasons if kind != "conflicting_duplicate"
    ]


def _kind_of(line: bytes, kinds: list[str]) -> str:
    if _CONFLICT in line:
        return "conflicting_duplicate"
    if numbered := _NUMBERED.search(line):
        return kinds[int(numbered[1]) % len(kinds)]
    return next(kind for kind, form in _UNNUMBERED.items() if form.fullmatch(line))


def _is_good(line: bytes) -> bool:
    return (line.startswith(_GOOD) and _CONFLICT not in line) or _ODD in line


def _counted(market: Path) -> tuple[dict[tuple[str, int], str], dict[str, int], int, int]:
    """Return kind of each bad line by place, lines a file, good lines, and how many say something new."""
    import pyarrow as pa

    kinds, bad, lines_of, identities = _kinds(), {}, {}, []
    for file in sorted(market.iterdir()):
        with pa.input_stream(str(file), compression="detect") as stream:
            lines = stream.read().split(b"\n")
        lines_of[str(file)] = sum(1 for line in lines if line.strip())
        hashes = []
        for number, line in enumerate(lines, start=1):
            if _is_good(line):
                hashes.append(hash(line.partition(_IDENTITY_ENDS)[0] if line.startswith(_GOOD) else line))
            elif line.strip():
                bad[str(file), number] = _kind_of(line, kinds)
        identities.append(np.array(hashes, dtype=np.int64))
    every = np.concatenate(identities)
    return bad, lines_of, len(every), len(np.unique(every))


def compare(warehouse: Path, market: Path) -> Result:
    """Compare the files with quarantine, manifest and log; `differences` is empty where all agree."""
    import duckdb

    bad, lines_of, good, different = _counted(market / "events")
    truth = json.loads((market / "truth" / "truth.json").read_text())["bad_lines"]
    with duckdb.connect(warehouse, read_only=True) as connection:
        quarantined = connection.execute("SELECT source_file, source_line, reason FROM quarantine").fetchall()
        manifest = connection.execute(
            "SELECT source_file, lines, landed, duplicates, quarantined FROM landing_manifest"
        ).fetchall()
        events = connection.execute("SELECT count(*) FROM events").fetchone()
    reasons = {(file, line): reason for file, line, reason in quarantined}
    landed = sum(row[2] for row in manifest)
    told = Counter(bad.values())
    pairs = {
        "lines of each file": (lines_of, {row[0]: row[1] for row in manifest}),
        "lines = landed + duplicates + quarantined": (
            [row[1] for row in manifest],
            [sum(row[2:]) for row in manifest],
        ),
        "places of bad lines": (set(bad), set(reasons)),
        "one quarantined row a bad line": (len(bad), len(quarantined)),
        "reason of each bad line": (
            {place: truth[kind]["reason"] for place, kind in bad.items()},
            reasons,
        ),
        "bad lines of each kind": (dict(told), {kind: facts["lines"] for kind, facts in truth.items()}),
        "good lines that say something new": (different, landed),
        "good lines that repeat": (good - different, sum(row[3] for row in manifest)),
        "events in the log": ((landed,), events),
    }
    return {
        "differences": [name for name, (ours, theirs) in pairs.items() if ours != theirs],
        "checks": list(pairs),
        "by_kind": dict(sorted(told.items())),
        "by_reason": dict(Counter(reasons.values()).most_common()),
    }
