"""The one place where the channels meet: chips to be had, a flow, for cloud installs and direct shipments."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.config import Policy
from pipeline.reconciliation.cloud_need import cloud_needs
from pipeline.reconciliation.direct_need import direct_needs
from pipeline.reconciliation.equivalent_chips import equivalent_factors
from pipeline.reconciliation.joint_paths import JointPaths, read_joint_paths, stamp_run
from pipeline.schemas.tables import CHIPS_NEEDED

Array = NDArray[np.float64]
ALL = "all"
Site = tuple[str, str]


@dataclass(frozen=True)
class _Node:
    """Needs of weeks x paths, in chips and in equivalent chips (None: not known for a generation in it)."""

    channel: str
    generation: str
    region: str
    chips: Array
    equivalent: Array | None


def chips_needed(
    paths: pl.DataFrame,
    series: pl.DataFrame,
    *,
    order_book: pl.DataFrame,
    generations: pl.DataFrame,
    run_id: str,
    as_of: datetime,
    policy: Policy,
) -> pl.DataFrame:
    """Join the channels into CHIPS_NEEDED: per channel and for both, per generation, region and week.

    Cloud: what must be installed for the stock (`cloud_needs`); direct: what falls due (`direct_needs`).
    Both along every path, so the two are added within one joint future. Totals over regions and over
    generations have 'all' there. `equivalent_chips_p50` is empty where the lineage of a generation in
    the row is not known.

    Args:
        paths: FORECAST_PATHS.
        series: the frame that the paths were fitted to, for capacity and peaks.
        order_book: ORDER_BOOK as of the same instant.
        generations: generation, predecessor, equivalent_chips.

    Raises:
        TerminalError: series differ in weeks or number of paths.
    """
    joint = read_joint_paths(paths)
    if joint.keys.is_empty():
        return CHIPS_NEEDED.empty()
    needs = {
        "cloud": cloud_needs(joint, series, policy=policy),
        "direct": direct_needs(joint, order_book),
    }
    factors = equivalent_factors(generations)
    frames = [_node_rows(joint, node) for node in _nodes(needs, factors)]
    return CHIPS_NEEDED.select(stamp_run(pl.concat(frames), run_id=run_id, as_of=as_of))


def _nodes(needs: dict[str, dict[Site, Array]], factors: dict[str, float]) -> list[_Node]:
    totals: dict[tuple[str, str, str], list[tuple[str, Array]]] = {}
    for channel, sites in needs.items():
        for (generation, region), chips in sites.items():
            for channel_key in (channel, ALL):
                for key in ((generation, region), (generation, ALL), (ALL, ALL)):
                    totals.setdefault((channel_key, *key), []).append((generation, chips))
    return [
        _Node(*key, _total(parts, {}), _total(parts, factors) if _is_known(parts, factors) else None)
        for key, parts in sorted(totals.items(), key=lambda item: item[0])
    ]


def _is_known(parts: list[tuple[str, Array]], factors: dict[str, float]) -> bool:
    return all(generation in factors for generation, _ in parts)


def _total(parts: list[tuple[str, Array]], factors: dict[str, float]) -> Array:
    return np.asarray(sum(factors.get(generation, 1.0) * chips for generation, chips in parts))


def _node_rows(joint: JointPaths, node: _Node) -> pl.DataFrame:
    p10, p50, p90 = np.quantile(node.chips, (0.1, 0.5, 0.9), axis=1)
    weeks = joint.weeks.height
    equivalent = [None] * weeks if node.equivalent is None else np.median(node.equivalent, axis=1)
    return joint.weeks.with_columns(
        pl.lit(node.channel).alias("channel"),
        pl.lit(node.generation).alias("generation"),
        pl.lit(node.region).alias("region"),
        pl.lit("chips_needed").alias("unit"),
        pl.Series("mean", node.chips.mean(axis=1)),
        pl.Series("p10", p10),
        pl.Series("p50", p50),
        pl.Series("p90", p90),
        pl.Series("equivalent_chips_p50", equivalent, dtype=pl.Float64),
    )
