"""Reconciled forecasts of a real hierarchy, ours beside hierarchicalforecast's on the same base forecasts."""

import json
import sys
import time
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.event_log.processes import in_a_process
from benchmarks.forecasts.table import limit, note, row, title
from benchmarks.forecasts.workshop import PEERS_PYTHON, Workshop
from pipeline.forecasting.ensemble import forecast_ensemble
from pipeline.reconciliation.choosing import Past, choose_method, judge_methods
from pipeline.reconciliation.methods import METHODS, reconcile_means

Array = NDArray[np.float64]

SEASON, HORIZON = 4, 8
FIRST_CUT, JUDGED_ORIGINS = 36, 8
TUNED, JUDGED = range(52, 61, 4), range(64, 73, 4)
LEVELS = (
    ("all",),
    ("state",),
    ("purpose",),
    ("state", "purpose"),
    ("state", "region"),
    ("state", "region", "purpose"),
)
PEER_METHODS = ("bottom-up", "ols", "wls_struct", "wls_var", "mint_shrink")
_NAMES = ("total", "state", "purpose", "state x p.", "region", "region x p.")
_DRAWS, _SEED = 1000, 20_100_101


@dataclass(frozen=True)
class Hierarchy:
    """The nodes' values, uppers first, and which series each upper node sums."""

    values: Array
    sums: Array
    levels: NDArray[np.str_]


def compare(shop: Workshop) -> None:
    """Print errors by level of each method, on AutoETS's forecasts and on ours."""
    assert shop.data is not None
    hierarchy = _read(shop)
    shape = hierarchy.values.shape
    title(
        f"Hierarchy: Australian tourism, {shape[0]} nodes over {hierarchy.sums.shape[1]} series, "
        f"{shape[1]} quarters"
    )
    note(f"MASE by level, {HORIZON} quarters ahead, and its mean over the levels; nothing negative anywhere")
    note("origins judged: after 64, 68 and 72 quarters; those after 52, 56 and 60 were seen while tuning")
    note("ours: minimum trace, unless another method erred a tenth less at the 8 origins before")
    note("(the tenth was chosen last, seeing all origins); it learns from errors known then")
    ours = {cut: _own_bases(hierarchy, cut) for cut in range(FIRST_CUT, JUDGED[-1] + 1)}
    bases = {"our ensemble": ours}
    if shop.has_peers:
        bases = {"AutoETS": _peer_bases(shop, hierarchy)} | bases
    for name, base in bases.items():
        for half, cuts in (("judged", JUDGED), ("tuned", TUNED)):
            title(f"base forecasts by {name}, origins {half}: after {', '.join(map(str, cuts))} quarters")
            _compare_on(shop, hierarchy, base, cuts, is_peers=name == "AutoETS")


def _read(shop: Workshop) -> Hierarchy:
    assert shop.data is not None
    rows = pl.read_parquet(shop.data / "tourism_hierarchy" / "tourism_quarterly.parquet")
    rows = rows.with_columns(pl.lit("all").alias("all"))
    keys = ["state", "region", "purpose"]
    bottom = rows.select("all", *keys).unique().sort(keys).with_row_index("place")
    joined = rows.join(bottom, on=keys).sort("place", "quarter")
    series = joined["trips"].to_numpy().reshape(bottom.height, -1)
    sums, levels = [], []
    for kept, name in zip(LEVELS, _NAMES, strict=True):
        members = bottom.group_by(kept).agg("place").sort(kept)["place"].to_list()
        sums += [np.isin(np.arange(bottom.height), places).astype(float) for places in members]
        levels += [name] * len(members)
    matrix = np.array(sums)
    return Hierarchy(matrix @ series, matrix[: -bottom.height], np.array(levels))


def _own_bases(hierarchy: Hierarchy, cut: int) -> Array:
    return np.array(
        [
            forecast_ensemble(values[:cut].copy(), seasons=(SEASON,), horizon=HORIZON).mean
            for values in hierarchy.values
        ]
    )


def _peer_bases(shop: Workshop, hierarchy: Hierarchy) -> dict[int, Array]:
    folder = shop.folder / "peer-hierarchy"
    folder.mkdir(exist_ok=True)
    cuts = [*range(FIRST_CUT, JUDGED[-1] + 1)]
    if not (folder / "done.json").exists():
        print(f"{len(cuts)} origins of the hierarchy by AutoETS, once ...", file=sys.stderr, flush=True)
        np.save(folder / "nodes.npy", hierarchy.values)
        np.save(folder / "sums.npy", hierarchy.sums)
        result = in_a_process(
            "forecast",
            python=str(PEERS_PYTHON),
            module="benchmarks.forecasts.peer_hierarchy",
            nodes=folder / "nodes.npy",
            out=folder,
            season=SEASON,
            horizon=HORIZON,
            cuts=cuts,
        )
        (folder / "done.json").write_text(json.dumps(result))
    found = np.load(folder / "bases.npz")
    return {cut: found[f"mean{cut}"] for cut in cuts}


