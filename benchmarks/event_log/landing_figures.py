"""What landing costs beside DuckDB's own read, landing again, and a folder of small files."""

from functools import partial

from benchmarks.event_log.inputs import SMALL_FILE_LINES, files_below
from benchmarks.event_log.processes import Result, in_a_process
from benchmarks.event_log.table import cost_of, figure, note, title
from benchmarks.event_log.workshop import Workshop

CLEAN_LIMIT, HOSTILE_LIMIT, PARQUET_LIMIT, AGAIN_LIMIT, SMALL_FILES_LIMIT = 2.2, 2.6, 3.0, 0.08, 3.0


def land_json(shop: Workshop) -> None:
    """Print landing of JSON Lines beside the typed read, for clean and for hostile files."""
    title(f"Landing {shop.new_events:,} lines against a log of {shop.log_events:,} (own: landing)")
    for name, folder, limit, is_lenient in (
        ("clean", shop.clean, CLEAN_LIMIT, False),
        ("1 % bad, 2 % repeated", shop.hostile, HOSTILE_LIMIT, True),
    ):
        files = files_below(folder)
        read = partial(shop.measured, "read_json", paths=files, is_lenient=is_lenient)
        own, json, struct = shop.repeated(
            partial(shop.land, [folder], shop.log),
            partial(read, payload="json"),
            partial(read, payload="struct"),
        )
        figure(f"{name}: typed read_ndjson, payload JSON", cost_of(own), cost_of(json), limit=limit)
        figure(f"{name}: typed read_ndjson, payload a STRUCT", cost_of(own), cost_of(struct))
        figure(f"{name}: payload JSON, with closing", cost_of(own, "closed"), cost_of(json, "closed"))
        _account(own[0])
        start = cost_of(own, "start").middle
        note(f"start-up apart: {start:.2f} s for imports and opening the log")


def land_parquet(shop: Workshop) -> None:
    """Print landing of Parquet beside its typed read."""
    title(f"Landing Parquet against a log of {shop.log_events:,} (own: landing)")
    for payload, name in (("json", "payload as JSON text"), ("usage", "metered use, payload a STRUCT")):
        folder = shop.parquet(payload)
        own, other = shop.repeated(
            partial(shop.land, [folder], shop.log),
            partial(shop.measured, "read_parquet", paths=files_below(folder)),
        )
        figure(f"read_parquet, {name}", cost_of(own), cost_of(other), limit=PARQUET_LIMIT)
        _account(own[0])


def land_again(shop: Workshop) -> None:
    """Print landing of what has landed beside landing it."""
    title(f"Landing {shop.new_events:,} lines again (own: again; other: the first time)")
    rounds = [_twice(shop) for _ in range(shop.runs)]
    first, again = ([both[place] for both in rounds] for place in (0, 1))
    figure("the same files again", cost_of(again), cost_of(first), limit=AGAIN_LIMIT)
    _account(again[0])


def _twice(shop: Workshop) -> tuple[Result, Result]:
    with shop.home(shop.log) as home:
        land = partial(in_a_process, "land", home=home, paths=[shop.clean])
        return land(), land()


def land_small_files(shop: Workshop) -> None:
    """Print landing of many small files beside landing of one with the same lines."""
    lines = shop.small_files * SMALL_FILE_LINES
    title(
        f"{shop.small_files:,} files of {SMALL_FILE_LINES} events (own) and one of {lines:,} (other), new log"
    )
    folders = shop.cut_up(lines)
    many, one = shop.repeated(*(partial(shop.land, [folder], None) for folder in folders))
    figure("files of a hundred", cost_of(many), cost_of(one), limit=SMALL_FILES_LIMIT)
    _account(many[0])
    _account(one[0])


def _account(result: Result) -> None:
    names = ("lines", "landed", "duplicates", "quarantined")
    assert result["lines"] == sum(result[name] for name in names[1:])
    note(", ".join(f"{name} {result[name]:,}" for name in names))
