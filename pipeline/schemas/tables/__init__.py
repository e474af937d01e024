"""Every table, macro and report that people and scripts rely on, with the meaning of every column."""

from pipeline.schemas.tables.decisions import ACCURACY, ALLOCATION, DATA_QUALITY, RUNS, SUPPLY_BALANCE
from pipeline.schemas.tables.forecasts import (
    CHIPS_NEEDED,
    FORECAST,
    FORECAST_MODELS,
    FORECAST_PATHS,
    FORECAST_QUARTERS,
)
from pipeline.schemas.tables.log import ERASURES, EVENTS, LANDING_MANIFEST, LOG_CHAIN, QUARANTINE
from pipeline.schemas.tables.projections import DEMAND_HISTORY, ORDER_BOOK, ORPHANS
from pipeline.schemas.tables.shared import LEVELS, NODE_KEY, QUANTILES, SERIES_KEY

LOG_TABLES = (EVENTS, QUARANTINE, LANDING_MANIFEST, LOG_CHAIN, ERASURES)
MACRO_TABLES = (DEMAND_HISTORY, ORDER_BOOK, ORPHANS)
RESULT_TABLES = (
    FORECAST,
    FORECAST_QUARTERS,
    FORECAST_MODELS,
    CHIPS_NEEDED,
    ALLOCATION,
    SUPPLY_BALANCE,
    ACCURACY,
    DATA_QUALITY,
    RUNS,
)
ALL_TABLES = (*LOG_TABLES, *MACRO_TABLES, *RESULT_TABLES, FORECAST_PATHS)

__all__ = [
    "ACCURACY",
    "ALLOCATION",
    "ALL_TABLES",
    "CHIPS_NEEDED",
    "DATA_QUALITY",
    "DEMAND_HISTORY",
    "ERASURES",
    "EVENTS",
    "FORECAST",
    "FORECAST_MODELS",
    "FORECAST_PATHS",
    "FORECAST_QUARTERS",
    "LANDING_MANIFEST",
    "LEVELS",
    "LOG_CHAIN",
    "LOG_TABLES",
    "MACRO_TABLES",
    "NODE_KEY",
    "ORDER_BOOK",
    "ORPHANS",
    "QUANTILES",
    "QUARANTINE",
    "RESULT_TABLES",
    "RUNS",
    "SERIES_KEY",
    "SUPPLY_BALANCE",
]
