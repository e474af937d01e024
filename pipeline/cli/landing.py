"""simulate, land, quarantine: what comes into the log."""

import json
import sys
from argparse import Namespace
from datetime import date
from pathlib import Path

from pipeline.cli.parsing import Commands, positive


def add_commands(commands: Commands) -> None:
    """Declare the commands that fill the log."""
    simulate = commands.add_parser("simulate", help="generate events of a market with known truth")
    simulate.add_argument("--out", type=Path, required=True, help="folder for events/ and truth/")
    simulate.add_argument("--weeks", type=positive, default=140)
    simulate.add_argument("--seed", type=int, default=1)
    simulate.add_argument("--scenario", default="default")
    simulate.add_argument(
        "--events", type=positive, help="about how many events to write (10 thousand to 10 million)"
    )
    simulate.add_argument(
        "--start", type=date.fromisoformat, default=date(2024, 1, 1), help="a day of the first week"
    )
    simulate.set_defaults(run=_simulate)

    land = commands.add_parser(
        "land",
        help="land files or folders of events",
        description="Lands JSON Lines (plain, .gz, .zst) and Parquet in the contract's envelope, "
        "and any other table through a source mapping.",
    )
    land.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    land.add_argument(
        "--source", metavar="NAME|FILE.sql", help="source mapping: a name in sql/sources or a file"
    )
    land.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    land.add_argument("--no-publish", action="store_true", help="leave the published copy as it is")
    land.set_defaults(run=_land)

    quarantine = commands.add_parser(
        "quarantine", help="what was refused and why; land it again after repair"
    )
    actions = quarantine.add_subparsers(dest="action", metavar="list|show|reland", required=True)
    listing = actions.add_parser("list", help="refused lines, counted by file and reason")
    listing.set_defaults(run=_quarantine_list)
    show = actions.add_parser("show", help="refused lines with raw text and message")
    show.add_argument("--file", help="only lines of this source file")
    show.add_argument("--reason", help="only lines refused for this reason")
    show.add_argument("--limit", type=positive, help="at most so many lines (default: 20; as JSON all)")
    show.add_argument("--json", action="store_true", help="as JSON Lines, to repair `raw` and reland")
    show.set_defaults(run=_quarantine_show)
    reland = actions.add_parser("reland", help="try refused lines again, repaired or as they are")
    reland.add_argument(
        "repairs",
        nargs="?",
        type=Path,
        metavar="REPAIRS",
        help="JSON Lines with source_file, source_line and the repaired raw, as `show --json` prints them",
    )
    reland.add_argument("--file", help="only lines of this source file")
    reland.add_argument("--reason", help="only lines refused for this reason")
    reland.set_defaults(run=_quarantine_reland)


def _simulate(options: Namespace) -> int:
    from pipeline.simulation import simulate

    summary = simulate(
        options.out,
        weeks=options.weeks,
        seed=options.seed,
        scenario=options.scenario,
        events=options.events,
        start=options.start,
    )
    print(summary.describe())
    return 0


def _land(options: Namespace) -> int:
    from pipeline.reporting import plain_text
    from pipeline.runs.landing import land_paths

    report = land_paths(options.paths, mapping=options.source, publish=not options.no_publish)
    if options.json:
        print(json.dumps(report.to_json()))
    else:
        print("\n".join(plain_text(row) for row in report.describe().split("\n")))
    for refusal in report.describe_errors():
        print(f"error: {plain_text(refusal)}", file=sys.stderr)
    return 2 if report.errors else 0


def _quarantine_list(_: Namespace) -> int:
    from pipeline.runs.landing import quarantine_counts

    print(quarantine_counts(), end="")
    return 0


def _quarantine_show(options: Namespace) -> int:
    from pipeline.runs.landing import quarantine_lines

    limit = options.limit or (None if options.json else 20)
    print(quarantine_lines(options.file, options.reason, limit, is_json=options.json), end="")
    return 0


def _quarantine_reland(options: Namespace) -> int:
    from pipeline.runs.landing import reland_quarantine

    print(reland_quarantine(options.repairs, options.file, options.reason))
    return 0
