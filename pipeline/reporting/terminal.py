"""Answers for a terminal: aligned, cut to its width, and unable to command it."""

import shutil
import unicodedata
from dataclasses import dataclass, replace

import polars as pl

from pipeline.reporting.csv_text import answer_csv, cell_texts

MAX_ROWS = 100
_EMPTY = "-"
_GAP = "  "
_NARROWEST = 10
_GROUPED_FROM = 10_000
_WIDEST = 60
_WHOLE = frozenset({"run_id"})  # people copy it into the next command
_WITHOUT_TERMINAL = (120, 40)


@dataclass(frozen=True)
class _Shown:
    name: str
    cells: list[str]
    is_number: bool
    can_narrow: bool
    width: int


def render_table(frame: pl.DataFrame, *, csv: bool, width: int | None = None) -> str:
    """Write an answer.

    Args:
        frame: the rows.
        csv: header and rows as CSV, complete and exact, instead of a table to look at.
        width: columns of the terminal; by default those of this one, 120 where there is none.
    """
    if csv:
        return answer_csv(frame)
    if not frame.width:
        return "no columns\n"
    room = width or shutil.get_terminal_size(_WITHOUT_TERMINAL).columns
    shown, left_out = _fit([_show(column) for column in frame.head(MAX_ROWS)], room)
    lines = [_line(shown, [column.name for column in shown]), _GAP.join("─" * c.width for c in shown)]
    lines += [_line(shown, list(cells)) for cells in zip(*(c.cells for c in shown), strict=True)]
    lines += _remarks(frame.height, [column.name for column in left_out])
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _show(column: pl.Series) -> _Shown:
    is_number = column.dtype.is_numeric()
    texts = _numbers(column) if is_number else [plain_text(text) for text in _texts(column)]
    name = plain_text(column.name)
    can_narrow = (column.dtype == pl.String and name not in _WHOLE) or column.dtype.is_nested()
    return _Shown(name, texts, is_number, can_narrow, min(_WIDEST, max(map(_columns, [name, *texts]))))


def _texts(column: pl.Series) -> list[str | None]:
    """Return the cells as text; instants without the fraction of a second, which --csv has."""
    whole = column.dt.truncate("1s") if isinstance(column.dtype, pl.Datetime) else column
    return cell_texts(whole).to_list()


def _numbers(column: pl.Series) -> list[str]:
    """Group thousands, but not where all have four digits at most, as years do; one precision a column."""
    if column.dtype.is_integer():
        is_grouped = any(n is not None and abs(n) >= _GROUPED_FROM for n in column)
        return [_EMPTY if n is None else (f"{n:,}" if is_grouped else str(n)) for n in column]
    values = column.cast(pl.Float64)
    finite = values.filter(values.is_finite()).abs()
    largest = finite.max() if finite.len() else 0.0
    if (finite == finite.round(0)).all():
        decimals = 0
    elif isinstance(largest, float) and largest >= 1000:  # noqa: PLR2004 three digits leave room for a fraction
        decimals = 1
    else:
        decimals = 2 if isinstance(largest, float) and largest >= 1 else 4
    return [_EMPTY if x is None else f"{x:,.{decimals}f}" for x in values]


def plain_text(text: str | None) -> str:
    """Spell out what would move the cursor, colour the screen or turn the writing direction."""
    if text is None:
        return _EMPTY
    return "".join(
        c if unicodedata.category(c)[0] != "C" else c.encode("unicode_escape").decode() for c in text
    )


def _columns(text: str) -> int:
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in {"W", "F"} else 1
        for c in text
    )


def _fit(columns: list[_Shown], room: int) -> tuple[list[_Shown], list[_Shown]]:
    """Narrow the widest texts, never numbers, days and runs; what is still too wide goes from the right."""
    shown = list(columns)
    while len(shown) > 1:
        excess = _total(shown) - room
        if excess <= 0:
            break
        texts = [c for c in shown if c.can_narrow and c.width > _NARROWEST]
        if sum(c.width - _NARROWEST for c in texts) < excess:
            shown.pop()
            continue
        widest = max(texts, key=lambda c: c.width)
        shown[shown.index(widest)] = replace(widest, width=widest.width - 1)
    return shown, columns[len(shown) :]


def _total(shown: list[_Shown]) -> int:
    return sum(column.width for column in shown) + len(_GAP) * (len(shown) - 1)


def _line(shown: list[_Shown], cells: list[str]) -> str:
    return _GAP.join(_cell(text, column) for text, column in zip(cells, shown, strict=True))


def _cell(text: str, column: _Shown) -> str:
    if _columns(text) > column.width:
        cut = ""
        for character in text:
            if _columns(cut + character) > column.width - 1:
                break
            cut += character
        text = cut + "…"
    padding = " " * (column.width - _columns(text))
    return padding + text if column.is_number else text + padding


def _remarks(rows: int, left_out: list[str]) -> list[str]:
    remarks = []
    if rows == 0:
        remarks.append("no rows")
    if rows > MAX_ROWS:
        remarks.append(f"{rows - MAX_ROWS:,} more rows; --csv shows them all")
    if left_out:
        remarks.append(f"not shown for want of width: {', '.join(left_out)}; --csv shows them")
    return [f"({remark})" for remark in remarks]
