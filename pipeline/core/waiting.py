"""Waiting for what another process holds: bounded, with jittered pauses, told on a terminal."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from pipeline.core.errors import TransientError
from pipeline.core.progress import stages

T = TypeVar("T")

PATIENCE_SECONDS = 300.0
SILENT_SECONDS = 2.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.01, 1.0


class HeldError(Exception):
    """Another process holds it; the message says what is held and by whom."""


def wait_until_free(take: Callable[[], T], *, patience_seconds: float = PATIENCE_SECONDS) -> T:
    """Take what another process may hold at first, and return what `take` returns.

    On a terminal a line says after two seconds who is waited for.

    Args:
        take: raises HeldError while it is held.
        patience_seconds: how long to try.

    Raises:
        TransientError: it was held for longer than the patience.
    """
    start = time.monotonic()
    pause = _FIRST_PAUSE
    with stages() as now:
        while True:
            try:
                return take()
            except HeldError as held:
                waited = time.monotonic() - start
                if waited > patience_seconds:
                    raise TransientError(
                        f"{held}, for more than {patience_seconds:.0f} s: "
                        "wait for it to end, or stop it, and try again"
                    ) from None
                if waited >= SILENT_SECONDS:
                    now(f"waiting: {held}")
            time.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 jitter, not a secret
            pause = min(pause * 2, _LONGEST_PAUSE)
