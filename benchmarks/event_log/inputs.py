"""The files that are landed: simulated markets, given to another producer, repeated, cut up, or as Parquet.

The simulator writes the mix of event types as in life; a second market lands against the first under the
name of another producer, so that none of its events is in the log yet.
"""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np

_SIMULATED, _OTHER = b'"source":"/sim/', b'"source":"/two/'
_IDENTITY_ENDS = b',"type":'
_STARTS = b'{"specversion":"1.0","id":"'
_SAID_OTHERWISE = b"said otherwise"
_HOSTILE = b'/hostile"'
_RECORDED, _TIME, _SUBJECT = b'"recordedtime":"', b'"time":"', b'"subject":"'
_ACTIVITY = ("metering", "requests", "sales")  # the files that grow with the days; the others describe
_REPEATED_SHARE = 0.017  # beside the 0.3 % that the simulator repeats
_RESPELLED_SHARE = 0.3
_MOST_LINES_APART = 50_000
_SEED = 20260907
SMALL_FILE_LINES = 100


def files_below(folder: Path) -> list[Path]:
    """Return the files of a folder in order."""
    return sorted(file for file in folder.iterdir() if file.is_file())


def _lines(file: Path, *, is_renamed: bool = True) -> list[bytes]:
    """Read a file's lines, by default under the name of another producer."""
    import pyarrow as pa

    with pa.input_stream(str(file), compression="detect") as stream:
        content = stream.read()
    lines: list[bytes] = (content.replace(_SIMULATED, _OTHER) if is_renamed else content).split(b"\n")
    return lines[:-1] if lines[-1] == b"" else lines


def _write(folder: Path, name: str, lines: list[bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(b"".join(line + b"\n" for line in lines))


def _plain_name(file: Path) -> str:
    return file.name.removesuffix(".gz").removesuffix(".zst")


def without_repeats(market: Path, out: Path) -> int:
    """Write the lines of a clean market, each event once; return how many."""
    seen: set[bytes] = set()
    count = 0
    for file in files_below(market):
        kept = []
        for line in _lines(file):
            identity = line.partition(_IDENTITY_ENDS)[0]
            if identity not in seen:
                seen.add(identity)
                kept.append(line)
        count += len(kept)
        _write(out, _plain_name(file), kept)
    return count


def with_repeats(market: Path, out: Path) -> int:
    """Write the lines of a hostile market and repeat some of the good ones; return how many lines."""
    chance = np.random.default_rng(_SEED)
    count = 0
    for file in files_below(market):
        lines = _lines(file)
        drawn = np.flatnonzero(chance.random(len(lines)) < _REPEATED_SHARE)
        rows = [row for row in drawn if _is_good(lines[row])]
        later = np.array(rows) + chance.integers(1, _MOST_LINES_APART, len(rows)) + 0.5
        respelled = chance.random(len(rows)) < _RESPELLED_SHARE
        repeated = [
            lines[row].replace(b'Z"', b'+00:00"') if other else lines[row]
            for row, other in zip(rows, respelled, strict=True)
        ]
        order = np.argsort(np.concatenate([np.arange(len(lines)), later]), kind="stable")
        together = [*lines, *repeated]
        _write(out, _plain_name(file), [together[row] for row in order])
        count += len(together)
    return count


def _is_good(line: bytes) -> bool:
    return line.startswith(_STARTS) and _HOSTILE not in line and _SAID_OTHERWISE not in line


def _all_lines(folder: Path) -> Iterator[bytes]:
    for file in files_below(folder):
        with file.open("rb") as lines:
            yield from lines


def cut_up(clean: Path, out: Path, lines: int) -> int:
    """Write the same lines as one file and as files of a hundred lines; return the number of small files."""
    chance = np.random.default_rng(_SEED)
    every = list(_all_lines(clean))
    chosen = [every[row] for row in np.sort(chance.permutation(len(every))[:lines])]
    one, many = out / "one", out / "many"
    for folder in (one, many):
        folder.mkdir(parents=True)
    (one / "events.jsonl").write_bytes(b"".join(chosen))
    rest, files = iter(chosen), 0
    while part := list(islice(rest, SMALL_FILE_LINES)):
        (many / f"{files:06}.jsonl").write_bytes(b"".join(part))
        files += 1
    return files


def split_by_recording(market: Path, out: Path, *, recent: int, new: int) -> None:
    """Cut a market's events by when they were recorded.

    `out/new` gets the last `new` events, `out/past` those before, and `out/recent` the last `recent` of the
    past together with all of it that describes products, places and supply: the same market, cut short.
    """
    files = files_below(market)
    recorded = [np.array([_recorded_at(line) for line in _lines(file, is_renamed=False)]) for file in files]
    order = np.sort(np.concatenate(recorded))
    first_new = order[-new]
    first_recent = order[-(new + recent)]
    del order
    for file, instants in zip(files, recorded, strict=True):
        lines, name = _lines(file, is_renamed=False), _plain_name(file)
        is_new = instants >= first_new
        is_recent = ~is_new & ((instants >= first_recent) | (not name.startswith(_ACTIVITY)))
        for folder, rows in (("past", ~is_new), ("recent", is_recent), ("new", is_new)):
            if rows.any():
                _write(out / folder, name, [lines[row] for row in np.flatnonzero(rows)])


def _recorded_at(line: bytes) -> bytes:
    """Return the instant as text, which sorts as the instants do."""
    _, found, rest = line.partition(_RECORDED)
    if not found:
        _, _, rest = line.partition(_TIME)
    return rest[:20]


def of_other_subjects(market: Path, out: Path) -> int:
    """Write what happened in a market under other producers and subjects; return how many lines."""
    count = 0
    for file in files_below(market):
        if file.name.startswith(_ACTIVITY):
            lines = [line.replace(_SUBJECT, _SUBJECT + b"two-") for line in _lines(file)]
            _write(out, _plain_name(file), lines)
            count += len(lines)
    return count


def as_parquet(clean: Path, out: Path, payload: str) -> int:
    """Write a market as Parquet, typed; return the number of rows.

    Args:
        payload: `json` for the payload as JSON text; `usage` for a STRUCT, of the files of metered use alone.
    """
    import duckdb

    from benchmarks.event_log.peer_reads import columns

    out.mkdir(parents=True, exist_ok=True)
    rows = 0
    with duckdb.connect(config={"memory_limit": "1GiB"}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        shape = "* REPLACE (CAST(data AS VARCHAR) AS data)" if payload == "json" else "*"
        only = "WHERE type = 'trn.usage.metered.v1'" if payload == "usage" else ""
        for file in files_below(clean):
            if payload == "usage" and not file.name.startswith("metering"):
                continue
            query = (
                f"COPY (SELECT {shape} FROM read_ndjson($file, columns = $columns) {only}) "  # noqa: S608
                f"TO '{out / file.stem}.parquet' (FORMAT parquet)"
            )
            answer = connection.execute(query, {"file": str(file), "columns": columns(payload)}).fetchone()
            rows += answer[0] if answer else 0
    return rows
