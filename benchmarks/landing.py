"""Every figure of the event log as a ratio, in one run: cost, memory and accounts of landing and replay.

    PYTHONPATH=. .venv/bin/python benchmarks/landing.py [--quick] [--keep FOLDER] [--runs N] [--only PART ...]

Costs are processor seconds (user and system, all threads and children) and medians. Each measurement runs in
a process of its own and starts after imports and the opening of the database. Whole it takes an hour or more
on two cores and 40 GB of disk; `--quick` takes a few minutes, against a smaller log, and proves nothing.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.event_log import (
    accounts,
    dlt_figures,
    hostile_account,
    inputs,
    landing_figures,
    replay_figures,
)
from benchmarks.event_log.processes import JobFailedError
from benchmarks.event_log.workshop import Workshop

PARTS: dict[str, Callable[[Workshop], None]] = {
    "json": landing_figures.land_json,
    "parquet": landing_figures.land_parquet,
    "again": landing_figures.land_again,
    "small-files": landing_figures.land_small_files,
    "dlt": dlt_figures.merge,
    "fresh": replay_figures.freshen,
    "rebuild": replay_figures.rebuild,
    "hostile": hostile_account.account_for_hostile_lines,
    "real": accounts.account_for_real_data,
}


def main() -> None:
    """Print the parts asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="a log of 1 M, 200 k lines, once")
    parser.add_argument(
        "--keep", type=Path, metavar="FOLDER", help="keep inputs and logs, and use them again"
    )
    parser.add_argument("--runs", type=int, help="repetitions of each measurement; default 5")
    parser.add_argument("--log-events", type=int, help="events in the log; default 10 M")
    parser.add_argument("--lines", type=int, help="lines that land; default 2 M")
    parser.add_argument(
        "--only", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART", help=", ".join(PARTS)
    )
    options = parser.parse_args()
    is_quick = options.quick
    with tempfile.TemporaryDirectory() as scratch:
        folder = (options.keep or Path(scratch)).absolute()
        folder.mkdir(parents=True, exist_ok=True)
        lines = options.lines or (200_000 if is_quick else 2_000_000)
        shop = Workshop(
            folder,
            log_events=options.log_events or (1_000_000 if is_quick else 10_000_000),
            new_events=lines,
            fresh_events=10_000 if is_quick else 100_000,
            small_files=min(1_000 if is_quick else 10_000, lines // inputs.SMALL_FILE_LINES),
            runs=options.runs or (1 if is_quick else 5),
        )
        started = time.monotonic()
        print(f"{shop.runs} repetitions, medians; {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
        failed = [name for name in options.only if not _is_printed(name, shop)]
        print(f"\nin all {(time.monotonic() - started) / 60:.0f} minutes, load now {os.getloadavg()[0]:.1f}")
    if failed:
        raise SystemExit(f"failed: {', '.join(failed)}")


def _is_printed(name: str, shop: Workshop) -> bool:
    try:
        PARTS[name](shop)
    except JobFailedError as error:
        print(f"FAILED: {error}", flush=True)
        return False
    return True


if __name__ == "__main__":
    main()
