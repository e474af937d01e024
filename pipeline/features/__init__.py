"""Features: the weekly demand series that models learn from, as known at an instant."""

from pipeline.features.demand_series import SERIES_KEY, demand_series, latest_whole_week_end

__all__ = ["SERIES_KEY", "demand_series", "latest_whole_week_end"]
