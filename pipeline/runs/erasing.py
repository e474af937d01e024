"""Forget a customer: in the log and its accounts, in every copy, and in all that runs left in files."""

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

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
from pipeline.store import rewrite_warehouse, sql_text, writer

_CHUNK_BYTES = 2**24
_COMPRESSIONS = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}


@dataclass(frozen=True)
class Forgotten:
    """What `forget` did.

    Attributes:
        erasure: what it rewrote.
        is_resumed: an earlier call was killed before its end, and what it left was finished.
        sources: files that landed, or wait to, and still name the customer; they are the operator's.
    """

    erasure: Erasure
    is_resumed: bool
    sources: tuple[Path, ...]

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
        if self.sources:
            lines += [
                f"STILL THERE, for you to delete: {counted(len(self.sources), 'file')} with this customer",
                *(f"  {file}" for file in self.sources),
            ]
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
        connection.begin()
        erasure = erase_customer(
            connection, customer, pseudonym=pseudonym, erased_at=utc_now(), is_exact=is_exact
        )
        is_needed = is_resumed or not erasure.is_empty
        if is_needed:
            connection.execute(sql_text("projecting/clear"))  # it names the customer too
            mark.touch()
            sync_path(settings.home)
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
    _clear_files(settings, renamer)
    mark.unlink(missing_ok=True)
    crash_point("forgetting.after_clearing")
    sources = {*inbox_files(settings.inbox), *(Path(name) for (name,) in landed)}
    return Forgotten(erasure, is_resumed, tuple(sorted(file for file in sources if _names(file, renamer))))


def _settings() -> Settings:
    settings = the_settings()
    if not settings.warehouse.exists():
        raise UsageError(f"{settings.warehouse} does not exist: nothing has landed yet")
    return settings


def _clear_files(settings: Settings, renamer: Renamer) -> None:
    """Write reports anew that name the customer, as words of messages."""
    crash_point("forgetting.before_clearing")
    versions = {file.parent for file in _files_below(settings.reports) if _is_named_in(file, renamer)}
    for version in versions:
        shutil.rmtree(version.parent)
        (settings.reports / version.name).unlink(missing_ok=True)
    for run_id in sorted({version.name for version in versions}):
        report_run(run_id)


def _files_below(folder: Path) -> Iterator[Path]:
    return (file for file in folder.rglob("*") if file.is_file() and not file.is_symlink())


def _is_named_in(file: Path, renamer: Renamer) -> bool:
    return renamer.is_named_in(file.read_bytes().decode("utf-8", "replace"))


def _names(file: Path, renamer: Renamer) -> bool:
    """Tell whether a source file names the customer, by its name or in what it holds."""
    if not file.is_file():
        return False
    overlap = 8 * len(renamer.customer)  # an escaped character may take six bytes
    pieces = (piece.decode("utf-8", "replace") for piece in _contents(file, overlap))
    return renamer.is_named_in(str(file)) or any(map(renamer.is_named_in, pieces))


def _contents(file: Path, overlap: int) -> Iterator[bytes]:
    """Yield what a file holds in pieces that overlap, uncompressed; of a table, its rows."""
    with file.open("rb") as raw:
        start = raw.read(4)
        raw.seek(0)
        if start == b"PAR1":
            batches: Iterable[pa.RecordBatch] = pq.ParquetFile(raw).iter_batches(batch_size=10_000)
            yield from (repr(batch.to_pylist()).encode() for batch in batches)
            return
        form = next((form for magic, form in _COMPRESSIONS.items() if start.startswith(magic)), None)
        stream = pa.CompressedInputStream(raw, form) if form else raw
        kept = b""
        while piece := stream.read(_CHUNK_BYTES):
            yield kept + piece
            kept = piece[-overlap:]