def _compare_on(
    shop: Workshop, hierarchy: Hierarchy, base: dict[int, Array], cuts: range, *, is_peers: bool
) -> None:
    errors = {"base, not coherent": _errors(hierarchy, {cut: base[cut] for cut in cuts})}
    costs: dict[str, float] = {}
    peers: dict[str, Array] = {}
    if is_peers:
        found, costs = _peer_answers(shop, cuts)
        peers = {
            name: _errors(hierarchy, {cut: found[f"{name}{cut}"] for cut in cuts}) for name in PEER_METHODS
        }
        errors |= {f"peer {name}": one for name, one in peers.items()}
    start = time.process_time()
    answers, picks = _own_answers(hierarchy, base, cuts)
    spent = time.process_time() - start
    for method in METHODS:
        errors[f"ours {method}"] = _errors(hierarchy, {cut: answers[cut][method] for cut in cuts})
    chosen = {cut: answers[cut][picks[cut]] for cut in cuts}
    errors["ours, chosen"] = _errors(hierarchy, chosen)
    row("", [*_NAMES, "mean"], [12] * 7)
    for name, one in errors.items():
        row(name, [f"{value:.3f}" for value in _by_level(hierarchy, one)], [12] * 7)
    note(f"chosen: {', '.join(picks[cut] for cut in cuts)}")
    _coherence(hierarchy, chosen)
    if peers:
        _hold(hierarchy, errors["ours, chosen"], peers)
        note(
            f"CPU: ours {spent:.1f} s with all five methods at {JUDGED_ORIGINS} earlier origins each; peers "
            + ", ".join(f"{name} {cost:.1f} s" for name, cost in costs.items())
        )


def _peer_answers(shop: Workshop, cuts: range) -> tuple[dict[str, Array], dict[str, float]]:
    folder = shop.folder / "peer-hierarchy"
    result = in_a_process(
        "reconcile",
        python=str(PEERS_PYTHON),
        module="benchmarks.forecasts.peer_hierarchy",
        nodes=folder / "nodes.npy",
        sums=folder / "sums.npy",
        bases=folder / "bases.npz",
        out=folder,
        cuts=list(cuts),
    )
    return dict(np.load(folder / "reconciled.npz")), result["cpu"]


def _own_answers(
    hierarchy: Hierarchy, base: dict[int, Array], cuts: range
) -> tuple[dict[int, dict[str, Array]], dict[int, str]]:
    answers, picks = {}, {}
    for cut in cuts:
        past = _past(hierarchy, base, cut)
        losses = judge_methods(hierarchy.sums, hierarchy.levels, past, origins=JUDGED_ORIGINS)
        picks[cut] = choose_method(losses)
        known = past.errors_known(-1)
        bottoms = {name: reconcile_means(hierarchy.sums, base[cut], known, method=name) for name in METHODS}
        answers[cut] = {
            name: np.concatenate([hierarchy.sums @ bottom, bottom]) for name, bottom in bottoms.items()
        }
    return answers, picks


def _past(hierarchy: Hierarchy, base: dict[int, Array], cut: int) -> Past:
    earlier = range(cut - 1, FIRST_CUT - 1, -1)
    means = np.stack([base[origin] for origin in earlier], axis=1)
    observed = np.full_like(means, np.nan)
    for place, origin in enumerate(earlier):
        came = hierarchy.values[:, origin : min(origin + HORIZON, cut)]
        observed[:, place, : came.shape[1]] = came
    return Past(means, observed, every=1, error_steps=SEASON)


def _errors(hierarchy: Hierarchy, means: dict[int, Array]) -> Array:
    """MASE of nodes x origins."""
    columns = []
    for cut, mean in means.items():
        known, came = hierarchy.values[:, :cut], hierarchy.values[:, cut : cut + HORIZON]
        scale = np.abs(known[:, SEASON:] - known[:, :-SEASON]).mean(axis=1)
        columns.append(np.abs(came - mean).mean(axis=1) / scale)
    return np.stack(columns, axis=1)


def _by_level(hierarchy: Hierarchy, errors: Array) -> Array:
    levels = [errors[hierarchy.levels == name].mean() for name in _NAMES]
    return np.array([*levels, np.mean(levels)])


def _coherence(hierarchy: Hierarchy, chosen: dict[int, Array]) -> None:
    worst, least = 0.0, np.inf
    uppers = len(hierarchy.sums)
    for means in chosen.values():
        again = hierarchy.sums @ means[uppers:]
        worst = max(worst, float((np.abs(means[:uppers] - again) / np.maximum(np.abs(again), 1.0)).max()))
        least = min(least, float(means.min()))
    limit("coherence error, relative", worst, most=1e-9)
    limit("least mean", least, least=0.0)


def _hold(hierarchy: Hierarchy, ours: Array, peers: dict[str, Array]) -> None:
    best = min(peers, key=lambda name: _by_level(hierarchy, peers[name])[-1])
    note(f"beside the peer's best over the levels, with hindsight: {best}; differences with 95 % bootstrap")
    rng = np.random.default_rng(_SEED)
    for name in _NAMES:
        places = np.flatnonzero(hierarchy.levels == name)
        difference = (ours - peers[best])[places]
        draws = rng.integers(0, len(places), (_DRAWS, len(places)))
        low, high = np.quantile(difference[draws].mean(axis=(1, 2)), [0.025, 0.975])
        verdict = "no worse" if low <= 0 else "WORSE"
        note(f"{name:<12} {difference.mean():+.3f} ({low:+.3f} to {high:+.3f})  {verdict}")
