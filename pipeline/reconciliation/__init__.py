"""Reconciliation: from joint sample paths to coherent forecasts, fiscal quarters and chips needed."""

from pipeline.reconciliation.chips_needed import chips_needed
from pipeline.reconciliation.coherent_forecast import reconcile
from pipeline.reconciliation.fiscal_quarters import forecast_quarters

__all__ = ["chips_needed", "forecast_quarters", "reconcile"]
