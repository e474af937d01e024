"""How far off quantiles of rare demand are, and how much they cover, ours beside those of simple methods."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from benchmarks.forecasts.lumpy_series import SEEDS, parted, simulated_orders, sold_products
from benchmarks.forecasts.scores import Chosen, ratio_interval
from benchmarks.forecasts.series import CLASSES, Series, by_length, demand_class
from benchmarks.forecasts.table import limit, note, row, title
from benchmarks.forecasts.workshop import Workshop, read_steps, read_totals

Array = NDArray[np.float64]

OWN = "ours"
SHARES = np.array([0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99])
PEERS = ("CrostonSBA", "TSB .1", "TSB .3", "IMAPA", "ADIDA")
WINDOWS = {"quantiles of all": None, "quantiles of 52": 52, "quantiles of 26": 26, "quantiles of 13": 13}
_KINDS = {"residuals": False, "conformal": True}
_LEVELS = (98, 90, 80, 50, 1)
_MIDDLE = ("lo-1", "hi-1")
_HORIZONS = {"products": (8, 13), "orders": (13, 26)}
_COVERED = ("80 %", "90 %", "sum 80 %", "sum 90 %")


@dataclass(frozen=True)
class Quantiles:
    """What one method said.

    Attributes:
        steps: series x steps x quantiles.
        sums: of the sum over the horizon, series x quantiles, where there is such a thing.
        cpu: processor seconds for all series; None: not measured.
    """

    steps: Array
    sums: Array | None
    cpu: float | None


def compare(shop: Workshop) -> None:
    """Print pinball loss, cost and coverage by collection."""
    title("Rare demand: pinball loss of the quantiles .01, .05, .1, .25, .5, .75, .9, .95, .99")
    note("of each series in units of its mean past week; a series counts as much as another")
    note("ours / its: our loss over that method's, [95 % of 1,000 bootstrap draws of series]; below 1: less")
    note(
        "odd half: odd places in the order of codes, and all simulated orders; rules were chosen on the rest"
    )
    note("peers' own quantiles are conformal, of up to ten windows; 'residuals': their forecast plus the")
    note("quantiles of its errors a step ahead. TSB by its smoothing, in tenths; all floored at zero")
    assert shop.data is not None
    data = shop.data
    products = shop.once("products", lambda: sold_products(data, share=shop.share))
    for horizon in _HORIZONS["products"]:
        _print_collection(shop, parted("sold products", products, horizon=horizon))
    orders = shop.once("orders", lambda: simulated_orders(share=shop.share))
    note(f"markets simulated with the seeds {SEEDS.start} to {SEEDS.stop - 1}")
    for horizon in _HORIZONS["orders"]:
        _print_collection(shop, parted("simulated orders", orders, horizon=horizon))


def _print_collection(shop: Workshop, series: Series) -> None:
    title(f"{series.collection.name}: {len(series.names)} series")
    answers = _answers(shop, series)
    losses = {name: _losses(answer.steps, series.actual, series) for name, answer in answers.items()}
    classes = np.array([demand_class(values) for values in series.known])
    halves = _halves(series, classes)
    head = ("loss", "sum 80 %", *(f"ours / its, {half}" for half in halves), "CPU ms")
    row("", head, _widths(halves))
    for name, answer in answers.items():
        _print_method(name, answer, losses, halves, series)
    _print_limits(losses, halves)
    groups = {name: classes == name for name in CLASSES}
    groups |= by_length(np.array([len(values) for values in series.known]))
    _print_coverage(answers[OWN], series, groups)


def _halves(series: Series, classes: NDArray[np.str_]) -> dict[str, Chosen]:
    if series.is_odd.all():
        return {"all": series.is_odd}
    rare = series.is_odd & np.isin(classes, CLASSES[2:])
    return {"all": np.ones(len(classes), dtype=bool), "odd half": series.is_odd, "rare, odd half": rare}


def _widths(halves: Mapping[str, Chosen]) -> list[int]:
    return [9, 10, *[28] * len(halves), 9]


def _print_method(
    name: str, answer: Quantiles, losses: Mapping[str, Array], halves: Mapping[str, Chosen], series: Series
) -> None:
    ratios = [_ratio(losses, name, chosen) for chosen in halves.values()]
    cells = [f"{ratio:.3f} [{low:.3f}, {high:.3f}]" if name != OWN else "" for ratio, low, high in ratios]
    covered = "" if answer.sums is None else f"{_covered(answer, series)[:, 2].mean():.3f}"
    cost = "" if answer.cpu is None else f"{1000 * answer.cpu / len(series.names):.2f}"
    row(name, (f"{losses[name].mean():.4f}", covered, *cells, cost), _widths(halves))


def _print_limits(losses: Mapping[str, Array], halves: Mapping[str, Chosen]) -> None:
    others = [name for name in losses if name != OWN]
    for half, chosen in halves.items():
        ratios = {name: _ratio(losses, name, chosen) for name in others}
        closest = max(others, key=lambda name: ratios[name][0])
        limit(f"our loss over the best other's, {closest}, {half}", ratios[closest][0], most=1)
        limit(
            f"the most that any interval's upper end is, {half}",
            max(high for *_, high in ratios.values()),
            most=1,
        )


def _print_coverage(own: Quantiles, series: Series, groups: Mapping[str, Chosen]) -> None:
    covered = _covered(own, series)
    row("ours, shares covered", ("series", *_COVERED, "below .9", "zero"), [9, 9, 9, 10, 10, 10, 9])
    below = (series.actual <= own.steps[:, :, 6]).mean(axis=1)
    zero = (series.actual == 0).mean(axis=1)
    for name, chosen in ({"all": np.ones(len(covered), dtype=bool)} | dict(groups)).items():
        if chosen.any():
            figures = [*covered[chosen].mean(axis=0), below[chosen].mean(), zero[chosen].mean()]
            row(name, (f"{chosen.sum()}", *(f"{figure:.3f}" for figure in figures)), [9, 9, 9, 10, 10, 10, 9])


def _ratio(losses: Mapping[str, Array], name: str, chosen: Chosen) -> tuple[float, float, float]:
    return ratio_interval(losses[OWN], losses[name], chosen)


def _covered(answer: Quantiles, series: Series) -> Array:
    """Series x (80 %, 90 % of the steps; of the sum)."""
    assert answer.sums is not None
    total = series.actual.sum(axis=1)
    steps = [
        ((answer.steps[:, :, low] <= series.actual) & (series.actual <= answer.steps[:, :, -1 - low])).mean(
            axis=1
        )
        for low in (2, 1)
    ]
    sums = [(answer.sums[:, low] <= total) & (total <= answer.sums[:, -1 - low]) for low in (2, 1)]
    return np.stack([*steps, *sums], axis=1)


def _losses(quantiles: Array, actual: Array, series: Series) -> Array:
    error = actual[:, :, None] - quantiles
    mean = np.array([values.mean() for values in series.known])
    return np.asarray(np.maximum(SHARES * error, (SHARES - 1) * error).mean(axis=(1, 2)) / mean)


def _answers(shop: Workshop, series: Series) -> dict[str, Quantiles]:
    answers = {OWN: _own(shop, series)}
    if shop.has_peers:
        answers |= {
            name if is_conformal else f"{name} {kind}": _peer(
                shop, series, name, kind, is_conformal=is_conformal
            )
            for name in PEERS
            for kind, is_conformal in _KINDS.items()
        }
    horizon = series.collection.horizon
    return answers | {name: _empirical(series, window, horizon) for name, window in WINDOWS.items()}


def _own(shop: Workshop, series: Series) -> Quantiles:
    folder, result = shop.run_own(series, "ensemble", _LEVELS)
    bounds = [*(f"lo-{level}" for level in _LEVELS[:-1]), *(f"hi-{level}" for level in _LEVELS[-2::-1])]
    steps = read_steps(folder, series, [*bounds, *_MIDDLE])
    sums = read_totals(folder, [*bounds, *_MIDDLE])
    return Quantiles(_ordered(steps, bounds), _ordered(sums, bounds), float(result["cpu"]))


def _ordered(columns: Mapping[str, Array], bounds: list[str]) -> Array:
    """Put the median, midway between .495 and .505, among the bounds."""
    middle = (columns[_MIDDLE[0]] + columns[_MIDDLE[1]]) / 2
    below, above = bounds[: len(bounds) // 2], bounds[len(bounds) // 2 :]
    return np.stack([*(columns[name] for name in below), middle, *(columns[name] for name in above)], axis=-1)


def _peer(shop: Workshop, series: Series, name: str, kind: str, *, is_conformal: bool) -> Quantiles:
    stem = f"{name.replace(' ', '')}-{kind}"
    folder, result = shop.run_peer("quantiles", series, stem, model=name, is_conformal=is_conformal)
    columns = read_steps(folder, series, [f"{share:g}" for share in SHARES])
    return Quantiles(np.stack(list(columns.values()), axis=-1), None, float(result["cpu"]))


def _empirical(series: Series, window: int | None, horizon: int) -> Quantiles:
    """Quantiles of the last weeks, and of all sums over as many of them in a row as are forecast."""
    late = [values[-window:] if window else values for values in series.known]
    steps = np.stack([np.quantile(values, SHARES) for values in late])
    sums = None
    if window is None:
        over = partial(np.convolve, np.ones(horizon), mode="valid")
        sums = np.stack([np.quantile(over(values), SHARES) for values in late])
    return Quantiles(np.repeat(steps[:, None], horizon, axis=1), sums, None)
