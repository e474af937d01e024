"""The tasks of landing: list the inbox, land its files, check the day, publish; and the quarantine's loop."""

import json
from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.core.clock import utc_now
from pipeline.core.errors import TerminalError, UsageError
from pipeline.runs.context import refresh_copy, the_settings
from pipeline.store import read_frame, reader, sql_text, writer

if TYPE_CHECKING:
    from pipeline.landing import FileReport, LandingReport

InboxItem = dict[str, str | None]
"""`path` of a file of the inbox, and the `mapping` through which it lands; None for the envelope."""


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
        refresh_copy()
    return report


def list_inbox(day: str) -> list[InboxItem]:
    """List the files of `inbox/<day>/`; those in a sub-folder land through the mapping of its name.

    A folder that names no mapping is one item, which landing refuses after it has landed the others.
    """
    from pipeline.landing import mapping_names

    folder = the_settings().inbox / day
    mappings = {"events": None, **{name: name for name in mapping_names()}}
    items: dict[str, str | None] = {}
    for file in inbox_files(folder):
        place = file.relative_to(folder).parts
        name = place[0] if len(place) > 1 else "events"
        items[str(file if name in mappings else folder / name)] = mappings.get(name, name)
    return [{"path": path, "mapping": mapping} for path, mapping in items.items()]


def inbox_files(folder: Path) -> list[Path]:
    """List what `land` finds below a folder of the inbox, and folders that may not be listed."""
    from pipeline.landing import find_files

    found = find_files([folder]) if folder.exists() else ()
    return [Path(path if isinstance(path, str) else path.path) for path in found]


def land_inbox_files(items: Sequence[InboxItem]) -> dict[str, Any]:
    """Land files of the inbox in order and return their accounts; one that fails keeps no other out.

    Raises:
        TerminalError: all others have landed, but a file cannot be read or decoded as a whole, or a folder
            names no source mapping.
    """
    from pipeline.landing import LandingReport, land_files, mapping_names

    files: list[FileReport] = []
    errors: list[str] = []
    with writer(the_settings()) as connection:
        for mapping, together in groupby(items, key=itemgetter("mapping")):
            paths = [Path(str(item["path"])) for item in together]
            if mapping is not None and mapping not in mapping_names():
                errors += [_names_no_mapping(path) for path in paths]
                continue
            report = land_files(connection, paths, mapping=mapping, landed_at=utc_now())
            files += report.files
            errors += report.describe_errors()
    if errors:
        raise TerminalError("; ".join(errors))
    return LandingReport(tuple(files)).to_json()


def _names_no_mapping(folder: Path) -> str:
    from pipeline.landing import mapping_names

    return (
        f"inbox folder '{folder.name}' names no source mapping; known: {', '.join(sorted(mapping_names()))}, "
        "or 'events' for the contract's envelope; nothing of it landed: rename it and land the day again"
    )


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
    refresh_copy()
    return str(the_settings().published)


def quarantine_counts() -> str:
    """Count refused lines by file and reason, as a table for a terminal."""
    from pipeline.reporting import render_table

    with reader(the_settings().published) as connection:
        return render_table(read_frame(connection, sql_text("runs/quarantine_counts")), csv=False)


def quarantine_lines(file: str | None, reason: str | None, limit: int | None, *, is_json: bool) -> str:
    """Show refused lines whole: a paragraph each, or JSON Lines that can be repaired and landed again.

    What is to be repaired is the event. Of the row of a table that is the one that the mapping made of it;
    the row itself stands beside it.
    """
    with reader(the_settings().published) as connection:
        frame = read_frame(
            connection, sql_text("runs/quarantine_lines"), {"file": file, "reason": reason, "limit": limit}
        )
    rows = frame.rows(named=True)
    if is_json:
        return "".join(json.dumps(_repairable(row), ensure_ascii=False) + "\n" for row in rows)
    waiting = rows[0]["waiting"] if rows else 0
    left = (
        f"\n{waiting - len(rows)} more wait: --limit N shows more, --json all\n"
        if waiting > len(rows)
        else ""
    )
    return ("\n".join(_paragraph(row) for row in rows) or "no refused line waits\n") + left


def _repairable(row: dict[str, Any]) -> dict[str, Any]:
    names = ("batch_id", "source_file", "source_line", "reason", "message")
    told = {name: row[name] for name in names}
    if row["envelope"] is None:
        return told | {"raw": row["raw"]}
    return told | {"raw": row["envelope"], "row": row["raw"]}


def _paragraph(row: dict[str, Any]) -> str:
    from pipeline.reporting import plain_text

    texts = [row["message"], row["raw"]]
    if row["envelope"] is not None:
        texts.append(f"as the mapping wrote it: {row['envelope']}")
    said = "".join(f"  {plain_text(text)}\n" for text in texts)
    return f"{plain_text(row['source_file'])}:{row['source_line']}  {row['reason']}\n{said}"


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
        refresh_copy()  # what landed before a crash kept the copy back
        raise
    refresh_copy()
    return report.describe()
