"""replay: the projections, from the log."""

import json
from argparse import Namespace

from pipeline.cli.parsing import Commands


def add_commands(commands: Commands) -> None:
    """Declare the command."""
    replay = commands.add_parser(
        "replay",
        help="rebuild the projections from the log, or compare them with it",
        description="What projections keep between runs is a function of the log. replay throws it away and "
        "computes it anew. With --verify it writes nothing: it computes everything in a database of its own "
        "and names the first row and column that differ. Exit code 0: done, equal, or nothing is kept yet; "
        "1: different.",
    )
    replay.add_argument("--verify", action="store_true", help="compare only")
    replay.add_argument("--json", action="store_true", help="print one JSON object")
    replay.set_defaults(run=_replay)


def _replay(options: Namespace) -> int:
    from pipeline.runs.replaying import replay, verify_projections

    if options.verify:
        found = verify_projections()
        print(json.dumps(found.to_json()) if options.json else found.describe())
        return 0 if found.difference is None else 1
    done = replay()
    if options.json:
        print(json.dumps(done))
    else:
        print(f"rebuilt up to position {done['log_position']:,} of the log")
    return 0
