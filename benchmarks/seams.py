"""What it is worth to tell a forecast more: censored values, regressors, gaps that are filled.

    OPENBLAS_NUM_THREADS=1 PYTHONPATH=. .venv/bin/python benchmarks/seams.py [--share N]

Gaps and regressors are put into M4 Weekly series of the folder that `TRN_BENCH_DATA` names, every N-th of
them (default 2, `--share 20` for a look); sold-out markets are simulated. Losses are pinball losses of the
quantiles .05 to .95, also beside those of what is named, with bootstrap intervals of 90 %. Losses and errors
are divided by the mean change from week to week, in markets by the mean. A few minutes.
"""

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from benchmarks.forecasts.series import COLLECTIONS, load
from benchmarks.forecasts.table import note, row, title
from pipeline.config import load_policy
from pipeline.forecasting.draws import joint_draws
from pipeline.forecasting.history_forecast import Regressors, forecast_history
from pipeline.forecasting.regression import fit_effects
from pipeline.forecasting.season import harmonics
from pipeline.forecasting.series_forecast import forecast_series
from pipeline.forecasting.state_space import fit_state_space, trend_and_season

Array = NDArray[np.float64]
Way = Callable[[], Array]

RULES = load_policy().forecast
HORIZON = 13
DRAWS = joint_draws(1, steps=HORIZON, paths=RULES.paths, weeks=RULES.residual_weeks)
SHARES = np.arange(0.05, 1.0, 0.05)
LONGEST = 600
EFFECTS = np.array([0.26, 0.1])  # of a promotion, of one standard deviation of something else
PROMOTED = 0.1  # of the weeks
USUAL = np.array([0.0, 20.0])  # no promotion; as of a price, far from zero
MARKETS, WEEKS = 40, 104
WIDTHS = (12, 30, 10, 12, 9, 8)


class Trial:
    """Losses, errors and coverage of several ways to forecast the same series."""

    def __init__(self) -> None:
        self.found: dict[str, list[tuple[float, ...]]] = {}

    def add(self, name: str, way: Way, truth: Array, scale: float) -> None:
        """Forecast once and judge."""
        start = time.process_time()
        paths = way()
        spent = 1000 * (time.process_time() - start)
        errors = truth - np.quantile(paths, SHARES, axis=1)
        loss = 2 * np.maximum(SHARES[:, None] * errors, (SHARES[:, None] - 1) * errors).mean() / scale
        low, middle, high = np.quantile(paths, [0.1, 0.5, 0.9], axis=1)
        covered = np.mean((truth >= low) & (truth <= high))
        bias = float(np.mean(middle - truth) / np.mean(truth))
        self.found.setdefault(name, []).append(
            (loss, np.abs(truth - middle).mean() / scale, covered, bias, spent)
        )

    def tell(self, beside: str) -> None:
        """Print a row a way."""
        base = np.array(self.found[beside])[:, 0]
        pick = np.random.default_rng(0).integers(0, len(base), (2000, len(base)))
        row(
            f"{len(base)} series",
            ("loss", f"beside {beside}", "error", "80 % covers", "bias", "ms"),
            WIDTHS,
        )
        for name, found in self.found.items():
            loss, error, covered, bias, spent = np.array(found).T
            low, high = np.quantile(loss[pick].mean(axis=1) / base[pick].mean(axis=1), [0.05, 0.95])
            ratio = f"{loss.mean() / base.mean():.2f} ({low:.2f}-{high:.2f})"
            cells = (f"{loss.mean():.3f}", ratio, f"{error.mean():.3f}", f"{covered.mean():.2f}")
            row(name, (*cells, f"{100 * bias.mean():.0f} %", f"{spent.mean():.0f}"), WIDTHS)


def plain(values: Array) -> Array:
    """Paths of the ensemble, which passes over what is missing."""
    return forecast_series(
        values,
        is_flow=False,
        is_ended=False,
        seasons=(52,),
        reach=HORIZON,
        draws=DRAWS,
        rng=np.random.default_rng(1),
        policy=RULES,
    ).paths


def told(values: Array, *, floors: Array | None = None, regressors: Regressors | None = None) -> Array:
    """Paths as the command makes them."""
    return forecast_history(
        values,
        np.full(len(values), np.nan) if floors is None else floors,
        regressors,
        is_flow=False,
        seasons=(52,),
        draws=DRAWS,
        rng=np.random.default_rng(1),
        policy=RULES,
        engine="ensemble",
        fillings=5,
    ).paths


def compare_censored() -> None:
    """Sold out until today: demand grows, supply hardly."""
    for growth in (0.002, 0.006, 0.01):
        for share in (0.1, 0.3, 0.6):
            title(f"Sold out in the last {share:.0%} of {WEEKS} weeks, demand growing {growth:.1%} a week")
            trial = Trial()
            for seed in range(MARKETS):
                used, is_censored, truth = sold_out(seed, share, growth)
                unseen = np.where(is_censored, np.nan, used)
                floors = np.where(is_censored, used, np.nan)
                scale = float(truth.mean())
                trial.add("taken for demand", lambda used=used: plain(used), truth, scale)
                trial.add("as missing", lambda unseen=unseen: plain(unseen), truth, scale)
                trial.add(
                    "as floors",
                    lambda unseen=unseen, floors=floors: told(unseen, floors=floors),
                    truth,
                    scale,
                )
            trial.tell("as missing")


