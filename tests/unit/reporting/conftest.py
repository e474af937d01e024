"""A small run to report."""

from datetime import UTC, date, datetime

import polars as pl
import pytest

from pipeline.schemas.tables import CHIPS_NEEDED, DATA_QUALITY, RUNS

AS_OF = datetime(2026, 9, 7, tzinfo=UTC)
RUN_ID = "20260907T000000Z-0123456789ab"


@pytest.fixture
def quality() -> pl.DataFrame:
    rules = [
        ("forecast", "rows_present", "critical", True, "84,448", "at least one row", "none is no demand"),
        ("forecast", "mean_in_range", "critical", True, None, "0 to 1e9 chips", 'a "slip" of the unit'),
        ("demand_history", "held_within_sellable", "warning", False, "=HYPERLINK(1)", "-", "too much"),
    ]
    rows = [(RUN_ID, AS_OF, *rule) for rule in rules]
    return pl.DataFrame(rows, schema=DATA_QUALITY.polars_schema, orient="row")


@pytest.fixture
def needed() -> pl.DataFrame:
    week = (date(2026, 9, 7), date(2026, 9, 14))
    rows = [
        (RUN_ID, AS_OF, channel, "trn2", "eu-north-1", *week, "chips_needed", mean, 0.1 + 0.2, 7.0, 1e6, None)
        for channel, mean in (("direct", 12.3456789), ("cloud", -0.0))
    ]
    return pl.DataFrame(rows, schema=CHIPS_NEEDED.polars_schema, orient="row")


@pytest.fixture
def runs() -> pl.DataFrame:
    identity = (41, "0123456789abcdef", 7, "0.1.0")
    rows = [
        (RUN_ID, AS_OF, "forecast", *identity, "published", None, datetime.now(UTC)),
        (RUN_ID, AS_OF, "allocation", *identity, "proposed", "no contracts", datetime.now(UTC)),
    ]
    return pl.DataFrame(rows, schema=RUNS.polars_schema, orient="row")
