"""Named instants around every durable step, at which a test may end the process as a power cut would."""

import os
import signal
from collections import Counter
from typing import Literal, get_args

CrashPoint = Literal[
    "migration.before_commit",
    "migration.after_commit",
    "macros.before_commit",
    "macros.after_commit",
    "landing.before_commit",
    "landing.after_commit",
    "relanding.before_commit",
    "relanding.after_commit",
    "decision.before_append",
    "decision.after_append",
    "results.before_commit",
    "results.after_commit",
    "proposal.before_write",
    "proposal.after_write",
    "maintaining.before_commit",
    "maintaining.after_commit",
    "rebuilding.after_clearing",
    "sealing.before_commit",
    "sealing.after_commit",
    "publication.before_checkpoint",
    "publication.after_checkpoint",
    "publication.after_copy",
    "publication.after_sync",
    "publication.after_replace",
    "report.before_version",
    "report.within_version",
    "report.after_version",
    "report.after_latest",
    "report.after_run",
    "report.after_clearing",
    "paths.before_move",
    "paths.after_move",
    "paths.after_latest",
    "paths.after_clearing",
    "work.before_clearing",
    "work.after_clearing",
    "forgetting.before_commit",
    "forgetting.after_commit",
    "rewriting.after_copy",
    "rewriting.after_replace",
    "forgetting.before_clearing",
    "forgetting.after_reports",
    "forgetting.after_clearing",
]
CRASH_POINTS: tuple[CrashPoint, ...] = get_args(CrashPoint)
CRASH_AT = "TRN_CRASH_AT"

_passed: Counter[str] = Counter()


def crash_point(name: CrashPoint) -> None:
    """Do nothing, unless the environment says `TRN_CRASH_AT=<name>`, or `<name>:<N>` for the N-th pass.

    Then the process kills itself with SIGKILL: nothing is flushed, closed or rolled back.
    """
    chosen = os.environ.get(CRASH_AT)
    if chosen is None:
        return
    wanted, _, count = chosen.partition(":")
    if wanted == name:
        _passed[name] += 1
        if _passed[name] == int(count or 1):
            os.kill(os.getpid(), signal.SIGKILL)
