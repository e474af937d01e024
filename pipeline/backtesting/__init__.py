"""Backtesting: what production would have said at past origins, judged by what is known today."""

from pipeline.backtesting.rolling_origin import backtest, forecast_at, origins
from pipeline.backtesting.scorecard import score

__all__ = ["backtest", "forecast_at", "origins", "score"]
