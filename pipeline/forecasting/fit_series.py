"""Series frame → joint sample paths, and by which model or fallback each series was forecast."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.config import Policy
from pipeline.core.ids import seed_for
from pipeline.core.progress import progress
from pipeline.forecasting.draws import Draws, joint_draws
from pipeline.forecasting.series_forecast import Engine, SeriesForecast, forecast_series
from pipeline.schemas.tables import FORECAST_MODELS, FORECAST_PATHS

KEY = ("channel", "segment", "generation", "region")
FLOW_UNIT = "chips_ordered"
_RUN = "run_id"


@dataclass(frozen=True)
class FittedChunk:
    """Forecasts of some series; chunks of one run stack into what one call would have given.

    Attributes:
        paths: FORECAST_PATHS.
        models: FORECAST_MODELS without `run_id`, which fitting does not know.
    """

    paths: pl.DataFrame
    models: pl.DataFrame


def fit_series(
    series: pl.DataFrame,
    *,
    policy: Policy,
    seed: int,
    horizon_weeks: int | None = None,
    engine: Engine = "ensemble",
) -> FittedChunk:
    """Forecast every series of a chunk (the frame of `demand_series`, or some of its series).

    A series' forecast depends on its own rows, the policy and the seed alone, so chunking changes nothing;
    errors drawn at one path and step come from one past week for all series, so paths of different chunks
    belong together. A shorter `horizon_weeks` (default: the policy's) gives the same first weeks.
    """
    groups = series.sort(*KEY).partition_by(*KEY, maintain_order=True)
    return fit_groups(groups, policy=policy, seed=seed, horizon_weeks=horizon_weeks, engine=engine)[0]


def fit_groups(
    series: list[pl.DataFrame],
    *,
    policy: Policy,
    seed: int,
    horizon_weeks: int | None = None,
    engine: Engine = "ensemble",
) -> tuple[FittedChunk, list[SeriesForecast]]:
    """Forecast series that each stand in a frame of their own, as `fit_series` does; also tell the fits."""
    rules = policy.forecast
    steps = rules.horizon_weeks if horizon_weeks is None else horizon_weeks
    draws = joint_draws(seed, steps=steps, paths=rules.paths, weeks=rules.residual_weeks)
    groups = [frame.sort("period_start") for frame in series]
    answers = [
        _forecast_group(group, draws=draws, policy=policy, seed=seed, engine=engine)
        for group in progress(groups, "forecasting series", total=len(groups))
    ]
    names = [name for name in FORECAST_MODELS.names if name != _RUN]
    schema = {name: FORECAST_MODELS.polars_schema[name] for name in names}
    models = [_model_row(group, answer) for group, answer in zip(groups, answers, strict=True)]
    chunk = FittedChunk(
        paths=_paths_frame(groups, [answer.paths for answer in answers], draws.shape),
        models=pl.DataFrame(models, schema=schema, orient="row"),
    )
    return chunk, answers


def _forecast_group(
    group: pl.DataFrame, *, draws: Draws, policy: Policy, seed: int, engine: Engine
) -> SeriesForecast:
    head = group.row(0, named=True)
    values = group["demand_chips"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    usable = np.where(np.isfinite(values), np.maximum(values, 0.0), np.nan)
    return forecast_series(
        usable,
        is_flow=head["unit"] == FLOW_UNIT,
        is_ended=head["is_ended"],
        seasons=(policy.forecast.season_weeks,),
        reach=policy.forecast.horizon_weeks,
        draws=draws,
        rng=np.random.default_rng(seed_for(seed, "series", *(head[name] for name in KEY))),
        policy=policy.forecast,
        engine=engine,
    )


def _model_row(group: pl.DataFrame, answer: SeriesForecast) -> tuple[object, ...]:
    head = group.row(0, named=True)
    observations = group["demand_chips"].is_finite().sum()
    key = tuple(head[name] for name in (*KEY, "unit"))
    return (*key, answer.model, answer.reason, observations, head["period_start"], group["period_start"][-1])


def _paths_frame(
    groups: list[pl.DataFrame], paths: list[NDArray[np.float64]], shape: tuple[int, int]
) -> pl.DataFrame:
    if not groups:
        return FORECAST_PATHS.empty()
    steps, count = shape
    heads = pl.concat(
        [group.tail(1).select(*KEY, "unit", pl.col("period_end").alias("first")) for group in groups]
    )
    step = pl.DataFrame({"step": np.arange(steps)})
    weeks = heads.join(step, how="cross", maintain_order="left_right").with_columns(
        pl.col("first").dt.offset_by(pl.format("{}w", "step")).alias("period_start"),
        pl.col("first").dt.offset_by(pl.format("{}w", pl.col("step") + 1)).alias("period_end"),
        pl.Series("path_chips", np.concatenate(paths), dtype=pl.Array(pl.Float64, count)),
    )
    return FORECAST_PATHS.select(weeks)
