"""How far off forecasts are and what they cost, ours beside the peers'."""

from math import inf

import numpy as np

from benchmarks.forecasts.scores import Chosen, Errors, errors_of
from benchmarks.forecasts.series import Collection, Series
from benchmarks.forecasts.table import ODD_HALF, limit, note, row, title
from benchmarks.forecasts.workshop import ARIMA, COMBINED, OWN, Answer, Workshop

SCUM_SHARE, ETS_SHARE = 1 / 50, 1 / 5
_WIDTHS = (9, 20, 11, 20, 10, 11)


def compare(shop: Workshop) -> None:
    """Print accuracy and cost by collection."""
    title("Accuracy: OWA against Naive 2 for M4, MASE for tourism; less is better")
    note("[low, high]: 95 % of 1,000 bootstrap draws of series, score minus ours; above zero: ours is better")
    note(ODD_HALF)
    note("CPU: user and system, children included, once all is compiled; intervals included")
    for series in shop.collections():
        _print_collection(shop, series)


def _print_collection(shop: Workshop, series: Series) -> None:
    collection = series.collection
    size = f"{len(series.names)} series, horizon {collection.horizon}"
    title(f"{collection.name}: {size}, {_seasons(shop, collection)}")
    answers = shop.answers(series)
    errors = errors_of({name: answer.mean for name, answer in answers.items()}, series)
    halves = {"all series": np.ones(len(series.names), dtype=bool), "odd half": series.is_odd}
    measure = collection.measure
    row("", ("", "all series", "", "odd half", "CPU ms", "times"), _WIDTHS)
    row("", (measure, "minus ours", measure, "minus ours", "a series", "ours"), _WIDTHS)
    for name, answer in answers.items():
        row(name, _cells(errors, name, halves) + _costs(answer, answers[OWN], series), _WIDTHS)
    _print_notes(shop, answers, series)
    _print_limits(answers, errors, halves, collection)


def _seasons(shop: Workshop, collection: Collection) -> str:
    own = " and ".join(map(str, collection.seasons))
    if not shop.has_peers:
        return f"season {own}"
    told = (
        f"season {own}, peers' {collection.peer_season}" if len(collection.seasons) > 1 else f"season {own}"
    )
    if ARIMA not in shop.peers_of(collection):
        return f"{told}, no AutoARIMA"
    is_other = collection.arima_season != collection.peer_season
    return f"{told}, AutoARIMA's {collection.arima_season} (slow)" if is_other else told


def _cells(errors: dict[str, Errors], name: str, halves: dict[str, Chosen]) -> tuple[str, ...]:
    cells: list[str] = []
    for chosen in halves.values():
        low, high = errors[name].difference(errors[OWN], chosen)
        cells += [f"{errors[name].score(chosen):.3f}", "" if name == OWN else f"[{low:+.3f}, {high:+.3f}]"]
    return tuple(cells)


def _costs(answer: Answer, own: Answer, series: Series) -> tuple[str, str]:
    return f"{1000 * answer.cpu / len(series.names):.1f}", f"{answer.cpu / own.cpu:.1f}"


def _print_notes(shop: Workshop, answers: dict[str, Answer], series: Series) -> None:
    if shop.has_peers:
        note(f"{COMBINED}: median of {', '.join(shop.peers_of(series.collection))}; its CPU is theirs")
    failed = [f"{name} {answer.failed}" for name, answer in answers.items() if answer.failed]
    if failed:
        note(f"series for which a peer gave no interval: {', '.join(failed)}")


def _print_limits(
    answers: dict[str, Answer], errors: dict[str, Errors], halves: dict[str, Chosen], collection: Collection
) -> None:
    for half, chosen in halves.items():
        if collection.limit is not None:
            limit(f"{collection.measure}, {half}", errors[OWN].score(chosen), most=collection.limit)
        if COMBINED in errors:
            _, high = errors[COMBINED].difference(errors[OWN], chosen)
            limit(f"not worse than {COMBINED}, {half}: upper end of its difference", high, least=0)
    for name, share in ((COMBINED, SCUM_SHARE), ("AutoETS", ETS_SHARE)):
        if name in answers:
            ratio = answers[OWN].cpu / answers[name].cpu if answers[name].cpu else inf
            limit(f"CPU as a share of {name}'s", ratio, most=share)
