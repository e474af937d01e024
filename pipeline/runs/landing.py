"""The tasks of landing: list the inbox, land a file, check the day, publish; and the quarantine's loop."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.core.clock import utc_now
from pipeline.core.errors import TerminalError, UsageError
from pipeline.runs.context import the_settings
from pipeline.store import publish_copy, read_frame, reader, sql_text, writer

if TYPE_CHECKING:
    from pipeline.landing import LandingReport


def land_paths(paths: Sequence[Path], *, mapping: str | None, publish: bool) -> "LandingReport":
    """Land files and folders; what cannot be read or decoded as a whole is told in the report.

    Args:
        mapping: name of a source mapping in `sql/sources`, or path of a mapping file; None for the envelope.
        publish: bring the published copy up to the log at the end.
    """
    from pipeline.landing import land_files

    settings = the_settings()
    with writer(settings) as connection:
        report = land_files(connection, paths, mapping=mapping, landed_at=utc_now())
    if publish:
        publish_copy(settings)
    return report


def list_inbox(day: str) -> list[dict[str, str | None]]:
    """List the files of `inbox/<day>/`; those in a sub-folder land through the mapping of its name.

    Raises:
        UsageError: a folder below the day has no mapping of its name.
    """
    folder = the_settings().inbox / day
    return [
        {"path": str(file), "mapping": _mapping_of(file.relative_to(folder))} for file in inbox_files(folder)
    ]


def inbox_files(folder: Path) -> list[Path]:
    """List the files below a folder of the inbox, what is hidden left out."""
    below = (file for file in folder.rglob("*") if file.is_file())
    return sorted(
        file for file in below if not any(part.startswith(".") for part in file.relative_to(folder).parts)
    )


def _mapping_of(relative: Path) -> str | None:
    from pipeline.landing import mapping_names

    if len(relative.parts) == 1:
        return None
    name = relative.parts[0]
    if name == "events":
        return None
    if name not in mapping_names():
        raise UsageError(
            f"inbox folder '{name}' names no source mapping; known: {', '.join(sorted(mapping_names()))}, "
            "or 'events' for the contract's envelope"
        )
    return name


def land_inbox_file(item: dict[str, str | None]) -> dict[str, Any]:
    """Land one file of the inbox and return its account.

    Raises:
        TerminalError: the file cannot be read or decoded as a whole; the log is as it was.
    """
    report = land_paths([Path(str(item["path"]))], mapping=item["mapping"], publish=False)
    if report.errors:
        raise TerminalError("; ".join(report.errors))
    return report.to_json()


def check_landing(day: str) -> dict[str, Any]:
    """Gate the manifest lines of the day's inbox.

    Raises:
        GateFailed: a file's account does not balance.
    """
    from pipeline.quality import check

    with writer(the_settings()) as connection:
        folder = str(the_settings().inbox / day)
        profile = read_frame(connection, sql_text("runs/landing_profile"), {"folder": folder + "/"})
    result = check(profile, "landing_profile")
    result.require()
    return {"files": profile.height, "lines": int(profile["lines"].sum()), "warnings": result.warnings}


def refresh_published() -> str:
    """Bring the published copy up to the warehouse and return its path."""
    publish_copy(the_settings())
    return str(the_settings().published)


def quarantine_counts() -> str:
    """Count refused lines by file and reason, as a table for a terminal."""
    from pipeline.reporting import render_table

    with reader(the_settings().published) as connection:
        return render_table(read_frame(connection, sql_text("runs/quarantine_counts")), csv=False)


def quarantine_lines(file: str | None, reason: str | None, limit: int, *, is_json: bool) -> str:
    """Show refused lines whole: a paragraph each, or JSON Lines that can be repaired and landed again."""
    from pipeline.reporting import plain_text

    with reader(the_settings().published) as connection:
        frame = read_frame(
            connection, sql_text("runs/quarantine_lines"), {"file": file, "reason": reason, "limit": limit}
        )
    if is_json:
        return frame.write_ndjson()
    paragraphs = (
        f"{plain_text(row['source_file'])}:{row['source_line']}  {row['reason']}\n"
        f"  {plain_text(row['message'])}\n  {plain_text(row['raw'])}\n"
        for row in frame.iter_rows(named=True)
    )
    return "\n".join(paragraphs) or "no refused line waits\n"


def reland_quarantine(repairs: Path | None, file: str | None, reason: str | None) -> str:
    """Try refused lines again: those of a file of repairs, or all as they are.

    Raises:
        UsageError: the repairs cannot be read, or name a line that does not wait.
    """
    from pipeline.landing import read_repairs, reland

    settings = the_settings()
    repaired = read_repairs(repairs) if repairs else None
    try:
        with writer(settings) as connection:
            report = reland(
                connection, source_file=file, reason=reason, repairs=repaired, landed_at=utc_now()
            )
    except UsageError:
        publish_copy(settings)  # what landed before a crash kept the copy back
        raise
    publish_copy(settings)
    return report.describe()