def sold_out(seed: int, share: float, growth: float) -> tuple[Array, NDArray[np.bool_], Array]:
    """Return what was used, which of it was all there was, and the demand that follows."""
    rng, size = np.random.default_rng(seed), WEEKS + HORIZON
    level = 6 + np.cumsum(rng.normal(growth, 0.02, size))
    season = 0.1 * np.sin(2 * np.pi * np.arange(size) / 52 + 6 * rng.random())
    demand = np.exp(level + season + rng.normal(0, 0.06, size))
    known, start = demand[:WEEKS], WEEKS - round(WEEKS * share)
    supply = np.full(WEEKS, np.inf)
    before = np.log(known[max(0, start - 8) : start]).mean()
    supply[start:] = np.exp(before - 0.03 + np.cumsum(rng.normal(0, 0.01, WEEKS - start)))
    return np.minimum(known, supply), known >= supply, demand[WEEKS:]


def compare_regressors(series: list[tuple[Array, Array]]) -> None:
    """A promotion in a tenth of the weeks and something continuous, put into real series."""
    for length in (LONGEST, 60):
        for kind in ("multiply", "add", "do nothing"):
            title(f"Regressors that {kind}, in the last {length} weeks of M4 Weekly")
            trial = Trial()
            for place, (values, came) in enumerate(series):
                y = values[-length:]
                x = regressors(np.random.default_rng(place), len(y) + HORIZON)
                both = affected(np.append(y, came), x, kind)
                known, truth = both[: len(y)], both[len(y) :]
                given = Regressors(("promotion", "other"), x[: len(y)], x[len(y) :])
                scale = float(np.abs(np.diff(y)).mean())
                trial.add("not told", lambda known=known: plain(known), truth, scale)
                trial.add(
                    "told", lambda known=known, given=given: told(known, regressors=given), truth, scale
                )
                trial.add(
                    "state space alone",
                    lambda known=known, x=x: state_space_alone(known, x),
                    truth,
                    scale,
                )
                trial.add("without effects", lambda y=y: plain(y), came, scale)
            trial.tell("without effects")


def regressors(rng: np.random.Generator, size: int) -> Array:
    """Return a promotion and an autoregression around its usual value, steps x 2."""
    shocks = rng.normal(0, 0.71, size)
    other = np.zeros(size)
    for step in range(1, size):
        other[step] = 0.7 * other[step - 1] + shocks[step]
    return USUAL + np.column_stack([rng.random(size) < PROMOTED, other])


def affected(values: Array, x: Array, kind: str) -> Array:
    """Put effects into a series; they add shares of twice its least value, so that all stay above zero."""
    shift = (x - USUAL) @ EFFECTS
    if kind == "multiply":
        return values * np.exp(shift)
    return values + 2 * values.min() * shift if kind == "add" else values


def state_space_alone(values: Array, x: Array) -> Array:
    """Quantiles of the model that finds the effects, without the ensemble: normal on the scale it chooses."""
    size, x = len(values), x - USUAL
    effects = fit_effects(values, x[:size], seasons=(52,))
    is_relative = effects is None or effects.is_relative
    scaled = np.log(values) if is_relative else values
    unit = float(scaled.std())
    line_and_season = trend_and_season(scaled, (52,))
    ahead = np.arange(size, len(x))
    waves = (line_and_season.shape[1] - 1) // 2
    coming = np.hstack([ahead[:, None] / size, harmonics(ahead, 52, waves)])
    result = fit_state_space(scaled / unit, np.hstack([x[:size], line_and_season]))
    found = result.get_forecast(len(ahead), exog=np.hstack([x[size:], coming]))
    spread = norm.ppf((np.arange(RULES.paths) + 0.5) / RULES.paths)
    paths = unit * (found.predicted_mean[:, None] + found.se_mean[:, None] * spread)
    return np.exp(paths) if is_relative else paths


def compare_gaps(series: list[tuple[Array, Array]]) -> None:
    """Weeks taken out of real series, so many before the end."""
    for gap, back in ((26, 2), (26, 13), (26, 52), (52, 13), (52, 52), (104, 26)):
        title(f"{gap} weeks missing, {back} weeks before the end, in M4 Weekly")
        trial = Trial()
        for values, came in series:
            if len(values) < gap + back + 60:
                continue
            holed = values.copy()
            holed[-back - gap : -back] = np.nan
            scale = float(np.abs(np.diff(values)).mean())
            trial.add("nothing missing", lambda values=values: plain(values), came, scale)
            trial.add("passed over", lambda holed=holed: plain(holed), came, scale)
            trial.add("filled", lambda holed=holed: told(holed), came, scale)
        trial.tell("passed over")


def main() -> None:
    """Print all three."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--share", type=int, default=2, metavar="N", help="one series in N")
    options = parser.parse_args()
    compare_censored()
    data = os.environ.get("TRN_BENCH_DATA")
    if not data:
        note("skipped: regressors and gaps, since TRN_BENCH_DATA names no folder of series")
        return
    weekly = load(Path(data), COLLECTIONS[0], share=1)
    pairs = zip(weekly.known, weekly.actual, strict=True)
    positive = [(known[-LONGEST:], came) for known, came in pairs if known.min() > 0]
    compare_regressors(positive[:: options.share])
    compare_gaps(positive[:: options.share])


if __name__ == "__main__":
    main()
