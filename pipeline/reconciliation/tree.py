"""The hierarchy of one channel: which nodes sum which series, and what the nodes were forecast as."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.config.policy import ReconciliationPolicy
from pipeline.reconciliation.choosing import Past
from pipeline.reconciliation.joint_paths import JointPaths, group_members
from pipeline.schemas.tables import LEVELS

Array = NDArray[np.float64]
NODE = ("level", "channel", "segment", "generation", "region", "unit")
Node = tuple[str, ...]


@dataclass(frozen=True)
class Tree:
    """Nodes, those above the bottom first; the bottom series in the order of the paths.

    Attributes:
        nodes: values of NODE.
        sums: uppers x bottoms, 1 where the upper node sums the series.
        positions: of the bottom series among the paths.
    """

    nodes: list[Node]
    sums: Array
    positions: list[int]

    @property
    def levels(self) -> NDArray[np.str_]:
        """Level of every node."""
        return np.array([node[0] for node in self.nodes])


def read_trees(joint: JointPaths) -> list[Tree]:
    """Return one tree a channel and unit: stocks and flows are never added."""
    keys = joint.keys.with_row_index("position")
    trees = []
    for _, part in keys.group_by("channel", "unit", maintain_order=True):
        nodes: list[Node] = []
        rows = []
        for level in LEVELS[:-1]:
            for key, members in group_members(part.drop("position"), tuple(level.split("/"))):
                nodes.append(tuple({**key, "level": level}[name] for name in NODE))
                rows.append(np.zeros(part.height))
                rows[-1][members] = 1.0
        nodes += [(LEVELS[-1], *row) for row in part.select(NODE[1:]).iter_rows()]
        trees.append(Tree(nodes, np.array(rows), part["position"].to_list()))
    return trees


def read_bases(
    tree: Tree, bases: pl.DataFrame, bottom: Array, *, weeks: pl.DataFrame, policy: ReconciliationPolicy
) -> tuple[Array, Past]:
    """Arrange BASE_FORECASTS along the nodes of a tree; a node that has none of its own sums its series.

    Args:
        tree: the nodes.
        bases: BASE_FORECASTS.
        bottom: means of the bottom series, series x weeks.
        weeks: of the forecast, one row each.
        policy: at which origins and weeks the nodes were forecast.

    Returns:
        Means of nodes x weeks, and those of earlier origins with what came.

    Raises:
        KeyError: a node above the bottom has no forecast from the first week on.
    """
    rows = {
        (*row[:-3], row[-3]): (row[-2], row[-1])
        for row in bases.select(*NODE, "origin", "mean_chips", "demand_chips").iter_rows()
    }
    start: date = weeks.item(0, "period_start")
    uppers = [rows[*node, start][0][: weeks.height] for node in tree.nodes[: len(tree.sums)]]
    alone = np.array(uppers).reshape(-1, weeks.height)
    base = np.concatenate([np.where(np.isfinite(alone), alone, tree.sums @ bottom), bottom])
    ahead = min(policy.weeks, max((len(mean) for mean, _ in rows.values()), default=0))
    shape = (len(tree.nodes), policy.origins, ahead)
    means, observed = np.full(shape, np.nan), np.full(shape, np.nan)
    for place in range(policy.origins):
        origin = start - timedelta(weeks=(place + 1) * policy.origins_every_weeks)
        for number, node in enumerate(tree.nodes):
            if (found := rows.get((*node, origin))) is not None:
                means[number, place], observed[number, place] = found
    return base, Past(means, observed, policy.origins_every_weeks, policy.error_weeks)
