"""The figures as they are measured: own cost, what it is compared with, ratio, limit, verdict."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

_WIDTHS = (58, 10, 10, 9, 9, 9)
_HEAD = ("", "own", "other", "ratio", "limit", "peak GiB")


@dataclass(frozen=True)
class Cost:
    """What repetitions of one measurement cost.

    Attributes:
        seconds: processor seconds of each repetition.
        peak: largest resident memory of any of them in GiB.
    """

    seconds: tuple[float, ...]
    peak: float

    @property
    def middle(self) -> float:
        """The median."""
        return median(self.seconds)

    @property
    def spread(self) -> str:
        """Least and most, as shares of the median."""
        return f"{min(self.seconds) / self.middle - 1:+.0%} {max(self.seconds) / self.middle - 1:+.0%}"


def cost_of(results: Sequence[dict[str, float]], key: str = "cpu") -> Cost:
    """Gather repetitions."""
    return Cost(tuple(result[key] for result in results), max(result["peak"] for result in results))


def title(text: str) -> None:
    """Print the head of a section."""
    print(f"\n{text}", flush=True)
    print(_row(_HEAD), flush=True)


def note(text: str) -> None:
    """Print a remark below the figures."""
    print(f"    {text}", flush=True)


def figure(name: str, own: Cost, other: Cost, *, limit: float | None = None, is_least: bool = False) -> None:
    """Print one ratio of costs.

    Args:
        limit: the most that own may cost of the other; where `is_least` the other of own, at least.
    """
    ratio = other.middle / own.middle if is_least else own.middle / other.middle
    bound = "" if limit is None else f"{'≥' if is_least else '≤'} {limit:g}"
    cells = (name, f"{own.middle:.2f}", f"{other.middle:.2f}", f"{ratio:.3f}", bound, f"{own.peak:.2f}")
    spread = f"   own {own.spread}, other {other.spread}" if len(own.seconds) > 1 else ""
    print(_row(cells) + "   " + verdict(ratio, limit, is_least=is_least) + spread, flush=True)


def amount(name: str, value: float, *, limit: float | None = None) -> None:
    """Print a figure that is no ratio of costs, such as memory in GiB."""
    bound = "" if limit is None else f"≤ {limit:g}"
    print(_row((name, f"{value:.2f}", "", "", bound, "")) + "   " + verdict(value, limit), flush=True)


def verdict(value: float, limit: float | None, *, is_least: bool = False) -> str:
    """Say whether a value keeps its limit, and if not by how much it misses."""
    if limit is None:
        return "beside"
    missing = limit - value if is_least else value - limit
    return "holds" if missing <= 0 else f"MISSES by {missing:.2f}"


def _row(cells: Sequence[str]) -> str:
    align: list[Callable[[str, int], str]] = [str.ljust, *[str.rjust] * (len(_WIDTHS) - 1)]
    return "".join(put(cell, width) for put, cell, width in zip(align, cells, _WIDTHS, strict=True)).rstrip()
