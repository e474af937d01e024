"""Features: the weekly demand series that models learn from, as known at an instant."""

from pipeline.features.demand_series import SERIES_KEY, demand_series, latest_whole_week_end
from pipeline.features.node_demand import NODE, node_demand

__all__ = ["NODE", "SERIES_KEY", "demand_series", "latest_whole_week_end", "node_demand"]
