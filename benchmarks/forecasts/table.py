"""Figures in columns, and limits with whether they hold."""

from collections.abc import Sequence

ODD_HALF = (
    "odd half: odd places in the order of ids, from zero on; rules and tails were chosen on the even ones"
)

_NAME, _CELL = 24, 9


def title(text: str) -> None:
    """Print the head of a section."""
    print(f"\n{text}", flush=True)


def row(name: str, cells: Sequence[str], widths: Sequence[int] | None = None) -> None:
    """Print one row: a name and right-aligned cells."""
    wide = widths or [_CELL] * len(cells)
    line = "".join(cell.rjust(width) for cell, width in zip(cells, wide, strict=True))
    print(f"  {name:<{_NAME}}{line}".rstrip(), flush=True)


def note(text: str) -> None:
    """Print a remark below the figures."""
    print(f"    {text}", flush=True)


def limit(name: str, value: float, *, least: float | None = None, most: float | None = None) -> None:
    """Print a figure that is held to a limit."""
    if least is not None and most is not None:
        bound = f"{least:g} to {most:g}"
    else:
        bound = f"≤ {most:g}" if least is None else f"≥ {least:g}"
    missing = max(
        0.0, (value - most) if most is not None else 0.0, (least - value) if least is not None else 0.0
    )
    verdict = f"MISSES by {_figure(missing)}" if missing else "holds"
    print(f"    {name:<62}{_figure(value):>9}  {bound:<14}{verdict}", flush=True)


def _figure(value: float) -> str:
    if abs(value) >= 100:  # noqa: PLR2004  digits beyond say nothing
        return f"{value:,.0f}"
    return f"{value:.2f}" if abs(value) >= 10 else f"{value:.4f}"  # noqa: PLR2004
