"""verify, forget: what keeps the log to be trusted."""

import json
import re
from argparse import ArgumentTypeError, Namespace

from pipeline.cli.parsing import Commands
from pipeline.core.errors import UsageError


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

    forget = commands.add_parser(
        "forget",
        help="make a customer unreachable, for good",
        description="Puts a random name in the place of a customer's id in the log, the quarantine, "
        "messages of runs, reports and the published copy; events, positions and figures stay. The id is "
        "found where it stands as a word, also within other ids, such as c-17 in order:c-17/3. Without --yes "
        "it only says what it would do. Source files, backups and Airflow's logs are yours to clear: files "
        "that still name the customer, or could not be searched, are listed.",
    )
    forget.add_argument("customer", metavar="CUSTOMER", type=_customer, help="the customer_id")
    forget.add_argument("--yes", action="store_true", help="do it; it cannot be undone")
    forget.add_argument(
        "--exact",
        action="store_true",
        help="only where the id is all of a value: for ids that are common words or small numbers",
    )
    forget.set_defaults(run=_forget)


def _head(text: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{64}", text):
        raise ArgumentTypeError(
            f"'{text}' is no head: 64 hexadecimal digits, as verify and status print them"
        )
    return text


def _customer(text: str) -> str:
    if not text.strip():
        raise ArgumentTypeError("the customer's id is empty")
    return text


def _verify(options: Namespace) -> int:
    from pipeline.runs.custody import verify

    verdict = verify(expected_head=options.expect, is_published=options.published)
    print(json.dumps(verdict.to_json()) if options.json else verdict.describe())
    return 0 if verdict.finding is None else 1


def _forget(options: Namespace) -> int:
    from pipeline.runs.erasing import forget, preview_forget

    if not options.yes:
        print(preview_forget(options.customer, is_exact=options.exact), end="")
        raise UsageError("nothing was changed: add --yes to forget this customer; it cannot be undone")
    print(forget(options.customer, is_exact=options.exact).describe())
    return 0
