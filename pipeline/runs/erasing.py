"""Forget a customer: in the log and its accounts, in every copy, and in all that runs left in files."""

import json
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.config import Settings
from pipeline.core.clock import utc_now
from pipeline.core.crash_points import crash_point
from pipeline.core.durable import sync_path
from pipeline.core.errors import UsageError
from pipeline.core.wording import counted
from pipeline.eventlog import Erasure, Renamer, erase_customer, new_pseudonym
from pipeline.projecting import rebuild
from pipeline.runs.context import refresh_copy, the_policy, the_settings
from pipeline.runs.custody import FORGETTING
from pipeline.runs.landing import inbox_files
from pipeline.runs.publishing import report_run
from pipeline.runs.searching import Found, search_files
from pipeline.store import rewrite_warehouse, sql_text, writer

_MOST_TOLD = 20


@dataclass(frozen=True)
class Forgotten:
    """What `forget` did.

    Attributes:
        erasure: what it rewrote.
        is_resumed: an earlier call was killed before its end, and what it left was finished.
        left: what a search says of files that landed, or wait to, and of other files among the reports; they
            are the operator's.
    """

    erasure: Erasure
    is_resumed: bool
    left: Found

    def describe(self) -> str:
        """Return it for a terminal."""
        done = self.erasure
        lines = ["nothing in the log names this customer"]
        if not done.is_empty:
            sealed = counted(done.batches, "batch", "batches")
            lines = [
                f"forgotten: {_counts(done)}; {sealed} of the log sealed anew",
                f"name  {done.pseudonym}",
            ]
        if self.is_resumed:
            lines.append(
                "an earlier forget was cut short; what it had begun is finished now. If it was about another "
                "customer, forget that one again"
            )
        if naming := self.left.naming:
            lines.append(f"STILL THERE, for you to delete: {counted(len(naming), 'file')} with this customer")
            lines += [f"  {file}" for file in naming]
        if unsearched := self.left.unsearched:
            lines.append(f"could not be searched: {counted(len(unsearched), 'file')}, for you to look into")
            lines += [f"  {file}" for file in unsearched]
        if missing := self.left.missing:
            lines.append(
                f"not found, so not searched: {counted(len(missing), 'file')} by the path that landed; "
                "forget again from the folder in which it was typed, or look where the file is now"
            )
            lines += [f"  {file}" for file in missing[:_MOST_TOLD]]
            lines += [f"  and {len(missing) - _MOST_TOLD} more"] * (len(missing) > _MOST_TOLD)
        return "\n".join(lines)


def preview_forget(customer: str, *, is_exact: bool) -> str:
    """Tell what `forget` would do, and change nothing.

    Raises:
        UsageError: nothing has landed.
        TerminalError: the log is not what was sealed.
    """
    settings = _settings()
    with writer(settings) as connection:
        connection.begin()
        erasure = erase_customer(
            connection, customer, pseudonym=new_pseudonym(), erased_at=utc_now(), is_exact=is_exact
        )
        connection.rollback()
    if erasure.is_empty:
        return "nothing in the log names this customer\n"
    lines = [f"{_counts(erasure)} with this customer"]
    if erasure.embedded:
        lines.append(
            f"{counted(erasure.embedded, 'event')} of these with it inside an id or subject, such as "
            f"{erasure.example}; with --exact they keep it"
        )
    if erasure.others:
        lines.append(f"these customers stay, whose ids hold it: {', '.join(erasure.others)}")
    return "".join(f"{line}\n" for line in lines)


def _counts(erasure: Erasure) -> str:
    return f"{counted(erasure.events, 'event')} and {counted(erasure.quarantined, 'refused line')}"


def forget(customer: str, *, is_exact: bool = False) -> Forgotten:
    """Put a random pseudonym in the place of the customer, wherever the id stands below TRN_HOME.

    The inbox is the operator's and stays. Killed at any instant, the same call again finishes the work.

    Args:
        is_exact: leave ids, subjects and texts of which the customer's id is only a part.

    Raises:
        UsageError: nothing has landed.
        TerminalError: the log is not what was sealed.
        TransientError: another process writes for too long, or the disk refuses.
    """
    settings = _settings()
    mark = settings.home / FORGETTING
    is_resumed = mark.exists()
    pseudonym = new_pseudonym()
    with writer(settings) as connection:
        landed = connection.execute(sql_text("erasing/landed_files")).fetchall()
        sources = {*_marked_sources(mark), *(name for (name,) in landed)}
        stored = connection.execute("SELECT DISTINCT run_id FROM runs").fetchall()
        connection.begin()
        erasure = erase_customer(
            connection, customer, pseudonym=pseudonym, erased_at=utc_now(), is_exact=is_exact
        )
        is_needed = is_resumed or not erasure.is_empty
        if is_needed:
            connection.execute(sql_text("projecting/clear"))  # it names the customer too
            _set_mark(mark, sources)
            crash_point("forgetting.before_commit")
        connection.commit()
        crash_point("forgetting.after_commit")
        if is_needed:
            rebuild(connection, the_policy().demand)
    renamer = Renamer(customer, pseudonym, others=erasure.others, is_exact=is_exact)
    if is_needed:
        rewrite_warehouse(settings)
        refresh_copy()
        shutil.rmtree(settings.work, ignore_errors=True)
    others = _clear_reports(settings, renamer, {run_id for (run_id,) in stored})
    left = search_files([*inbox_files(settings.inbox), *map(Path, sources), *others], renamer)
    mark.unlink(missing_ok=True)
    crash_point("forgetting.after_clearing")
    return Forgotten(erasure, is_resumed, left)


def _settings() -> Settings:
    settings = the_settings()
    if not settings.warehouse.exists():
        raise UsageError(f"{settings.warehouse} does not exist: nothing has landed yet")
    return settings


def _marked_sources(mark: Path) -> list[str]:
    """Return the names of source files as the manifest had them before an earlier call renamed them."""
    text = mark.read_text(encoding="utf-8") if mark.exists() else ""
    return [str(name) for name in json.loads(text)] if text else []


def _set_mark(mark: Path, sources: Iterable[str]) -> None:
    fresh = mark.with_name(f".{mark.name}.fresh")
    fresh.write_text(json.dumps(sorted(sources)), encoding="utf-8")
    sync_path(fresh)
    fresh.replace(mark)
    sync_path(mark.parent)


def _clear_reports(settings: Settings, renamer: Renamer, stored: set[str]) -> list[Path]:
    """Write reports anew that name the customer, as words of messages; then remove the versions that did.

    Only versions of stored runs are removed, since only they can be written anew.

    Returns:
        All other files below the reports, which are somebody's own.
    """
    crash_point("forgetting.before_clearing")
    versions = {folder for folder in settings.reports.glob(".versions/*/*") if folder.name in stored}
    files = list(_files_below(settings.reports))
    found = search_files((file for file in files if file.parent in versions), renamer)
    named = {file.parent for file in found.naming}
    current = {report_run(run_id).resolve() for run_id in sorted({version.name for version in named})}
    crash_point("forgetting.after_reports")
    for version in named:
        if version.resolve() not in current:
            shutil.rmtree(version.parent)
    return [*(file for file in files if file.parent not in versions), *found.unsearched]


def _files_below(folder: Path) -> Iterator[Path]:
    return (file for file in folder.rglob("*") if file.is_file() and not file.is_symlink())
