"""How often intervals hold what came, and how wide they are for that, ours beside the peers'."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.forecasts.scores import interval_scores, is_covered
from benchmarks.forecasts.series import CLASSES, Series, by_length, demand_class
from benchmarks.forecasts.table import ODD_HALF, limit, note, row, title
from benchmarks.forecasts.workshop import COMBINED, LEVELS, OWN, Answer, Workshop

Array = NDArray[np.float64]

LEAST_HISTORY = 50
LIMITS = {"80 %": (0.77, 0.83), "95 %": (0.93, 0.97)}
_NAMES = ("80 %", "95 %", "MSIS", "sum 80 %")
_HALVES = ("all series", "odd half")


@dataclass(frozen=True)
class Intervals:
    """By series: shares covered of 80 and 95 %, MSIS, whether the sum was covered; and its half."""

    figures: Array
    is_odd: NDArray[np.bool_]

    def means(self, half: str) -> Array:
        """Return the means over a half of the series, NaN where nothing is known."""
        figures = self.figures[self.is_odd] if half == "odd half" else self.figures
        is_there = np.isfinite(figures)
        sums = np.where(is_there, figures, 0.0).sum(axis=0)
        return np.where(is_there.any(axis=0), sums / np.maximum(is_there.sum(axis=0), 1), np.nan)


def compare(shop: Workshop) -> None:
    """Print coverage and interval scores by collection, and over all of them."""
    title(f"Intervals, for series of at least {LEAST_HISTORY} observations: shares covered; MSIS of 95 %")
    note("sum 80 %: share of series whose sum over the horizon lay in its interval; peers give none")
    note(f"{COMBINED}: medians of its members' bounds")
    note(ODD_HALF)
    together: dict[str, list[Intervals]] = {}
    for series in shop.collections():
        is_long = np.array([len(values) >= LEAST_HISTORY for values in series.known])
        if not is_long.any():
            title(f"{series.collection.name}: no series is that long")
            continue
        found = {name: _intervals(answer, series, is_long) for name, answer in shop.answers(series).items()}
        title(f"{series.collection.name}: {is_long.sum()} series, horizon {series.collection.horizon}")
        _print(found)
        _print_groups(found[OWN], _groups(series, is_long))
        for name, one in found.items():
            together.setdefault(name, []).append(one)
    count = sum(len(one.is_odd) for one in together[OWN])
    title(f"All of them: {count} series, each counting as much")
    _print({name: _pooled(parts) for name, parts in together.items() if len(parts) == len(together[OWN])})


def _intervals(answer: Answer, series: Series, is_long: NDArray[np.bool_]) -> Intervals:
    covered = [is_covered(series.actual, answer.interval(level)).mean(axis=1) for level in LEVELS]
    total = np.full(len(is_long), np.nan)
    if answer.total is not None:
        total = is_covered(series.actual.sum(axis=1), (answer.total[:, 0], answer.total[:, 1]))
    figures = np.stack([*covered, interval_scores(series, answer.interval(95)), total], axis=1)
    return Intervals(figures[is_long], series.is_odd[is_long])


def _pooled(parts: list[Intervals]) -> Intervals:
    return Intervals(
        np.concatenate([part.figures for part in parts]), np.concatenate([part.is_odd for part in parts])
    )


def _print(found: dict[str, Intervals]) -> None:
    row("", ("", "", "", _HALVES[0], "", "", "", _HALVES[1]), [9, 9, 9, 11] * 2)
    row("", _NAMES * 2, [9, 9, 9, 11] * 2)
    for name, one in found.items():
        cells = [
            _cell(label, value)
            for half in _HALVES
            for label, value in zip(_NAMES, one.means(half), strict=True)
        ]
        row(name, cells, [9, 9, 9, 11] * 2)
    for place, (label, (least, most)) in enumerate(LIMITS.items()):
        for half in _HALVES:
            limit(f"{label} covers, {half}", float(found[OWN].means(half)[place]), least=least, most=most)


def _groups(series: Series, is_long: NDArray[np.bool_]) -> dict[str, NDArray[np.bool_]]:
    """Part series by length into thirds, and by the class of their demand."""
    known = [values for values, is_there in zip(series.known, is_long, strict=True) if is_there]
    classes = np.array([demand_class(values) for values in known])
    lumpiness = {name: classes == name for name in CLASSES if (classes == name).any()}
    return by_length(np.array([len(values) for values in known])) | lumpiness


def _print_groups(own: Intervals, groups: dict[str, NDArray[np.bool_]]) -> None:
    row(f"{OWN} by group", ("series", *_NAMES), [9, 9, 9, 9, 11])
    for name, chosen in groups.items():
        means = Intervals(own.figures[chosen], own.is_odd[chosen]).means("all series")
        cells = [_cell(label, value) for label, value in zip(_NAMES, means, strict=True)]
        row(name, (f"{chosen.sum()}", *cells), [9, 9, 9, 9, 11])


def _cell(label: str, value: float) -> str:
    if np.isnan(value):
        return "-"
    return f"{value:.2f}" if label == "MSIS" else f"{value:.3f}"
