"""verify: what keeps the log to be trusted."""

import json
import re
from argparse import ArgumentTypeError, Namespace

from pipeline.cli.parsing import Commands


def add_commands(commands: Commands) -> None:
    """Declare the commands that guard the log."""
    verify = commands.add_parser(
        "verify",
        help="check that no event was changed, removed or inserted outside the pipeline",
        description="Each batch of events is sealed when it lands, and each seal carries the hash of the one "
        "before. verify computes all of them again and names the first batch that is not what was sealed. "
        "Exit code 0: sound; 1: broken. The chain has no secret, so keep the head that it prints somewhere "
        "else: with --expect, a later verify also finds a log that was cut back or sealed anew as a whole.",
    )
    verify.add_argument(
        "--expect",
        type=_head,
        metavar="HASH",
        help="a head printed earlier, which must still be in the chain",
    )
    verify.add_argument(
        "--published", action="store_true", help="check the published copy, without waiting for a run to end"
    )
    verify.add_argument("--json", action="store_true", help="print one JSON object")
    verify.set_defaults(run=_verify)


def _head(text: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{64}", text):
        raise ArgumentTypeError(
            f"'{text}' is no head: 64 hexadecimal digits, as verify and status print them"
        )
    return text


def _verify(options: Namespace) -> int:
    from pipeline.runs.custody import verify

    verdict = verify(expected_head=options.expect, is_published=options.published)
    print(json.dumps(verdict.to_json()) if options.json else verdict.describe())
    return 0 if verdict.finding is None else 1
