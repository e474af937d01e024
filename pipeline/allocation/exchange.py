"""Conversion of money, by `fx.set` alone."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.allocation.horizon import Horizon


def weekly_rate(fx: pl.DataFrame, have: str, want: str, horizon: Horizon) -> NDArray[np.float64]:
    """Units of `want` for one unit of `have` in each week of the horizon.

    The latest rate that is valid on the week's last day counts; where only the opposite direction was set,
    its inverse. No conversion goes through a third currency. NaN: no rate.
    """
    if have == want:
        return np.ones(len(horizon))
    forward = _latest(fx, have, want, horizon)
    backward = _latest(fx, want, have, horizon)
    return np.where(np.isnan(forward), 1.0 / backward, forward)


def _latest(fx: pl.DataFrame, have: str, want: str, horizon: Horizon) -> NDArray[np.float64]:
    rates = np.full(len(horizon), np.nan)
    pair = fx.filter(
        (pl.col("currency_from") == have) & (pl.col("currency_to") == want) & (pl.col("rate") > 0)
    )
    for valid_from, rate in pair.sort("valid_from", "rate").select("valid_from", "rate").iter_rows():
        rates[horizon.last_days >= np.datetime64(valid_from)] = rate
    return rates
