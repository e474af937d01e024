"""How the files of a day are dealt out to mapped tasks, and landed by them."""

from collections.abc import Callable
from typing import Any

from pipeline.core.errors import TerminalError

MAX_LANDING_TASKS = 64
"""A task costs seconds of start-up and waits for the writer's slot; beyond this, tasks take several files."""


def deal_files(files: list[dict[str, Any]], most: int = MAX_LANDING_TASKS) -> list[list[dict[str, Any]]]:
    """Deal files out to at most `most` tasks, in order: one each while they last, then neighbours together.

    The order of landing does not change, and no two shares differ by more than one file.
    """
    tasks = min(len(files), most)
    return [files[len(files) * i // tasks : len(files) * (i + 1) // tasks] for i in range(tasks)]


def land_each(
    files: list[dict[str, Any]], land: Callable[[dict[str, Any]], dict[str, Any]]
) -> list[dict[str, Any]]:
    """Land every file of a share and return their accounts; a bad file does not keep the next ones out.

    Raises:
        TerminalError: some could not be landed; the message names each.
    """
    accounts, errors = [], []
    for file in files:
        try:
            accounts.append(land(file))
        except TerminalError as error:
            errors.append(str(error))
    if errors:
        raise TerminalError("; ".join(errors))
    return accounts
