"""Joint paths moved so that their means are those of the reconciled forecasts."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.config import Policy
from pipeline.core.errors import UsageError
from pipeline.reconciliation.choosing import Past, choose_method, judge_methods
from pipeline.reconciliation.joint_paths import JointPaths, joint_frame, read_joint_paths
from pipeline.reconciliation.methods import METHODS, reconcile_means
from pipeline.reconciliation.projection import Fixed, FixedNodesContradictError
from pipeline.reconciliation.tree import NODE, Node, Tree, read_bases, read_trees
from pipeline.schemas.tables import FORECAST_RECONCILIATION

Array = NDArray[np.float64]
_RUN = {"run_id", "as_of"}


@dataclass(frozen=True)
class CoherentPaths:
    """What reconciliation makes of paths and base forecasts.

    Attributes:
        paths: FORECAST_PATHS, moved.
        base_means: node x week with `base_mean`, the node's forecast by itself, in chips.
        methods: FORECAST_RECONCILIATION without run and instant.
    """

    paths: pl.DataFrame
    base_means: pl.DataFrame
    methods: pl.DataFrame


def reconcile_paths(
    paths: pl.DataFrame, bases: pl.DataFrame, *, policy: Policy, fixed: Mapping[Node, Array] | None = None
) -> CoherentPaths:
    """Reconcile the means of every level, by the method chosen from the past, and move the paths to them.

    Channels and units are reconciled apart. A path of a series is multiplied, week by week, by what its mean
    is moved, so what was zero stays zero and every level remains the sum of the same joint futures: means,
    quantiles and paths agree. A series whose mean was zero and is fixed to more gets that on every path.

    Args:
        paths: FORECAST_PATHS.
        bases: BASE_FORECASTS of the same series and instant.
        policy: its section `reconciliation`.
        fixed: node (values of NODE) -> its mean in every week, held exactly: a planner's override.

    Raises:
        TerminalError: series differ in weeks or number of paths.
        UsageError: a fixed node is not in the hierarchy, or the fixed means cannot all hold.
    """
    fixed = fixed or {}
    joint = read_joint_paths(paths)
    values = joint.values.copy()
    trees = read_trees(joint)
    _require_nodes(trees, fixed)
    base_means, methods = [_EMPTY_MEANS], []
    for tree in trees:
        means = np.stack([joint.values[position].mean(axis=1) for position in tree.positions])
        base, past = read_bases(tree, bases, means, weeks=joint.weeks, policy=policy.reconciliation)
        losses = judge_methods(tree.sums, tree.levels, past, origins=policy.reconciliation.judged_origins)
        method = choose_method(losses)
        moved = _reconciled(tree, base, past, method, fixed)
        for position, mean, target in zip(tree.positions, means, moved, strict=True):
            _move(values[position], mean, target)
        base_means.append(_mean_rows(tree, joint, base))
        methods += _method_rows(tree, method, losses, _judged(past, policy.reconciliation.judged_origins))
    names = [name for name in FORECAST_RECONCILIATION.names if name not in _RUN]
    schema = {name: FORECAST_RECONCILIATION.polars_schema[name] for name in names}
    return CoherentPaths(
        paths=joint_frame(replace(joint, values=values)),
        base_means=pl.concat(base_means),
        methods=pl.DataFrame(methods, schema=schema, orient="row"),
    )


_EMPTY_MEANS = pl.DataFrame(
    schema={**dict.fromkeys(NODE, pl.String), "period_start": pl.Date, "base_mean": pl.Float64}
)


def _require_nodes(trees: list[Tree], fixed: Mapping[Node, Array]) -> None:
    if unknown := set(fixed) - {node for tree in trees for node in tree.nodes}:
        names = ", ".join(" / ".join(node) for node in sorted(unknown))
        raise UsageError(f"nothing is forecast for the node that is fixed: {names}")


def _reconciled(tree: Tree, base: Array, past: Past, method: str, fixed: Mapping[Node, Array]) -> Array:
    errors = past.errors_known(-1)
    try:
        return reconcile_means(tree.sums, base, errors, method=method, fixed=_fixed(tree, fixed))
    except FixedNodesContradictError as error:
        raise UsageError(str(error)) from None


def _fixed(tree: Tree, fixed: Mapping[Node, Array]) -> Fixed | None:
    bottoms = np.eye(tree.sums.shape[1])
    sums = np.concatenate([tree.sums, bottoms])
    places = [place for place, node in enumerate(tree.nodes) if node in fixed]
    if not places:
        return None
    return Fixed(sums[places], np.stack([np.asarray(fixed[tree.nodes[place]], float) for place in places]))


def _move(paths: Array, mean: Array, target: Array) -> None:
    """Scale weeks x paths in place, from their means to others."""
    has_paths = mean > 0
    paths[has_paths] *= (target[has_paths] / mean[has_paths])[:, None]
    paths[~has_paths] = target[~has_paths, None]


def _mean_rows(tree: Tree, joint: JointPaths, base: Array) -> pl.DataFrame:
    weeks = joint.weeks["period_start"]
    nodes = pl.DataFrame(tree.nodes, schema=dict.fromkeys(NODE, pl.String), orient="row")
    return nodes.join(weeks.to_frame(), how="cross", maintain_order="left_right").with_columns(
        pl.Series("base_mean", base.ravel())
    )


def _judged(past: Past, origins: int) -> int:
    """How many of the latest origins had forecasts."""
    return int(np.isfinite(past.means[:, :origins]).any(axis=(0, 2)).sum())


def _method_rows(tree: Tree, used: str, losses: dict[str, float], origins: int) -> list[tuple[object, ...]]:
    channel, unit = tree.nodes[0][NODE.index("channel")], tree.nodes[0][NODE.index("unit")]
    return [(channel, unit, method, method == used, origins, losses.get(method)) for method in METHODS]
