"""Forecasting: joint sample paths per series, and a model of record with its reason.

The seam is narrow on purpose: `fit_series` (frames in, frames out), `explain_series` and `forecast_file`;
what stands behind them can be replaced whole.
"""

from pipeline.forecasting.base_forecasts import fit_bases
from pipeline.forecasting.explanation import Explanation, explain_series
from pipeline.forecasting.file_forecast import forecast_file
from pipeline.forecasting.fit_series import FittedChunk, fit_series
from pipeline.forecasting.series_forecast import Engine

__all__ = [
    "Engine",
    "Explanation",
    "FittedChunk",
    "explain_series",
    "fit_bases",
    "fit_series",
    "forecast_file",
]
