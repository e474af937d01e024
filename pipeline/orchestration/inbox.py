"""How the files of a day are dealt out to mapped tasks."""

from typing import Any

MAX_LANDING_TASKS = 64
"""A task costs seconds of start-up and waits for the writer's slot; beyond this, tasks take several files."""


def deal_files(files: list[dict[str, Any]], most: int = MAX_LANDING_TASKS) -> list[list[dict[str, Any]]]:
    """Deal files out to at most `most` tasks, in order: one each while they last, then neighbours together.

    The order of landing does not change, and no two shares differ by more than one file.
    """
    tasks = min(len(files), most)
    return [files[len(files) * i // tasks : len(files) * (i + 1) // tasks] for i in range(tasks)]
