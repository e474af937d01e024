"""The peers' part on a hierarchy: base forecasts of statsforecast, reconciled by hierarchicalforecast."""

import json
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
from hierarchicalforecast.methods import BottomUp, MinTrace
from statsforecast.models import AutoETS

from benchmarks.event_log.processes import Result, cpu_seconds, report

MIN_TRACE = ("ols", "wls_struct", "wls_var", "mint_shrink")


def forecast(nodes: str, out: str, season: int, horizon: int, cuts: list[int]) -> Result:
    """Write AutoETS's means and fitted values of every node, from its values up to each cut."""
    warnings.simplefilter("ignore")
    values = np.load(nodes)
    AutoETS(season_length=season).fit(values[0, : cuts[0]].copy())
    start, found = cpu_seconds(), {}
    for cut in cuts:
        models = [AutoETS(season_length=season).fit(row[:cut].copy()) for row in values]
        found[f"mean{cut}"] = np.array([model.predict(horizon)["mean"] for model in models])
        found[f"fitted{cut}"] = np.array([model.predict_in_sample()["fitted"] for model in models])
    np.savez(Path(out, "bases.npz"), **found)
    return {"cpu": cpu_seconds() - start}


def reconcile(nodes: str, sums: str, bases: str, out: str, cuts: list[int]) -> Result:
    """Write each method's means of all nodes at each cut, none negative."""
    warnings.simplefilter("ignore")
    values, uppers, base = np.load(nodes), np.load(sums), np.load(bases)
    count = uppers.shape[1]
    matrix = np.vstack([uppers, np.eye(count)])
    found, spent = {}, {}
    for name in ("bottom-up", *MIN_TRACE):
        start = cpu_seconds()
        for cut in cuts:
            fitted = base[f"fitted{cut}"]
            known = np.isfinite(fitted).all(axis=0)
            method = BottomUp() if name == "bottom-up" else MinTrace(method=name, nonnegative=True)
            answer = method.fit_predict(
                S=matrix,
                y_hat=np.maximum(base[f"mean{cut}"], 0.0),
                y_insample=values[:, :cut][:, known],
                y_hat_insample=fitted[:, known],
            )
            found[f"{name}{cut}"] = answer["mean"]
        spent[name] = cpu_seconds() - start
    np.savez(Path(out, "reconciled.npz"), **found)
    return {"cpu": spent}


JOBS: dict[str, Callable[..., Result]] = {"forecast": forecast, "reconcile": reconcile}

if __name__ == "__main__":
    report(JOBS[sys.argv[1]](**json.loads(sys.argv[2])))
