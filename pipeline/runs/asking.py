"""Questions to the published copy."""

from pathlib import Path

import polars as pl

from pipeline.core.clock import parse_instant, utc_now
from pipeline.core.errors import UsageError
from pipeline.eventlog import chain_head, last_position
from pipeline.projecting import has_state, read_state
from pipeline.reporting import render_table
from pipeline.runs.context import the_settings
from pipeline.runs.custody import FORGETTING, has_chain
from pipeline.runs.landing import inbox_files
from pipeline.runs.sample_paths import describe_sample_paths, hint_on_sample_paths, offer_sample_paths
from pipeline.store import read_answer, read_frame, reader, sql_text

STATUS = ("status_log", "status_runs")


def ask(question: str, *, as_of: str | None, csv: bool) -> str:
    """Run a query, or the query in a `.sql` file, and return its rows as text.

    Args:
        as_of: value of `$as_of` where the text has it; default: now.
        csv: header and rows as CSV instead of a table for a terminal.

    Raises:
        UsageError: no question, no such file, an instant without offset, or the database refuses the query.
    """
    text = _question_text(question)
    instant = parse_instant(as_of) if as_of else utc_now()
    parameters = {"as_of": instant} if "$as_of" in text else {}
    with reader(the_settings().published) as connection:
        offer_sample_paths(connection)
        try:
            frame = read_answer(connection, text, parameters)
        except UsageError as error:
            raise UsageError(f"{error}{hint_on_sample_paths(str(error))}") from None
    return render_table(frame, csv=csv)


def _question_text(question: str) -> str:
    if not question.strip():
        raise UsageError(
            "the question is empty: write 'SELECT …', or name a file such as sql/adhoc/sold_out.sql"
        )
    if not question.endswith(".sql") or "\n" in question:
        return question
    file = Path(question)
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
        raise UsageError(f"{file} cannot be read: {why}; shipped questions stand in sql/adhoc/") from None


def status() -> str:
    """Tell the state of log, runs and publication, and which files of the inbox have not landed."""
    settings = the_settings()
    with reader(settings.published) as connection:
        tables = [
            render_table(read_frame(connection, sql_text(f"runs/{name}")), csv=False) for name in STATUS
        ]
        landed = read_frame(connection, "SELECT DISTINCT source_file, content_hash FROM landing_manifest")
        head = chain_head(connection).entry_hash if has_chain(connection) else ""
        kept = read_state(connection).describe(last_position(connection)) if has_state(connection) else ""
    places = {"state": settings.home, "ask": settings.published, "read": settings.reports / "latest"}
    lines = [f"{name:<6}{path}\n" for name, path in places.items()]
    if paths := describe_sample_paths():
        lines.append(f"{'paths':<6}{paths}\n")
    if kept:
        lines.append(f"{'kept':<6}{kept}\n")
    if head:
        lines.append(f"{'head':<6}{head}\n")
    if (settings.home / FORGETTING).exists():
        lines.append(
            "a customer is being forgotten, or was until the process died: forget the customer again\n"
        )
    if waiting := _waiting(settings.inbox, landed):
        lines.append(
            f"inbox {len(waiting)} files have not landed, the first is {waiting[0]}: "
            "run land_events for its day\n"
        )
    return "\n".join(tables) + "\n" + "".join(lines)


def _waiting(inbox: Path, landed: pl.DataFrame) -> list[Path]:
    """List the files of the inbox of which neither the name nor the bytes have landed."""
    from pipeline.landing import digest_of

    names, digests = set(landed["source_file"]), set(landed["content_hash"])
    return [
        file for file in inbox_files(inbox) if str(file) not in names and digest_of(str(file)) not in digests
    ]
