"""Demand histories with a known shape, for the tests of everything right of the log."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl

from pipeline.config import Policy, load_policy
from pipeline.schemas.tables import FORECAST_PATHS

MONDAY = date(2026, 9, 7)
AS_OF = datetime(2026, 9, 9, 12, tzinfo=UTC)
KEY = ("channel", "segment", "generation", "region")
UNITS = {"cloud": "chips_held", "direct": "chips_ordered"}


def series_history(
    values: Sequence[float | None] | np.ndarray,
    *,
    channel: str = "cloud",
    segment: str = "startup",
    generation: str = "trn2",
    region: str = "us-east-1",
    end: date = MONDAY,
    unmet: float = 0.0,
    peak: float | None = None,
    sellable: float | None = None,
    is_partial: bool = False,
) -> pl.DataFrame:
    """Rows of demand_history for one series that ends at the Monday `end`; None leaves a week out."""
    first = end - timedelta(weeks=len(values))
    rows = [
        {
            "channel": channel,
            "segment": segment,
            "generation": generation,
            "region": region,
            "period_start": first + timedelta(weeks=week),
            "period_end": first + timedelta(weeks=week + 1),
            "unit": UNITS[channel],
            "demand_observed_chips": float(value),
            "unmet_chips": unmet,
            "peak_chips": None if peak is None else peak * float(value),
            "sellable_chips": sellable,
            "is_partial": is_partial,
        }
        for week, value in enumerate(values)
        if value is not None
    ]
    return pl.DataFrame(
        rows, schema_overrides={"peak_chips": pl.Float64, "sellable_chips": pl.Float64}, orient="row"
    )


def growing(weeks: int, *, seed: int, level: float = 500.0, growth: float = 0.004) -> np.ndarray:
    """A stock that grows, with a yearly season and shocks that last."""
    rng = np.random.default_rng(seed)
    week = np.arange(weeks)
    log = growth * week + 0.1 * np.sin(2 * np.pi * week / 52) + np.cumsum(rng.normal(0, 0.02, weeks))
    return level * np.exp(log)


def lumpy(weeks: int, *, seed: int, share: float = 0.25, size: float = 400.0) -> np.ndarray:
    """A flow of rare orders of very different size."""
    rng = np.random.default_rng(seed)
    return np.where(rng.random(weeks) < share, np.ceil(rng.gamma(1.0, size, weeks)), 0.0)


def market(weeks: int = 130, *, seed: int = 0) -> pl.DataFrame:
    """Eight series of both channels, two generations and three regions, one of them young."""
    stocks = [
        series_history(
            growing(weeks if generation == "trn2" else 30, seed=seed + place),
            segment=segment,
            generation=generation,
            region=region,
            peak=1.1,
            sellable=2000.0,
        )
        for place, (segment, generation, region) in enumerate(
            (
                ("startup", "trn2", "us-east-1"),
                ("enterprise", "trn2", "us-east-1"),
                ("enterprise", "trn2", "eu-west-1"),
                ("startup", "trn3", "us-east-1"),
                ("internal", "trn3", "eu-west-1"),
            )
        )
    ]
    flows = [
        series_history(
            lumpy(weeks, seed=seed + 10 + place),
            channel="direct",
            segment="enterprise",
            generation=generation,
            region=region,
        )
        for place, (generation, region) in enumerate(
            (("trn2", "us-east-1"), ("trn2", "ap-south-1"), ("trn3", "us-east-1"))
        )
    ]
    return pl.concat([*stocks, *flows])


def paths_frame(series: dict[tuple[str, str, str, str], list[list[float]]]) -> pl.DataFrame:
    """FORECAST_PATHS from channel, segment, generation, region → per week the values of the paths."""
    rows = [
        {
            **dict(zip(KEY, key, strict=True)),
            "period_start": MONDAY + timedelta(weeks=week),
            "period_end": MONDAY + timedelta(weeks=week + 1),
            "unit": UNITS[key[0]],
            "path_chips": [float(value) for value in values],
        }
        for key, weeks in series.items()
        for week, values in enumerate(weeks)
    ]
    return FORECAST_PATHS.select(pl.DataFrame(rows))


def small_policy(**forecast: float) -> Policy:
    """The shipped policy with few paths and a short horizon, and what the test changes of [forecast]."""
    policy = load_policy()
    changes = {"paths": 100, "horizon_weeks": 20, **forecast}
    return replace(policy, forecast=replace(policy.forecast, **changes))
