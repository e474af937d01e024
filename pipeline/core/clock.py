"""Instants and weeks. Instants are UTC with microseconds; a week starts on Monday 00:00 UTC."""

import re
from datetime import UTC, date, datetime, timedelta

from pipeline.core.errors import UsageError

_RFC3339 = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt ]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)"
)
FIRST_YEAR, LAST_YEAR = 2000, 2199


def parse_instant(text: str) -> datetime:
    """Read an RFC 3339 instant with an offset.

    Raises:
        UsageError: no such instant, no offset, or a year outside 2000 to 2199.
    """
    if not _RFC3339.fullmatch(text):
        raise UsageError(
            f"'{text}' is no instant: write RFC 3339 with an offset, such as 2026-09-07T00:00:00Z"
        )
    try:
        instant = datetime.fromisoformat(_trim_fraction(text).upper().replace(" ", "T")).astimezone(UTC)
    except (ValueError, OverflowError):
        raise UsageError(f"'{text}' is no instant: there is no such day or time") from None
    if not FIRST_YEAR <= instant.year <= LAST_YEAR:
        raise UsageError(f"'{text}' lies outside the years {FIRST_YEAR} to {LAST_YEAR}")
    return instant


def _trim_fraction(text: str) -> str:
    return re.sub(r"(\.\d{6})\d+", r"\1", text)


def format_instant(instant: datetime) -> str:
    """Write an instant as ISO 8601 in UTC, with microseconds only where there are any."""
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def week_start(moment: datetime | date) -> date:
    """Return the Monday of the week that holds the moment (an instant counts by its UTC day)."""
    day = moment.astimezone(UTC).date() if isinstance(moment, datetime) else moment
    return day - timedelta(days=day.weekday())


def utc_now() -> datetime:
    """Return the present instant in UTC."""
    return datetime.now(UTC)
