"""Reconciliation: nodes brought into agreement, joint paths moved along, and what follows from the paths."""

from pipeline.reconciliation.chips_needed import chips_needed
from pipeline.reconciliation.coherent_forecast import coherent_forecast
from pipeline.reconciliation.coherent_paths import CoherentPaths, reconcile_paths
from pipeline.reconciliation.fiscal_quarters import forecast_quarters

__all__ = [
    "CoherentPaths",
    "chips_needed",
    "coherent_forecast",
    "forecast_quarters",
    "reconcile_paths",
]
