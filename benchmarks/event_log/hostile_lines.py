"""An account of a hostile market's files that shares no code with landing: plain lines, told by marks."""

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.event_log.processes import Result

Place = tuple[str, int]

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


@dataclass
class Recount:
    """What stands in the files.

    Attributes:
        lines: lines of each file that are not blank.
        kinds: kind of each bad line by file and line number.
        texts: what each bad line says, bytes that are no UTF-8 as \\xNN.
        good: lines that are to land, or to count as duplicates.
        different: how many of the good ones say something new.
    """

    lines: dict[str, int] = field(default_factory=dict)
    kinds: dict[Place, str] = field(default_factory=dict)
    texts: dict[Place, str] = field(default_factory=dict)
    good: int = 0
    different: int = 0


def recount(market: Path) -> Recount:
    """Read the files of a hostile market line by line."""
    import pyarrow as pa

    kinds, found = _kinds(), Recount()
    identities = []
    for file in sorted(market.iterdir()):
        with pa.input_stream(str(file), compression="detect") as stream:
            lines = stream.read().split(b"\n")
        found.lines[str(file)] = sum(1 for line in lines if line.strip())
        hashes = []
        for number, line in enumerate(lines, start=1):
            if _is_good(line):
                hashes.append(hash(line.partition(_IDENTITY_ENDS)[0] if line.startswith(_GOOD) else line))
            elif line.strip():
                found.kinds[str(file), number] = _kind_of(line, kinds)
                found.texts[str(file), number] = line.decode("utf-8", "backslashreplace")
        identities.append(np.array(hashes, dtype=np.int64))
    every = np.concatenate(identities)
    found.good, found.different = len(every), len(np.unique(every))
    return found


def compare(warehouse: Path, market: Path) -> Result:
    """Compare the files with quarantine, manifest and log; `differences` is empty where all agree."""
    import duckdb

    found = recount(market / "events")
    truth = json.loads((market / "truth" / "truth.json").read_text())["bad_lines"]
    with duckdb.connect(warehouse, read_only=True) as connection:
        refused = connection.execute(
            "SELECT source_file, source_line, reason, raw FROM quarantine"
        ).fetchall()
        manifest = connection.execute(
            "SELECT source_file, lines, landed, duplicates, quarantined FROM landing_manifest"
        ).fetchall()
        events = connection.execute("SELECT count(*) FROM events").fetchone()
    told = Counter(found.kinds.values())
    reasons = {place: truth[kind]["reason"] for place, kind in found.kinds.items()}
    pairs = {
        "lines of each file": (found.lines, {row[0]: row[1] for row in manifest}),
        "lines = landed + duplicates + quarantined": ([row[1] for row in manifest], [*map(_fates, manifest)]),
        "refused lines": (len(reasons), len(refused)),
        "place and reason of each refused line": (reasons, {row[:2]: row[2] for row in refused}),
        "text of each refused line": (found.texts, {row[:2]: row[3] for row in refused}),
        "lines of each kind, as simulated": (told, {kind: facts["lines"] for kind, facts in truth.items()}),
        "good lines that say something new": (found.different, sum(row[2] for row in manifest)),
        "good lines that repeat": (found.good - found.different, sum(row[3] for row in manifest)),
        "events in the log": ((found.different,), events),
    }
    return {
        "checks": {name: ours == theirs for name, (ours, theirs) in pairs.items()},
        "kinds": {kind: f"{truth[kind]['reason']} {count}" for kind, count in sorted(told.items())},
    }


def _fates(row: tuple[str, int, int, int, int]) -> int:
    return sum(row[2:])
